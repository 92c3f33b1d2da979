//! Where trailing frames begin and end, in rows that are sorted by key and time.

use arrow::array::{Array, BooleanBufferBuilder, Int64Array, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int64Type;
use std::ops::Range;

/// How many rows of each row's frame count: those of its key whose time is at most `span` before its own and not after it,
/// itself and all of its own time among them. A row without a time sees those without one, and with no limit before also
/// what was sorted before it. `counts` tells which rows count; without it all do.
pub(super) fn counts(
    times: &Int64Array,
    keys: &[Range<usize>],
    span: Option<i64>,
    counts: Option<&NullBuffer>,
) -> Int64Array {
    let before = counts.map(so_far);
    let mut out = Vec::with_capacity(times.len());
    for key in keys {
        let (mut start, mut from) = (key.start, key.start);
        while from < key.end {
            let to = end_of_peers(times, from, key.end);
            if let Some(span) = span {
                start = advanced(times, start, from, span);
            }
            let count = match &before {
                Some(before) => at(before, to) - at(before, start),
                None => (to - start) as i64,
            };
            out.resize(out.len() + (to - from), count);
            from = to;
        }
    }
    PrimitiveArray::<Int64Type>::new(out.into(), None)
}

/// How many count before each row, and in all.
fn so_far(counts: &NullBuffer) -> Vec<i64> {
    let sum = counts.iter().scan(0, |sum, counts| {
        *sum += i64::from(counts);
        Some(*sum)
    });
    std::iter::once(0).chain(sum).collect()
}

fn at(sums: &[i64], place: usize) -> i64 {
    sums.get(place).copied().unwrap_or_default()
}

fn end_of_peers(times: &Int64Array, from: usize, end: usize) -> usize {
    let time = time(times, from);
    let mut to = from + 1;
    while to < end && self::time(times, to) == time {
        to += 1;
    }
    to
}

/// The first row of the frame that ends with the peers at `from`.
fn advanced(times: &Int64Array, mut start: usize, from: usize, span: i64) -> usize {
    let Some(time) = time(times, from) else { return from };
    // What lies before all times is before every row.
    let oldest = time.saturating_sub(span);
    while start < from && self::time(times, start).is_none_or(|time| time < oldest) {
        start += 1;
    }
    start
}

fn time(times: &Int64Array, row: usize) -> Option<i64> {
    times.is_valid(row).then(|| times.value(row))
}

/// Rows at which something is, of an array that may have no nulls at all.
pub(super) fn present(array: &dyn Array) -> NullBuffer {
    array.logical_nulls().unwrap_or_else(|| {
        let mut all = BooleanBufferBuilder::new(array.len());
        all.append_n(array.len(), true);
        NullBuffer::new(all.finish())
    })
}
