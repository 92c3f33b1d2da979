//! `touchpoint_log`: one row per accepted record, in the form the table stores, and the way to and from a decoded batch.
//!
//! Words are lower-case text. Three columns are added to a decoded batch: `late`, `supersedes` (an earlier row with the
//! same identity exists) and `event_month` (the partition column, `YYYY-MM` of `occurred_at`, for deletes of
//! `ingested_at`). `kafka_timestamp` is not stored; on the way back it reads as `ingested_at`.

mod month;
mod words;

pub use month::month_of;

use crate::record::{ColumnKind, RECORD_COLUMNS, RecordColumns, instant_type, record_schema};
use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::{Arc, LazyLock};

/// The column that partitions `touchpoint_log`.
pub const EVENT_MONTH: &str = "event_month";

/// Columns that can identify a person; they carry no statistics in the Delta log.
pub const PERSONAL_COLUMNS: &[&str] = &["event_id", "hcp_id", "owner_id", "account_id", "request_id"];

/// The Arrow schema of `touchpoint_log`.
pub fn log_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let stored = RECORD_COLUMNS.iter().filter(|(name, ..)| *name != "kafka_timestamp");
        let mut fields: Vec<Field> = stored
            .map(|(name, kind, nullable)| {
                let data_type = match kind {
                    ColumnKind::Word | ColumnKind::Text => DataType::Utf8,
                    ColumnKind::Instant => instant_type(),
                    ColumnKind::Int32 => DataType::Int32,
                    ColumnKind::Int64 => DataType::Int64,
                    ColumnKind::Bool => DataType::Boolean,
                };
                Field::new(*name, data_type, *nullable)
            })
            .collect();
        fields.push(Field::new("late", DataType::Boolean, false));
        fields.push(Field::new("supersedes", DataType::Boolean, false));
        fields.push(Field::new(EVENT_MONTH, DataType::Utf8, false));
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}

/// Log rows of a decoded batch; `late` and `supersedes` have one value per row.
///
/// # Errors
/// The batch is not a decoded batch, or the lengths differ: a bug of the caller.
pub fn from_record(
    batch: &RecordBatch,
    late: BooleanArray,
    supersedes: BooleanArray,
) -> Result<RecordBatch, ArrowError> {
    let decoded = RecordColumns::try_new(batch)?;
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(log_schema().fields().len());
    for ((name, kind, _), column) in RECORD_COLUMNS.iter().zip(batch.columns()) {
        match kind {
            _ if *name == "kafka_timestamp" => {}
            ColumnKind::Word => columns.push(words::to_text(name, column.as_primitive())?),
            _ => columns.push(column.clone()),
        }
    }
    let months = month::of_each(decoded.occurred_at, decoded.ingested_at)?;
    columns.extend([Arc::new(late) as ArrayRef, Arc::new(supersedes), Arc::new(months)]);
    RecordBatch::try_new(log_schema(), columns)
}

/// The decoded batch of log rows, as restore needs it.
///
/// # Errors
/// A column is missing, or a word is not in its vocabulary: the table was written by something else.
pub fn to_record(log: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(RECORD_COLUMNS.len());
    for (name, kind, _) in RECORD_COLUMNS {
        let stored = if *name == "kafka_timestamp" { "ingested_at" } else { name };
        let column = log
            .column_by_name(stored)
            .ok_or_else(|| ArrowError::SchemaError(format!("touchpoint_log needs column {stored}")))?;
        columns.push(match kind {
            ColumnKind::Word => words::from_text(name, column.as_string())?,
            _ => column.clone(),
        });
    }
    RecordBatch::try_new(record_schema(), columns)
}
