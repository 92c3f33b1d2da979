//! The columns of a builder, by how they are stored: each takes one cell per row and becomes an array.

use crate::record::texts::{Texts, fitted};
use crate::words::Word;
use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, TimestampMicrosecondArray, UInt8Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::error::ArrowError;
use std::sync::Arc;

/// What a row says in a column that stores values of type `V`: a value, or nothing.
pub(super) trait Cell<V> {
    fn value(self) -> Option<V>;
}

impl<V> Cell<V> for V {
    #[inline]
    fn value(self) -> Option<V> {
        Some(self)
    }
}

impl<V> Cell<V> for Option<V> {
    #[inline]
    fn value(self) -> Option<V> {
        self
    }
}

/// A word is stored as its code.
impl<W: Word> Cell<u8> for W {
    #[inline]
    fn value(self) -> Option<u8> {
        Some(self.code())
    }
}

impl<W: Word> Cell<u8> for Option<W> {
    #[inline]
    fn value(self) -> Option<u8> {
        self.map(W::code)
    }
}

/// A column being built.
pub(super) trait Column {
    /// What a cell holds.
    type Value<'v>;

    /// Makes room for a batch of `rows` rows; called before the first of each.
    fn make_room(&mut self, rows: usize);

    /// Adds a row. The answer is the row's bit for this column.
    fn add(&mut self, value: Option<Self::Value<'_>>) -> bool;

    /// The array of all rows, given their bits; the column is empty afterwards.
    fn finish(&mut self, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError>;
}

/// Instants: microseconds UTC.
#[derive(Debug, Default)]
pub(super) struct Instants(Vec<i64>);

/// Booleans that are never NULL: the bit is the value, and nothing else is stored.
#[derive(Debug, Default)]
pub(super) struct Flags;

/// `None` where every row has a value.
fn nulls(bits: BooleanBuffer) -> Option<NullBuffer> {
    Some(NullBuffer::new(bits)).filter(|nulls| nulls.null_count() > 0)
}

macro_rules! column_of_numbers {
    ($($number:ty => $array:ty),+) => { $(impl Column for Vec<$number> {
        type Value<'v> = $number;

        fn make_room(&mut self, rows: usize) {
            self.reserve_exact(rows);
        }

        #[inline]
        fn add(&mut self, value: Option<$number>) -> bool {
            self.push(value.unwrap_or_default());
            value.is_some()
        }

        fn finish(&mut self, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError> {
            Ok(Arc::new(<$array>::try_new(fitted(self).into(), nulls(bits))?))
        }
    })+ };
}
column_of_numbers!(u8 => UInt8Array, i32 => Int32Array, i64 => Int64Array);

impl Column for Instants {
    type Value<'v> = i64;

    fn make_room(&mut self, rows: usize) {
        self.0.reserve_exact(rows);
    }

    #[inline]
    fn add(&mut self, value: Option<i64>) -> bool {
        self.0.add(value)
    }

    fn finish(&mut self, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError> {
        let instants = TimestampMicrosecondArray::try_new(fitted(&mut self.0).into(), nulls(bits))?;
        Ok(Arc::new(instants.with_timezone("UTC")))
    }
}

impl Column for Flags {
    type Value<'v> = bool;

    fn make_room(&mut self, _: usize) {}

    #[inline]
    fn add(&mut self, value: Option<bool>) -> bool {
        value.unwrap_or_default()
    }

    fn finish(&mut self, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(BooleanArray::new(bits, None)))
    }
}

impl Column for Texts {
    type Value<'v> = &'v str;

    fn make_room(&mut self, rows: usize) {
        Texts::make_room(self, rows);
    }

    #[inline]
    fn add(&mut self, value: Option<&str>) -> bool {
        self.push(value.unwrap_or_default());
        value.is_some()
    }

    fn finish(&mut self, bits: BooleanBuffer) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Texts::finish(self, nulls(bits))?))
    }
}
