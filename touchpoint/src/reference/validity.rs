//! When a row holds, and two rows of one key that hold at once.

use crate::time::{EARLIEST, LATEST, Micros};

/// The span `[from, to)` in which a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Validity {
    /// Start, inclusive.
    pub from: Micros,
    /// End, exclusive.
    pub to: Micros,
}

impl Validity {
    /// From the beginning, without end.
    pub const ALWAYS: Self = Self { from: EARLIEST, to: LATEST + 1 };

    /// Whether the row holds at `at`.
    #[inline]
    pub fn holds(&self, at: Micros) -> bool {
        self.from <= at && at < self.to
    }

    /// The instants after `after` at which it begins or ceases to hold.
    pub fn changes(&self, after: Micros) -> impl Iterator<Item = Micros> + use<> {
        [self.from, self.to].into_iter().filter(move |at| *at > after && *at <= LATEST)
    }
}

impl Default for Validity {
    fn default() -> Self {
        Self::ALWAYS
    }
}
