//! Batches into Parquet files of bounded size, in bounded memory; the files become rows of the table only by a commit.
//!
//! Each partition value has a file of its own, which grows to [`TARGET_FILE_BYTES`]; of an open file at most one row
//! group is in memory. A history that jumps between months keeps one file per month open: when their open row groups
//! outgrow the writer's share of [`OPEN_BYTES`], all of them are closed and started anew (smaller files, which the
//! maintenance compacts). Files that never reach a commit are deleted by [`TableWriter::abort`] as far as possible, and
//! by vacuum for certain.

use crate::arrange::{by_partition, file_schema};
use crate::commit::Coverage;
use crate::encoding::{ROW_GROUP_ROWS, writer_properties};
use crate::error::{CommitError, StoreError};
use crate::handle::Handle;
use crate::open::Store;
use crate::table::Table;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use deltalake::datafile::writer::{PartitionWriter, PartitionWriterConfig};
use deltalake::kernel::Add;
use deltalake::logstore::object_store::ObjectStoreExt;
use deltalake::table::config::TablePropertiesExt;
use deltalake::{DeltaTable, DeltaTableError, Path};
use futures::future::join_all;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// Where a file is closed and the next begun.
pub const TARGET_FILE_BYTES: u64 = 128 * 1024 * 1024;
/// Roughly what all open row groups of a table's writers may take together.
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

    /// The files of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.adds.extend(other.adds);
        self.rows += other.rows;
        self.skipped += other.skipped;
        self.time += other.time;
        self
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
    /// The file that is being written for each partition value.
    open: BTreeMap<String, OpenFile>,
    open_bytes: usize,
    written: Written,
}

struct OpenFile {
    writer: PartitionWriter,
    /// Rows in the open row group.
    rows: usize,
}

impl Store {
    /// A writer for an import: rows that the table already has of an acquired partition are skipped.
    pub async fn writer(&self, table: Table) -> TableWriter {
        let writers = self.writers.lock().await;
        match table {
            Table::DeadLetters => TableWriter::skipping(&writers.dead_letters),
            Table::TouchpointLog => TableWriter::skipping(&writers.log),
            Table::HcpMetrics => TableWriter::plain(&writers.hcp_metrics),
            Table::Alerts => TableWriter::plain(&writers.alerts),
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
        let (open, written) = (BTreeMap::new(), Written::default());
        Self { table, delta, coverage: None, open, open_bytes: OPEN_BYTES, written }
    }

    /// One of `writers` that write the same table side by side: its share of [`OPEN_BYTES`].
    #[must_use]
    pub fn one_of(self, writers: usize) -> Self {
        Self { open_bytes: OPEN_BYTES / writers.max(1), ..self }
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
        for (value, rows) in by_partition(self.table, batch).map_err(StoreError::rows(self.table))? {
            let file = match self.open.remove(&value) {
                Some(file) => file,
                None => self.start(&value)?,
            };
            // In its place before the outcome is known, so that an abort finds it.
            let file = self.open.entry(value).or_insert(file);
            file.writer.write(&rows).await.map_err(StoreError::storage(self.table, "writing files"))?;
            // Rows of full row groups have left memory.
            file.rows = (file.rows + rows.num_rows()) % ROW_GROUP_ROWS;
        }
        self.written.rows += batch.num_rows();
        let row_bytes = batch.get_array_memory_size() / batch.num_rows().max(1) / 2;
        if self.open.values().map(|file| file.rows).sum::<usize>() * row_bytes.max(64) > self.open_bytes {
            self.close().await?;
        }
        Ok(())
    }

    fn start(&self, value: &str) -> Result<OpenFile, StoreError> {
        let failed = StoreError::storage(self.table, "writing files");
        let open = || {
            let state = self.delta.snapshot()?;
            let config = PartitionWriterConfig::try_new(
                file_schema(self.table),
                // The value is put into the files' actions when they are closed.
                Default::default(),
                Some(writer_properties(self.table)),
                NonZeroU64::new(TARGET_FILE_BYTES),
                Some(STEP_ROWS),
                None,
                Some(self.folder(value)?),
            )?;
            let statistics = self.table.statistics_columns().iter().map(|column| (*column).to_owned()).collect();
            let indexed = state.table_config().num_indexed_cols();
            PartitionWriter::try_with_config(self.delta.object_store(), config, indexed, Some(statistics))
        };
        open().map(|writer| OpenFile { writer, rows: 0 }).map_err(failed)
    }

    /// Where the files of a partition value lie, below the table: `event_month=2026-03`.
    fn folder(&self, value: &str) -> Result<Path, DeltaTableError> {
        let folder = self.table.partition_columns().first().map(|column| format!("{column}={value}"));
        Path::parse(folder.unwrap_or_default()).map_err(|error| DeltaTableError::generic(error.to_string()))
    }

    /// Ends every open file; their last row groups are encoded side by side.
    async fn close(&mut self) -> Result<(), StoreError> {
        let column = self.table.partition_columns().first();
        let ending = std::mem::take(&mut self.open).into_iter().map(|(value, file)| async move {
            let adds = file.writer.close().await?;
            let partition_values =
                || column.map(|column| ((*column).to_owned(), Some(value.clone()))).into_iter().collect();
            Ok(adds.into_iter().map(|add| Add { partition_values: partition_values(), ..add }).collect::<Vec<_>>())
        });
        // All of them, also after a failure: an upload that is given up half-way leaves parts that nobody finds.
        for ended in join_all(ending).await {
            let ended: Result<Vec<Add>, DeltaTableError> = ended;
            self.written.adds.extend(ended.map_err(StoreError::storage(self.table, "writing files"))?);
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
        for (_, file) in std::mem::take(&mut self.open) {
            if let Err(error) = file.writer.abort().await {
                tracing::debug!(%error, "an unfinished file is left to vacuum");
            }
        }
        self.written.discard(&self.delta).await;
    }
}
