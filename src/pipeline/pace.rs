//! When the state is turned next, and how many HCPs a turn takes.
//!
//! A turn is short, so that the next record, and the alert that it may make, does not wait for long. Whoever a turn has no
//! room for waits for the next one, those first whom a touch may have taken over a budget. So much time turns may take:
//!
//! | load | a turn takes | of the time |
//! |---|---|---|
//! | [`Load::Spare`] | up to 75 ms | whatever is left until a record comes |
//! | [`Load::KeepsUp`] | up to 50 ms | half |
//! | [`Load::Behind`] | up to 200 ms | a fifth: nearly every HCP changes again and again, and evaluating it once for many records is what keeps catching up fast |
//!
//! What an HCP takes is estimated from the last turn, its alerts included.

use touchpoint::Micros;
use touchpoint::time::SECOND;

const MILLISECOND: Micros = SECOND / 1_000;
/// Turns begin at least so far apart …
const TURN: Micros = 50 * MILLISECOND;
/// … and at most so far, whatever the last one took.
const LONGEST: Micros = SECOND;
/// A turn takes at least so many HCPs, however long the last one was: else what it costs by itself would be all it does.
const FEWEST: usize = 256;

/// What else there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing waits to be taken in.
    Spare,
    /// Records are taken in as they come.
    KeepsUp,
    /// A backlog is worked off.
    Behind,
}

impl Load {
    /// How long a turn should take …
    fn allowed(self) -> Micros {
        match self {
            Self::Spare => 75 * MILLISECOND,
            Self::KeepsUp => 50 * MILLISECOND,
            Self::Behind => 200 * MILLISECOND,
        }
    }

    /// … which is one part in so many of the time.
    fn share(self) -> Micros {
        match self {
            Self::Spare => 1,
            Self::KeepsUp => 2,
            Self::Behind => 5,
        }
    }
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// When the last turn began.
    began: Micros,
    took: Micros,
    evaluated: usize,
}

impl Default for Pace {
    /// A turn is due at once.
    fn default() -> Self {
        Self { began: Micros::MIN / 2, took: 0, evaluated: 0 }
    }
}

impl Pace {
    /// Whether a turn is due. A clock that was set back does not stop the ageing until it has caught up: a turn is due then.
    pub(super) fn is_due(&self, now: Micros, load: Load) -> bool {
        let wait = self.took.saturating_mul(load.share()).clamp(TURN, LONGEST);
        !(self.began..self.began + wait).contains(&now)
    }

    /// How many HCPs the next turn takes.
    pub(super) fn most(&self, load: Load) -> usize {
        let (evaluated, took) = (self.evaluated as u128, self.took.max(1).unsigned_abs());
        let most = evaluated * u128::from(load.allowed().unsigned_abs()) / u128::from(took);
        usize::try_from(most).unwrap_or(usize::MAX).max(FEWEST)
    }

    /// A turn that began then took so long, for so many HCPs.
    pub(super) fn turned(&mut self, began: Micros, took: Micros, evaluated: usize) {
        *self = Self { began, took: took.max(0), evaluated };
    }
}

#[cfg(test)]
mod tests {
    use super::{FEWEST, LONGEST, Load, MILLISECOND, Pace, TURN};
    use touchpoint::time::SECOND;

    fn after(took: i64, evaluated: usize) -> Pace {
        let mut pace = Pace::default();
        pace.turned(0, took, evaluated);
        pace
    }

    #[test]
    fn the_first_turn_is_due_at_once_and_the_next_after_a_while() {
        assert!(Pace::default().is_due(0, Load::KeepsUp));
        let pace = after(MILLISECOND, 3);
        assert!(!pace.is_due(TURN - 1, Load::KeepsUp));
        assert!(pace.is_due(TURN, Load::KeepsUp));
    }

    #[test]
    fn long_turns_take_their_part_of_the_time_and_no_more() {
        let pace = after(150 * MILLISECOND, 1_000);
        for (load, wait) in [(Load::Spare, 150), (Load::KeepsUp, 300), (Load::Behind, 750)] {
            assert!(!pace.is_due(wait * MILLISECOND - 1, load), "{load:?}");
            assert!(pace.is_due(wait * MILLISECOND, load), "{load:?}");
        }
        assert!(after(60 * SECOND, 100_000).is_due(LONGEST, Load::Behind));
    }

    #[test]
    fn a_turn_takes_as_many_as_there_is_time_for() {
        let pace = after(100 * MILLISECOND, 4_000);
        assert_eq!([Load::KeepsUp, Load::Spare, Load::Behind].map(|load| pace.most(load)), [2_000, 3_000, 8_000]);
        assert_eq!(after(SECOND, 10).most(Load::KeepsUp), FEWEST);
        assert_eq!(Pace::default().most(Load::Behind), FEWEST);
    }

    #[test]
    fn the_number_grows_from_turn_to_turn_until_the_time_is_used() {
        // Each HCP takes 20 µs, and a turn 5 ms by itself.
        let mut pace = Pace::default();
        for _ in 0..6 {
            let most = pace.most(Load::KeepsUp);
            pace.turned(0, 5 * MILLISECOND + 20 * most as i64, most);
        }
        assert!((49 * MILLISECOND..=50 * MILLISECOND).contains(&pace.took), "{pace:?}");
    }

    #[test]
    fn a_clock_that_was_set_back_brings_a_turn() {
        assert!(after(SECOND, 100_000).is_due(-SECOND, Load::KeepsUp));
    }
}
