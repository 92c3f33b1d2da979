//! The schema before the name of a function: `commercial.hcp_metrics_at(…)`.
//!
//! The engine knows functions by their names alone. So what stands before a name is judged here and taken away: PostgreSQL's
//! own functions are in `pg_catalog` (and `information_schema`), those of the session in the schemas that its reader has. A
//! schema that the reader does not have is one that does not exist, for functions as for tables.

use crate::postgres::{Fault, SqlState};
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, Statement, TableFactor, VisitMut, VisitorMut,
};
use std::ops::ControlFlow;

const SYSTEM: [&str; 2] = ["pg_catalog", "information_schema"];

/// Table functions that PostgreSQL has, beside those whose names begin with `pg_` or `_pg_`.
pub(super) const TABLE_FUNCTIONS: [&str; 6] =
    ["generate_series", "generate_subscripts", "range", "pg_get_keywords", "string_to_array", "unnest"];

/// Takes the schemas of PostgreSQL's own functions away.
pub(super) struct Builtin;

impl VisitorMut for Builtin {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let Some(name) = called(factor)
            && is_builtin(&last(name))
        {
            strip_system(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            strip_system(&mut function.name);
        }
        ControlFlow::Continue(())
    }
}

fn is_builtin(name: &str) -> bool {
    TABLE_FUNCTIONS.contains(&name) || name.starts_with("pg_") || name.starts_with("_pg_")
}

fn strip_system(name: &mut ObjectName) {
    let schema = name.0.iter().rev().nth(1).and_then(|part| part.as_ident()).map(folded);
    if schema.is_some_and(|schema| SYSTEM.contains(&schema.as_str())) {
        strip(name);
    }
}

/// Judges what is left, and takes it away. `sql` is the text of the statement.
///
/// # Errors
/// 42P01 for a table function of a schema that the session does not have, as for a table of it; 42883 for another function.
pub(super) fn resolved(statement: &mut Statement, context: &SessionContext, sql: &str) -> Result<(), Fault> {
    let options = context.copied_config();
    let database = options.options().catalog.default_catalog.clone();
    let mut schemas = context.catalog(&database).map(|catalog| catalog.schema_names()).unwrap_or_default();
    schemas.retain(|schema| !SYSTEM.contains(&schema.as_str()));
    match statement.visit(&mut Own { database, schemas, sql }) {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Own<'a> {
    database: String,
    schemas: Vec<String>,
    sql: &'a str,
}

impl VisitorMut for Own<'_> {
    type Break = Fault;

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Fault> {
        let Some(name) = called(factor) else { return ControlFlow::Continue(()) };
        self.judge(name, |shown| (SqlState::UndefinedTable, format!("relation \"{shown}\" does not exist")))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Fault> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        self.judge(&mut function.name, |shown| {
            (SqlState::UndefinedFunction, format!("function {shown} does not exist"))
        })
    }
}

impl Own<'_> {
    fn judge(&self, name: &mut ObjectName, told: impl Fn(&str) -> (SqlState, String)) -> ControlFlow<Fault> {
        let parts: Vec<&Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        let is_here = match parts.as_slice() {
            [_] | [] => return ControlFlow::Continue(()),
            [schema, _] => self.schemas.contains(&folded(schema)),
            [database, schema, _] => folded(database) == self.database && self.schemas.contains(&folded(schema)),
            _ => false,
        };
        if is_here {
            strip(name);
            return ControlFlow::Continue(());
        }
        let shown: Vec<String> = parts.iter().rev().take(2).rev().map(|part| folded(part)).collect();
        let (state, message) = told(&shown.join("."));
        let fault = Fault::new(state, message);
        ControlFlow::Break(match parts.first().map(|part| part.span.start) {
            Some(start) if start.line > 0 => fault.at_place(self.sql, start.line, start.column),
            _ => fault,
        })
    }
}

/// The name of a table function.
fn called(factor: &mut TableFactor) -> Option<&mut ObjectName> {
    match factor {
        TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => Some(name),
        _ => None,
    }
}

fn strip(name: &mut ObjectName) {
    name.0.drain(..name.0.len().saturating_sub(1));
}

fn last(name: &ObjectName) -> String {
    name.0.last().and_then(ObjectNamePart::as_ident).map(folded).unwrap_or_default()
}

/// An identifier as PostgreSQL folds it.
fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}
