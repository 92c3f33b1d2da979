//! The tables, views and functions of a SQL session.
//!
//! Two sessions: [`offline`] over stored tables, where `hcp_now` is computed from the log as of now, and [`live`] over
//! the state of a running pipeline, for gauges and the terminal view. Names and columns are the same in both. Views come
//! from `sql/views/*.sql`.

mod views;

use datafusion::error::Result;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use processors::SharedShards;
use processors::sql::history_table::{AsOf, History};
use processors::sql::live_table::Windows;
use processors::sql::{HcpMetricsAt, HistoryTable, Layout, LiveTable, RequestsNow, TouchesNow, touch_metrics};
use std::sync::Arc;
use store::{Store, Table};
use touchpoint::{Audience, Clock, Policy, Reference};

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

/// A session over the stored tables as they are now: every statement of it sees this one version of each table.
///
/// # Errors
/// A table cannot be read, or a view does not plan.
pub async fn offline(store: Arc<Store>, facts: &Facts) -> anyhow::Result<SessionContext> {
    let context = context()?;
    for table in [Table::TouchpointLog, Table::DeadLetters, Table::HcpMetrics] {
        context.register_table(table.name(), store.provider(table).await?)?;
    }
    let log = store.provider(Table::TouchpointLog).await?;
    let history = History { log, policy: facts.policy.clone(), reference: facts.reference.clone() };
    let now = |layout| HistoryTable::new(history.clone(), AsOf::Now(facts.clock.clone()), Audience::Full, layout);
    context.register_table("hcp_now", Arc::new(now(Layout::now())))?;
    context.register_table("hcp_now_windows", Arc::new(now(Layout::now_windows())))?;
    let at = HcpMetricsAt::new(history.clone(), facts.clock.clone(), Audience::Full);
    context.register_udtf("hcp_metrics_at", Arc::new(at));
    context.register_udaf(touch_metrics(facts.policy.clone(), facts.reference.clone()));
    views::register(&context).await?;
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
    context.register_table("touches_now", Arc::new(TouchesNow::new(shards.clone(), audience)))?;
    context.register_table("requests_now", Arc::new(RequestsNow::new(shards.clone())))?;
    Ok(context)
}

fn context() -> Result<SessionContext> {
    let config = SessionConfig::new().with_information_schema(true).with_batch_size(8192);
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(QUERY_MEMORY, 1.0).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}
