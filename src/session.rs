//! The tables, views and functions of a SQL session.
//!
//! Three kinds of session: over stored tables, where `hcp_now` is computed from the log as of now, pinned to one version
//! of them ([`offline`]) or moving on between statements ([`StoredTables`]), for who can read the folder; [`live`] over the
//! state of a running pipeline, for gauges and the terminal view; and those of a server's readers ([`ReaderSessions`]), each
//! with what its role may see. Names and columns are the same in all. Views come from `sql/views/*.sql`.
//!
//! | module | one noun |
//! |---|---|
//! | `versions` | one version of all stored tables |
//! | `made` | tables, views and functions of one audience over it |
//! | `tables`, [`comments`], `commented` | those that stand on the log as the context has it, and what is written of all |
//! | `commercial` | what the commercial audience has in place of what is stored |
//! | `published` | the views of fixed cells that everybody may have |
//! | `sight` | which HCPs, accounts and owners a reader sees |
//! | `visible` | which names a role has |
//! | `lens`, `seal`, `guarded` | rows and columns through a lens, tables behind a barrier, aggregates under guard |
//! | `machine` | what the machine has |
//! | `readers`, `role_schema`, `runtime` | a session per connection, its one schema, the memory and disk it may use |

mod commented;
pub mod comments;
mod commercial;
mod confined;
mod guarded;
mod lens;
mod machine;
mod made;
mod plain;
mod published;
mod readers;
#[cfg(test)]
mod reference_tests;
mod role_schema;
mod runtime;
mod seal;
mod sight;
mod statement_clock;
mod stored;
mod tables;
mod versions;
mod views;
mod visible;

pub use commented::COMMENT;
pub use machine::half_of_memory;
pub use readers::{CATALOG, NotReady, ReaderSessions, Source};
pub use runtime::QueryLimits;
pub use stored::StoredTables;

use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext};
use processors::SharedShards;
use processors::sql::forecast_function::Known;
use processors::sql::live_table::Windows;
use processors::sql::sessions::closed_session;
use processors::sql::{ForecastFunction, LiveTable, SumsTable};
use std::sync::Arc;
use store::Store;
use touchpoint::{Audience, Clock, Micros, Policy, Reference};

/// Memory of the queries of one session, where nobody says another.
const QUERY_MEMORY: usize = 2 << 30;
/// Rows per batch.
const BATCH: usize = 8192;

/// What every session needs.
#[derive(Clone)]
pub struct Facts {
    /// Policy in force.
    pub policy: Arc<Policy>,
    /// Reference data in force.
    pub reference: Arc<Reference>,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

/// A session over the stored tables as they are now: every statement of it sees this one version of each table, and as
/// now the instant of this call.
///
/// # Errors
/// A table cannot be read, or a view does not plan.
pub async fn offline(store: Arc<Store>, facts: &Facts) -> Result<SessionContext> {
    let tables = StoredTables::new(store, facts.clone(), Micros::MAX);
    let context = tables.session()?;
    tables.begin_statement(&context).await?;
    Ok(context)
}

/// A session over the live state, as `audience` sees it.
///
/// # Errors
/// A table of that name exists already: a bug.
pub fn live(shards: &SharedShards, audience: Audience) -> Result<SessionContext> {
    let context = context(QUERY_MEMORY)?;
    context.register_table("hcp_now", Arc::new(LiveTable::table(shards.clone(), audience, Windows::Headline)))?;
    context.register_table("hcp_now_windows", Arc::new(LiveTable::table(shards.clone(), audience, Windows::All)))?;
    context.register_table("touches_now", Arc::new(SumsTable::touches(shards.clone(), audience)))?;
    context.register_table("requests_now", Arc::new(SumsTable::requests(shards.clone())))?;
    let forecasts = ForecastFunction::new(Known::Live(shards.clone()), audience);
    context.register_udtf("forecast", Arc::new(forecasts));
    Ok(context)
}

/// A session without tables that can open no file.
fn context(memory: usize) -> Result<SessionContext> {
    closed_session(SessionConfig::new().with_information_schema(true).with_batch_size(BATCH), memory)
}
