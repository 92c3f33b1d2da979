//! Which touches a budget or a gap is about ([`Scope`]), and which of them are treated apart ([`Rule`]).
//!
//! The conditions of a scope hold together; the words of one condition are alternatives; an empty condition lets every
//! touch through, one of unknown product too. An origin is a fact of e-mails alone, a meeting one of calls: a scope that names
//! one holds no other touch.

use super::facts::{Basis, Meeting, TouchFacts};
use super::sets::{NameSet, WordSet};
use crate::words::{BusinessFunction, Channel, Kind, Origin, Purpose};

/// A set of touches; [`Scope::default`] holds all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Feeds.
    pub kinds: WordSet<Kind>,
    /// Channels.
    pub channels: WordSet<Channel>,
    /// Senders of e-mails.
    pub origins: WordSet<Origin>,
    /// Calls by whom they reach at once.
    pub meetings: WordSet<Meeting>,
    /// Acting functions.
    pub functions: WordSet<BusinessFunction>,
    /// Products.
    pub products: NameSet,
    /// Purposes.
    pub purposes: WordSet<Purpose>,
}

impl Scope {
    /// Whether `touch` lies in it.
    #[inline]
    pub fn matches(&self, touch: &TouchFacts<'_>) -> bool {
        self.matches_words(touch) && self.products.allows(touch.product)
    }

    /// As [`Scope::matches`], of everything but the product: for who holds products as numbers.
    #[inline]
    pub fn matches_words(&self, touch: &TouchFacts<'_>) -> bool {
        self.kinds.allows(Some(touch.kind))
            && self.channels.allows(Some(touch.channel))
            && self.origins.allows(touch.sender())
            && self.meetings.allows(touch.meeting)
            && self.functions.allows(Some(touch.function))
            && self.purposes.allows(Some(touch.purpose))
    }

    /// Whether every touch of `other` lies in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.kinds.covers(other.kinds)
            && self.channels.covers(other.channels)
            && self.origins.covers(other.origins)
            && self.meetings.covers(other.meetings)
            && self.functions.covers(other.functions)
            && self.products.covers(&other.products)
            && self.purposes.covers(other.purposes)
    }
}

/// One alternative of a [`Rule`]: touches of a scope on one of these bases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// The touches.
    pub scope: Scope,
    /// Whether they are solicited, and why.
    pub bases: WordSet<Basis>,
}

impl Condition {
    /// Whether it holds for `touch`.
    #[inline]
    pub fn matches(&self, touch: &TouchFacts<'_>) -> bool {
        self.bases.allows(Some(touch.basis)) && self.scope.matches(touch)
    }
}

/// Which touches of a scope a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// None of them.
    Never,
    /// All of them.
    Always,
    /// Those for which at least one condition holds.
    AnyOf(Vec<Condition>),
}

impl Rule {
    /// Whether it is about `touch`.
    #[inline]
    pub fn matches(&self, touch: &TouchFacts<'_>) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::AnyOf(conditions) => conditions.iter().any(|condition| condition.matches(touch)),
        }
    }
}
