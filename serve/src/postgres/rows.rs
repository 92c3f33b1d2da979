//! Rows of a result as the protocol sends them, in text or binary, each column as the PostgreSQL type that means the same.
//!
//! | Arrow | PostgreSQL |
//! |---|---|
//! | integers, booleans, floats | the smallest type that holds every value; 64 bits without sign as `numeric` |
//! | decimals | `numeric` with its scale |
//! | text, and dictionaries of it | `text` |
//! | timestamps with a zone, without one | `timestamptz` in the time zone of the session, `timestamp` |
//! | dates, times, intervals and durations | `date`, `time`, `interval` |
//! | lists of these | arrays |
//! | structs, maps, lists of lists | `json` |
//! | NULL without a type | `text` |
//!
//! A value that the type cannot say (a numeric past 38 digits, an instant beyond the calendar) is fault 22003 or 22008,
//! never another value. Columns marked `pg.oid_alias` or `pg.char` are catalog types, as arrow-pg marks them.

mod binary;
mod cells;
mod column;
mod json;
mod numeric;
#[cfg(test)]
mod tests;
mod text;

pub(super) use column::{AGAIN, Format, Formats, type_of};

use super::fault::Fault;
use super::protocol::Described;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use cells::Cells;
use column::Column;
use std::ops::Range;
use tokio_util::bytes::{BufMut, BytesMut};
use touchpoint::Tz;

/// The columns of a result, and how each is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    columns: Vec<Column>,
    zone: Tz,
}

impl Shape {
    /// Of a result of this schema, in these formats, instants in this zone.
    ///
    /// # Errors
    /// A column of a type that no client could read, or formats for other columns.
    pub(super) fn new(schema: &Schema, formats: &Formats, zone: Tz) -> Result<Self, Fault> {
        let formats = formats.of(schema.fields().len())?;
        let columns = schema.fields().iter().zip(formats).map(|(field, format)| Column::new(field, format));
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, zone })
    }

    /// The names of its columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(Column::name)
    }

    /// As a client is told.
    pub(super) fn described(&self) -> impl ExactSizeIterator<Item = Described<'_>> {
        self.columns.iter().map(Column::described)
    }

    /// Appends rows of a batch of this shape, a message for each.
    ///
    /// # Errors
    /// A value that its type cannot say.
    pub(super) fn encode(&self, batch: &Ready<'_>, rows: Range<usize>, out: &mut BytesMut) -> Result<(), Fault> {
        let count = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        for row in rows {
            out.put_u8(b'D');
            let start = out.len();
            out.put_i32(0);
            out.put_u16(count);
            for (cells, column) in batch.0.iter().zip(&self.columns) {
                field(cells, row, column.format, out)?;
            }
            fill(out, start, out.len() - start);
        }
        Ok(())
    }

    /// A batch whose columns are as their types want them.
    ///
    /// # Errors
    /// A value that its type cannot say.
    pub(super) fn ready<'a>(&self, batch: &'a RecordBatch) -> Result<Ready<'a>, Fault> {
        let of = |(array, column)| Cells::new(array, column, self.zone);
        Ok(Ready(batch.columns().iter().zip(&self.columns).map(of).collect::<Result<_, _>>()?))
    }
}

/// See [`Shape::ready`].
pub(super) struct Ready<'a>(Vec<Cells<'a>>);

/// One value behind its length; NULL has the length -1.
fn field(cells: &Cells<'_>, row: usize, format: Format, out: &mut BytesMut) -> Result<(), Fault> {
    if cells.is_null(row) {
        out.put_i32(-1);
        return Ok(());
    }
    let start = out.len();
    out.put_i32(0);
    match format {
        Format::Text => text::write(cells, row, out)?,
        Format::Binary => binary::write(cells, row, out)?,
    }
    fill(out, start, out.len() - start - 4);
    Ok(())
}

/// The length that was left open at `at`.
fn fill(out: &mut BytesMut, at: usize, length: usize) {
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
}

/// The places of the items of a row's list.
fn items(offsets: &[i32], row: usize) -> Range<usize> {
    let at = |place: usize| offsets.get(place).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or_default();
    at(row)..at(row + 1)
}
