//! Sets of which the empty one means "any": what selectors and scopes are made of.
//!
//! Invariant: an unknown value is in no set but the empty one.

use crate::words::Word;
use std::marker::PhantomData;

/// A set of words as one bit each; empty means any word, and an unknown one too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WordSet<W>(u32, PhantomData<W>);

impl<W: Word> WordSet<W> {
    /// Any word.
    pub const ANY: Self = Self(0, PhantomData);

    /// These words; any when there are none.
    pub fn of(words: &[W]) -> Self {
        const { assert!(W::ALL.len() <= u32::BITS as usize) };
        Self(words.iter().fold(0, |bits, word| bits | 1 << word.code()), PhantomData)
    }

    /// Whether it lets `word` through; an unknown one only when it is any.
    #[inline]
    pub fn allows(self, word: Option<W>) -> bool {
        self.0 == 0 || word.is_some_and(|word| self.0 >> word.code() & 1 == 1)
    }

    /// Whether it is any.
    #[inline]
    pub fn is_any(self) -> bool {
        self.0 == 0
    }

    /// Whether every word that `other` lets through passes here too.
    pub fn covers(self, other: Self) -> bool {
        self.is_any() || (!other.is_any() && other.0 & !self.0 == 0)
    }

    /// Whether some word passes both.
    pub fn meets(self, other: Self) -> bool {
        self.is_any() || other.is_any() || self.0 & other.0 != 0
    }

    /// The words, in their own order; none when it is any.
    pub fn iter(self) -> impl Iterator<Item = W> {
        W::ALL.iter().copied().filter(move |word| self.0 >> word.code() & 1 == 1)
    }
}

impl<W> Default for WordSet<W> {
    fn default() -> Self {
        Self(0, PhantomData)
    }
}

impl<W: Word + std::fmt::Debug> std::fmt::Debug for WordSet<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A set of names, compared byte by byte; empty means any name, and an unknown one too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameSet(Vec<String>);

impl NameSet {
    /// These names; any when there are none.
    pub fn of<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// Whether it lets `name` through; an unknown one only when it is any.
    #[inline]
    pub fn allows(&self, name: Option<&str>) -> bool {
        self.0.is_empty() || name.is_some_and(|name| self.0.binary_search_by(|own| own.as_str().cmp(name)).is_ok())
    }

    /// Whether it is any.
    #[inline]
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every name that `other` lets through passes here too.
    pub fn covers(&self, other: &Self) -> bool {
        self.is_any() || (!other.is_any() && other.0.iter().all(|name| self.allows(Some(name))))
    }

    /// Whether some name passes both.
    pub fn meets(&self, other: &Self) -> bool {
        self.is_any() || other.is_any() || other.0.iter().any(|name| self.allows(Some(name)))
    }

    /// The names, sorted; none when it is any.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::{NameSet, WordSet};
    use crate::words::{Channel, Word};

    #[test]
    fn the_empty_set_is_any_and_lets_the_unknown_through() {
        assert!(WordSet::<Channel>::ANY.allows(None) && WordSet::ANY.allows(Some(Channel::Chat)));
        assert!(NameSet::default().allows(None) && NameSet::default().allows(Some("x")));
        let phone = WordSet::of(&[Channel::Phone]);
        assert!(phone.allows(Some(Channel::Phone)) && !phone.allows(Some(Channel::Chat)) && !phone.allows(None));
        let a = NameSet::of(["b", "a", "b"]);
        assert!(a.allows(Some("a")) && !a.allows(Some("A")) && !a.allows(Some("")) && !a.allows(None));
        assert_eq!(a.iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn covering_and_meeting_are_what_they_say_for_every_pair() {
        let sets: Vec<_> = (0..1u32 << 3)
            .map(|bits| Channel::ALL.iter().copied().filter(|c| c.code() < 3 && bits >> c.code() & 1 == 1).collect())
            .collect::<Vec<Vec<_>>>();
        for left in &sets {
            for right in &sets {
                let (a, b) = (WordSet::of(left), WordSet::of(right));
                let (x, y) =
                    (NameSet::of(left.iter().map(|c| c.as_str())), NameSet::of(right.iter().map(|c| c.as_str())));
                // One value more than the sets name, so that "any" differs from "all of them"; and the unknown.
                let values =
                    [Some(Channel::FaceToFace), Some(Channel::Phone), Some(Channel::Video), Some(Channel::Chat), None];
                let covers = values.iter().all(|v| a.allows(*v) || !b.allows(*v));
                assert_eq!((a.covers(b), x.covers(&y)), (covers, covers), "{left:?} covers {right:?}");
                let meets = values.iter().any(|v| a.allows(*v) && b.allows(*v));
                assert_eq!((a.meets(b), x.meets(&y)), (meets, meets), "{left:?} meets {right:?}");
            }
        }
    }
}
