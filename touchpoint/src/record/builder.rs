//! Rows into columns: the builder of a decoded batch. Its columns are those of [`RECORD_COLUMNS`].
//!
//! A column is a plain vector, with any value where the row has none. Which values there are stands in one word of bits
//! per row, a bit for each column; `finish` turns these about, 64 rows at a time, and hands the vectors to Arrow as they
//! are. Room is made once per batch, for as many rows as the batch before had; nothing is kept between two batches.

mod bits;

use super::column::{COLUMNS, INTS, LONGS, TEXTS, WORDS};
use super::texts::{Piece, Texts, fitted};
use super::{Cells, ColumnKind, RECORD_COLUMNS, RecordRow, record_schema};
use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, RecordBatch, TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{Int32Type, Int64Type, UInt8Type};
use arrow::error::ArrowError;
use std::sync::Arc;

/// Collects rows into the columns of a decoded batch.
#[derive(Debug, Default)]
pub struct RecordBuilder {
    /// One word per row: bit `c` says whether it has a value in column `c`; of flags it is the value.
    bits: Vec<u64>,
    /// Rows to make room for.
    expected: usize,
    words: [Vec<u8>; WORDS],
    longs: [Vec<i64>; LONGS],
    ints: [Vec<i32>; INTS],
    texts: [Texts; TEXTS],
}

impl RecordBuilder {
    /// Adds one row.
    pub fn push(&mut self, row: &RecordRow<'_>) {
        let optional = [
            row.account_id,
            row.owner_id,
            row.product,
            row.theme,
            row.topic,
            row.plan_id,
            row.plan_step,
            row.congress_id,
            row.request_id,
        ];
        let first = [row.event_id, row.hcp_id, row.source].into_iter();
        let mut texts = first.chain(optional.map(Option::unwrap_or_default)).chain([row.kafka_topic]);
        self.push_cells(&Cells::of(row), |_| Piece::of(texts.next().unwrap_or_default()));
    }

    /// Adds the row of `cells`. Its text is asked for in the order of the text columns, each by its
    /// [place](super::Column::place); where the row has none that is the empty text.
    #[inline]
    pub fn push_cells<'t>(&mut self, cells: &Cells, mut text: impl FnMut(usize) -> Piece<'t>) {
        if self.bits.is_empty() {
            self.make_room();
        }
        self.bits.push(cells.filled);
        self.words.iter_mut().zip(cells.words).for_each(|(column, code)| column.push(code));
        self.longs.iter_mut().zip(cells.longs).for_each(|(column, value)| column.push(value));
        self.ints.iter_mut().zip(cells.ints).for_each(|(column, value)| column.push(value));
        self.texts.iter_mut().enumerate().for_each(|(place, column)| column.push(text(place)));
    }

    /// Rows pushed since the last [`RecordBuilder::finish`].
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// Whether no row waits.
    pub fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// The batch of all rows pushed since the last call; the builder is empty afterwards.
    ///
    /// # Errors
    /// A column holds more than 2 GiB of text: batches are to be smaller. A retry does not help.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let bits: [BooleanBuffer; COLUMNS] = bits::columns(&self.bits);
        // One eighth more, or a batch that is hardly larger would be moved as a whole to grow.
        self.expected = self.bits.len() + self.bits.len() / 8;
        self.bits.clear();
        let (mut words, mut longs) = (self.words.iter_mut(), self.longs.iter_mut());
        let (mut ints, mut texts) = (self.ints.iter_mut(), self.texts.iter_mut());
        let mut array = |kind: ColumnKind, bits| -> Option<Result<ArrayRef, ArrowError>> {
            Some(match kind {
                ColumnKind::Word => numbers::<UInt8Type>(words.next()?, bits),
                ColumnKind::Int32 => numbers::<Int32Type>(ints.next()?, bits),
                ColumnKind::Int64 => numbers::<Int64Type>(longs.next()?, bits),
                ColumnKind::Instant => instants(longs.next()?, bits),
                ColumnKind::Text => texts.next()?.finish(nulls(bits)).map(|texts| Arc::new(texts) as ArrayRef),
                ColumnKind::Bool => Ok(Arc::new(BooleanArray::new(bits, None))),
            })
        };
        // All of them first: after an error too nothing is left.
        let columns: Vec<_> =
            RECORD_COLUMNS.iter().zip(bits).filter_map(|((_, kind, _), bits)| array(*kind, bits)).collect();
        RecordBatch::try_new(record_schema(), columns.into_iter().collect::<Result<_, _>>()?)
    }

    #[cold]
    fn make_room(&mut self) {
        let rows = self.expected;
        self.bits.reserve_exact(rows);
        self.words.iter_mut().for_each(|column| column.reserve_exact(rows));
        self.longs.iter_mut().for_each(|column| column.reserve_exact(rows));
        self.ints.iter_mut().for_each(|column| column.reserve_exact(rows));
        self.texts.iter_mut().for_each(|column| column.make_room(rows));
    }
}

/// The array of all values of a column, which is empty afterwards.
fn numbers<T: ArrowPrimitiveType>(values: &mut Vec<T::Native>, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(PrimitiveArray::<T>::try_new(fitted(values).into(), nulls(bits))?))
}

/// The same of microseconds UTC.
fn instants(values: &mut Vec<i64>, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError> {
    let instants = TimestampMicrosecondArray::try_new(fitted(values).into(), nulls(bits))?;
    Ok(Arc::new(instants.with_timezone("UTC")))
}

/// `None` where every row has a value.
fn nulls(bits: BooleanBuffer) -> Option<NullBuffer> {
    Some(NullBuffer::new(bits)).filter(|nulls| nulls.null_count() > 0)
}

#[cfg(test)]
mod tests;
