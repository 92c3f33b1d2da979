//! Rows of text as Arrow columns of the types that the server names.
//!
//! Numbers, booleans, dates and instants get their types; `numeric` without a scale stays text and is aligned like the
//! number that it is; everything else is text, as the server wrote it.

use super::ServerError;
use crate::format::NUMBERS;
use datafusion::arrow::array::{ArrayRef, RecordBatchOptions, StringArray, StringBuilder};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::FormatOptions;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Field as ServerField, RowDescriptionBody};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

/// Rows of one batch, and bytes after which it ends earlier.
const ROWS: usize = 4_096;
const BYTES: usize = 8 << 20;

/// The columns of a result.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    schema: SchemaRef,
}

impl Default for Columns {
    fn default() -> Self {
        Self { schema: Arc::new(Schema::empty()) }
    }
}

impl Columns {
    /// What the server says of them.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn of(body: &RowDescriptionBody) -> io::Result<Self> {
        let fields: Vec<Field> = body.fields().map(|field| Ok(typed(&field))).collect()?;
        Ok(Self { schema: Arc::new(Schema::new(fields)) })
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

fn typed(field: &ServerField<'_>) -> Field {
    let (data_type, is_number) = of_type(field.type_oid(), field.type_modifier());
    let field = Field::new(field.name(), data_type, true);
    if is_number { field.with_metadata(HashMap::from([(NUMBERS.to_owned(), String::new())])) } else { field }
}

/// The type of a server's type, and whether it is text of a number.
fn of_type(oid: u32, modifier: i32) -> (DataType, bool) {
    let plain = match oid {
        16 => DataType::Boolean,
        20 | 26 => DataType::Int64,
        21 => DataType::Int16,
        23 => DataType::Int32,
        700 => DataType::Float32,
        701 => DataType::Float64,
        1082 => DataType::Date32,
        1114 => DataType::Timestamp(TimeUnit::Microsecond, None),
        1184 => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        1700 => return decimal(modifier).map_or((DataType::Utf8, true), |decimal| (decimal, false)),
        _ => DataType::Utf8,
    };
    (plain, false)
}

fn decimal(modifier: i32) -> Option<DataType> {
    let packed = u32::try_from(modifier).ok()?.checked_sub(4)?;
    let (precision, scale) = (u8::try_from(packed >> 16).ok()?, i8::try_from(packed & 0xffff).ok()?);
    (1..=38).contains(&precision).then_some(DataType::Decimal128(precision, scale))
}

/// Rows that were received and are not yet given on.
pub(super) struct RowsOfText {
    columns: Vec<StringBuilder>,
    rows: usize,
    bytes: usize,
}

impl RowsOfText {
    /// None yet, of these columns.
    pub(super) fn of(columns: &Columns) -> Self {
        let columns = columns.schema.fields().iter().map(|_| StringBuilder::new()).collect();
        Self { columns, rows: 0, bytes: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    /// One more.
    ///
    /// # Errors
    /// It does not have the columns that were announced, or is no UTF-8.
    pub(super) fn add(&mut self, row: &DataRowBody) -> Result<(), ServerError> {
        let broken = |what: &str| ServerError::Unexpected(format!("sends a row {what}"));
        let ranges: Vec<_> = row.ranges().collect().map_err(|_| broken("that cannot be read"))?;
        if ranges.len() != self.columns.len() {
            return Err(broken("of other columns than it announced"));
        }
        for (column, range) in self.columns.iter_mut().zip(ranges) {
            match range {
                None => column.append_null(),
                Some(range) => {
                    let bytes = row.buffer().get(range).ok_or_else(|| broken("that is cut off"))?;
                    column.append_value(std::str::from_utf8(bytes).map_err(|_| broken("that is no UTF-8"))?);
                }
            }
        }
        self.rows += 1;
        self.bytes += row.buffer().len();
        Ok(())
    }

    /// The rows as a batch.
    ///
    /// # Errors
    /// A value does not have the type of its column.
    pub(super) fn finish(mut self, columns: &Columns) -> Result<RecordBatch, ServerError> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for (column, field) in self.columns.iter_mut().zip(columns.schema.fields()) {
            arrays.push(valued(column.finish(), field)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(columns.schema(), arrays, &options)
            .map_err(|error| ServerError::Unexpected(format!("sends columns that do not fit: {error}")))
    }
}

fn valued(texts: StringArray, field: &Field) -> Result<ArrayRef, ServerError> {
    let options = CastOptions { safe: false, format_options: FormatOptions::new() };
    let texts: ArrayRef = Arc::new(texts);
    cast_with_options(&texts, field.data_type(), &options)
        .map_err(|error| ServerError::Unexpected(format!("sends what is no value of column {}: {error}", field.name())))
}

#[cfg(test)]
mod tests {
    use super::{decimal, of_type, valued};
    use datafusion::arrow::array::{Array, StringArray};
    use datafusion::arrow::datatypes::{DataType, Field};
    use datafusion::arrow::util::display::array_value_to_string;

    #[test]
    fn texts_become_values() {
        for (oid, text, shown) in [
            (16, "t", "true"),
            (20, "-9223372036854775808", "-9223372036854775808"),
            (701, "NaN", "NaN"),
            (701, "-Infinity", "-inf"),
            (1082, "2026-03-11", "2026-03-11"),
            (1184, "2026-03-11 09:00:00.25+01", "2026-03-11T08:00:00.250Z"),
            (1184, "2026-03-11 09:00:00+00", "2026-03-11T09:00:00Z"),
            (1114, "2026-03-11 09:00:00", "2026-03-11T09:00:00"),
            (1700, "12345678901234567890.5", "12345678901234567890.5"),
            (25, "", ""),
        ] {
            let field = Field::new("c", of_type(oid, -1).0, true);
            let array = valued(StringArray::from(vec![Some(text), None]), &field).unwrap();
            assert_eq!(array_value_to_string(&array, 0).unwrap(), shown, "{oid} {text}");
            assert_eq!(array.null_count(), 1);
        }
        let field = Field::new("c", DataType::Int32, true);
        assert!(valued(StringArray::from(vec!["x"]), &field).unwrap_err().to_string().contains("column c"));
    }

    #[test]
    fn numerics_have_their_scale() {
        assert_eq!(decimal(((10 << 16) | 2) + 4), Some(DataType::Decimal128(10, 2)));
        assert_eq!(of_type(1700, -1), (DataType::Utf8, true));
    }
}
