//! Statements of clients that only look at catalogues: what psql's `\d`, drivers and tools ask before their user does.
//!
//! They use more of PostgreSQL than anything else that arrives here, in queries that nobody can change. So a statement whose
//! tables are all catalogues may be rewritten further, in ways that would be wrong for numbers: a correlated subquery gives
//! the one value that it can have, or NULL; and what is selected from a catalogue that never has rows is no rows. No other
//! statement is touched.

mod adapted;
mod arrays;
mod correlated;
mod emptied;
mod relations;
mod shown_again;
mod tableoids;
mod type_tree;

use super::qualified;
use crate::postgres::Fault;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as Planned;
use datafusion::sql::sqlparser::ast::Statement;
use processors::sql::reading::{ReadingError, plan_statement};

/// What `statement` is asked instead, where the whole of it is known to be more than this engine plans.
pub(super) fn known(statement: Statement) -> Statement {
    type_tree::flat(&statement).unwrap_or(statement)
}

/// The plan of `statement` of the text `sql`.
///
/// # Errors
/// It does not plan; the author's fault.
pub(super) async fn plan(context: &SessionContext, mut statement: Statement, sql: &str) -> Result<LogicalPlan, Fault> {
    qualified::resolved(&mut statement, context, sql)?;
    if !relations::are_catalogues(&statement) {
        return planned(context, statement, sql).await;
    }
    let statement = adapted::adapted(statement);
    let mut told = None;
    for attempt in [correlated::single(statement.clone()), correlated::absent(statement.clone())] {
        match tried(context, attempt, sql).await {
            Ok(plan) => return Ok(plan),
            Err(fault) => told = told.or(Some(fault)),
        }
    }
    match (emptied::emptied(&statement), told) {
        (Some(empty), _) => planned(context, empty, sql).await,
        (None, Some(fault)) => Err(fault),
        (None, None) => planned(context, statement, sql).await,
    }
}

async fn planned(context: &SessionContext, statement: Statement, sql: &str) -> Result<LogicalPlan, Fault> {
    plan_statement(context, Planned::Statement(Box::new(statement))).await.map_err(|error| match error {
        ReadingError::Refused => Fault::read_only("this statement"),
        ReadingError::Plan(error) => Fault::of(&error, sql),
    })
}

/// A plan that can run, as far as that can be told before its parameters are bound.
async fn tried(context: &SessionContext, statement: Statement, sql: &str) -> Result<LogicalPlan, Fault> {
    let plan = planned(context, statement, sql).await?;
    let state = context.state();
    let fault = |error| Fault::of(&error, sql);
    if plan.get_parameter_names().map_err(fault)?.is_empty() {
        state.create_physical_plan(&plan).await.map_err(fault)?;
    } else {
        state.optimize(&plan).map_err(fault)?;
    }
    Ok(plan)
}
