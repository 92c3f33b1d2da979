//! The text of one column being built: all bytes in a row, and where each text ends.

use arrow::array::StringArray;
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::error::ArrowError;

/// Longest short text.
const SHORT: usize = 16;
/// Bytes that are copied whatever the length of a text, where as many are there; most ids are shorter.
const STEP: usize = 32;

/// A text of at most 16 bytes, in a form that is copied without asking for its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ShortText {
    bytes: [u8; SHORT],
    len: usize,
}

impl ShortText {
    /// `text`, `None` when it is too long.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, len: text.len() })
    }

    /// Its length in bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// A text in a buffer. What follows it there is never kept, but it is copied along: a copy of a fixed size is over before
/// one that asks for a length has begun.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'t> {
    /// The buffer from where the text begins.
    from: &'t [u8],
    len: usize,
}

impl<'t> Piece<'t> {
    /// The `len` bytes of `buffer` from `start` on, which are UTF-8; nothing if they are not all there.
    #[inline]
    pub fn new(buffer: &'t [u8], start: usize, len: usize) -> Self {
        let from = buffer.get(start..).unwrap_or_default();
        Self { from, len: if len <= from.len() { len } else { 0 } }
    }

    /// A text with nothing behind it.
    #[inline]
    pub fn of(text: &'t str) -> Self {
        Self { from: text.as_bytes(), len: text.len() }
    }
}

/// Text of a column, row by row.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    /// Where the first text begins, then the end of each; empty until room is made.
    ends: Vec<i32>,
    /// Bytes to make room for.
    expected: usize,
}

impl Texts {
    /// Room for `rows` texts of `bytes` in all.
    pub(crate) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut texts = Self { expected: bytes, ..Self::default() };
        texts.make_room(rows);
        texts
    }

    /// Makes room for `rows` texts with the bytes of those before. To be called before the first text.
    pub(crate) fn make_room(&mut self, rows: usize) {
        self.bytes.reserve_exact(self.expected + STEP);
        self.ends.reserve_exact(rows + 1);
        self.ends.push(0);
    }

    /// Adds a text; of NULLs the empty one.
    #[inline]
    pub(crate) fn push(&mut self, text: Piece<'_>) {
        let end = self.bytes.len() + text.len;
        match text.from.first_chunk::<STEP>() {
            Some(step) if text.len <= STEP => {
                self.bytes.extend_from_slice(step);
                self.bytes.truncate(end);
            }
            _ => self.append(text.from.get(..text.len).unwrap_or_default()),
        }
        self.end();
    }

    /// Appends all of `bytes`.
    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        const HALF: usize = STEP / 2;
        match (bytes.first_chunk::<HALF>(), bytes.last_chunk::<HALF>()) {
            // The names of topics: two halves, which may overlap.
            (Some(first), Some(last)) if bytes.len() <= STEP => {
                let overlap = STEP - bytes.len();
                self.bytes.extend_from_slice(first);
                self.bytes.truncate(self.bytes.len() - overlap);
                self.bytes.extend_from_slice(last);
            }
            _ => self.bytes.extend_from_slice(bytes),
        }
    }

    /// Adds a short text.
    #[inline]
    pub(crate) fn push_short(&mut self, text: &ShortText) {
        let end = self.bytes.len() + text.len;
        self.bytes.extend_from_slice(&text.bytes);
        self.bytes.truncate(end);
        self.end();
    }

    /// An end past 2 GiB is wrong, and `finish` finds that out.
    #[inline]
    fn end(&mut self) {
        self.ends.push(self.bytes.len() as i32);
    }

    /// The array of all texts; empty afterwards.
    ///
    /// # Errors
    /// More than 2 GiB of text, or `nulls` of another length.
    pub(crate) fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<StringArray, ArrowError> {
        let (bytes, mut ends) = (fitted(&mut self.bytes), fitted(&mut self.ends));
        self.expected = bytes.len() + bytes.len() / 8;
        if i32::try_from(bytes.len()).is_err() {
            return Err(ArrowError::OffsetOverflowError(bytes.len()));
        }
        if ends.is_empty() {
            ends.push(0);
        }
        StringArray::try_new(OffsetBuffer::new(ends.into()), Buffer::from_vec(bytes), nulls)
    }
}

/// The content, without its room if more than half of that is unused: a batch may wait long for its commit.
pub(super) fn fitted<T>(content: &mut Vec<T>) -> Vec<T> {
    let mut content = std::mem::take(content);
    if content.len() < content.capacity() / 2 {
        content.shrink_to_fit();
    }
    content
}
