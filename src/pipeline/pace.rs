//! When the state is turned next: ten times a second, or less often where turns would leave no time to take records in.
//!
//! What a turn will take is estimated from the last one: so much for each HCP that waits to be evaluated. So a long turn puts
//! off only turns that would be long, too: after a backlog the few HCPs that change next do not wait for what everybody took.
//! And where no record comes there is nothing to leave time for.

use touchpoint::Micros;
use touchpoint::time::SECOND;

/// Ageing and evaluation happen this often …
const TURN: Micros = SECOND / 10;
/// … or less often, so that they take at most one part in this many of the time, alerts included …
const SHARE: Micros = 2;
/// … and a smaller part while a backlog is worked off: nearly every HCP changes in every turn then, and evaluating it once
/// for many records is what keeps catching up fast.
const SHARE_BEHIND: Micros = 5;
/// Longest time between two turns.
const LONGEST: Micros = 19 * SECOND;
/// A turn of fewer HCPs says nothing of what one of them takes.
const FEW: i64 = 1_000;

/// How the pipeline keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Every record is taken in, and none comes.
    Idle,
    /// Records are taken in as they come.
    KeepsUp,
    /// A backlog is worked off.
    Behind,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// When the last turn began.
    began: Micros,
    took: Micros,
    evaluated: i64,
}

impl Default for Pace {
    /// A turn is due at once.
    fn default() -> Self {
        Self { began: Micros::MIN / 2, took: 0, evaluated: 0 }
    }
}

impl Pace {
    /// Whether a turn is due, with so many HCPs to evaluate. A clock that was set back does not stop the ageing until it has
    /// caught up: a turn is due then.
    pub(super) fn is_due(&self, now: Micros, waiting: usize, load: Load) -> bool {
        !(self.began..self.began + self.wait(waiting, load)).contains(&now)
    }

    /// A turn that began then took so long, for so many HCPs.
    pub(super) fn turned(&mut self, began: Micros, took: Micros, evaluated: usize) {
        *self = Self { began, took: took.max(0), evaluated: i64::try_from(evaluated).unwrap_or(i64::MAX) };
    }

    fn wait(&self, waiting: usize, load: Load) -> Micros {
        let share = match load {
            Load::Idle => return TURN,
            Load::KeepsUp => SHARE,
            Load::Behind => SHARE_BEHIND,
        };
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        let expected = self.took.saturating_mul(waiting) / self.evaluated.max(FEW);
        expected.saturating_mul(share).clamp(TURN, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Load, Pace, TURN};
    use touchpoint::time::SECOND;

    fn after(took: i64, evaluated: usize) -> Pace {
        let mut pace = Pace::default();
        pace.turned(0, took, evaluated);
        pace
    }

    #[test]
    fn the_first_turn_is_due_at_once_and_the_next_a_tenth_of_a_second_later() {
        assert!(Pace::default().is_due(0, 0, Load::KeepsUp));
        let pace = after(1_000, 3);
        assert!(!pace.is_due(TURN - 1, 3, Load::KeepsUp));
        assert!(pace.is_due(TURN, 3, Load::KeepsUp));
    }

    #[test]
    fn turns_that_will_be_long_take_their_part_of_the_time_and_no_more() {
        let pace = after(2 * SECOND, 100_000);
        assert!(!pace.is_due(2 * SECOND - 1, 50_000, Load::KeepsUp));
        assert!(pace.is_due(2 * SECOND, 50_000, Load::KeepsUp), "half as many take half as long");
        assert!(!pace.is_due(5 * SECOND - 1, 50_000, Load::Behind));
        assert!(after(60 * SECOND, 100_000).is_due(LONGEST, 100_000, Load::Behind));
    }

    #[test]
    fn after_a_long_turn_few_do_not_wait_long() {
        assert!(after(3 * SECOND, 100_000).is_due(TURN, 10, Load::KeepsUp));
        // What a turn costs whoever changed is not what each of a thousand will cost.
        assert!(after(TURN, 1).is_due(2 * TURN, 1_000, Load::KeepsUp));
    }

    #[test]
    fn where_no_record_comes_turns_are_not_put_off() {
        assert!(after(3 * SECOND, 100_000).is_due(TURN, 100_000, Load::Idle));
        assert!(!after(3 * SECOND, 100_000).is_due(TURN - 1, 100_000, Load::Idle));
    }

    #[test]
    fn a_clock_that_was_set_back_brings_a_turn() {
        assert!(after(SECOND, 100_000).is_due(-SECOND, 100_000, Load::KeepsUp));
    }
}
