//! Values in the binary format: big-endian numbers, instants from the year 2000 on.

use super::cells::Cells;
use super::{field, items, numeric};
use crate::postgres::fault::{Fault, SqlState};
use crate::postgres::rows::Format;
use tokio_util::bytes::{BufMut, BytesMut};

/// Days from 1970 to 2000.
const EPOCH_DAYS: i32 = 10_957;
/// Microseconds from 1970 to 2000.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Appends the value of a row that is not NULL.
pub(super) fn write(cells: &Cells<'_>, row: usize, out: &mut BytesMut) -> Result<(), Fault> {
    match cells {
        Cells::Null => {}
        Cells::Bool(array) => out.put_u8(u8::from(array.value(row))),
        Cells::Int2(array) => out.put_i16(array.value(row)),
        Cells::Int4(array) => out.put_i32(array.value(row)),
        Cells::Int8(array) => out.put_i64(array.value(row)),
        Cells::Float4(array) => out.put_f32(array.value(row)),
        Cells::Float8(array) => out.put_f64(array.value(row)),
        Cells::Numeric(array) => numeric::binary(array.value(row), array.scale(), out),
        Cells::Text(_) | Cells::TextView(_) | Cells::LargeText(_) | Cells::Owned(_) | Cells::Json(_) => {
            super::text::write(cells, row, out)?;
        }
        Cells::Bytea(array) => out.put_slice(array.value(row)),
        Cells::Date(array) => out.put_i32(array.value(row).checked_sub(EPOCH_DAYS).ok_or_else(out_of_range)?),
        Cells::Time(array) => out.put_i64(array.value(row)),
        Cells::Timestamp(array) | Cells::TimestampTz(array, _) => {
            out.put_i64(array.value(row).checked_sub(EPOCH_MICROS).ok_or_else(out_of_range)?);
        }
        Cells::Interval(array) => {
            let value = array.value(row);
            interval(value.months, value.days, value.nanoseconds / 1_000, out);
        }
        Cells::Duration(array) => interval(0, 0, array.value(row), out),
        Cells::List(list, values, oid) => {
            let (items, length) = (items(list.value_offsets(), row), list.value_length(row));
            out.put_i32(i32::from(length > 0));
            out.put_i32(i32::from(items.clone().any(|item| values.is_null(item))));
            out.put_u32(*oid);
            if length > 0 {
                out.put_i32(length);
                out.put_i32(1);
            }
            for item in items {
                field(values, item, Format::Binary, out)?;
            }
        }
    }
    Ok(())
}

fn interval(months: i32, days: i32, micros: i64, out: &mut BytesMut) {
    out.put_i64(micros);
    out.put_i32(days);
    out.put_i32(months);
}

fn out_of_range() -> Fault {
    Fault::new(SqlState::DatetimeFieldOverflow, "timestamp out of range")
}
