//! The rows of a Parquet file, whatever types of a kind its columns have.

use super::cell::Cell;
use super::column::{Column, Kind, places};
use super::problem::{Found, Place};
use super::source::RowSource;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;

/// Rows decoded at once.
const BATCH_ROWS: usize = 4_096;

/// An open file whose columns are in order.
pub(super) struct ParquetRows {
    reader: ParquetRecordBatchReader,
    columns: &'static [Column],
    /// For every declared column its place in the file.
    places: Vec<Option<usize>>,
    values: Vec<Option<Values>>,
    /// Rows of the batch in hand, and which of them is the present one.
    rows: usize,
    row: usize,
    /// Rows of the batches before.
    before: u64,
}

/// A column of a batch.
struct Values {
    /// Which rows are unknown in the file.
    unknown: Option<NullBuffer>,
    /// Text, 64-bit whole numbers or numbers, booleans, or microseconds. Unknown here alone: it does not fit.
    array: ArrayRef,
}

impl ParquetRows {
    /// Reads the footer; `None` once it has noted what is wrong.
    pub(super) fn open(file: File, columns: &'static [Column], found: &mut Found<'_>) -> Option<Self> {
        let builder = match ParquetRecordBatchReaderBuilder::try_new(file) {
            Ok(builder) => builder,
            Err(error) => {
                found.note(None, None, format!("a Parquet file ({error})"));
                return None;
            }
        };
        let schema = builder.schema().clone();
        let places = places(schema.fields().iter().map(|field| field.name().as_str()), columns, None, found)?;
        let before = found.count();
        for (column, place) in columns.iter().zip(&places) {
            let field = place.and_then(|place| schema.fields().get(place));
            if field.is_some_and(|field| canonical(column.kind, field.data_type()).is_none()) {
                found.note(None, Some(column.name), format!("a column of type {}", types(column.kind)));
            }
        }
        if found.count() > before {
            return None;
        }
        match builder.with_batch_size(BATCH_ROWS).build() {
            Ok(reader) => Some(Self { reader, columns, places, values: Vec::new(), rows: 0, row: 0, before: 0 }),
            Err(error) => {
                found.note(None, None, format!("a Parquet file ({error})"));
                None
            }
        }
    }

    fn take(&mut self, batch: &RecordBatch) {
        let column = |(column, place): (&Column, &Option<usize>)| {
            let array = batch.columns().get((*place)?)?;
            let array_type = canonical(column.kind, array.data_type())?;
            // A value that does not fit becomes NULL, where the file has one; so do all where none can be looked at.
            let cast = cast(array, &array_type).unwrap_or_else(|_| new_null_array(&array_type, array.len()));
            Some(Values { unknown: array.logical_nulls(), array: cast })
        };
        self.values = self.columns.iter().zip(&self.places).map(column).collect();
        self.before += self.rows as u64;
        (self.rows, self.row) = (batch.num_rows(), 0);
    }
}

impl RowSource for ParquetRows {
    fn advance(&mut self, found: &mut Found<'_>) -> bool {
        if self.row + 1 < self.rows {
            self.row += 1;
            return true;
        }
        loop {
            match self.reader.next() {
                Some(Ok(batch)) => {
                    self.take(&batch);
                    if self.rows > 0 {
                        return true;
                    }
                }
                Some(Err(error)) => {
                    let after = Some(Place::Row(self.before + self.rows as u64));
                    found.note(after, None, format!("rows that can be decoded from here on ({error})"));
                    return false;
                }
                None => return false,
            }
        }
    }

    fn place(&self) -> Place {
        Place::Row(self.before + self.row as u64 + 1)
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        let Some(values) = self.values.get(column).and_then(Option::as_ref) else { return Cell::Empty };
        let (array, row) = (&values.array, self.row);
        if values.unknown.as_ref().is_some_and(|unknown| unknown.is_null(row)) {
            return Cell::Empty;
        }
        if array.is_null(row) {
            return Cell::Other;
        }
        match array.data_type() {
            DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
            DataType::Int64 => Cell::Whole(array.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Cell::Number(array.as_primitive::<Float64Type>().value(row)),
            DataType::Boolean => Cell::Flag(array.as_boolean().value(row)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Cell::Instant(array.as_primitive::<TimestampMicrosecondType>().value(row))
            }
            _ => Cell::Other,
        }
    }
}

/// The type in which a column of a kind is looked at; `None` when the kind has no such type.
fn canonical(kind: Kind, found: &DataType) -> Option<DataType> {
    use DataType as T;
    let plain: &DataType = if let T::Dictionary(_, values) = found { values } else { found };
    match (kind, plain) {
        // A column in which nothing is known has no type.
        (_, T::Null) | (Kind::Text | Kind::Instant, T::Utf8 | T::LargeUtf8 | T::Utf8View) => Some(T::Utf8),
        (Kind::Whole | Kind::Number, plain) if plain.is_integer() => Some(T::Int64),
        (Kind::Whole | Kind::Number, plain) if plain.is_floating() => Some(T::Float64),
        (Kind::Flag, T::Boolean) => Some(T::Boolean),
        (Kind::Instant, T::Timestamp(_, zone)) => Some(T::Timestamp(TimeUnit::Microsecond, zone.clone())),
        (Kind::Instant, T::Date32 | T::Date64) => Some(T::Timestamp(TimeUnit::Microsecond, None)),
        _ => None,
    }
}

/// The types of a kind, as the end of "expected …".
fn types(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Whole | Kind::Number => "whole number or floating point",
        Kind::Flag => "boolean",
        Kind::Instant => "timestamp, date or text",
    }
}
