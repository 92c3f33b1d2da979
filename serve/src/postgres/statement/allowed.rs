//! Which statements are let in, and as what. The kinds are listed; what a newer parser adds is refused until it is listed.

mod copying;
mod cursors;
mod refusal;
mod setting;

use super::command::{Command, Next};
use super::{Query, Understood, parameter};
use crate::postgres::Fault;
use datafusion::sql::sqlparser::ast::{
    DiscardObject, Expr, Ident, ObjectName, Query as SqlQuery, Reset, SetExpr, Statement, TransactionAccessMode,
    TransactionMode, UtilityOption, Visit, Visitor,
};
use refusal::refused;
use std::ops::ControlFlow;

/// What `statement` of the text `sql` is.
///
/// # Errors
/// It is not let in; see [`super::understand`].
pub(super) fn understood(statement: Statement, sql: &str) -> Result<Understood, Fault> {
    match statement {
        Statement::Query(_)
        | Statement::Explain { .. }
        | Statement::ExplainTable { .. }
        | Statement::ShowTables { .. }
        | Statement::ShowColumns { .. }
        | Statement::ShowFunctions { .. } => Ok(Understood::Query(Box::new(reading(statement, sql)?))),
        other => Ok(Understood::Command(Box::new(command(other, sql)?))),
    }
}

/// A statement that reads.
fn reading(statement: Statement, sql: &str) -> Result<Query, Fault> {
    match &statement {
        Statement::Query(query) => only_reads(query)?,
        Statement::Explain { statement: inner, .. } => match inner.as_ref() {
            Statement::Query(query) => only_reads(query)?,
            other => return Err(refused(other)),
        },
        _ => {}
    }
    Ok(Query::new(explained(statement)?, sql))
}

fn query(query: SqlQuery, sql: &str) -> Result<Box<Query>, Fault> {
    reading(Statement::Query(Box::new(query)), sql).map(Box::new)
}

fn command(statement: Statement, sql: &str) -> Result<Command, Fault> {
    match statement {
        Statement::Set(set) => setting::command(set),
        Statement::Reset(reset) => Ok(Command::Reset(match reset.reset {
            Reset::ALL => None,
            Reset::ConfigurationParameter(name) => Some(written(&name)),
        })),
        Statement::ShowVariable { variable } => Ok(Command::Show(setting::shown(&variable))),
        Statement::StartTransaction { modes, statements, .. } if statements.is_empty() => {
            modes.iter().try_for_each(reads_only)?;
            Ok(Command::Begin)
        }
        Statement::Commit { chain, modifier: None, .. } => Ok(Command::Commit(next(chain))),
        Statement::Rollback { chain, savepoint: None } => Ok(Command::Rollback(next(chain))),
        Statement::Rollback { savepoint: Some(name), .. } => Ok(Command::RollbackTo(folded(&name))),
        Statement::Savepoint { name } => Ok(Command::Savepoint(folded(&name))),
        Statement::ReleaseSavepoint { name } => Ok(Command::Release(folded(&name))),
        Statement::Discard { object_type: DiscardObject::ALL } => Ok(Command::DiscardAll),
        Statement::Discard { .. } => Ok(Command::DiscardOther),
        Statement::Deallocate { name, .. } => {
            Ok(Command::Deallocate((!name.value.eq_ignore_ascii_case("all")).then(|| folded(&name))))
        }
        Statement::Prepare { name, data_types, statement } => Ok(Command::Prepare {
            name: folded(&name),
            types: data_types.iter().map(parameter::type_written).collect(),
            query: match *statement {
                Statement::Query(asked) => query(*asked, sql)?,
                other => return Err(refused(&other)),
            },
        }),
        Statement::Execute { name: Some(name), parameters, immediate: false, .. } => {
            Ok(Command::Execute { name: written(&name), values: parameters })
        }
        Statement::Declare { stmts } => cursors::declare(stmts, sql),
        Statement::Fetch { name, direction, into: None, .. } => cursors::fetch(&name, &direction),
        Statement::Close { cursor } => Ok(cursors::close(&cursor)),
        Statement::Copy { source, to: true, target, options, legacy_options, .. } => {
            copying::copy(source, &target, (&options, &legacy_options), sql)
        }
        // What pools say before they hand a connection on; there is nothing to stop listening to.
        Statement::UNLISTEN { .. } => Ok(Command::Noted { tag: "UNLISTEN" }),
        other => Err(refused(&other)),
    }
}

fn next(chain: bool) -> Next {
    if chain { Next::Another } else { Next::Idle }
}

/// An identifier as PostgreSQL folds it.
fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

fn written(name: &ObjectName) -> String {
    name.0.iter().filter_map(|part| part.as_ident()).map(folded).collect::<Vec<_>>().join(".")
}

fn reads_only(mode: &TransactionMode) -> Result<(), Fault> {
    match mode {
        TransactionMode::AccessMode(TransactionAccessMode::ReadWrite) => {
            Err(Fault::read_only("BEGIN READ WRITE").with_hint("Everything here is read-only; leave READ WRITE out."))
        }
        TransactionMode::AccessMode(TransactionAccessMode::ReadOnly) | TransactionMode::IsolationLevel(_) => Ok(()),
    }
}

/// Options in parentheses as the flags that the planner knows; what has no meaning here is left out.
fn explained(statement: Statement) -> Result<Statement, Fault> {
    let Statement::Explain {
        mut analyze,
        mut verbose,
        describe_alias,
        query_plan,
        estimate,
        statement,
        format,
        options,
    } = statement
    else {
        return Ok(statement);
    };
    for UtilityOption { name, arg } in options.iter().flatten() {
        let on = !matches!(arg.as_ref().map(Expr::to_string), Some(text) if is_off(&text));
        match name.value.to_lowercase().as_str() {
            "analyze" => analyze = on,
            "verbose" => verbose = on,
            "costs" | "buffers" | "timing" | "summary" | "settings" | "wal" | "memory" | "generic_plan" => {}
            "format" if arg.as_ref().is_some_and(|format| format.to_string().eq_ignore_ascii_case("text")) => {}
            other => return Err(Fault::unsupported(&format!("EXPLAIN option {other}"))),
        }
    }
    Ok(Statement::Explain { analyze, verbose, describe_alias, query_plan, estimate, statement, format, options: None })
}

fn is_off(text: &str) -> bool {
    matches!(text.trim_matches('\'').to_lowercase().as_str(), "off" | "false" | "0")
}

/// A query whose parts all read.
fn only_reads(query: &SqlQuery) -> Result<(), Fault> {
    struct Parts;
    impl Visitor for Parts {
        type Break = Fault;
        fn pre_visit_query(&mut self, query: &SqlQuery) -> ControlFlow<Fault> {
            if !query.locks.is_empty() {
                return ControlFlow::Break(Fault::read_only("SELECT FOR UPDATE"));
            }
            body(&query.body)
        }
    }
    match query.visit(&mut Parts) {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(()),
    }
}

fn body(expr: &SetExpr) -> ControlFlow<Fault> {
    match expr {
        SetExpr::Select(select) if select.into.is_some() => ControlFlow::Break(Fault::read_only("SELECT INTO")),
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => ControlFlow::Continue(()),
        SetExpr::SetOperation { left, right, .. } => {
            body(left)?;
            body(right)
        }
        SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) | SetExpr::Merge(inner) => {
            ControlFlow::Break(refused(inner))
        }
    }
}
