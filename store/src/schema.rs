//! All tables under their names, as one DataFusion schema, refreshed together.
//!
//! DataFusion asks once per statement and name; what it gets is pinned ([`PinnedTable`]), so a statement sees one
//! version of each table. All tables move to their newest versions together, when the last refresh is older than the
//! allowed staleness; [`StoreSchema::refresh`] moves them at once. It reads the tables only, beside a running pipeline
//! in this or another process.

use crate::error::StoreError;
use crate::open::Store;
use crate::provider::PinnedTable;
use crate::table::Table;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;
use touchpoint::{Clock, Micros};

/// The tables of a store as a schema.
pub struct StoreSchema {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    max_staleness: Micros,
    pinned: Mutex<Pinned>,
}

#[derive(Default)]
struct Pinned {
    refreshed_at: Option<Micros>,
    tables: BTreeMap<Table, Arc<PinnedTable>>,
}

impl StoreSchema {
    /// A schema whose tables are at most `max_staleness` microseconds behind.
    pub fn new(store: Arc<Store>, max_staleness: Micros, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, max_staleness, pinned: Mutex::new(Pinned::default()) }
    }

    /// Moves all tables to their newest versions, however fresh they are.
    ///
    /// # Errors
    /// A table cannot be read; the tables then stay where they were.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        self.move_to_newest(&mut *self.pinned.lock().await).await
    }

    async fn move_to_newest(&self, pinned: &mut Pinned) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tables = BTreeMap::new();
        for table in self.store.tables() {
            tables.insert(table, self.store.provider(table).await?);
        }
        *pinned = Pinned { refreshed_at: Some(now), tables };
        Ok(())
    }

    async fn pinned(&self, table: Table) -> Result<Option<Arc<PinnedTable>>, StoreError> {
        let mut pinned = self.pinned.lock().await;
        let now = self.clock.now();
        if pinned.refreshed_at.is_none_or(|at| now - at > self.max_staleness || now < at) {
            self.move_to_newest(&mut pinned).await?;
        }
        Ok(pinned.tables.get(&table).cloned())
    }
}

impl std::fmt::Debug for StoreSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreSchema").field("max_staleness", &self.max_staleness).finish_non_exhaustive()
    }
}

#[async_trait]
impl SchemaProvider for StoreSchema {
    fn table_names(&self) -> Vec<String> {
        Table::ALL.iter().map(|table| table.name().to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let Some(table) = Table::find(name) else { return Ok(None) };
        let pinned = self.pinned(table).await.map_err(|e| DataFusionError::External(Box::new(e)))?;
        // A folder of an earlier version lacks a table, and so has no row of it.
        Ok(Some(match pinned {
            Some(pinned) => pinned as Arc<dyn TableProvider>,
            None => Arc::new(EmptyTable::new(table.schema())) as Arc<dyn TableProvider>,
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        Table::find(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::StoreSchema;
    use crate::commit::Cycle;
    use crate::sample::{calls, log_rows, open, owner};
    use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, TableProvider};
    use datafusion::prelude::{SessionConfig, SessionContext};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use touchpoint::{Clock, Micros, NextOffsets};

    #[derive(Default)]
    struct HandClock(AtomicI64);
    impl Clock for HandClock {
        fn now(&self) -> Micros {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn queries_beside_a_pipeline_see_whole_commits_no_older_than_asked() {
        let dir = tempfile::tempdir().unwrap();
        let (pipeline, reader, clock) = (open(&dir).await, Arc::new(open(&dir).await), Arc::new(HandClock::default()));
        let schema = Arc::new(StoreSchema::new(reader, 1_000, clock.clone()));
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema("public", schema.clone()).unwrap();
        let config = SessionConfig::new().with_default_catalog_and_schema("touchload", "public");
        let session = SessionContext::new_with_config(config);
        session.register_catalog("touchload", Arc::new(catalog));
        let rows = async || {
            let sql = "SELECT l.kafka_offset FROM touchpoint_log l, touchpoint_log r WHERE l.event_id = r.event_id \
                       AND l.event_month LIKE '20%'";
            session.sql(sql).await.unwrap().count().await.unwrap()
        };
        assert_eq!(rows().await, 0);
        pipeline.acquire(&owner(), &[calls(0)]).await.unwrap();
        let next = NextOffsets::from([(calls(0), 40)]);
        pipeline
            .commit(&owner(), Cycle { log: vec![log_rows(&calls(0), 0..40)], next, ..Cycle::default() })
            .await
            .unwrap();
        assert_eq!(rows().await, 0, "fresh enough");
        clock.0.store(1_001, Ordering::Relaxed);
        assert_eq!(rows().await, 40);
        schema.refresh().await.unwrap();
        let pinned = schema.pinned(crate::table::Table::TouchpointLog).await.unwrap().unwrap();
        assert_eq!(pinned.version(), 1);
        assert_eq!(pinned.schema().fields(), touchpoint::log::log_schema().fields());
    }
}
