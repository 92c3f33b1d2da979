//! What a scanner notes beside the text: where a run of plain characters may end, and strings without their escapes.
//!
//! The ends are found before anything else, by one simple loop over all bytes, which the compiler turns into as wide a
//! one as the machine has. From then on a string is passed over eight bytes at a time without looking at them again.

/// Bytes that are marked at a time, and the least number of marks past the end of the text.
const BLOCK: usize = 32;
/// Marks that are looked at in one step.
const STEP: usize = 8;

/// Buffers of a scanner, used again from text to text.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// One byte per byte of the text, not 0 where that cannot be inside a plain run; then more of these.
    ends: Vec<u8>,
    unescaped: String,
}

/// All bits set if a string cannot go on plainly with `byte`: a quote, a backslash or a control character.
#[inline]
fn end_of_plain_run(byte: u8) -> u8 {
    // With this bit turned the quote comes right after the control characters, and one comparison finds both.
    let quote_or_control = byte ^ 2 <= b'"' ^ 2;
    u8::from(quote_or_control | (byte == b'\\')).wrapping_neg()
}

impl Notes {
    /// Forgets everything and marks `text`.
    #[inline]
    pub(super) fn begin(&mut self, text: &[u8]) {
        self.unescaped.clear();
        self.ends.clear();
        // Whole blocks, then one that the rest is padded to with what ends a run: no byte is marked on its own.
        let (blocks, rest) = text.split_at(text.len() - text.len() % BLOCK);
        self.ends.extend(blocks.iter().map(|byte| end_of_plain_run(*byte)));
        let mut last = [0; 2 * BLOCK];
        if let Some(place) = last.get_mut(..rest.len()) {
            place.copy_from_slice(rest);
        }
        self.ends.extend(last.iter().map(|byte| end_of_plain_run(*byte)));
    }

    /// Where the first quote, backslash or control character from `from` on stands, or the end of the text.
    #[inline]
    pub(super) fn plain_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(step) = self.ends.get(at..at + STEP).and_then(|step| step.first_chunk::<STEP>()) {
            let ends = u64::from_le_bytes(*step);
            if ends != 0 {
                return at + (ends.trailing_zeros() / u8::BITS) as usize;
            }
            at += STEP;
        }
        at
    }

    /// What was kept of all strings with escapes.
    #[inline]
    pub(crate) fn unescaped(&self) -> &str {
        &self.unescaped
    }

    /// Keeps more of a string with escapes.
    pub(super) fn keep(&mut self, piece: &str) {
        self.unescaped.push_str(piece);
    }

    /// Keeps only the first `length` bytes.
    pub(super) fn forget(&mut self, length: usize) {
        self.unescaped.truncate(length);
    }
}
