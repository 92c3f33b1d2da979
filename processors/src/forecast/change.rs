//! The one touch to move, and to when: the touch without which the least excess is left, at the earliest later instant at
//! which it fits and pushes no other one.

use super::ground::Ground;
use super::plan::{Counted, Plan, Step};
use super::{Change, TRIES};
use crate::check::shares_cap;
use crate::kernel::Entry;
use crate::kernel::budgets::{Interruption, interruption};
use touchpoint::time::{DAY, LATEST, Micros};

/// Of the touches that may be moved, those that leave the least excess; of these the one with the shortest delay, one that
/// can only be cancelled last; then the first. `None` when no budget goes over, or none of its touches may be moved.
pub(super) fn best(plan: &Plan<'_>) -> Option<Change> {
    let movable: Vec<(usize, u64)> = (0..plan.inside().len())
        .filter(|place| plan.may_be_moved(*place))
        .map(|place| (place, plan.excess_without(place)))
        .collect();
    let least = movable.iter().map(|(_, left)| *left).min()?;
    let change = |(place, excess_left): (usize, u64)| {
        let search = Search::of(plan, place)?;
        let to = search.earliest();
        let delay = to.map_or(Micros::MAX, |to| to - search.mover.made.occurred_at);
        Some(((delay, place), Change { place, to, excess_left }))
    };
    let changes = movable.into_iter().filter(|(_, left)| *left == least).filter_map(change);
    changes.min_by_key(|(order, _)| *order).map(|(_, change)| change)
}

/// A search for the instant of one touch.
struct Search<'p> {
    plan: &'p Plan<'p>,
    place: usize,
    mover: &'p Step<'p>,
    /// Everything else, every other planned touch made.
    others: Vec<Entry>,
}

impl<'p> Search<'p> {
    fn of(plan: &'p Plan<'p>, place: usize) -> Option<Self> {
        let mover = plan.steps.get(place)?;
        Some(Self { plan, place, mover, others: plan.ground.made_without(mover.place) })
    }

    fn ground(&self) -> &'p Ground<'p> {
        self.plan.ground
    }

    /// From one instant to the next at which something that is in the way ends, until nothing is.
    fn earliest(&self) -> Option<Micros> {
        let mut moved = self.mover.made;
        moved.occurred_at += 1;
        for _ in 0..TRIES {
            let at = moved.occurred_at;
            if at > LATEST {
                return None;
            }
            let look = self.ground().look(&moved, &self.ground().source(&self.others, at))?;
            let Some(until) = look.room_from().or_else(|| self.pushes(&moved)) else {
                return look.has_consent().then_some(at);
            };
            moved.occurred_at = until.min(self.next_turn(at));
        }
        None
    }

    /// When the rules, or what the touch is, may next be others: another row of reference data holds, or a request is
    /// there that it may answer.
    fn next_turn(&self, at: Micros) -> Micros {
        let change = self.ground().rules.reference.next_change(self.ground().hcp_id, at);
        let later = self.others.partition_point(|entry| entry.occurred_at <= at);
        let later = self.others.get(later..).unwrap_or_default();
        let request = later.iter().find(|entry| entry.is_request()).map(|entry| entry.occurred_at);
        change.into_iter().chain(request).min().unwrap_or(Micros::MAX)
    }

    /// The instant of the first planned touch after `moved` that it pushes: over a budget that both use, or into a gap.
    /// Until then it pushes it from wherever it stands.
    fn pushes(&self, moved: &Entry) -> Option<Micros> {
        let later = self.plan.steps.iter().enumerate();
        let mut later = later.filter(|(place, step)| *place != self.place && step.made.occurred_at > moved.occurred_at);
        later.find(|(_, step)| self.pushes_one(moved, step)).map(|(_, step)| step.made.occurred_at)
    }

    fn pushes_one(&self, moved: &Entry, other: &Step<'_>) -> bool {
        let at = other.made.occurred_at;
        let source = self.ground().source(&self.others, at);
        let Some(moved) = interruption(&source, moved) else { return false };
        let uses = |moved: &Interruption<'_>, counted: &Counted<'_>| {
            let budget = counted.budget;
            let inside = moved.at > at - budget.window;
            inside && budget.counts(&moved.facts) && shares_cap(budget.per, &other.made, moved)
        };
        let over = other.counted.iter().any(|c| uses(&moved, c) && !c.has_room_without(self.place));
        let mut gaps = other.gaps.iter().filter(|gap| gap.counts(&moved.facts) && !(moved.date_only && gap.gap < DAY));
        over || gaps.any(|gap| at - moved.at < gap.gap)
    }
}
