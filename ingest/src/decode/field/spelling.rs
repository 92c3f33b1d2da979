//! The usual spelling of a field's name in a record, `"name":`, and the way from the text to the field.
//!
//! Four letters lead to one spelling (two fields begin with `plan`, two with `stat`), and three comparisons of eight
//! bytes decide; the end of the name need not be looked for.

use super::Field;

/// Longest spelling, in bytes, rounded up to whole words.
pub(crate) const SPELLING: usize = 24;
const WORDS: usize = SPELLING / 8;

/// Slots for the first four letters of all names, a power of two.
const SLOTS: usize = 64;
/// In a slot without a field.
const NONE: u8 = u8::MAX;

struct Spelling {
    field: Field,
    text: [u64; WORDS],
    /// All bits of the bytes that the spelling has.
    mask: [u64; WORDS],
    len: usize,
    /// Number of the other spelling with these four letters, or [`NONE`].
    other: u8,
}

static SPELLINGS: [Spelling; Field::ALL.len()] = spellings();
/// Found by trying odd numbers; the compiler checks that it spreads the names.
const FACTOR: u32 = 0x5899_9b3b;
const SPREAD: Option<[u8; SLOTS]> = spread(FACTOR);
const _: () = assert!(SPREAD.is_some(), "two names want the same slot: try other factors");
static BY_LETTERS: [u8; SLOTS] = match SPREAD {
    Some(slots) => slots,
    None => [NONE; SLOTS],
};

impl Field {
    /// The field whose usual spelling `text` begins with, and the length of that.
    #[inline]
    pub(crate) fn spelt(text: &[u8; SPELLING]) -> Option<(Self, usize)> {
        let [_, a, b, c, d, ..] = *text;
        let first = *BY_LETTERS.get(slot([a, b, c, d], FACTOR))?;
        let spelling = SPELLINGS.get(usize::from(first))?;
        if spelling.begins(text) {
            return Some((spelling.field, spelling.len));
        }
        let other = SPELLINGS.get(usize::from(spelling.other))?;
        other.begins(text).then_some((other.field, other.len))
    }

    /// The length of the field's usual spelling, if `text` begins with it.
    #[inline]
    pub(crate) fn spelt_in(self, text: &[u8; SPELLING]) -> Option<usize> {
        SPELLINGS.get(self as usize).filter(|spelling| spelling.begins(text)).map(|spelling| spelling.len)
    }
}

impl Spelling {
    #[inline]
    fn begins(&self, text: &[u8; SPELLING]) -> bool {
        let (text, _) = text.as_chunks::<8>();
        let expected = self.text.iter().zip(&self.mask);
        let differing = text
            .iter()
            .zip(expected)
            .fold(0, |differing, (text, (expected, mask))| differing | (u64::from_le_bytes(*text) & mask ^ expected));
        differing == 0
    }
}

#[inline]
const fn slot(letters: [u8; 4], factor: u32) -> usize {
    (u32::from_le_bytes(letters).wrapping_mul(factor) >> (u32::BITS - SLOTS.ilog2())) as usize
}

/// The bytes of the spelling; the rest are 0.
const fn bytes(name: &str) -> [u8; SPELLING] {
    let (mut bytes, mut at) = ([0; SPELLING], 0);
    bytes[0] = b'"';
    while at < name.len() {
        bytes[at + 1] = name.as_bytes()[at];
        at += 1;
    }
    bytes[at + 1] = b'"';
    bytes[at + 2] = b':';
    bytes
}

const fn letters(field: Field) -> [u8; 4] {
    let [_, a, b, c, d, ..] = bytes(field.name());
    [a, b, c, d]
}

const fn spellings() -> [Spelling; Field::ALL.len()] {
    const EMPTY: Spelling = Spelling { field: Field::EventId, text: [0; WORDS], mask: [0; WORDS], len: 0, other: NONE };
    let (mut spellings, mut nth) = ([EMPTY; Field::ALL.len()], 0);
    while nth < Field::ALL.len() {
        let (field, bytes) = (Field::ALL[nth], bytes(Field::ALL[nth].name()));
        let (mut text, mut mask, mut at) = ([0; WORDS], [0; WORDS], 0);
        while at < field.name().len() + 3 {
            text[at / 8] |= (bytes[at] as u64) << (at % 8 * 8);
            mask[at / 8] |= 0xff << (at % 8 * 8);
            at += 1;
        }
        spellings[nth] = Spelling { field, text, mask, len: at, other: other(nth) };
        nth += 1;
    }
    spellings
}

/// The field after `nth` that shares its first four letters.
const fn other(nth: usize) -> u8 {
    let mut other = nth + 1;
    while other < Field::ALL.len() {
        if u32::from_le_bytes(letters(Field::ALL[other])) == u32::from_le_bytes(letters(Field::ALL[nth])) {
            return other as u8;
        }
        other += 1;
    }
    NONE
}

/// The first field of each slot, `None` when fields that differ in their letters want the same one.
const fn spread(factor: u32) -> Option<[u8; SLOTS]> {
    let (mut slots, mut nth) = ([NONE; SLOTS], 0);
    while nth < Field::ALL.len() {
        let slot = slot(letters(Field::ALL[nth]), factor);
        if slots[slot] == NONE {
            slots[slot] = nth as u8;
        } else if other(slots[slot] as usize) != nth as u8 {
            return None;
        }
        nth += 1;
    }
    Some(slots)
}

#[cfg(test)]
mod tests {
    use super::{Field, SPELLING};

    #[test]
    fn every_spelling_finds_its_field_and_no_near_miss_does() {
        for field in Field::ALL {
            let mut text = [b'x'; SPELLING];
            let spelling = format!("\"{}\":", field.name());
            text[..spelling.len()].copy_from_slice(spelling.as_bytes());
            assert_eq!(Field::spelt(&text), Some((*field, spelling.len())));
            let spelt: Vec<_> = Field::ALL.iter().filter_map(|f| Some((*f, f.spelt_in(&text)?))).collect();
            assert_eq!(spelt, [(*field, spelling.len())]);
            for at in 0..spelling.len() {
                for bit in 0..8 {
                    let mut near = text;
                    near[at] ^= 1 << bit;
                    assert_eq!(Field::spelt(&near), None, "{spelling} with byte {at} changed");
                }
            }
        }
        assert_eq!(Field::spelt(&[0; SPELLING]), None);
        assert_eq!(Field::spelt(&[0xff; SPELLING]), None);
    }
}
