//! The tables, views and functions of a SQL session.
//!
//! Two kinds of session: over stored tables, where `hcp_now` is computed from the log as of now, pinned to one version
//! of them ([`offline`]) or moving on between statements ([`StoredTables`]); and [`live`] over the state of a running
//! pipeline, for gauges and the terminal view. Names and columns are the same in both. Views come from
//! `sql/views/*.sql`.

mod confined;
#[cfg(test)]
mod reference_tests;
mod stored;
mod views;

pub use stored::StoredTables;

use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use processors::SharedShards;
use processors::sql::forecast_function::Known;
use processors::sql::live_table::Windows;
use processors::sql::{ForecastFunction, LiveTable, SumsTable};
use std::sync::Arc;
use store::Store;
use touchpoint::{Audience, Clock, Micros, Policy, Reference};

/// Memory of the queries of one session.
const QUERY_MEMORY: usize = 2 << 30;

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
    let context = context()?;
    context.register_table("hcp_now", Arc::new(LiveTable::new(shards.clone(), audience, Windows::Headline)))?;
    context.register_table("hcp_now_windows", Arc::new(LiveTable::new(shards.clone(), audience, Windows::All)))?;
    context.register_table("touches_now", Arc::new(SumsTable::touches(shards.clone(), audience)))?;
    context.register_table("requests_now", Arc::new(SumsTable::requests(shards.clone())))?;
    let forecasts = ForecastFunction::new(Known::Live(shards.clone()), audience);
    context.register_udtf("forecast", Arc::new(forecasts));
    Ok(context)
}

/// A session without tables that can open no file.
fn context() -> Result<SessionContext> {
    let config = SessionConfig::new().with_information_schema(true).with_batch_size(8192);
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(QUERY_MEMORY, 1.0).build_arc()?;
    runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}
