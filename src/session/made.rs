//! The tables, views and functions of one audience over one version of everything stored: what lies inside a session
//! before any reader's lens.

use super::sight::Sight;
use super::tables::{self, replace};
use super::{Facts, commercial, published};
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result};
use datafusion::prelude::SessionContext;
use processors::SharedShards;
use processors::sql::forecast_function::Known;
use processors::sql::history_table::{AsOf, History};
use processors::sql::live_table::Windows;
use processors::sql::{ForecastFunction, HistoryFunction, HistoryTable, Layout, LiveTable};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Positions, Table};
use touchpoint::Audience;

/// Where the log stands, while views are planned.
const LOG_POSITIONS: &str = "log_positions";

/// One version of every stored table.
pub(super) type Pinned = Arc<BTreeMap<Table, Arc<dyn TableProvider>>>;

/// What tables are made from.
pub(super) struct Making {
    pub(super) pinned: Pinned,
    /// Policy and reference data in force; the clock is that of the running statement.
    pub(super) facts: Facts,
    pub(super) audience: Audience,
    /// The state of a running pipeline, where there is one: `hcp_now` and forecasts come from it.
    pub(super) live: Option<SharedShards>,
}

impl Making {
    /// Puts everything into `context`, in place of what it has.
    ///
    /// # Errors
    /// A table is missing or a view does not plan: bugs.
    pub(super) async fn fill(&self, context: &SessionContext) -> Result<()> {
        for (table, provider) in self.pinned.iter() {
            replace(context, table.name(), provider.clone())?;
        }
        let Facts { policy, reference, clock } = &self.facts;
        let log = self.pinned.get(&Table::TouchpointLog).cloned();
        let log = log.ok_or_else(|| DataFusionError::Internal("touchpoint_log is not pinned".to_owned()))?;
        let positions = Arc::new(Positions::of(&log));
        let history = History { log, policy: policy.clone(), reference: reference.clone() };
        self.fill_now(context, &history)?;
        let shares = HistoryFunction::budget_shares(history.clone(), clock.clone(), self.audience);
        context.register_udtf("budget_shares", Arc::new(shares));
        let at = HistoryFunction::hcp_metrics_at(history, clock.clone(), self.audience);
        context.register_udtf("hcp_metrics_at", Arc::new(at));
        // Of the whole log, whoever reads it.
        let activity = published::medical_activity(context, reference, clock.now()).await?;
        // Views are planned over it; by itself it is nobody's.
        context.deregister_table(LOG_POSITIONS)?;
        context.register_table(LOG_POSITIONS, positions)?;
        match self.audience {
            Audience::Commercial => commercial::narrow(context, &self.facts).await?,
            Audience::Full => tables::register(context, &self.facts, Audience::Full).await?,
        }
        context.deregister_table(LOG_POSITIONS)?;
        replace(context, "medical_activity", activity)
    }

    fn fill_now(&self, context: &SessionContext, history: &History) -> Result<()> {
        let Some(shards) = &self.live else {
            let as_of = AsOf::Now(self.facts.clock.clone());
            let now = |layout| Arc::new(HistoryTable::new(history.clone(), as_of.clone(), self.audience, layout));
            replace(context, "hcp_now", now(Layout::now()))?;
            replace(context, "hcp_now_windows", now(Layout::now_windows()))?;
            let known = Known::Stored(history.clone(), self.facts.clock.clone());
            context.register_udtf("forecast", Arc::new(ForecastFunction::new(known, self.audience)));
            return Ok(());
        };
        let live = |windows| Arc::new(LiveTable::table(shards.clone(), self.audience, windows));
        replace(context, "hcp_now", live(Windows::Headline))?;
        replace(context, "hcp_now_windows", live(Windows::All))?;
        let known = Known::Live(shards.clone());
        context.register_udtf("forecast", Arc::new(ForecastFunction::new(known, self.audience)));
        Ok(())
    }

    /// Adds the pools of owners that one reader sees.
    ///
    /// # Errors
    /// The view does not plan: a bug.
    pub(super) async fn pool_owners(&self, context: &SessionContext, sight: &Arc<Sight>) -> Result<()> {
        let pools = published::owners_pooled(context, sight, self.facts.clock.now()).await?;
        replace(context, "owners_pooled", pools)
    }
}
