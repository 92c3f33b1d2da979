//! What a policy says of the next touch of one HCP, given the touches that were made.
//!
//! As the pre-touch check does ([`crate::check`]), with the touches of a replay in place of those on record.

use super::Scenario;
use crate::kernel::budgets::Interruption;
use touchpoint::policy::{Budget, HcpFacts, MinimumGap, Per, QuietHours};
use touchpoint::time::{DAY, Micros};
use touchpoint::{Policy, Tz};

/// The rule that holds a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldBy {
    /// A budget, by its place in the policy.
    Budget(u16),
    /// A minimum gap, by its place in the policy.
    Gap(u16),
    /// Quiet hours.
    QuietHours,
}

/// Why a touch is held, and when that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold {
    /// Of all rules that deny the touch the one that does so longest.
    pub(super) by: HeldBy,
    /// [`Micros::MAX`]: it does not end by itself.
    pub(super) until: Micros,
}

/// The rules that bear on one HCP for a while.
pub(super) struct Rules<'a> {
    budgets: Vec<(u16, &'a Budget)>,
    gaps: Vec<(u16, &'a MinimumGap)>,
    quiet: Option<(&'a QuietHours, Tz)>,
    /// From here on reference data may say something else.
    pub(super) until: Micros,
}

impl<'a> Rules<'a> {
    /// Those of `policy` at `at`.
    pub(super) fn new(scenario: &'a Scenario, policy: &'a Policy, hcp_id: &str, at: Micros) -> Self {
        let reference = &*scenario.reference;
        let hcp = HcpFacts::of(reference, hcp_id, at);
        let zone = reference.time_zone(hcp_id, at);
        let budgets = (0..).zip(&policy.budgets).filter(|(_, b)| b.cap.is_some() && b.selector.matches(&hcp));
        let gaps = (0..).zip(&policy.minimum_gaps).filter(|(_, gap)| gap.selector.matches(&hcp));
        Self {
            budgets: budgets.collect(),
            gaps: gaps.collect(),
            quiet: policy.quiet_hours.as_ref().zip(zone),
            until: reference.next_change(hcp_id, at).unwrap_or(Micros::MAX),
        }
    }

    /// Why `touch` may not be made at `at`; `None`: it may. `made` are the touches before, in order of time.
    pub(super) fn hold(&self, touch: &Interruption<'_>, at: Micros, made: &[Interruption<'_>]) -> Option<Hold> {
        let budgets = self.budgets.iter().filter_map(|(place, budget)| {
            let until = of_budget(budget, touch, at, made)?;
            Some(Hold { by: HeldBy::Budget(*place), until })
        });
        let gaps = self.gaps.iter().filter_map(|(place, gap)| {
            let until = of_gap(gap, touch, at, made)?;
            Some(Hold { by: HeldBy::Gap(*place), until })
        });
        let quiet = self.quiet.filter(|_| !touch.date_only && !touch.facts.is_beyond_policy());
        let quiet = quiet.map(|(quiet, zone)| Hold { by: HeldBy::QuietHours, until: quiet.release(at, zone) });
        let quiet = quiet.filter(|hold| hold.until > at);
        budgets.chain(gaps).chain(quiet).reduce(|longest, next| if next.until > longest.until { next } else { longest })
    }
}

/// When there is room again for a touch that the budget stops: when the cap-th newest of those that count has left.
fn of_budget(budget: &Budget, touch: &Interruption<'_>, at: Micros, made: &[Interruption<'_>]) -> Option<Micros> {
    if budget.is_bypassed_by(&touch.facts) {
        return None;
    }
    let cap = usize::try_from(budget.cap?).unwrap_or(usize::MAX);
    let Some(before) = cap.checked_sub(1) else { return Some(Micros::MAX) };
    let shares_cap = |other: &Interruption<'_>| match budget.per {
        Per::Hcp => true,
        Per::Owner => other.owner == touch.owner,
        Per::Product => other.product == touch.product,
    };
    let inside = made.iter().rev().take_while(|other| other.at > at - budget.window);
    let mut counted = inside.filter(|other| budget.counts(&other.facts) && shares_cap(other));
    counted.nth(before).map(|oldest| oldest.at + budget.window)
}

fn of_gap(gap: &MinimumGap, touch: &Interruption<'_>, at: Micros, made: &[Interruption<'_>]) -> Option<Micros> {
    let takes_part = |one: &Interruption<'_>| gap.counts(&one.facts) && !(one.date_only && gap.gap < DAY);
    if !takes_part(touch) {
        return None;
    }
    let mut near = made.iter().rev().take_while(|other| other.at > at - gap.gap);
    near.find(|other| takes_part(other)).map(|last| last.at + gap.gap)
}
