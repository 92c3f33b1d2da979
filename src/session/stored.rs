//! Stored tables in a session that lives longer than one version of them.
//!
//! One statement sees one version of every table, and `hcp_now` and `hcp_now_windows` at one instant: tables, views and
//! `hcp_metrics_at` are moved to the newest versions together, between statements, when the last move is older than the
//! allowed staleness. Beside a running pipeline this is how a prompt that stays open sees what is committed meanwhile.

use super::confined::Confined;
use super::{Facts, views};
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use processors::sql::forecast_function::Known;
use processors::sql::history_table::{AsOf, History};
use processors::sql::{BudgetShares, ForecastFunction, HcpMetricsAt, HistoryTable, Layout, touch_metrics};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Store, StoreSchema, Table};
use tokio::sync::Mutex;
use touchpoint::{Audience, Clock, Micros};

/// The tables of a store, for one session and its statements one after another.
pub struct StoredTables {
    folder: Option<PathBuf>,
    schema: StoreSchema,
    facts: Facts,
    now: Arc<StatementClock>,
    max_staleness: Micros,
    moved_at: Mutex<Option<Micros>>,
}

impl StoredTables {
    /// Tables that a new statement sees at most `max_staleness` microseconds old.
    pub fn new(store: Arc<Store>, facts: Facts, max_staleness: Micros) -> Self {
        let folder = store.location().local_path();
        // When tables move is decided here, between statements: the schema by itself could move between two tables.
        let schema = StoreSchema::new(store, Micros::MAX, facts.clock.clone());
        Self { folder, schema, facts, now: Arc::default(), max_staleness, moved_at: Mutex::default() }
    }

    /// A session for the statements to come; it holds no table until the first is readied. Of all files it can read those
    /// of the tables, and write none.
    ///
    /// # Errors
    /// The folder of the tables cannot be named by a URL, or a limit is refused: both were found out before, or are bugs.
    pub fn session(&self) -> Result<SessionContext> {
        let context = super::context()?;
        if let Some(folder) = &self.folder {
            let files = Arc::new(Confined::to(folder).map_err(|e| DataFusionError::ObjectStore(Box::new(e)))?);
            context.runtime_env().register_object_store(ObjectStoreUrl::local_filesystem().as_ref(), files);
        }
        context.register_udaf(touch_metrics(self.facts.policy.clone(), self.facts.reference.clone()));
        Ok(context)
    }

    /// Readies `context` for its next statement: sets its now, and moves everything stored to the newest version if what
    /// it has is too old.
    ///
    /// # Errors
    /// A table cannot be read, or a view does not plan: the statement must not run. The next call tries again.
    pub async fn begin_statement(&self, context: &SessionContext) -> Result<()> {
        let now = self.facts.clock.now();
        self.now.0.store(now, Ordering::Relaxed);
        let mut moved_at = self.moved_at.lock().await;
        let fresh = |at: Micros| (at..=at.saturating_add(self.max_staleness)).contains(&now);
        if !moved_at.is_some_and(fresh) {
            self.schema.refresh().await.map_err(|e| DataFusionError::External(Box::new(e)))?;
            self.register(context).await?;
            *moved_at = Some(now);
        }
        Ok(())
    }

    async fn register(&self, context: &SessionContext) -> Result<()> {
        for table in Table::ALL {
            replace(context, table.name(), self.table(table).await?)?;
        }
        let log = self.table(Table::TouchpointLog).await?;
        let history = History { log, policy: self.facts.policy.clone(), reference: self.facts.reference.clone() };
        let now = |layout| HistoryTable::new(history.clone(), AsOf::Now(self.now.clone()), Audience::Full, layout);
        replace(context, "hcp_now", Arc::new(now(Layout::now())))?;
        replace(context, "hcp_now_windows", Arc::new(now(Layout::now_windows())))?;
        let at = HcpMetricsAt::new(history.clone(), self.now.clone(), Audience::Full);
        context.register_udtf("hcp_metrics_at", Arc::new(at));
        let shares = BudgetShares::new(history.clone(), self.now.clone(), Audience::Full);
        context.register_udtf("budget_shares", Arc::new(shares));
        let known = Known::Stored(history, self.now.clone());
        context.register_udtf("forecast", Arc::new(ForecastFunction::new(known, Audience::Full)));
        for (name, view) in views::plan(context).await? {
            replace(context, name, view)?;
        }
        Ok(())
    }

    async fn table(&self, table: Table) -> Result<Arc<dyn TableProvider>> {
        let missing = || DataFusionError::Internal(format!("table {table} is not in the store's schema"));
        self.schema.table(table.name()).await?.ok_or_else(missing)
    }
}

fn replace(context: &SessionContext, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
    context.deregister_table(name)?;
    context.register_table(name, table)?;
    Ok(())
}

/// The now of the running statement, however often it asks.
#[derive(Debug, Default)]
struct StatementClock(AtomicI64);

impl Clock for StatementClock {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}
