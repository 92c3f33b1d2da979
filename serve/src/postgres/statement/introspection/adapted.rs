//! Rewrites that keep the meaning of a statement over catalogues.

use super::relations::last;
use super::{arrays, shown_again, tableoids};
use crate::postgres::rows::AGAIN;
use crate::postgres::statement::rewriting::{call, item_name};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Select, SelectItem, SetExpr, Statement, TableFactor, UnaryOperator, Value,
    ValueWithSpan, VisitMut, VisitorMut,
};
use datafusion_pg_catalog::sql::rules::{ResolveUnqualifiedIdentifier, SqlStatementRewriteRule, StripCollate};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// `statement`, adapted.
pub(super) fn adapted(mut statement: Statement) -> Statement {
    shown_again::marked(&mut statement);
    let rules: [&dyn SqlStatementRewriteRule; 2] = [&ResolveUnqualifiedIdentifier, &StripCollate];
    let mut statement = rules.into_iter().fold(statement, |statement, rule| rule.rewrite(statement));
    let ControlFlow::<()>::Continue(()) = statement.visit(&mut Adapting) else { return statement };
    statement
}

struct Adapting;

impl VisitorMut for Adapting {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        tell_apart(&mut select.projection);
        tableoids::numbered(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        arrays::joined(expr);
        if let Expr::InSubquery { expr: sought, subquery, negated } = expr
            && let SetExpr::Select(select) = subquery.body.as_ref()
            && splits_the_search_path(select)
        {
            let path = call("current_schemas", vec![Expr::Value(Value::Boolean(false).with_empty_span())]);
            let on_path = call("array_has", vec![path, sought.as_ref().clone()]);
            *expr = match *negated {
                true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(on_path) },
                false => on_path,
            };
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
                by_name(left, right);
                by_name(right, left);
            }
            other => arrays::gathered(other),
        }
        ControlFlow::Continue(())
    }
}

/// Columns without a name that are written alike are told apart by a mark that clients do not see.
fn tell_apart(items: &mut [SelectItem]) {
    let mut seen = BTreeSet::new();
    for (at, item) in items.iter_mut().enumerate() {
        if let SelectItem::UnnamedExpr(expr) = item
            && !seen.insert(expr.to_string())
        {
            let (expr, name) = (expr.clone(), item_name(item).unwrap_or_default());
            let alias = Ident::with_quote('"', format!("{name}{AGAIN}{}", at + 1));
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
    }
}

/// What Grafana asks for the schemas of the search path: the setting split at its commas, a row each. The engine knows no
/// such subquery inside a `CASE`.
fn splits_the_search_path(select: &Select) -> bool {
    let calls = |wanted: &str| {
        select.from.iter().any(|from| match &from.relation {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                last(name).is_some_and(|name| name.value.eq_ignore_ascii_case(wanted))
            }
            _ => false,
        })
    };
    calls("generate_series") && calls("string_to_array") && select.to_string().contains("'search_path'")
}

/// What is the oid of a function in PostgreSQL is its name here: `pg_proc.oid = pg_type.typreceive` compares names, and
/// `typreceive != 0` asks whether there is a function.
fn by_name(other: &mut Expr, column: &Expr) {
    const OF_TYPES: [&str; 5] = ["typinput", "typoutput", "typreceive", "typsend", "typanalyze"];
    let of = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some(name.value.to_lowercase()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.to_lowercase()),
        _ => None,
    };
    if !of(column).is_some_and(|name| OF_TYPES.contains(&name.as_str())) {
        return;
    }
    match other {
        Expr::Value(ValueWithSpan { value: Value::Number(zero, _), .. }) if zero == "0" => {
            *other = Expr::Value(Value::SingleQuotedString("-".to_owned()).with_empty_span());
        }
        Expr::CompoundIdentifier(parts) => {
            if let Some(name) = parts.last_mut().filter(|name| name.value == "oid") {
                *name = Ident::new("proname");
            }
        }
        _ => {}
    }
}
