//! Ids that are unique per record, packed into one buffer: four-byte references, one length byte, no padding to speak of.

use crate::kernel::Texts;

/// References count in units of this many bytes, so that a shard may hold 16 GiB of ids.
const UNIT: usize = 4;

/// The buffer. Reference 0 is the empty text.
#[derive(Debug)]
pub struct Arena {
    bytes: Vec<u8>,
}

impl Default for Arena {
    fn default() -> Self {
        Self { bytes: vec![0; UNIT] }
    }
}

impl Arena {
    /// Stores `text` (at most 255 bytes; decoding allows 128). `None` when the shard is full.
    pub fn push(&mut self, text: &[u8]) -> Option<u32> {
        let reference = u32::try_from(self.bytes.len() / UNIT).ok()?;
        self.bytes.push(u8::try_from(text.len()).ok()?);
        self.bytes.extend_from_slice(text);
        self.bytes.resize(self.bytes.len().next_multiple_of(UNIT), 0);
        Some(reference)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.bytes.len()
    }
}

impl Texts for Arena {
    fn text(&self, reference: u32) -> &[u8] {
        let start = reference as usize * UNIT;
        let length = self.bytes.get(start).map_or(0, |l| usize::from(*l));
        self.bytes.get(start + 1..start + 1 + length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Arena, Texts};

    #[test]
    fn texts_come_back() {
        let mut arena = Arena::default();
        let references: Vec<u32> = ["", "a", "abc", "abcd", "x".repeat(128).as_str()]
            .iter()
            .filter_map(|t| arena.push(t.as_bytes()))
            .collect();
        let lengths: Vec<usize> = references.iter().map(|r| arena.text(*r).len()).collect();
        assert_eq!(lengths, [0, 1, 3, 4, 128]);
        assert_eq!(arena.text(0), b"");
        assert_eq!(arena.push(&[b'y'; 256]), None);
    }
}
