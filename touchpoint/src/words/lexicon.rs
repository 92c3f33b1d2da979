//! From a text to the only word it can be, without trying one word after the other.
//!
//! Length, first, middle and last letter tell the words of a vocabulary apart. A factor found by the compiler spreads
//! them over the slots so that no two share one; a vocabulary of which that is not true does not compile.

/// Slots of a lexicon, a power of two well above the largest vocabulary.
const SLOTS: usize = 64;
/// In a slot without a word: no code, for no vocabulary is that large.
const FREE: u8 = u8::MAX;

/// The codes of a vocabulary's words, by a hash of their texts.
#[derive(Debug)]
pub(crate) struct Lexicon {
    factor: u32,
    slots: [u8; SLOTS],
}

impl Lexicon {
    /// The lexicon of `texts`, each of which has its place as its code.
    pub(crate) const fn of(texts: &[&str]) -> Self {
        let mut factor = 1u32;
        loop {
            if let Some(slots) = spread(texts, factor) {
                return Self { factor, slots };
            }
            // An odd step and odd factors: all of them come in turn.
            factor = factor.wrapping_mul(0x9E37_79B1).wrapping_add(0x85EB_CA76);
        }
    }

    /// The code of the only word that may be `text`; whether it is has to be compared. May be no code at all.
    #[inline]
    pub(crate) fn candidate(&self, text: &[u8]) -> u8 {
        self.slots.get(slot(text, self.factor)).copied().unwrap_or(FREE)
    }
}

/// Every code in its slot, `None` when two words want the same one.
const fn spread(texts: &[&str], factor: u32) -> Option<[u8; SLOTS]> {
    let (mut slots, mut code) = ([FREE; SLOTS], 0);
    while code < texts.len() {
        let slot = slot(texts[code].as_bytes(), factor);
        if slots[slot] != FREE {
            return None;
        }
        slots[slot] = code as u8;
        code += 1;
    }
    Some(slots)
}

#[inline]
const fn slot(text: &[u8], factor: u32) -> usize {
    let (_, upper) = text.split_at(text.len() / 2);
    let (Some(first), Some(middle), Some(last)) = (text.first(), upper.first(), text.last()) else { return 0 };
    let letters = u32::from_le_bytes([*first, *middle, *last, text.len() as u8]);
    (letters.wrapping_mul(factor) >> (u32::BITS - SLOTS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    //! Every word is found, and nothing that is nearly one.
    use crate::words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status, Word};
    use crate::{RejectReason, SkipReason};

    fn check<W: Word + std::fmt::Debug>() {
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
