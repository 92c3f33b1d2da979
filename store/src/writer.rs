//! Batches into Parquet files of bounded size, in bounded memory; the files become rows of the table only by a commit.
//!
//! Files grow to [`TARGET_FILE_BYTES`]; of an open file at most one row group is in memory. A history that jumps
//! between months keeps one file per month open: when their open row groups outgrow [`OPEN_BYTES`], all of them are
//! closed and started anew (smaller files, which the maintenance compacts). Files that never reach a commit are deleted
//! by [`TableWriter::abort`] as far as possible, and by vacuum for certain.

use crate::commit::Coverage;
use crate::encoding::{ROW_GROUP_ROWS, writer_properties};
use crate::error::{CommitError, StoreError};
use crate::handle::Handle;
use crate::open::Store;
use crate::table::Table;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::error::ArrowError;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::Add;
use deltalake::logstore::object_store::ObjectStoreExt;
use deltalake::table::config::TablePropertiesExt;
use deltalake::{DeltaTable, Path};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// Where a file is closed and the next begun.
pub const TARGET_FILE_BYTES: u64 = 128 * 1024 * 1024;
/// Roughly what all open row groups of a writer may take.
pub const OPEN_BYTES: usize = 256 * 1024 * 1024;
/// Rows per step of the encoder.
const STEP_ROWS: usize = 8 * 1024;

/// Files that are written and not committed.
#[derive(Debug, Default)]
pub struct Written {
    pub(crate) adds: Vec<Add>,
    /// Rows in the files.
    pub rows: usize,
    /// Rows left out because the table has them already.
    pub skipped: usize,
    /// Time spent encoding and uploading.
    pub time: Duration,
}

impl Written {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.adds.iter().map(|add| u64::try_from(add.size).unwrap_or_default()).sum()
    }

    /// Number of files.
    pub fn files(&self) -> usize {
        self.adds.len()
    }

    /// Deletes the files, which no commit has ever named; what cannot be deleted is left to vacuum.
    pub(crate) async fn discard(&self, delta: &DeltaTable) {
        let store = delta.object_store();
        for add in &self.adds {
            if let Err(error) = store.delete(&Path::from(add.path.as_str())).await {
                tracing::debug!(%error, "a file that was not committed is left to vacuum");
            }
        }
    }
}

/// Writes rows of one table into files.
pub struct TableWriter {
    table: Table,
    delta: DeltaTable,
    coverage: Option<Coverage>,
    writer: Option<DeltaWriter>,
    /// Rows in the open row group of each partition value.
    open_rows: BTreeMap<String, usize>,
    written: Written,
}

impl Store {
    /// A writer for an import: rows that the table already has of an acquired partition are skipped.
    pub async fn writer(&self, table: Table) -> TableWriter {
        let writers = self.writers.lock().await;
        match table {
            Table::DeadLetters => TableWriter::skipping(&writers.dead_letters),
            Table::TouchpointLog => TableWriter::skipping(&writers.log),
            Table::HcpMetrics => TableWriter::plain(&writers.hcp_metrics),
        }
    }
}

impl TableWriter {
    /// Writes every row.
    pub(crate) fn plain(handle: &Handle) -> Self {
        Self::of(handle.table, handle.delta.clone())
    }

    /// Skips rows below the table's offsets.
    fn skipping(handle: &Handle) -> Self {
        Self { coverage: Some(Coverage::from_held(handle)), ..Self::plain(handle) }
    }

    pub(crate) fn of(table: Table, delta: DeltaTable) -> Self {
        Self { table, delta, coverage: None, writer: None, open_rows: BTreeMap::new(), written: Written::default() }
    }

    /// Writes a batch in the table's columns.
    ///
    /// # Errors
    /// Other columns, a row of a partition that was not acquired, or a failure of the storage: abort the writer.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), CommitError> {
        let started = Instant::now();
        let kept = match &self.coverage {
            Some(coverage) => coverage.keep(&batch)?,
            None => batch.clone(),
        };
        self.written.skipped += batch.num_rows() - kept.num_rows();
        let schema = self.table.schema();
        if kept.schema() != schema {
            let found = ArrowError::SchemaError("the batch does not have the table's columns".to_owned());
            return Err(StoreError::rows(self.table)(found).into());
        }
        if kept.num_rows() > 0 {
            self.encode(&kept).await?;
        }
        self.written.time += started.elapsed();
        Ok(())
    }

    async fn encode(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let failed = StoreError::storage(self.table, "writing files");
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.start()?,
        };
        let outcome = writer.write(batch).await;
        self.writer = Some(writer);
        outcome.map_err(failed)?;
        self.written.rows += batch.num_rows();
        self.count_open_rows(batch)?;
        let row_bytes = batch.get_array_memory_size() / batch.num_rows().max(1) / 2;
        if self.open_rows.values().sum::<usize>() * row_bytes.max(64) > OPEN_BYTES {
            self.close().await?;
        }
        Ok(())
    }

    fn start(&self) -> Result<DeltaWriter, StoreError> {
        let state = self.delta.snapshot().map_err(StoreError::storage(self.table, "writing files"))?;
        let config = WriterConfig::new(
            self.table.schema(),
            self.table.partition_columns().iter().map(|column| (*column).to_owned()).collect(),
            Some(writer_properties()),
            NonZeroU64::new(TARGET_FILE_BYTES),
            Some(STEP_ROWS),
            state.table_config().num_indexed_cols(),
            Some(self.table.statistics_columns().iter().map(|column| (*column).to_owned()).collect()),
        );
        Ok(DeltaWriter::new(self.delta.object_store(), config))
    }

    /// Rows of full row groups have left memory.
    fn count_open_rows(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let Some(column) = self.table.partition_columns().first() else {
            let open = self.open_rows.entry(String::new()).or_default();
            *open = (*open + batch.num_rows()) % ROW_GROUP_ROWS;
            return Ok(());
        };
        let values = batch.column_by_name(column).and_then(|c| c.as_string_opt::<i32>());
        let values = values.ok_or_else(|| {
            let missing = ArrowError::SchemaError(format!("rows need a text column {column}"));
            StoreError::rows(self.table)(missing)
        })?;
        let mut i = 0;
        while i < values.len() {
            let value = values.value(i);
            let run = (i..values.len()).take_while(|j| values.value(*j) == value).count();
            match self.open_rows.get_mut(value) {
                Some(open) => *open = (*open + run) % ROW_GROUP_ROWS,
                None => {
                    self.open_rows.insert(value.to_owned(), run % ROW_GROUP_ROWS);
                }
            }
            i += run;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), StoreError> {
        self.open_rows.clear();
        if let Some(writer) = self.writer.take() {
            let adds = writer.close().await.map_err(StoreError::storage(self.table, "writing files"))?;
            self.written.adds.extend(adds);
        }
        Ok(())
    }

    /// Ends all files.
    ///
    /// # Errors
    /// The storage failed; what was written is left to vacuum.
    pub async fn finish(mut self) -> Result<Written, StoreError> {
        let started = Instant::now();
        self.close().await?;
        self.written.time += started.elapsed();
        Ok(self.written)
    }

    /// Gives up: deletes, as far as possible, what was written.
    pub async fn abort(mut self) {
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.abort().await
        {
            tracing::debug!(%error, "an unfinished file is left to vacuum");
        }
        self.written.discard(&self.delta).await;
    }
}
