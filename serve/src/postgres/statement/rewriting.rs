//! PostgreSQL's SQL in the words of this engine. Every statement passes here once, and means the same afterwards.
//!
//! | PostgreSQL | here |
//! |---|---|
//! | `pg_catalog.f(x)`, `OPERATOR(pg_catalog.~)`, `pg_class` | `f(x)`, `~`, `pg_catalog.pg_class` |
//! | `current_user`, `current_catalog`, `current_schema` | functions |
//! | `'hcps'::regclass`, `x::regtype::text` | the oid of that name, the name of that oid |
//! | `'pg_catalog.array_in'::regproc` | the name of that function |
//! | `'{a,b}'::text[]`, `= ANY ('{a,b}')` | `ARRAY['a', 'b']` |
//! | `x::name`, `x::"char"`, `x::uuid` | text |
//! | `LIKE 'a/_' ESCAPE '/'` | `LIKE 'a\_'` |
//! | `SELECT count(*), 1` | columns named `count` and `?column?` |

mod casts;
mod patterns;

use super::qualified;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, Query,
    SelectItem, SetExpr, Statement, VisitMut,
};
use datafusion_pg_catalog::sql::rules::{
    CurrentUserVariableToSessionUserFunctionCall, PrependUnqualifiedPgTableName, RewritePgCatalogOperator,
    SqlStatementRewriteRule,
};
use std::ops::ControlFlow;

/// `statement` in the words of this engine.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    if let Statement::Query(query) = &mut statement {
        name_columns(query);
    }
    let ControlFlow::<()>::Continue(()) = statement.visit(&mut qualified::Builtin) else { return statement };
    let rules: [&dyn SqlStatementRewriteRule; 3] =
        [&PrependUnqualifiedPgTableName, &CurrentUserVariableToSessionUserFunctionCall, &RewritePgCatalogOperator];
    statement = rules.into_iter().fold(statement, |statement, rule| rule.rewrite(statement));
    let ControlFlow::<()>::Continue(()) = statement.visit(&mut casts::Casts) else { return statement };
    let ControlFlow::<()>::Continue(()) = statement.visit(&mut patterns::Patterns) else { return statement };
    statement
}

/// `name(args)`.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        args: FunctionArguments::List(FunctionArgumentList { args, duplicate_treatment: None, clauses: Vec::new() }),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Columns get the names that PostgreSQL gives them, as clients that read columns by name expect: functions and casts
/// where nothing else of the statement could mean that name, values always, so that two equal ones can stand side by side.
fn name_columns(query: &mut Query) {
    let sorted = query.order_by.is_some();
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let careful = sorted || select.distinct.is_some() || select.having.is_some();
    let names: Vec<Option<String>> = select.projection.iter().map(item_name).collect();
    let careful = careful || names.contains(&None);
    for (at, item) in select.projection.iter_mut().enumerate() {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let Some(name) = names.get(at).cloned().flatten() else { continue };
        let single = names.iter().filter(|other| other.as_ref() == Some(&name)).count() == 1;
        let name = match expr {
            Expr::Value(_) if single => name,
            Expr::Value(_) => format!("{name} {}", at + 1),
            Expr::Function(_) | Expr::Cast { .. } if single && !careful => name,
            _ => continue,
        };
        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', name) };
    }
}

/// The name that a column of a result has in PostgreSQL; `None` for wildcards.
pub(super) fn item_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(expr) => Some(expr_name(expr).unwrap_or_else(|| "?column?".to_owned())),
        _ => None,
    }
}

fn expr_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(ident.value.clone()),
        Expr::CompoundIdentifier(idents) => idents.last().map(|ident| ident.value.clone()),
        Expr::Function(function) => {
            function.name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase())
        }
        Expr::Cast { expr, .. } | Expr::Nested(expr) => expr_name(expr),
        _ => None,
    }
}
