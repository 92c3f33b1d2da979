//! A table as DataFusion sees it: pinned to one version, with exactly the table's columns.
//!
//! A statement that reads a table twice must see one version of it, so a provider never moves. Files that cannot hold a
//! wanted row are left out by the statistics of the Delta log before anything is opened ([`crate::files`]); what is left
//! is DataFusion's own Parquet scan, which goes by the statistics of row groups and pages. Filters are only ever a
//! reason to leave something out: the plan above applies them again. The object store is registered when a scan is
//! planned, so that any session may read.

use crate::error::StoreError;
use crate::files::Files;
use crate::open::Store;
use crate::table::Table;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::physical_plan::empty::EmptyExec;
use deltalake::DeltaTable;
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
    table: Table,
    delta: DeltaTable,
    files: Files,
    filtering: Filtering,
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
        let files = Files::of(table, state, paths.as_deref())?;
        Ok(Self { table, delta, files, filtering, version })
    }

    /// The Delta version it is pinned to.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn delta(&self) -> &DeltaTable {
        &self.delta
    }

    /// The files that may hold rows for which all of `filters` hold.
    fn wanted(&self, session: &dyn Session, filters: &[Expr]) -> Result<Files, DataFusionError> {
        let Some(filter) = conjunction(filters.iter().cloned()) else {
            return Ok(self.files.clone());
        };
        let schema = DFSchema::try_from(self.schema())?;
        let filter: Arc<dyn PhysicalExpr> = session.create_physical_expr(filter, &schema)?;
        self.files.that_may_satisfy(&filter)
    }

    /// The place of the table in a session's registry of object stores: one per table and location.
    fn register(&self, session: &dyn Session) -> Result<ObjectStoreUrl, DataFusionError> {
        let log = self.delta.log_store();
        let location = &log.config().location();
        // Only scheme and authority tell one store from another, so the whole location becomes an authority.
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let authority: String = location.as_str().chars().map(plain).collect();
        let url = ObjectStoreUrl::parse(format!("touchload://{authority}"))?;
        session.runtime_env().register_object_store(url.as_ref(), log.object_store(None));
        Ok(url)
    }

    /// Its columns as DataFusion's scans order them: those of the files, then those of the partitioning.
    fn scanned(&self) -> TableSchema {
        let (partitioning, stored): (Vec<FieldRef>, Vec<FieldRef>) =
            self.schema().fields().iter().cloned().partition(|field| is_partitioning(self.table, field));
        TableSchema::builder(Arc::new(Schema::new(stored))).with_table_partition_cols(partitioning).build()
    }

    /// Where the columns `projection` (all without) stand in [`Self::scanned`].
    fn projected(&self, scanned: &TableSchema, projection: Option<&Vec<usize>>) -> Result<Vec<usize>, DataFusionError> {
        let schema = self.schema();
        let place = |index: usize| Ok(scanned.table_schema().index_of(schema.field(index).name())?);
        match projection {
            Some(wanted) => wanted.iter().copied().map(place).collect(),
            None => (0..schema.fields().len()).map(place).collect(),
        }
    }

    fn format(&self, session: &dyn Session) -> ParquetFormat {
        let mut options =
            TableParquetOptions { global: session.config_options().execution.parquet.clone(), ..Default::default() };
        options.global.pushdown_filters = self.filtering == Filtering::WhileDecoding;
        // Text is `Utf8`, as in `Table::schema`.
        options.global.schema_force_view_types = false;
        ParquetFormat::default().with_options(options)
    }
}

fn is_partitioning(table: Table, field: &FieldRef) -> bool {
    table.partition_columns().contains(&field.name().as_str())
}

#[async_trait]
impl TableProvider for PinnedTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
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
        let files = self.wanted(session, filters)?;
        let scanned = self.scanned();
        let projected = self.projected(&scanned, projection)?;
        let partitioned = files.partitioned(&scanned)?;
        if partitioned.is_empty() {
            let schema = scanned.table_schema().project(&projected)?;
            return Ok(Arc::new(EmptyExec::new(Arc::new(schema))));
        }
        let mut statistics = Statistics::new_unknown(scanned.table_schema());
        statistics.num_rows = files.rows().map_or(Precision::Absent, Precision::Exact);
        let groups = FileGroup::new(partitioned).split_files(session.config().target_partitions());
        let format = self.format(session);
        let source = ParquetSource::new(scanned)
            .with_table_parquet_options(format.options().clone())
            .with_pushdown_filters(self.filtering == Filtering::WhileDecoding);
        let scan = FileScanConfigBuilder::new(self.register(session)?, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(Some(projected))?
            .with_limit(limit)
            .build();
        format.create_physical_plan(session, scan).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
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
