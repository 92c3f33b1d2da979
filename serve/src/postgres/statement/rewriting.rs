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
//! | `SELECT count(*)` | a column named `count` |

mod casts;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, Query,
    Select, SelectItem, SetExpr, Statement, VisitMut,
};
use datafusion_pg_catalog::sql::rules::{
    CurrentUserVariableToSessionUserFunctionCall, PrependUnqualifiedPgTableName, RewritePgCatalogOperator,
    SqlStatementRewriteRule, StripCallableQualifier,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// `statement` in the words of this engine.
pub(super) fn rewritten(mut statement: Statement) -> Statement {
    if let Statement::Query(query) = &mut statement {
        name_functions(query);
    }
    let rules: [&dyn SqlStatementRewriteRule; 4] = [
        &PrependUnqualifiedPgTableName,
        &StripCallableQualifier,
        &CurrentUserVariableToSessionUserFunctionCall,
        &RewritePgCatalogOperator,
    ];
    statement = rules.into_iter().fold(statement, |statement, rule| rule.rewrite(statement));
    let ControlFlow::<()>::Continue(()) = statement.visit(&mut casts::Casts) else { return statement };
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

/// Columns that are functions get the function's name, as clients that read columns by name expect; only where nothing else
/// of the statement could mean that name.
fn name_functions(query: &mut Query) {
    if query.order_by.is_some() {
        return;
    }
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let named = select.projection.iter().map(item_name).collect::<Option<Vec<_>>>();
    let Some(names) = named.filter(|_| select.distinct.is_none() && select.having.is_none()) else { return };
    let unique: BTreeSet<&String> = names.iter().collect();
    if unique.len() == names.len() {
        put_names(select, &names);
    }
}

fn put_names(select: &mut Select, names: &[String]) {
    for (item, name) in select.projection.iter_mut().zip(names) {
        if let SelectItem::UnnamedExpr(expr @ Expr::Function(_)) = item {
            let expr = expr.clone();
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name.clone()) };
        }
    }
}

/// The name that a column of a result has in PostgreSQL; `None` for wildcards.
pub(super) fn item_name(item: &SelectItem) -> Option<String> {
    let last = |idents: &[Ident]| idents.last().map(|ident| ident.value.clone());
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(ident.value.clone()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(idents)) => last(idents),
        SelectItem::UnnamedExpr(Expr::Function(function)) => {
            function.name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase())
        }
        SelectItem::UnnamedExpr(other) => Some(other.to_string()),
        _ => None,
    }
}
