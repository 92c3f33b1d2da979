//! What a scanner notes beside the text: where a run of plain characters may end, and strings without their escapes.
//!
//! The ends are found before anything else, in one pass over all bytes that also tells whether they are ASCII. From then
//! on a string of up to 64 bytes is passed over in one step, wherever it begins and however long it is.

mod marks;

use marks::{BLOCK, mark};

/// Buffers of a scanner, used again from text to text.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// One bit per byte of the text, set where that cannot be inside a plain run; then at least a block of these.
    ends: Vec<u64>,
    is_ascii: bool,
    unescaped: Vec<u8>,
}

impl Notes {
    /// Forgets everything and marks `text`.
    #[inline]
    pub(super) fn begin(&mut self, text: &[u8]) {
        self.unescaped.clear();
        self.ends.clear();
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let mut high = 0;
        self.ends.reserve(blocks.len() + 2);
        self.ends.extend(blocks.iter().map(|block| {
            let marks = mark(block);
            high |= marks.high;
            marks.ends
        }));
        // The rest is marked with bytes before it, which are shifted out again, rather than copied to be padded.
        let last = match text.last_chunk::<BLOCK>() {
            Some(last) => {
                let marks = mark(last);
                high |= marks.high;
                marks.ends >> 1 >> (BLOCK - 1 - rest.len())
            }
            None => {
                let mut last = [0; BLOCK];
                last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
                let marks = mark(&last);
                high |= marks.high;
                marks.ends
            }
        };
        self.ends.extend([last | u64::MAX << rest.len(), u64::MAX]);
        self.is_ascii = high == 0;
    }

    /// Whether the text is ASCII.
    #[inline]
    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Where the first quote, backslash or control character from `from` on stands, or the end of the text.
    #[inline]
    pub(super) fn plain_end(&self, from: usize) -> usize {
        let two = self.ends.get(from / BLOCK..).and_then(|ends| ends.first_chunk());
        if let Some([low, high]) = two {
            let ends = ((u128::from(*high) << BLOCK | u128::from(*low)) >> (from % BLOCK)) as u64;
            if ends != 0 {
                return from + ends.trailing_zeros() as usize;
            }
        }
        self.far_end(from)
    }

    /// The same, for what is longer than a block.
    #[cold]
    fn far_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(block) = self.ends.get(at / BLOCK) {
            let ends = block >> (at % BLOCK);
            if ends != 0 {
                return at + ends.trailing_zeros() as usize;
            }
            at += BLOCK - at % BLOCK;
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
