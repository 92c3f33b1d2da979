//! What bears on a touch at one instant, proposed or planned: budgets, gaps, quiet hours, consent.
//!
//! A budget bears on the touch when it has a cap, its selector takes the HCP, and the touch would use it up or be stopped
//! by it. Only the touches that share the cap with it count: with `per = "owner"` those of its owner.

use super::case::{Case, Rules};
use super::consent;
use super::reason::{Code, Reason};
use crate::kernel::budgets::{Interruption, interruption};
use crate::kernel::touches::Source;
use crate::kernel::{Entry, Texts};
use touchpoint::Tz;
use touchpoint::policy::{Budget, HcpFacts, MinimumGap, Per, TouchFacts};
use touchpoint::time::{DAY, Micros};

/// A touch, and what is known when it is made.
pub(crate) struct Moment<'m, 'a, T> {
    pub(crate) rules: Rules<'a>,
    pub(crate) hcp_id: &'a str,
    /// Up to the instant of the touch, without it.
    pub(crate) source: &'m Source<'m, T>,
    /// Everything that was ever heard of the HCP, as far as it is remembered.
    pub(crate) heard: &'m Source<'m, T>,
    pub(crate) touch: &'m Entry,
}

/// What a budget and the touch have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearing {
    /// The touch is stopped when the budget is used up, and does not use it.
    Stops,
    /// The touch uses it, and passes it when it is used up.
    Used,
    /// Both.
    UsedAndStops,
}

/// A budget that bears on the touch.
pub(crate) struct BudgetLook<'a> {
    pub(crate) budget: &'a Budget,
    pub(crate) cap: u32,
    /// Touches that share the cap with this one, without it.
    pub(crate) used: u32,
    bearing: Bearing,
    /// When one more fits; `None` when it does now, or never will.
    room_from: Option<Micros>,
}

impl BudgetLook<'_> {
    /// Whether the touch uses it up.
    pub(crate) fn is_used_by_it(&self) -> bool {
        self.bearing != Bearing::Stops
    }

    /// Touches that share the cap, this one with them if it uses it up.
    pub(crate) fn used_with_it(&self) -> u32 {
        self.used + u32::from(self.is_used_by_it())
    }

    /// What denies, if the touch is stopped.
    fn hold(&self) -> Option<Reason> {
        if self.bearing == Bearing::Used || !self.budget.is_used_up(self.used) {
            return None;
        }
        let code = match self.cap {
            0 => Code::Forbidden,
            cap if self.used > cap => Code::OverBudget,
            _ => Code::BudgetFull,
        };
        Some(self.reason(code))
    }

    fn reason(&self, code: Code) -> Reason {
        let (used, cap) = (Some(self.used), Some(self.cap));
        Reason { used, cap, until: self.room_from, ..Reason::new(code).of_rule(&self.budget.name) }
    }
}

/// See the module.
pub(crate) struct Look<'a> {
    pub(super) at: Micros,
    pub(crate) facts: TouchFacts<'a>,
    pub(super) zone: Option<Tz>,
    pub(crate) budgets: Vec<BudgetLook<'a>>,
    /// Those that bear on the touch; when the one that the last touch began ends, `None` when none runs.
    gaps: Vec<(&'a MinimumGap, Option<Micros>)>,
    quiet_until: Option<Micros>,
    consent: Option<bool>,
}

impl<'a> Look<'a> {
    /// The touch of `case`, if it were made at `at`.
    pub(super) fn new(case: &Case<'a>, at: Micros) -> Self {
        let (source, heard, touch) = (case.source(at), case.heard(), case.touch(at));
        let hcp_id = case.proposal.hcp_id.as_str();
        Self::of(&Moment { rules: case.rules, hcp_id, source: &source, heard: &heard, touch: &touch }, case.facts(at))
    }

    /// The touch of `moment`, of which scopes and rules see `facts`. Whatever is beyond policy nothing bears on.
    pub(crate) fn of<T: Texts>(moment: &Moment<'_, 'a, T>, facts: TouchFacts<'a>) -> Self {
        let (rules, at) = (moment.rules, moment.touch.occurred_at);
        let zone = rules.reference.time_zone(moment.hcp_id, at);
        let mut look =
            Self { at, facts, zone, budgets: Vec::new(), gaps: Vec::new(), quiet_until: None, consent: None };
        if facts.is_beyond_policy() {
            return look;
        }
        let quiet = rules.policy.quiet_hours.as_ref().zip(zone);
        look.quiet_until = quiet.map(|(quiet, zone)| quiet.release(at, zone)).filter(|until| *until > at);
        look.consent = consent::is_given(moment, facts.channel);
        if !rules.policy.budgets.is_empty() || !rules.policy.minimum_gaps.is_empty() {
            look.count(moment);
        }
        look
    }

    fn count<T: Texts>(&mut self, moment: &Moment<'_, 'a, T>) {
        let Moment { rules, hcp_id, source, touch, .. } = *moment;
        let hcp = HcpFacts::of(rules.reference, hcp_id, self.at);
        let made = source.entries(source.retained).filter_map(|entry| interruption(source, entry));
        let made: Vec<Interruption<'_>> = made.collect();
        for budget in rules.policy.budgets.iter().filter(|budget| budget.selector.matches(&hcp)) {
            let (Some(cap), Some(bearing)) = (budget.cap, bearing(budget, &self.facts)) else { continue };
            let from = made.partition_point(|other| other.at <= self.at - budget.window);
            let inside = made.get(from..).unwrap_or_default().iter();
            let counted = inside.filter(|other| budget.counts(&other.facts) && shares_cap(budget.per, touch, other));
            let counted: Vec<Micros> = counted.map(|other| other.at).collect();
            let (used, room_from) = (counted.len(), room_from(&counted, cap, budget.window));
            let used = u32::try_from(used).unwrap_or(u32::MAX);
            self.budgets.push(BudgetLook { budget, cap, used, bearing, room_from });
        }
        let bears = |gap: &&MinimumGap| {
            gap.selector.matches(&hcp) && gap.counts(&self.facts) && !(touch.is_date_only() && gap.gap < DAY)
        };
        for gap in rules.policy.minimum_gaps.iter().filter(bears) {
            let takes_part =
                |other: &&Interruption<'_>| gap.counts(&other.facts) && !(other.date_only && gap.gap < DAY);
            let until = made.iter().rfind(takes_part).map(|last| last.at + gap.gap);
            self.gaps.push((gap, until.filter(|until| *until > self.at)));
        }
    }

    /// The minimum gaps that bear on the touch, whether or not one runs.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = &'a MinimumGap> {
        self.gaps.iter().map(|(gap, _)| *gap)
    }

    /// Whether nothing says that consent is missing.
    pub(crate) fn has_consent(&self) -> bool {
        self.consent != Some(false)
    }

    /// When budgets, gaps and quiet hours let the touch through and none of the budgets that it uses is over with it, as
    /// long as the same rules hold: `None` now, `Micros::MAX` never.
    pub(crate) fn room_from(&self) -> Option<Micros> {
        let used_up = self.budgets.iter().filter(|look| look.budget.is_used_up(look.used));
        let budgets = used_up.map(|look| look.room_from.unwrap_or(Micros::MAX));
        let gaps = self.gaps.iter().filter_map(|(_, until)| *until);
        budgets.chain(gaps).chain(self.quiet_until).max()
    }

    /// Every reason that denies the touch at this instant.
    pub(crate) fn holds(&self) -> Vec<Reason> {
        let mut holds: Vec<Reason> = self.budgets.iter().filter_map(BudgetLook::hold).collect();
        let gap = |(gap, until): &(&MinimumGap, Option<Micros>)| {
            Some(Reason::new(Code::MinimumGap).of_rule(&gap.name).until((*until)?))
        };
        holds.extend(self.gaps.iter().filter_map(gap));
        holds.extend(self.quiet_until.map(|until| Reason::new(Code::QuietHours).until(until)));
        if self.consent == Some(false) {
            holds.push(Reason::new(Code::ConsentMissing));
        }
        holds
    }

    /// Budgets that the touch would use and that are near their cap, and those that it passes.
    pub(super) fn remarks(&self, near: impl Fn(f64) -> bool) -> Vec<Reason> {
        let remark = |look: &BudgetLook<'_>| match look.bearing {
            Bearing::Used if look.budget.is_used_up(look.used) => Some(look.reason(Code::BudgetBypassed)),
            Bearing::Used | Bearing::UsedAndStops => {
                let is_near = look.budget.use_of(look.used).is_some_and(&near);
                is_near.then(|| look.reason(Code::NearBudget))
            }
            Bearing::Stops => None,
        };
        self.budgets.iter().filter_map(remark).collect()
    }

    /// The budget of highest use that bears on the touch; of equal ones the first of the policy.
    pub(super) fn binding(&self) -> Option<&BudgetLook<'a>> {
        let use_of = |look: &BudgetLook<'_>| look.budget.use_of(look.used).unwrap_or(0.0);
        let higher = |best: &'_ BudgetLook<'a>, next: &BudgetLook<'a>| use_of(next) > use_of(best);
        self.budgets.iter().reduce(|best, next| if higher(best, next) { next } else { best })
    }
}

/// Whether two touches share the cap of a budget that counts both.
pub(crate) fn shares_cap(per: Per, touch: &Entry, other: &Interruption<'_>) -> bool {
    match per {
        Per::Hcp => true,
        Per::Owner => other.owner == touch.owner,
        Per::Product => other.product == touch.product,
    }
}

fn bearing(budget: &Budget, touch: &TouchFacts<'_>) -> Option<Bearing> {
    match (budget.counts(touch), budget.is_bypassed_by(touch)) {
        (true, true) => Some(Bearing::Used),
        (true, false) => Some(Bearing::UsedAndStops),
        (false, false) => Some(Bearing::Stops),
        (false, true) => None,
    }
}

/// When the (used − cap + 1)-th oldest has left the window; `None` when there is room now, or never will be.
fn room_from(counted: &[Micros], cap: u32, window: Micros) -> Option<Micros> {
    let cap = usize::try_from(cap).ok().filter(|cap| *cap > 0)?;
    counted.get(counted.len().checked_sub(cap)?).map(|oldest| oldest + window)
}
