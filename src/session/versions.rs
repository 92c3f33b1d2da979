//! One version of all stored tables, moved on together.

use super::made::Pinned;
use datafusion::catalog::SchemaProvider;
use datafusion::common::{DataFusionError, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Store, StoreSchema, Table};
use tokio::sync::Mutex;
use touchpoint::{Clock, Micros};

/// What everybody who asks at about the same time is given.
pub(super) struct Versions {
    schema: StoreSchema,
    max_staleness: Micros,
    newest: Mutex<Option<(Micros, Pinned)>>,
}

impl Versions {
    /// Versions that are at most `max_staleness` microseconds old when they are given.
    pub(super) fn new(store: Arc<Store>, clock: Arc<dyn Clock>, max_staleness: Micros) -> Self {
        // When tables move is decided here: the schema by itself could move between two tables.
        let schema = StoreSchema::new(store, Micros::MAX, clock);
        Self { schema, max_staleness, newest: Mutex::default() }
    }

    /// The tables of a statement that begins `now`: those given before if they are fresh enough, else the newest. Two that
    /// are the same are the same `Arc`.
    ///
    /// # Errors
    /// A table cannot be read; the next call tries again.
    pub(super) async fn at(&self, now: Micros) -> Result<Pinned> {
        let mut newest = self.newest.lock().await;
        if let Some((at, pinned)) = &*newest
            && (*at..=at.saturating_add(self.max_staleness)).contains(&now)
        {
            return Ok(pinned.clone());
        }
        self.schema.refresh().await.map_err(|e| DataFusionError::External(Box::new(e)))?;
        let mut tables = BTreeMap::new();
        for table in Table::ALL {
            let missing = || DataFusionError::Internal(format!("table {table} is not in the store's schema"));
            tables.insert(table, self.schema.table(table.name()).await?.ok_or_else(missing)?);
        }
        let pinned = Arc::new(tables);
        *newest = Some((now, pinned.clone()));
        Ok(pinned)
    }
}
