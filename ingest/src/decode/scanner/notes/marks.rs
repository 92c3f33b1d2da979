//! Where a plain run of characters may end, 64 bytes at a time: one bit per byte.
//!
//! A run ends at a quote, a backslash or a control character.

/// Bytes that are marked at a time.
pub(super) const BLOCK: usize = u64::BITS as usize;

/// What is known of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// Bit `n` is set if a plain run cannot go on with byte `n`.
    pub(super) ends: u64,
    /// Not 0 if a byte is not ASCII.
    pub(super) high: u64,
}

/// With this bit turned the quote comes right after the control characters, and one comparison finds both.
const TURNED: u8 = 2;
const LAST_TURNED: u8 = b'"' ^ TURNED;

/// Marks a block, in plain arithmetic on words of eight bytes.
#[inline]
pub(super) fn mark(block: &[u8; BLOCK]) -> Marks {
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    const HIGH: u64 = all(0x80);
    // The high bit of each byte that is greater than `limit`, which is below 0x80; no sum reaches the next byte.
    let above = |bytes: u64, limit: u8| ((bytes & !HIGH) + all(0x7f - limit) | bytes) & HIGH;
    let mut marks = Marks { ends: 0, high: 0 };
    for (nth, eight) in block.as_chunks::<8>().0.iter().enumerate() {
        let bytes = u64::from_le_bytes(*eight);
        let plain = above(bytes ^ all(TURNED), LAST_TURNED) & above(bytes ^ all(b'\\'), 0);
        // The product has in its top byte, without a carry, the lowest bits of all eight in order.
        let ends = ((plain ^ HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks.ends |= ends << (8 * nth);
        marks.high |= bytes & HIGH;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Marks, mark};

    fn expected(block: &[u8; BLOCK]) -> u64 {
        let ends = block.iter().map(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
        ends.enumerate().fold(0, |all, (nth, end)| all | u64::from(end) << nth)
    }

    #[test]
    fn every_byte_is_marked_in_every_place_whatever_stands_beside_it() {
        for beside in [0, b'a', b'"', b'#', b'\\', 0x7f, 0x80, 0xff] {
            for byte in 0..=u8::MAX {
                for at in 0..BLOCK {
                    let mut block = [beside; BLOCK];
                    block[at] = byte;
                    let Marks { ends, high } = mark(&block);
                    assert_eq!(ends, expected(&block), "{byte} among {beside}");
                    assert_eq!(high == 0, block.is_ascii(), "{byte} among {beside}");
                }
            }
        }
    }
}
