//! `LIKE … ESCAPE '/'` in the words of an engine that knows one escape, the backslash.
//!
//! The pattern is written anew: what was special stays so, what was not is not. A pattern that is no literal is rewritten by
//! functions when the statement runs.

use super::call;
use datafusion::sql::sqlparser::ast::{Expr, Value, ValueWithSpan, VisitorMut};
use std::ops::ControlFlow;

const BACKSLASH: &str = "\\";
/// Stands for the escaped escape while the others are replaced; no pattern holds it.
const HELD: &str = "\u{1}";

/// Rewrites them.
pub(super) struct Patterns;

impl VisitorMut for Patterns {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr else {
            return ControlFlow::Continue(());
        };
        let Some(ValueWithSpan { value: Value::SingleQuotedString(escape), .. }) = escape_char else {
            return ControlFlow::Continue(());
        };
        if escape != BACKSLASH {
            **pattern = escaped_by_backslash(pattern, escape);
        }
        *escape_char = None;
        ControlFlow::Continue(())
    }
}

fn escaped_by_backslash(pattern: &Expr, escape: &str) -> Expr {
    let steps = [
        (BACKSLASH.to_owned(), BACKSLASH.repeat(2)),
        (escape.repeat(2), HELD.to_owned()),
        (escape.to_owned(), BACKSLASH.to_owned()),
        (HELD.to_owned(), escape.to_owned()),
    ];
    // Without an escape only the backslash has to lose its meaning.
    let steps = steps.iter().take(if escape.is_empty() { 1 } else { 4 });
    match pattern {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(written), .. }) => {
            text(&steps.fold(written.clone(), |text, (from, to)| text.replace(from, to)))
        }
        other => steps.fold(other.clone(), |expr, (from, to)| call("replace", vec![expr, text(from), text(to)])),
    }
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span())
}

#[cfg(test)]
mod tests {
    use super::{escaped_by_backslash, text};

    #[test]
    fn what_was_special_stays_so() {
        for (pattern, escape, expected) in [
            ("pg/_%", "/", "'pg\\_%'"),
            ("a//b", "/", "'a/b'"),
            ("a\\b", "/", "'a\\\\b'"),
            ("a\\_/%", "", "'a\\\\_/%'"),
        ] {
            assert_eq!(escaped_by_backslash(&text(pattern), escape).to_string(), expected, "{pattern}");
        }
    }
}
