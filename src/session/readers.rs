//! The sessions of a server's readers: one schema per role, of the role's name, and nothing beside it.
//!
//! A session has what its reader's role may see ([`visible`](super::visible)), computed for the role's audience
//! ([`made`](super::made)), through a lens and behind a seal. Names of other roles' schemas are names that do not exist.
//! Connections share one runtime ([`runtime`](super::runtime)) and the versions of the stored tables; each has its own now.

use super::commented::commented;
use super::guarded::{Guard, guarded};
use super::made::{Making, Pinned};
use super::role_schema::{RoleSchema, Tables};
use super::runtime::{QueryLimits, SharedRuntime};
use super::seal::{Sealed, SealedFunction};
use super::sight::Sight;
use super::statement_clock::StatementClock;
use super::versions::Versions;
use super::{Facts, visible};
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::prelude::{SessionConfig, SessionContext};
use processors::SharedShards;
use processors::sql::metric_functions::{self, ShareMetrics};
use processors::sql::sessions::session_builder;
use processors::sql::touch_metrics;
use serve::postgres::sessions::Sessions;
use serve::postgres::{Fault, SqlState};
use serve::{Health, Reader};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use store::Store;
use tokio::sync::Mutex;
use touchpoint::time::DAY;
use touchpoint::{Clock, Micros};

/// The catalog of every session.
pub const CATALOG: &str = "touchload";

/// Where policy, reference data and the present come from.
pub enum Source {
    /// A folder: what was given with it, and `hcp_now` computed from the log.
    Stored(Facts),
    /// A running pipeline: what is in force there, and `hcp_now` from its state.
    Live {
        /// The state.
        shards: SharedShards,
        /// Whether it is complete.
        health: Arc<Health>,
        /// Now.
        clock: Arc<dyn Clock>,
    },
}

/// The state of the pipeline is being restored. It passes; a retry helps.
#[derive(Debug, thiserror::Error)]
#[error("the state of this process is not complete yet")]
pub struct NotReady;

impl From<NotReady> for Fault {
    fn from(not_ready: NotReady) -> Self {
        Self::new(SqlState::CannotConnectNow, not_ready.to_string())
            .with_hint("Try again in a few seconds; /readyz says what is missing.")
    }
}

impl Source {
    fn clock(&self) -> &Arc<dyn Clock> {
        match self {
            Self::Stored(facts) => &facts.clock,
            Self::Live { clock, .. } => clock,
        }
    }

    /// What is in force.
    ///
    /// # Errors
    /// [`NotReady`].
    fn facts(&self) -> Result<Facts> {
        match self {
            Self::Stored(facts) => Ok(facts.clone()),
            Self::Live { shards, health, clock } => {
                // Only a writer that panicked poisons the lock: what it left may be half written.
                if shards.is_poisoned() || !health.readiness().is_ready() {
                    return Err(DataFusionError::External(Box::new(Fault::from(NotReady))));
                }
                let shards = shards.read().unwrap_or_else(PoisonError::into_inner);
                let (policy, reference) = (shards.policy().clone(), shards.reference().clone());
                Ok(Facts { policy, reference, clock: clock.clone() })
            }
        }
    }

    fn live(&self) -> Option<SharedShards> {
        match self {
            Self::Stored(_) => None,
            Self::Live { shards, .. } => Some(shards.clone()),
        }
    }
}

/// See the module.
pub struct ReaderSessions {
    versions: Versions,
    source: Source,
    runtime: SharedRuntime,
}

impl ReaderSessions {
    /// Sessions whose statements see stored tables at most `max_staleness` microseconds old.
    ///
    /// # Errors
    /// The spill folder cannot be used.
    pub fn new(store: Arc<Store>, source: Source, max_staleness: Micros, limits: &QueryLimits) -> Result<Self> {
        let versions = Versions::new(store, source.clock().clone(), max_staleness);
        Ok(Self { versions, source, runtime: SharedRuntime::new(limits)? })
    }
}

/// What belongs to one connection; its session holds it.
struct Connection {
    reader: Reader,
    now: Arc<StatementClock>,
    schema: Arc<RoleSchema>,
    shown: Mutex<Option<Shown>>,
}

/// What the session of a connection was last filled with.
struct Shown {
    pinned: Pinned,
    facts: Facts,
    /// Days since 1970: views that speak of closed days and months are planned anew on the next.
    day: i64,
}

impl Shown {
    fn is(&self, other: &Self) -> bool {
        let (one, other_facts) = (&self.facts, &other.facts);
        Arc::ptr_eq(&self.pinned, &other.pinned)
            && Arc::ptr_eq(&one.policy, &other_facts.policy)
            && Arc::ptr_eq(&one.reference, &other_facts.reference)
            && self.day == other.day
    }
}

#[async_trait]
impl Sessions for ReaderSessions {
    fn open(&self, reader: &Reader) -> Result<SessionContext> {
        let schema = Arc::new(RoleSchema::default());
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(reader.role.as_str(), schema.clone())?;
        let connection = Connection { reader: reader.clone(), now: Arc::default(), schema, shown: Mutex::default() };
        let config = SessionConfig::new()
            .with_information_schema(true)
            .with_batch_size(super::BATCH)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(CATALOG, reader.role.as_str())
            .with_extension(Arc::new(connection));
        let mut config = config;
        // A fault names the place of what it is about.
        config.options_mut().sql_parser.collect_spans = true;
        let context = bare(config, self.runtime.of_connection()?);
        context.register_catalog(CATALOG, Arc::new(catalog));
        context.add_analyzer_rule(Arc::new(ShareMetrics { widest: reader.role.audience() }));
        Ok(context)
    }

    fn memory(&self) -> usize {
        self.runtime.reserved()
    }

    async fn begin_statement(&self, context: &SessionContext) -> Result<()> {
        let foreign = || DataFusionError::Internal("a session that was not opened here".to_owned());
        let connection = context.state_ref().read().config().get_extension::<Connection>().ok_or_else(foreign)?;
        let now = self.source.clock().now();
        connection.now.set(now);
        let facts = self.source.facts()?;
        let found = Shown { pinned: self.versions.at(now).await?, facts, day: now.div_euclid(DAY) };
        let mut shown = connection.shown.lock().await;
        if !shown.as_ref().is_some_and(|shown| shown.is(&found)) {
            connection.show(context, &found, self.source.live()).await?;
            *shown = Some(found);
        }
        Ok(())
    }
}

impl Connection {
    /// Fills the session of this connection.
    async fn show(&self, context: &SessionContext, found: &Shown, live: Option<SharedShards>) -> Result<()> {
        let (role, audience) = (self.reader.role, self.reader.role.audience());
        let facts = Facts { clock: self.now.clone(), ..found.facts.clone() };
        let (policy, reference) = (facts.policy.clone(), facts.reference.clone());
        let sight = Arc::new(Sight::of(&self.reader, reference.clone(), self.now.clone()));
        let inside = SessionContext::new();
        let making = Making { pinned: found.pinned.clone(), facts, audience, live };
        making.fill(&inside).await?;
        making.pool_owners(&inside, &sight).await?;
        let mut tables = Tables::new();
        for visible in &visible::TABLES {
            let Some(lens) = visible.lens(role, &sight) else { continue };
            let sealed = Sealed::new(visible, inside.table_provider(visible.name).await?, Arc::new(lens));
            tables.insert(visible.name.to_owned(), commented(visible.name, Arc::new(sealed))?);
        }
        for visible in &visible::FUNCTIONS {
            let Some(lens) = visible.lens(role, &sight) else { continue };
            let function = inside.table_function(visible.name)?.function().clone();
            context.register_udtf(visible.name, Arc::new(SealedFunction::new(visible, function, Arc::new(lens))));
        }
        let guard = Arc::new(Guard::new(sight, audience, &policy));
        for function in metric_functions::functions(guarded(touch_metrics(policy, reference), guard)) {
            context.register_udaf(function);
        }
        self.schema.replace(tables);
        Ok(())
    }
}

/// A session that knows no format of files and no way to make a table.
fn bare(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> SessionContext {
    let builder = session_builder(config, runtime);
    let state = builder.with_table_factories(HashMap::new()).with_file_formats(Vec::new()).build();
    SessionContext::new_with_state(state)
}

#[cfg(test)]
mod tests {
    use super::{DataFusionError, Fault, NotReady};

    #[test]
    fn a_client_that_asks_too_early_is_told_to_ask_again() {
        let error = DataFusionError::External(Box::new(Fault::from(NotReady))).context("beginning a statement");
        let fault = Fault::of(&error, "SELECT 1");
        assert_eq!(fault.state.code(), "57P03");
        assert!(fault.hint.is_some_and(|hint| hint.contains("again")), "{}", fault.message);
    }
}
