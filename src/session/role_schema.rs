//! The one schema of a reader: what it has is replaced whole, between statements, and by nobody else.

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::DataFusionError;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Tables by name.
pub(super) type Tables = BTreeMap<String, Arc<dyn TableProvider>>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct RoleSchema(RwLock<Arc<Tables>>);

impl RoleSchema {
    /// From now on these.
    pub(super) fn replace(&self, tables: Tables) {
        // What is under the lock is replaced whole, so that a panic elsewhere leaves nothing half written.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
    }

    fn tables(&self) -> Arc<Tables> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl SchemaProvider for RoleSchema {
    fn table_names(&self) -> Vec<String> {
        self.tables().keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Ok(self.tables().get(name).cloned())
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables().contains_key(name)
    }
}
