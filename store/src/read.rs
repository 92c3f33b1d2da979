//! Rows back out of the log: restore after a start or an assignment, and catch-up of what is derived from it.
//!
//! Both read exactly the version of `touchpoint_log` that the last [`Store::acquire`] read its offsets from (the newest
//! one when nothing is acquired), so that rows and offsets agree. Rows come in no order, in bounded memory, in
//! `touchpoint_log`'s columns whatever types the scan yields. A restore names the columns that it needs: the others are
//! not decoded, and read as NULL, `false`, 0 or empty text.

mod old_emails;

pub use old_emails::OldEmails;

use crate::error::StoreError;
use crate::open::Store;
use crate::provider::{Filtering, PinnedTable};
use crate::table::Table;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{Expr, col, lit, when};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use deltalake::DeltaTable;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::{Micros, TopicPartition};

/// Rows, as they are read.
pub type BatchStream = BoxStream<'static, Result<RecordBatch, StoreError>>;

/// Which rows a restore needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLog {
    /// Rows with `occurred_at` or `ingested_at` at or after this instant, and all rows without `occurred_at` (deletes).
    pub since: Micros,
    /// The columns that are wanted, `occurred_at` and `ingested_at` among them.
    pub columns: &'static [&'static str],
}

/// The columns that a window state is made of, and that tell where a row came from. The others only SQL reads.
const STATE_COLUMNS: &[&str] = &[
    "kind",
    "event_id",
    "hcp_id",
    "source",
    "version",
    "op",
    "status",
    "occurred_at",
    "precision",
    "channel",
    "origin",
    "business_function",
    "purpose",
    "owner_id",
    "product",
    "theme",
    "plan_id",
    "plan_step",
    "request_id",
    "solicited",
    "status_at",
    "answered_at",
    "attendees",
    "ingested_at",
    "kafka_topic",
    "kafka_partition",
    "kafka_offset",
];

impl ReadLog {
    /// What a window state is restored from.
    pub fn of_state(since: Micros) -> Self {
        Self { since, columns: STATE_COLUMNS }
    }

    /// Statistics of instants are cut to milliseconds, so files are chosen by a coarser filter than rows.
    fn coarse(&self) -> Expr {
        let since = lit(ScalarValue::TimestampMicrosecond(Some(self.since - self.since.rem_euclid(1_000)), utc()));
        (col("occurred_at").gt_eq(since.clone())).or(col("ingested_at").gt_eq(since)).or(col("occurred_at").is_null())
    }
}

/// When a row counts as having come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// When it was taken from Kafka (`ingested_at`); imported rows, of which nobody knows, when it happened.
    AsTaken,
    /// When it happened.
    OnTime,
}

impl Arrival {
    fn instant(self) -> Result<Expr, DataFusionError> {
        match self {
            Self::OnTime => Ok(col("occurred_at")),
            Self::AsTaken => {
                when(col("kafka_topic").like(lit("import:%")), col("occurred_at")).otherwise(col("ingested_at"))
            }
        }
    }
}

/// Memory of sorting the log.
const SORT_MEMORY: usize = 1 << 30;

/// The offsets `[from, to)` of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetRange {
    /// The first offset.
    pub from: i64,
    /// The first offset after the last.
    pub to: i64,
}

impl Store {
    /// The rows that the live state is restored from.
    ///
    /// # Errors
    /// The table cannot be read; items of the stream may fail too, and the restore is then to be begun anew.
    pub async fn read_log(&self, read: ReadLog) -> Result<BatchStream, StoreError> {
        let rows = self.scan_log(read.coarse(), Some(read.columns)).await?;
        let exact = move |batch: Result<RecordBatch, StoreError>| {
            batch.and_then(|batch| since(&batch, read.since).map_err(StoreError::rows(Table::TouchpointLog)))
        };
        Ok(rows.map(exact).boxed())
    }

    /// As [`Store::read_log`], in the order in which the rows came in, those of one instant by topic, partition and offset.
    /// Rows without such an instant (deletes, where `arrival` asks when it happened) come first. Some rows of the
    /// millisecond before `since` may be among them.
    ///
    /// # Errors
    /// The table cannot be read or sorted; items of the stream may fail too.
    pub async fn read_log_in_order(&self, read: ReadLog, arrival: Arrival) -> Result<BatchStream, StoreError> {
        let delta = self.newest(Table::TouchpointLog).await?;
        let provider = PinnedTable::new(Table::TouchpointLog, delta, Filtering::AfterDecoding)?;
        let sorted = in_order(provider, read, arrival).map_err(StoreError::scan(Table::TouchpointLog))?;
        rows(sorted, (Table::TouchpointLog, Table::TouchpointLog.schema()), Some(read.columns)).await
    }

    /// The rows of the given offsets.
    ///
    /// # Errors
    /// The table cannot be read; items of the stream may fail too.
    pub async fn read_rows_between(
        &self,
        ranges: &BTreeMap<TopicPartition, OffsetRange>,
    ) -> Result<BatchStream, StoreError> {
        let wanted = ranges.iter().filter(|(_, range)| range.from < range.to).map(|(partition, range)| {
            col("kafka_topic")
                .eq(lit(partition.topic.as_str()))
                .and(col("kafka_partition").eq(lit(partition.partition)))
                .and(col("kafka_offset").gt_eq(lit(range.from)))
                .and(col("kafka_offset").lt(lit(range.to)))
        });
        match wanted.reduce(Expr::or) {
            Some(wanted) => self.scan_log(wanted, None).await,
            None => Ok(futures::stream::empty().boxed()),
        }
    }

    /// Every row of a source system.
    ///
    /// # Errors
    /// The table cannot be read; items of the stream may fail too.
    pub async fn read_source(&self, source: &str) -> Result<BatchStream, StoreError> {
        self.scan_log(col("source").eq(lit(source)), None).await
    }

    async fn scan_log(
        &self,
        wanted: Expr,
        columns: Option<&'static [&'static str]>,
    ) -> Result<BatchStream, StoreError> {
        let frame = frame(Table::TouchpointLog, self.restored().await?, None)?;
        let frame = frame.filter(wanted).map_err(StoreError::scan(Table::TouchpointLog))?;
        let frame = match columns {
            Some(columns) => frame.select_columns(columns).map_err(StoreError::scan(Table::TouchpointLog))?,
            None => frame,
        };
        rows(frame, (Table::TouchpointLog, Table::TouchpointLog.schema()), columns).await
    }

    /// The version of the log that offsets were acquired from, the newest one when nothing is acquired.
    async fn restored(&self) -> Result<DeltaTable, StoreError> {
        let restore = self.writers.lock().await.restore.clone();
        match restore {
            Some(delta) => Ok(delta),
            None => self.newest(Table::TouchpointLog).await,
        }
    }
}

/// Sorted with bounded memory: what does not fit goes to files of the system's temporary folder meanwhile.
fn in_order(provider: PinnedTable, read: ReadLog, arrival: Arrival) -> Result<DataFrame, DataFusionError> {
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(SORT_MEMORY, 1.0).build_arc()?;
    let session = SessionContext::new_with_config_rt(SessionConfig::new().with_collect_statistics(false), runtime);
    let order = [arrival.instant()?, col("kafka_topic"), col("kafka_partition"), col("kafka_offset")];
    session
        .read_table(Arc::new(provider))?
        .filter(read.coarse())?
        .select_columns(read.columns)?
        .sort(order.into_iter().map(|by| by.sort(true, true)).collect())
}

/// The time zone of every instant.
pub(crate) fn utc() -> Option<Arc<str>> {
    Some("UTC".into())
}

/// Scans files of a table (all of them without `paths`) into its own columns.
pub(crate) async fn scan(
    table: Table,
    delta: DeltaTable,
    paths: Option<Vec<String>>,
) -> Result<BatchStream, StoreError> {
    rows(frame(table, delta, paths)?, (table, table.schema()), None).await
}

/// As [`scan`] of every file, of the rows for which `wanted` holds.
pub(crate) async fn scan_where(table: Table, delta: DeltaTable, wanted: Expr) -> Result<BatchStream, StoreError> {
    let frame = frame(table, delta, None)?.filter(wanted).map_err(StoreError::scan(table))?;
    rows(frame, (table, table.schema()), None).await
}

/// As [`scan`], of some columns alone, in the table's order.
pub(crate) async fn scan_columns(
    table: Table,
    delta: DeltaTable,
    paths: Vec<String>,
    columns: &'static [&'static str],
) -> Result<BatchStream, StoreError> {
    let frame = frame(table, delta, Some(paths))?.select_columns(columns).map_err(StoreError::scan(table))?;
    let schema = table.schema();
    let wanted = schema.fields().iter().filter(|field| columns.contains(&field.name().as_str()));
    let wanted = Arc::new(Schema::new(wanted.cloned().collect::<Vec<_>>()));
    rows(frame, (table, wanted), None).await
}

fn frame(table: Table, delta: DeltaTable, paths: Option<Vec<String>>) -> Result<DataFrame, StoreError> {
    let provider = PinnedTable::of_files(table, delta, Filtering::AfterDecoding, paths)?;
    let session = SessionContext::new_with_config(SessionConfig::new().with_collect_statistics(false));
    session.read_table(Arc::new(provider)).map_err(StoreError::scan(table))
}

/// The rows of a scan of `asked` columns, or of all of them, in the columns of `schema`.
async fn rows(
    frame: DataFrame,
    (table, schema): (Table, SchemaRef),
    asked: Option<&'static [&'static str]>,
) -> Result<BatchStream, StoreError> {
    let rows = frame.execute_stream().await.map_err(StoreError::scan(table))?;
    let normal = move |batch: Result<RecordBatch, DataFusionError>| {
        let batch = batch.map_err(StoreError::scan(table))?;
        normalise(&batch, &schema, asked).map_err(StoreError::rows(table))
    };
    Ok(rows.map(normal).boxed())
}

/// The batch in exactly the columns of `schema`. A column that was not asked for is filled; one that was must be there.
fn normalise(batch: &RecordBatch, schema: &SchemaRef, asked: Option<&[&str]>) -> Result<RecordBatch, ArrowError> {
    let is_asked = |field: &Field| asked.is_none_or(|asked| asked.contains(&field.name().as_str()));
    let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
        Some(found) if found.data_type() == field.data_type() => Ok(found.clone()),
        Some(found) => cast(found, field.data_type()),
        None if is_asked(field) => Err(missing(field)),
        None => unasked(field, batch.num_rows()),
    };
    RecordBatch::try_new(schema.clone(), schema.fields().iter().map(column).collect::<Result<_, _>>()?)
}

fn missing(field: &Field) -> ArrowError {
    ArrowError::SchemaError(format!("the scan has no column {}", field.name()))
}

fn unasked(field: &Field, rows: usize) -> Result<ArrayRef, ArrowError> {
    match field.data_type() {
        of_any_type if field.is_nullable() => Ok(new_null_array(of_any_type, rows)),
        DataType::Boolean => Ok(Arc::new(BooleanArray::from(vec![false; rows]))),
        DataType::Int32 => Ok(Arc::new(Int32Array::from_value(0, rows))),
        DataType::Int64 => Ok(Arc::new(Int64Array::from_value(0, rows))),
        DataType::Utf8 => Ok(Arc::new(StringArray::from_iter_values(std::iter::repeat_n("", rows)))),
        _ => Err(missing(field)),
    }
}

fn since(batch: &RecordBatch, since: Micros) -> Result<RecordBatch, ArrowError> {
    let instants = |name: &str| {
        batch
            .column_by_name(name)
            .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
            .ok_or_else(|| ArrowError::SchemaError(format!("the log needs instants in {name}")))
    };
    let (occurred, ingested) = (instants("occurred_at")?, instants("ingested_at")?);
    let wanted = |i: usize| occurred.is_null(i) || occurred.value(i) >= since || ingested.value(i) >= since;
    let mask: BooleanArray = (0..batch.num_rows()).map(|i| Some(wanted(i))).collect();
    filter_record_batch(batch, &mask)
}

#[cfg(test)]
mod tests;
