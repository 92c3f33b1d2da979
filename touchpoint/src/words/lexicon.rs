//! From a text to the only word it can be, without trying one word after the other.
//!
//! A text is looked at as three numbers, its [`WordKey`]. A factor found by the compiler spreads the keys of a vocabulary
//! over the slots so that no two share one; three comparisons decide.

/// Slots of a lexicon, a power of two well above the largest vocabulary.
const SLOTS: usize = 64;
/// In a slot without a word: no code, for no vocabulary is that large.
const FREE: u8 = u8::MAX;
/// Words that a vocabulary may have.
const MOST: usize = 32;
/// Longest word in bytes.
const LONGEST: usize = 23;
/// Longest word that can be cut out of a window.
const WINDOW: usize = 16;

/// A text of at most 23 bytes: those, zeros, and the length. Different texts have different keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordKey([u64; 3]);

impl WordKey {
    /// The key of `text`, `None` when it is longer than any word.
    #[inline]
    pub fn of(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST + 1];
        bytes.get_mut(..LONGEST)?.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self::packed(bytes, text.len()))
    }

    /// The key of the first `length` bytes of a window, `None` when they are more than it has.
    #[inline]
    pub fn cut(window: &[u8; WINDOW], length: usize) -> Option<Self> {
        let text = u128::from_le_bytes(*window) & *CUTS.get(length)?;
        Some(Self([text as u64, (text >> u64::BITS) as u64, with_length(0, length)]))
    }

    /// `bytes` begins with the text and goes on with zeros.
    #[inline]
    const fn packed(bytes: [u8; LONGEST + 1], length: usize) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, _] = bytes;
        let third = u64::from_le_bytes([q, r, s, t, u, v, w, 0]);
        Self([
            u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            u64::from_le_bytes([i, j, k, l, m, n, o, p]),
            with_length(third, length),
        ])
    }

    const fn of_word(word: &str) -> Self {
        let (mut bytes, mut at) = ([0; LONGEST + 1], 0);
        assert!(word.len() <= LONGEST, "a word is too long for its key");
        while at < word.len() {
            bytes[at] = word.as_bytes()[at];
            at += 1;
        }
        Self::packed(bytes, at)
    }

    #[inline]
    const fn slot(self, factor: u64) -> usize {
        let Self([first, second, third]) = self;
        let mixed = (first ^ second.rotate_left(29) ^ third).wrapping_mul(factor);
        (mixed >> (u64::BITS - SLOTS.ilog2())) as usize
    }
}

/// The last byte of a key is the length of its text.
#[inline]
const fn with_length(third: u64, length: usize) -> u64 {
    third | (length as u64) << (u64::BITS - u8::BITS)
}

/// By length, the bits of a window that belong to a text.
const CUTS: [u128; WINDOW + 1] = {
    let (mut cuts, mut length) = ([0; WINDOW + 1], 1);
    while length <= WINDOW {
        cuts[length] = u128::MAX >> (u8::BITS as usize * (WINDOW - length));
        length += 1;
    }
    cuts
};

/// The codes of a vocabulary's words, by their keys.
#[derive(Debug)]
pub struct Lexicon {
    factor: u64,
    slots: [u8; SLOTS],
    keys: [WordKey; MOST],
}

impl Lexicon {
    /// The lexicon of `texts`, each of which has its place as its code.
    pub(crate) const fn of(texts: &[&str]) -> Self {
        // No text has the key with the greatest length.
        let (mut keys, mut code) = ([WordKey([u64::MAX; 3]); MOST], 0);
        while code < texts.len() {
            keys[code] = WordKey::of_word(texts[code]);
            code += 1;
        }
        let mut factor = 1u64;
        loop {
            if let Some(slots) = spread(&keys, texts.len(), factor) {
                return Self { factor, slots, keys };
            }
            // An odd step and odd factors: all of them come in turn.
            factor = factor.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x85EB_CA77_C2B2_AE64);
        }
    }

    /// The code of the word with this key.
    #[inline]
    pub fn code(&self, key: &WordKey) -> Option<u8> {
        let code = *self.slots.get(key.slot(self.factor))?;
        self.keys.get(usize::from(code)).is_some_and(|word| word == key).then_some(code)
    }
}

/// The codes of the first `count` keys, each in its slot; `None` when two keys want the same one.
const fn spread(keys: &[WordKey; MOST], count: usize, factor: u64) -> Option<[u8; SLOTS]> {
    let (mut slots, mut code) = ([FREE; SLOTS], 0);
    while code < count {
        let slot = keys[code].slot(factor);
        if slots[slot] != FREE {
            return None;
        }
        slots[slot] = code as u8;
        code += 1;
    }
    Some(slots)
}

#[cfg(test)]
mod tests {
    //! Every word is found, and nothing that is nearly one.
    use super::{WINDOW, WordKey};
    use crate::words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status, Word};
    use crate::{RejectReason, SkipReason};

    fn check<W: Word + std::fmt::Debug>() {
        for word in W::ALL.iter().filter(|word| word.as_str().len() <= WINDOW) {
            let text = word.as_str().as_bytes();
            let mut window = [b'x'; WINDOW];
            window[..text.len()].copy_from_slice(text);
            for length in 0..WINDOW + 9 {
                let code = WordKey::cut(&window, length).and_then(|key| W::LEXICON.code(&key));
                let expected = window.get(..length).and_then(W::parse).map(W::code);
                assert_eq!(code, expected, "{word:?} cut to {length} bytes");
            }
            assert_eq!(W::parse(&[text, b"\0"].concat()), None, "{word:?} and a zero");
        }
        for word in W::ALL {
            let text = word.as_str().as_bytes();
            assert_eq!(W::parse(text), Some(*word));
            for at in 0..text.len() {
                let mut near = text.to_vec();
                near[at] ^= 0x20;
                assert_eq!(W::parse(&near), None, "{word:?} with byte {at} changed");
                assert_eq!(W::parse(&text[..at]), None, "{word:?} cut to {at} bytes");
            }
            // A length that is the same in one byte.
            let long: Vec<u8> = text.iter().copied().cycle().take(text.len() + 256).collect();
            assert_eq!(W::parse(&long), None);
        }
        assert_eq!(W::parse(b""), None);
        assert_eq!(W::parse(&[0xff]), None);
    }

    #[test]
    fn words_and_nothing_else() {
        check::<Kind>();
        check::<Channel>();
        check::<Origin>();
        check::<Mode>();
        check::<Intake>();
        check::<Status>();
        check::<BusinessFunction>();
        check::<Purpose>();
        check::<Op>();
        check::<Precision>();
        check::<RejectReason>();
        check::<SkipReason>();
    }

    #[test]
    fn ranks_are_places_among_the_statuses_of_a_kind() {
        for kind in Kind::ALL {
            for status in Status::ALL {
                let place = kind.statuses().iter().position(|s| s == status).map(|place| place as u8);
                assert_eq!(status.rank(*kind), place, "{kind} {status}");
            }
        }
    }
}
