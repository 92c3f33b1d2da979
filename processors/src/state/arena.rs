//! Ids that are unique per record, packed into one buffer per HCP: four-byte references, one length byte, no padding.
//!
//! Ids of forgotten records stay until the HCP's list is packed anew (`state::list`), so memory follows what is retained.

use crate::kernel::notes::Notes;

/// The buffer. Reference 0 is the empty text.
#[derive(Debug, Default, Clone)]
pub struct Arena {
    bytes: Vec<u8>,
}

impl Arena {
    /// Stores `text` (at most 255 bytes; decoding allows 128). `None` when it is longer or the HCP holds 4 GiB of ids.
    pub fn push(&mut self, text: &[u8]) -> Option<u32> {
        self.push_parts([&[], text])
    }

    /// Stores what a record has beside its words; reference 0 where it has nothing. `None` as in [`Arena::push`].
    pub fn push_notes(&mut self, notes: &Notes<'_>) -> Option<u32> {
        if notes.is_empty() {
            return Some(0);
        }
        self.push_parts([notes.head().as_ref().map_or(&[][..], |head| head.as_slice()), notes.request_id])
    }

    fn push_parts(&mut self, parts: [&[u8]; 2]) -> Option<u32> {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let wanted = length + 2;
        let length = u8::try_from(length).ok()?;
        if self.bytes.len() + wanted > self.bytes.capacity() {
            // By a quarter, as the list grows: doubling would waste up to half.
            self.bytes.reserve_exact(wanted.max(self.bytes.len() / 4));
        }
        if self.bytes.is_empty() {
            self.bytes.push(0);
        }
        let reference = u32::try_from(self.bytes.len()).ok()?;
        self.bytes.push(length);
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
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

    /// The text of a reference.
    pub fn text(&self, reference: u32) -> &[u8] {
        let start = reference as usize;
        let length = self.bytes.get(start).map_or(0, |l| usize::from(*l));
        self.bytes.get(start + 1..start + 1 + length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;
    use crate::kernel::notes::Notes;

    #[test]
    fn texts_come_back() {
        let mut arena = Arena::default();
        assert_eq!(arena.text(0), b"");
        let references: Vec<u32> = ["", "a", "abc", "abcd", "x".repeat(128).as_str()]
            .iter()
            .filter_map(|t| arena.push(t.as_bytes()))
            .collect();
        let lengths: Vec<usize> = references.iter().map(|r| arena.text(*r).len()).collect();
        assert_eq!(lengths, [0, 1, 3, 4, 128]);
        assert_eq!(arena.text(0), b"");
        assert!(references.iter().all(|r| *r != 0), "0 is kept for absent texts");
        assert_eq!(arena.push(&[b'y'; 256]), None);
    }

    #[test]
    fn notes_come_back_and_no_notes_take_no_room() {
        let mut arena = Arena::default();
        assert_eq!(arena.push_notes(&Notes::default()), Some(0));
        assert_eq!(arena.used(), 0);
        let longest = [b'r'; 128];
        for notes in [Notes { status_at: Some(7), request_id: &longest }, Notes { status_at: None, request_id: b"r" }] {
            let reference = arena.push_notes(&notes).expect("room");
            assert_eq!(Notes::read(arena.text(reference), notes.status_at.is_some()), notes);
        }
    }
}
