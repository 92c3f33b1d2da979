//! The planned touches of one HCP one after another, each as it would turn out with the earlier ones made.

use super::ground::Ground;
use super::{BudgetThere, Over};
use crate::check::{BudgetLook, Look, Reason, shares_cap};
use crate::kernel::Entry;
use crate::kernel::budgets::{Interruption, interruption};
use touchpoint::policy::{Basis, Budget, MinimumGap};

/// Steps by their places, as bits; there are at most [`super::LOOKED_AT`].
type Steps = u128;

/// See the module.
pub(super) struct Plan<'g> {
    pub(super) ground: &'g Ground<'g>,
    /// All that are looked at, those beyond the horizon too.
    pub(super) steps: Vec<Step<'g>>,
}

/// One planned touch.
pub(super) struct Step<'g> {
    /// Its place among the entries of the HCP.
    pub(super) place: usize,
    /// As it would be made.
    pub(super) made: Entry,
    pub(super) basis: Basis,
    pub(super) breaks: Vec<Reason>,
    pub(super) binding: Option<BudgetThere>,
    /// The budgets that it uses.
    pub(super) counted: Vec<Counted<'g>>,
    /// The minimum gaps that bear on it.
    pub(super) gaps: Vec<&'g MinimumGap>,
}

/// A budget that a step uses.
pub(super) struct Counted<'g> {
    pub(super) budget: &'g Budget,
    cap: u32,
    /// The step with it.
    used: u32,
    /// The earlier steps that use it up, too.
    by: Steps,
}

impl Counted<'_> {
    /// Touches too many.
    fn excess(&self) -> u64 {
        u64::from(self.used.saturating_sub(self.cap))
    }

    fn is_used_by(&self, step: usize) -> bool {
        (self.by >> step) & 1 == 1
    }

    fn used_without(&self, step: usize) -> u32 {
        self.used - u32::from(self.is_used_by(step))
    }

    /// Touches too many without an earlier step.
    fn excess_without(&self, step: usize) -> u64 {
        u64::from(self.used_without(step).saturating_sub(self.cap))
    }

    /// Whether it takes one more without an earlier step.
    pub(super) fn has_room_without(&self, step: usize) -> bool {
        self.used_without(step) < self.cap
    }
}

impl Step<'_> {
    /// Touches too many, over all budgets.
    pub(super) fn excess(&self) -> u64 {
        self.counted.iter().map(Counted::excess).sum()
    }

    fn over(&self) -> Option<Over> {
        let over = self.counted.iter().filter(|counted| counted.excess() > 0);
        let there = over.filter_map(|counted| BudgetThere::of(counted.budget, counted.used)).reduce(higher)?;
        Some(Over { at: self.made.occurred_at, there })
    }
}

/// The one of higher use; of equal ones the first.
fn higher(first: BudgetThere, next: BudgetThere) -> BudgetThere {
    if next.budget_use > first.budget_use { next } else { first }
}

impl<'g> Plan<'g> {
    /// Takes the planned touches in order.
    pub(super) fn of(ground: &'g Ground<'g>) -> Self {
        let mut steps: Vec<Step<'g>> = Vec::with_capacity(ground.planned.len());
        let (mut known, mut taken) = (Vec::with_capacity(ground.entries.len()), 0);
        for place in &ground.planned {
            let Some(entry) = ground.entries.get(*place) else { continue };
            // Also what was accepted for this very instant, wherever it stands in the order.
            let until = ground.entries.partition_point(|other| other.occurred_at <= entry.occurred_at);
            let accepted = ground.entries.get(taken..until).unwrap_or_default().iter();
            known.extend(accepted.filter(|other| !other.is_planned()).copied());
            taken = until;
            let Some(step) = step(ground, *place, &known, &steps) else { continue };
            known.push(step.made);
            steps.push(step);
        }
        Self { ground, steps }
    }

    /// Those of the horizon.
    pub(super) fn inside(&self) -> &[Step<'g>] {
        let end = self.steps.partition_point(|step| step.made.occurred_at <= self.ground.last);
        self.steps.get(..end).unwrap_or_default()
    }

    /// The first budget that goes over.
    pub(super) fn over(&self) -> Option<Over> {
        self.inside().iter().find_map(Step::over)
    }

    /// Touches too many, over all steps of the horizon and budgets.
    pub(super) fn excess(&self) -> u64 {
        self.inside().iter().map(Step::excess).sum()
    }

    /// The same without one of them.
    pub(super) fn excess_without(&self, dropped: usize) -> u64 {
        let left = self.inside().iter().enumerate().filter(|(step, _)| *step != dropped);
        left.flat_map(|(_, step)| &step.counted).map(|counted| counted.excess_without(dropped)).sum()
    }

    /// Whether a budget that goes over is used by this step and may hold it back.
    pub(super) fn may_be_moved(&self, place: usize) -> bool {
        let Some(mover) = self.steps.get(place) else { return false };
        let Some(facts) = self.ground.facts(&mover.made, mover.basis) else { return false };
        let holds_back = |step: usize, counted: &Counted<'_>| {
            let uses = step == place || counted.is_used_by(place);
            uses && counted.excess() > 0 && !counted.budget.is_bypassed_by(&facts)
        };
        let mut steps = self.inside().iter().enumerate();
        steps.any(|(step, of)| of.counted.iter().any(|counted| holds_back(step, counted)))
    }
}

fn step<'g>(ground: &'g Ground<'g>, place: usize, known: &[Entry], earlier: &[Step<'_>]) -> Option<Step<'g>> {
    let made = ground.entries.get(place)?.as_made();
    let source = ground.source(known, made.occurred_at);
    let look: Look<'g> = ground.look(&made, &source)?;
    let earlier: Vec<Option<Interruption<'_>>> = earlier.iter().map(|step| interruption(&source, &step.made)).collect();
    let counted = |look: &BudgetLook<'g>| {
        let budget = look.budget;
        let uses = |other: &Interruption<'_>| {
            let inside = other.at > made.occurred_at - budget.window;
            inside && budget.counts(&other.facts) && shares_cap(budget.per, &made, other)
        };
        let by = (0..).zip(&earlier).filter(|(_, other)| other.as_ref().is_some_and(uses));
        let by = by.fold(0, |by: Steps, (step, _)| by | (1_u128 << step));
        Counted { budget, cap: look.cap, used: look.used_with_it(), by }
    };
    let there = look.budgets.iter().filter_map(|look| BudgetThere::of(look.budget, look.used_with_it()));
    Some(Step {
        place,
        made,
        basis: look.facts.basis,
        breaks: look.holds(),
        binding: there.reduce(higher),
        counted: look.budgets.iter().filter(|look| look.is_used_by_it()).map(counted).collect(),
        gaps: look.gaps().collect(),
    })
}
