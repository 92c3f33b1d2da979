//! What a scanner notes beside the text: where a run of plain characters may end, and strings without their escapes.
//!
//! The ends are found before anything else, by one simple loop over all bytes, which the compiler turns into as wide a
//! one as the machine has; the same loop tells whether they are ASCII. From then on a string is passed over sixteen bytes
//! at a time without looking at them again.

/// Bytes that are marked at a time, and the number of marks past the end of the text.
const BLOCK: usize = 32;
/// Marks that are looked at in one step: enough for most ids and every word, for a second step is hard to foresee.
const STEP: usize = 16;

/// Buffers of a scanner, used again from text to text.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// One byte per byte of the text, not 0 where that cannot be inside a plain run; then more of these.
    ends: Vec<u8>,
    is_ascii: bool,
    unescaped: Vec<u8>,
}

/// All bits set if a string cannot go on plainly with `byte`: a quote, a backslash or a control character.
#[inline]
fn end_of_plain_run(byte: u8) -> u8 {
    // With this bit turned the quote comes right after the control characters, and one comparison finds both.
    let quote_or_control = byte ^ 2 <= b'"' ^ 2;
    u8::from(quote_or_control | (byte == b'\\')).wrapping_neg()
}

/// The marks of a block, whose bytes are added to those that were `seen`.
#[inline]
fn mark(block: &[u8; BLOCK], seen: &mut [u8; BLOCK]) -> [u8; BLOCK] {
    let mut ends = [0; BLOCK];
    for ((end, seen), byte) in ends.iter_mut().zip(seen).zip(block) {
        *end = end_of_plain_run(*byte);
        *seen |= *byte;
    }
    ends
}

impl Notes {
    /// Forgets everything and marks `text`.
    #[inline]
    pub(super) fn begin(&mut self, text: &[u8]) {
        self.unescaped.clear();
        self.ends.clear();
        self.ends.reserve(text.len() + BLOCK);
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let mut seen = [0; BLOCK];
        for block in blocks {
            self.ends.extend_from_slice(&mark(block, &mut seen));
        }
        // The rest is marked as the last whole block that there is: no byte is marked on its own, and none is moved.
        if let Some(last) = text.last_chunk::<BLOCK>() {
            self.ends.truncate(text.len() - BLOCK);
            self.ends.extend_from_slice(&mark(last, &mut seen));
        } else {
            self.ends.extend(rest.iter().map(|byte| end_of_plain_run(*byte)));
            seen.iter_mut().zip(rest).for_each(|(seen, byte)| *seen |= byte);
        }
        self.ends.extend_from_slice(&[u8::MAX; BLOCK]);
        self.is_ascii = seen.is_ascii();
    }

    /// Whether the text is ASCII.
    #[inline]
    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Where the first quote, backslash or control character from `from` on stands, or the end of the text.
    #[inline]
    pub(super) fn plain_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(step) = self.ends.get(at..).and_then(|ends| ends.first_chunk::<STEP>()) {
            let ends = u128::from_le_bytes(*step);
            if ends != 0 {
                return at + (ends.trailing_zeros() / u8::BITS) as usize;
            }
            at += STEP;
        }
        at
    }

    /// What was kept of all strings with escapes; UTF-8 if the text was.
    #[inline]
    pub(crate) fn unescaped(&self) -> &[u8] {
        &self.unescaped
    }

    /// Keeps more of a string with escapes.
    pub(crate) fn keep(&mut self, piece: impl AsRef<[u8]>) {
        self.unescaped.extend_from_slice(piece.as_ref());
    }

    /// Keeps only the first `length` bytes.
    pub(super) fn forget(&mut self, length: usize) {
        self.unescaped.truncate(length);
    }
}
