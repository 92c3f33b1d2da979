//! A table as DataFusion sees it: pinned to one version, with exactly the table's columns.
//!
//! A statement that reads a table twice must see one version of it, so a provider never moves. Text is `Utf8` and
//! partition values are plain columns, as in [`Table::schema`]; the object store is registered when a scan is planned,
//! so that any session may read.

use crate::error::StoreError;
use crate::open::Store;
use crate::table::Table;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use deltalake::DeltaTable;
use deltalake::delta_datafusion::{DeltaScanConfig, DeltaScanNext};
use std::sync::Arc;

/// Whether filters are evaluated while Parquet is decoded: worth it when few rows pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filtering {
    WhileDecoding,
    AfterDecoding,
}

/// One version of one table.
#[derive(Debug)]
pub struct PinnedTable {
    delta: DeltaTable,
    scan: DeltaScanNext,
    version: u64,
}

impl PinnedTable {
    pub(crate) fn new(table: Table, delta: DeltaTable, filtering: Filtering) -> Result<Self, StoreError> {
        Self::of_files(table, delta, filtering, None)
    }

    /// Only the files at `paths`, or all of them.
    pub(crate) fn of_files(
        table: Table,
        delta: DeltaTable,
        filtering: Filtering,
        paths: Option<Vec<String>>,
    ) -> Result<Self, StoreError> {
        let state = delta.snapshot().map_err(StoreError::storage(table, "reading its snapshot"))?;
        let version = state.version();
        let mut config = DeltaScanConfig::new()
            .with_wrap_partition_values(false)
            .with_parquet_pushdown(filtering == Filtering::WhileDecoding);
        config.schema_force_view_types = false;
        let mut scan = DeltaScanNext::new(state.snapshot().clone(), config).map_err(StoreError::scan(table))?;
        if let Some(paths) = paths {
            scan = scan.with_file_paths(paths);
        }
        Ok(Self { delta, scan, version })
    }

    /// The Delta version it is pinned to.
    pub fn version(&self) -> u64 {
        self.version
    }
}

#[async_trait]
impl TableProvider for PinnedTable {
    fn schema(&self) -> SchemaRef {
        self.scan.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        self.delta.update_datafusion_session(session).map_err(|e| DataFusionError::External(Box::new(e)))?;
        self.scan.scan(session, projection, filters, limit).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        self.scan.supports_filters_pushdown(filters)
    }
}

impl Store {
    /// A table at its newest version.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn provider(&self, table: Table) -> Result<Arc<PinnedTable>, StoreError> {
        let delta = self.newest(table).await?;
        PinnedTable::new(table, delta, Filtering::WhileDecoding).map(Arc::new)
    }

    /// The newest version of a table, for reading.
    pub(crate) async fn newest(&self, table: Table) -> Result<DeltaTable, StoreError> {
        let Some(reader) = self.readers.get(&table) else {
            return Err(StoreError::Missing { table, location: self.location.to_string() });
        };
        let mut delta = reader.lock().await;
        delta.update_state().await.map_err(StoreError::storage(table, "refreshing"))?;
        Ok(delta.clone())
    }
}
