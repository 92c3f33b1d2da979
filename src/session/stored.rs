//! Stored tables in a session that lives longer than one version of them.
//!
//! One statement sees one version of every table, and `hcp_now` and `hcp_now_windows` at one instant: tables, views and
//! `hcp_metrics_at` are moved to the newest versions together, between statements, when the last move is older than the
//! allowed staleness. Beside a running pipeline this is how a prompt that stays open sees what is committed meanwhile.
//!
//! Whoever can open the folder may read all of it: there is no role and no lens here. Readers of a server have
//! [`ReaderSessions`](super::ReaderSessions).

use super::confined::Confined;
use super::made::{Making, Pinned};
use super::statement_clock::StatementClock;
use super::versions::Versions;
use super::{Facts, QUERY_MEMORY};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use processors::sql::{metric_functions, touch_metrics};
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use tokio::sync::Mutex;
use touchpoint::{Audience, Micros};

/// The tables of a store, for one session and its statements one after another.
pub struct StoredTables {
    folder: Option<PathBuf>,
    versions: Versions,
    facts: Facts,
    memory: usize,
    now: Arc<StatementClock>,
    shown: Mutex<Option<Pinned>>,
}

impl StoredTables {
    /// Tables that a new statement sees at most `max_staleness` microseconds old.
    pub fn new(store: Arc<Store>, facts: Facts, max_staleness: Micros) -> Self {
        let folder = store.location().local_path();
        let versions = Versions::new(store, facts.clock.clone(), max_staleness);
        Self { folder, versions, facts, memory: QUERY_MEMORY, now: Arc::default(), shown: Mutex::default() }
    }

    /// The same, whose statements may use so many bytes of memory instead of 2 GiB.
    pub fn with_memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// A session for the statements to come; it holds no table until the first is readied. Of all files it can read those
    /// of the tables, and write none.
    ///
    /// # Errors
    /// The folder of the tables cannot be named by a URL, or a limit is refused: both were found out before, or are bugs.
    pub fn session(&self) -> Result<SessionContext> {
        let context = super::context(self.memory)?;
        if let Some(folder) = &self.folder {
            let files = Arc::new(Confined::to(folder).map_err(|e| DataFusionError::ObjectStore(Box::new(e)))?);
            context.runtime_env().register_object_store(ObjectStoreUrl::local_filesystem().as_ref(), files);
        }
        let metrics = touch_metrics(self.facts.policy.clone(), self.facts.reference.clone());
        metric_functions::register(&context, metrics, Audience::Full);
        Ok(context)
    }

    /// Readies `context` for its next statement: sets its now, and moves everything stored to the newest version if what
    /// it has is too old.
    ///
    /// # Errors
    /// A table cannot be read, or a view does not plan: the statement must not run. The next call tries again.
    pub async fn begin_statement(&self, context: &SessionContext) -> Result<()> {
        let now = self.facts.clock.now();
        self.now.set(now);
        let mut shown = self.shown.lock().await;
        let pinned = self.versions.at(now).await?;
        if !shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &pinned)) {
            let facts = Facts { clock: self.now.clone(), ..self.facts.clone() };
            let making = Making { pinned: pinned.clone(), facts, audience: Audience::Full, live: None };
            making.fill(context).await?;
            *shown = Some(pinned);
        }
        Ok(())
    }
}
