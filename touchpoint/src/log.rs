//! `touchpoint_log`: one row per accepted record, in the form the table stores, and the way to and from a decoded batch.
//!
//! Words are lower-case text. Three columns are added to a decoded batch: `late`, `supersedes` (an earlier row with the
//! same identity exists) and `event_month` (the partition column, `YYYY-MM` of `occurred_at`, for deletes of
//! `ingested_at`). `kafka_timestamp` is not stored; on the way back it reads as `ingested_at`.

use crate::record::{ColumnKind, RECORD_COLUMNS, instant_type, record_schema};
use crate::time::Micros;
use crate::words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status, Word};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, StringBuilder, UInt8Array, UInt8Builder,
    new_null_array,
};
use arrow::compute::{TakeOptions, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimestampMicrosecondType};
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
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(log_schema().fields().len());
    for (name, kind, _) in RECORD_COLUMNS.iter().filter(|(name, ..)| *name != "kafka_timestamp") {
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| ArrowError::SchemaError(format!("a decoded batch needs column {name}")))?;
        columns.push(match kind {
            ColumnKind::Word => words_to_text(name, column.as_primitive())?,
            _ => column.clone(),
        });
    }
    let months = event_months(batch)?;
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
            ColumnKind::Word => text_to_words(name, column.as_string())?,
            _ => column.clone(),
        });
    }
    RecordBatch::try_new(record_schema(), columns)
}

/// `YYYY-MM` of an instant, UTC.
pub fn month_of(at: Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at).unwrap_or_default().format("%Y-%m").to_string()
}

fn event_months(batch: &RecordBatch) -> Result<StringArray, ArrowError> {
    let column = |name: &str| {
        batch
            .column_by_name(name)
            .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
            .ok_or_else(|| ArrowError::SchemaError(format!("a decoded batch needs instants in {name}")))
    };
    let (occurred, ingested) = (column("occurred_at")?, column("ingested_at")?);
    let mut months = StringBuilder::with_capacity(batch.num_rows(), batch.num_rows() * 7);
    // Consecutive rows share their month nearly always, so the last one is kept.
    let (mut from, mut to, mut month) = (1, 0, String::new());
    for i in 0..batch.num_rows() {
        let at = if occurred.is_valid(i) { occurred.value(i) } else { ingested.value(i) };
        if at < from || at >= to {
            month = month_of(at);
            (from, to) = month_span(at);
        }
        months.append_value(&month);
    }
    Ok(months.finish())
}

/// The month that holds `at`, as `[from, to)`.
fn month_span(at: Micros) -> (Micros, Micros) {
    use chrono::{Datelike, Months, NaiveDate};
    let date = chrono::DateTime::from_timestamp_micros(at).unwrap_or_default().date_naive();
    let first = NaiveDate::from_ymd_opt(date.year(), date.month(), 1).unwrap_or_default();
    let micros = |d: NaiveDate| d.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    (micros(first), micros(first + Months::new(1)))
}

fn words_to_text(name: &str, codes: &UInt8Array) -> Result<ArrayRef, ArrowError> {
    // Most columns of words belong to one kind and are empty for the others.
    if codes.null_count() == codes.len() {
        return Ok(new_null_array(&DataType::Utf8, codes.len()));
    }
    let texts = StringArray::from_iter_values(vocabulary(name)?);
    take(&texts, codes, Some(TakeOptions { check_bounds: true }))
}

fn text_to_words(name: &str, texts: &StringArray) -> Result<ArrayRef, ArrowError> {
    if texts.null_count() == texts.len() {
        return Ok(new_null_array(&DataType::UInt8, texts.len()));
    }
    let vocabulary = vocabulary(name)?;
    let mut out = UInt8Builder::with_capacity(texts.len());
    for text in texts {
        let Some(text) = text else {
            out.append_null();
            continue;
        };
        let code = vocabulary.iter().position(|w| *w == text);
        let code =
            code.ok_or_else(|| ArrowError::ParseError(format!("unknown word in column {name} of touchpoint_log")))?;
        out.append_value(code as u8);
    }
    Ok(Arc::new(out.finish()))
}

fn vocabulary(name: &str) -> Result<&'static [&'static str], ArrowError> {
    fn texts<W: Word>() -> Vec<&'static str> {
        W::ALL.iter().map(|w| w.as_str()).collect()
    }
    type Vocabulary = (&'static str, Vec<&'static str>);
    static WORDS: LazyLock<Vec<Vocabulary>> = LazyLock::new(|| {
        vec![
            (Kind::FIELD, texts::<Kind>()),
            (Op::FIELD, texts::<Op>()),
            (Status::FIELD, texts::<Status>()),
            (Precision::FIELD, texts::<Precision>()),
            (Channel::FIELD, texts::<Channel>()),
            (Origin::FIELD, texts::<Origin>()),
            (Mode::FIELD, texts::<Mode>()),
            (Intake::FIELD, texts::<Intake>()),
            (BusinessFunction::FIELD, texts::<BusinessFunction>()),
            (Purpose::FIELD, texts::<Purpose>()),
        ]
    });
    let words = WORDS.iter().find(|(field, _)| *field == name);
    words.map(|(_, texts)| texts.as_slice()).ok_or_else(|| ArrowError::SchemaError(format!("{name} holds no words")))
}

#[cfg(test)]
mod tests {
    use super::{text_to_words, words_to_text};
    use arrow::array::{Array, AsArray, UInt8Array};

    #[test]
    fn words_become_text_and_come_back() {
        for codes in [vec![], vec![None, None], vec![Some(0), Some(1), Some(0)], vec![Some(1), None, Some(0)]] {
            let codes = UInt8Array::from(codes);
            let text = words_to_text("op", &codes).unwrap();
            assert_eq!(text.len(), codes.len());
            let back = text_to_words("op", text.as_string()).unwrap();
            assert_eq!(back.as_primitive::<arrow::datatypes::UInt8Type>(), &codes);
        }
    }

    #[test]
    fn a_code_outside_the_vocabulary_is_an_error() {
        assert!(words_to_text("op", &UInt8Array::from(vec![Some(0), Some(200)])).is_err());
    }
}
