//! Splits a text into statements at the semicolons that end one: those outside quotes and comments.
//!
//! Known: `'…'` and `"…"` and `` `…` `` (a doubled quote stays inside), `-- …` to the end of the line, `/* … */`
//! nested. A piece of spaces and comments only is no statement.

/// The pieces of a text, without their semicolons, trimmed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// Statements that a semicolon ended.
    pub(super) complete: Vec<&'a str>,
    /// What follows the last of them, if it holds a statement or an open quote or comment.
    pub(super) unfinished: Option<&'a str>,
}

#[derive(Clone, Copy)]
enum Inside {
    Statement,
    Quote(u8),
    LineComment,
    BlockComment(usize),
}

/// Splits `text`.
pub(super) fn split(text: &str) -> Split<'_> {
    let bytes = text.as_bytes();
    let mut complete = Vec::new();
    let (mut start, mut at, mut inside, mut holds_words) = (0, 0, Inside::Statement, false);
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        let mut width = 1;
        match (inside, byte, next) {
            (Inside::Statement, b'-', Some(b'-')) => inside = Inside::LineComment,
            (Inside::Statement, b'/', Some(b'*')) => (inside, width) = (Inside::BlockComment(1), 2),
            (Inside::Statement, b';', _) => {
                if holds_words {
                    complete.extend(text.get(start..at).map(str::trim));
                }
                (start, holds_words) = (at + 1, false);
            }
            (Inside::Statement, b'\'' | b'"' | b'`', _) => (inside, holds_words) = (Inside::Quote(byte), true),
            (Inside::Statement, _, _) => holds_words |= !byte.is_ascii_whitespace(),
            // A doubled quote closes and opens again, which comes to the same.
            (Inside::Quote(quote), _, _) if byte == quote => inside = Inside::Statement,
            (Inside::LineComment, b'\n', _) => inside = Inside::Statement,
            (Inside::BlockComment(depth), b'/', Some(b'*')) => (inside, width) = (Inside::BlockComment(depth + 1), 2),
            (Inside::BlockComment(1), b'*', Some(b'/')) => (inside, width) = (Inside::Statement, 2),
            (Inside::BlockComment(depth), b'*', Some(b'/')) => (inside, width) = (Inside::BlockComment(depth - 1), 2),
            (Inside::Quote(_) | Inside::LineComment | Inside::BlockComment(_), _, _) => {}
        }
        at += width;
    }
    let open = matches!(inside, Inside::Quote(_) | Inside::BlockComment(_));
    let unfinished = (holds_words || open).then(|| text.get(start..).map(str::trim)).flatten();
    Split { complete, unfinished }
}

#[cfg(test)]
mod tests {
    use super::split;

    fn check(text: &str, complete: &[&str], unfinished: Option<&str>) {
        let found = split(text);
        assert_eq!((found.complete.as_slice(), found.unfinished), (complete, unfinished), "{text}");
    }

    #[test]
    fn semicolons_end_statements() {
        check("", &[], None);
        check("SELECT 1", &[], Some("SELECT 1"));
        check("SELECT 1; SELECT 2 ;\n", &["SELECT 1", "SELECT 2"], None);
        check(";; ;", &[], None);
        check("SELECT 1;\n  SELECT", &["SELECT 1"], Some("SELECT"));
    }

    #[test]
    fn quotes_and_comments_hide_them() {
        check("SELECT ';';", &["SELECT ';'"], None);
        check("SELECT 'it''s;' AS \"a;\"\"b\", `c;`;", &["SELECT 'it''s;' AS \"a;\"\"b\", `c;`"], None);
        check("SELECT 1 -- one; two\n;", &["SELECT 1 -- one; two"], None);
        check("SELECT /* a; /* b; */ c; */ 1;", &["SELECT /* a; /* b; */ c; */ 1"], None);
        check("-- nothing;\n/* at; all */", &[], None);
        check("SELECT 5 - 3 / 2 * 1;", &["SELECT 5 - 3 / 2 * 1"], None);
        check("SELECT 'ü;ß';", &["SELECT 'ü;ß'"], None);
    }

    #[test]
    fn what_is_open_is_unfinished() {
        check("SELECT 'a;", &[], Some("SELECT 'a;"));
        check("/* a;", &[], Some("/* a;"));
        check("SELECT 1; -- done", &["SELECT 1"], None);
    }
}
