//! Bits of rows into bits of columns.

use arrow::buffer::{BooleanBuffer, Buffer};

/// Bits of a word, and rows that are turned about at a time.
const BITS: usize = u64::BITS as usize;

/// The bits of each of the first `N` columns, given one word per row with bit `c` for column `c`.
pub(super) fn columns<const N: usize>(rows: &[u64]) -> [BooleanBuffer; N] {
    let mut columns: [Vec<u64>; N] = std::array::from_fn(|_| Vec::with_capacity(rows.len().div_ceil(BITS)));
    for some in rows.chunks(BITS) {
        let mut square = [0; BITS];
        square.iter_mut().zip(some).for_each(|(place, row)| *place = *row);
        transpose(&mut square);
        // A bitmap's first bit is the lowest of its first byte.
        columns.iter_mut().zip(square).for_each(|(column, word)| column.push(word.to_le()));
    }
    columns.map(|words| BooleanBuffer::new(Buffer::from_vec(words), 0, rows.len()))
}

/// Bit `c` of word `r` changes places with bit `r` of word `c`: first the two quarters off the diagonal, then those of
/// each quarter, down to single bits.
fn transpose(square: &mut [u64; BITS]) {
    let (mut side, mut low) = (BITS / 2, u64::MAX >> (BITS / 2));
    while side > 0 {
        for pair in square.chunks_exact_mut(2 * side) {
            let (above, below) = pair.split_at_mut(side);
            for (a, b) in above.iter_mut().zip(below) {
                let differing = (*a >> side ^ *b) & low;
                *a ^= differing << side;
                *b ^= differing;
            }
        }
        side /= 2;
        low ^= low << side;
    }
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn every_bit_goes_where_it_belongs() {
        for count in [0, 1, 2, 63, 64, 65, 127, 128, 200] {
            let rows: Vec<u64> = (0..count).map(|row: u64| (row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
            let columns = columns::<64>(&rows);
            for (c, column) in columns.iter().enumerate() {
                assert_eq!(column.len(), rows.len());
                for (r, row) in rows.iter().enumerate() {
                    assert_eq!(column.value(r), row >> c & 1 == 1, "row {r}, column {c} of {count} rows");
                }
            }
        }
    }
}
