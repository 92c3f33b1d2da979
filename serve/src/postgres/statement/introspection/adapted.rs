//! Rewrites that keep the meaning of a statement over catalogues.

use super::relations::last;
use crate::postgres::statement::rewriting::call;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArguments, Ident, Query, Select, SelectItem, SetExpr, Statement,
    TableFactor, UnaryOperator, Value, VisitMut, VisitorMut,
};
use datafusion_pg_catalog::sql::rules::{
    AliasDuplicatedProjectionRewrite, ResolveUnqualifiedIdentifier, SqlStatementRewriteRule, StripCollate,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// `statement`, adapted.
pub(super) fn adapted(statement: Statement) -> Statement {
    let rules: [&dyn SqlStatementRewriteRule; 3] =
        [&AliasDuplicatedProjectionRewrite, &ResolveUnqualifiedIdentifier, &StripCollate];
    let mut statement = rules.into_iter().fold(statement, |statement, rule| rule.rewrite(statement));
    let ControlFlow::<()>::Continue(()) = statement.visit(&mut Adapting) else { return statement };
    statement
}

struct Adapting;

impl VisitorMut for Adapting {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        tell_apart(&mut select.projection);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
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
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                by_name(left, right);
                by_name(right, left);
            }
            Expr::Function(Function { name, args: FunctionArguments::Subquery(query), .. })
                if last(name).is_some_and(|name| name.value.eq_ignore_ascii_case("array")) =>
            {
                *expr = gathered(query.as_ref().clone());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Columns without a name that are written alike get names of their own.
fn tell_apart(items: &mut [SelectItem]) {
    let mut seen = BTreeSet::new();
    for (at, item) in items.iter_mut().enumerate() {
        if let SelectItem::UnnamedExpr(expr) = item
            && !seen.insert(expr.to_string())
        {
            let expr = expr.clone();
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', format!("?column? {}", at + 1)) };
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

/// `pg_proc.oid = pg_type.typreceive`: what is an oid in PostgreSQL is the name of the function here.
fn by_name(function: &mut Expr, column: &Expr) {
    const OF_TYPES: [&str; 5] = ["typinput", "typoutput", "typreceive", "typsend", "typanalyze"];
    let Expr::CompoundIdentifier(column) = column else { return };
    let Expr::CompoundIdentifier(function) = function else { return };
    let is =
        |idents: &[Ident], names: &[&str]| idents.last().is_some_and(|ident| names.contains(&ident.value.as_str()));
    if is(column, &OF_TYPES) && is(function, &["oid"]) {
        if let Some(name) = function.last_mut() {
            *name = Ident::new("proname");
        }
    }
}

/// `ARRAY(SELECT …)`.
fn gathered(mut query: Query) -> Expr {
    query.order_by = None;
    if let SetExpr::Select(select) = query.body.as_mut()
        && let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] =
            select.projection.as_mut_slice()
    {
        *expr = call("array_agg", vec![expr.clone()]);
    }
    Expr::Subquery(Box::new(query))
}
