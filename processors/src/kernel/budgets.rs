//! Where an HCP stands with its budgets and gaps at T (metrics.md §5): how much is used, which budget binds, when the next
//! touch fits all of them.
//!
//! Every budget whose selector matches the HCP's reference row at T holds; touches are those of the audience in
//! `(T − window, T]`. A [`Standing`] leaves T and quiet hours out, so that it changes only when a touch enters or leaves a
//! budget, never with the clock alone: columns are made from it when they are read.

use super::entry::Entry;
use super::touches::{self, Source};
use super::{Instant, Texts, within};
use touchpoint::policy::{Basis, Budget, Per, TouchFacts, Zone};
use touchpoint::time::{DAY, Micros};
use touchpoint::{Policy, Tz};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    binding: Option<Binding>,
    fit: Fit,
}

/// The budget of highest use; of equal ones the first of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Binding {
    /// Place in [`Policy::budgets`].
    budget: u16,
    used: u32,
}

/// When the next touch fits, quiet hours left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fit {
    /// No budget and no gap bears on the HCP.
    #[default]
    Unruled,
    /// Every budget and gap has room.
    Now,
    /// From this instant on.
    From(Micros),
    /// A budget of cap 0: never.
    Forbidden,
}

/// The columns of metrics.md §5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetColumns<'a> {
    /// `budget_use`.
    pub budget_use: f64,
    /// `binding_budget`.
    pub binding_budget: &'a str,
    /// `headroom`: negative when over.
    pub headroom: i64,
    /// `zone`.
    pub zone: Zone,
}

impl Standing {
    /// Use, name, headroom and zone; `None` without a budget.
    pub fn columns<'p>(&self, policy: &'p Policy) -> Option<BudgetColumns<'p>> {
        let Binding { budget, used } = self.binding?;
        let budget = policy.budgets.get(usize::from(budget))?;
        let budget_use = budget.use_of(used)?;
        Some(BudgetColumns {
            budget_use,
            binding_budget: &budget.name,
            headroom: i64::from(budget.cap?) - i64::from(used),
            zone: policy.zones.of(Some(budget_use))?,
        })
    }

    /// How many more touches are sure to exceed no budget of the policy, each counted by all of them: a lower bound, 255 at
    /// most. No budget is used more than the binding one, so each has at least that part of the smallest cap left.
    pub fn sure_room(&self, policy: &Policy) -> u8 {
        let Some(least) = policy.budgets.iter().filter_map(|budget| budget.cap).min() else { return u8::MAX };
        let room = match self.binding.and_then(|b| Some((policy.budgets.get(usize::from(b.budget))?.cap?, b.used))) {
            None => u64::from(least),
            Some((0, _)) => 0,
            Some((cap, used)) => (u64::from(cap.saturating_sub(used)) * u64::from(least)).div_ceil(u64::from(cap)),
        };
        u8::try_from(room).unwrap_or(u8::MAX)
    }

    /// `next_free_at` as of `at`, in the HCP's zone: past budgets, gaps and quiet hours. `None` when no rule bears on the
    /// HCP, or one forbids every touch. In an unknown zone quiet hours cannot be kept.
    pub fn next_free_at(&self, at: Micros, policy: &Policy, zone: Option<Tz>) -> Option<Micros> {
        let fits = match self.fit {
            Fit::Unruled | Fit::Forbidden => return None,
            Fit::Now => at,
            Fit::From(later) => later.max(at),
        };
        let quiet = policy.quiet_hours.as_ref().zip(zone);
        Some(quiet.map_or(fits, |(quiet, zone)| quiet.release(fits, zone)))
    }

    /// When it next changes by itself, apart from touches that leave a budget's window.
    pub(super) fn next_change(&self) -> Option<Micros> {
        match self.fit {
            Fit::From(later) => Some(later),
            Fit::Unruled | Fit::Now | Fit::Forbidden => None,
        }
    }

    fn hold(&mut self, policy: &Policy, index: usize, counted: &Counted) {
        let Some(budget) = policy.budgets.get(index) else { return };
        let use_of = |binding: Binding| {
            policy.budgets.get(usize::from(binding.budget)).and_then(|b| b.use_of(binding.used)).unwrap_or(0.0)
        };
        let new = Binding { budget: u16::try_from(index).unwrap_or(u16::MAX), used: counted.used };
        if self.binding.is_none_or(|old| use_of(new) > use_of(old)) {
            self.binding = Some(new);
        }
        self.wait(match counted.room_from {
            _ if budget.cap == Some(0) => Fit::Forbidden,
            Some(room_from) => Fit::From(room_from),
            None => Fit::Now,
        });
    }

    /// All rules hold together: the latest wins.
    fn wait(&mut self, other: Fit) {
        self.fit = match (self.fit, other) {
            (Fit::Forbidden, _) | (_, Fit::Forbidden) => Fit::Forbidden,
            (Fit::From(a), Fit::From(b)) => Fit::From(a.max(b)),
            (Fit::From(later), _) | (_, Fit::From(later)) => Fit::From(later),
            _ => Fit::Now,
        };
    }
}

/// One touch that budgets and gaps look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interruption<'a> {
    pub(crate) at: Micros,
    pub(crate) owner: u32,
    pub(crate) product: u32,
    pub(crate) date_only: bool,
    pub(crate) facts: TouchFacts<'a>,
}

/// What the touches of one budget come to.
struct Counted {
    /// Of the group with the most.
    used: u32,
    /// When every group has room again; `None` when each has now.
    room_from: Option<Micros>,
}

/// The standing of one HCP. Without a rule that bears on it nothing is looked at.
pub fn standing<T: Texts>(source: &Source<'_, T>, instant: &Instant<'_>) -> Standing {
    let policy = instant.policy;
    let mut standing = Standing::default();
    if policy.budgets.is_empty() && policy.minimum_gaps.is_empty() {
        return standing;
    }
    let limited = |budget: &Budget| budget.cap.is_some() && budget.selector.matches(&instant.hcp);
    let budgets: Vec<_> = policy.budgets.iter().enumerate().filter(|(_, b)| limited(b)).collect();
    let gaps: Vec<_> = policy.minimum_gaps.iter().filter(|g| g.selector.matches(&instant.hcp)).collect();
    let spans = budgets.iter().map(|(_, b)| b.window).chain(gaps.iter().map(|g| g.gap));
    let Some(longest) = spans.max() else { return standing };
    // What is older counts in none of them; a request that a touch answers may still be.
    let recent = within(source.retained, instant.at - longest, instant.at);
    let interruptions: Vec<Interruption<'_>> =
        source.entries(recent).filter_map(|entry| interruption(source, entry)).collect();
    for (index, budget) in budgets {
        let from = interruptions.partition_point(|i| i.at <= instant.at - budget.window);
        standing.hold(policy, index, &count(budget, interruptions.get(from..).unwrap_or_default()));
    }
    for gap in gaps {
        let takes_part = |i: &&Interruption<'_>| gap.counts(&i.facts) && !(i.date_only && gap.gap < DAY);
        let last = interruptions.iter().rfind(takes_part);
        let over = last.map(|i| i.at + gap.gap).filter(|over| *over > instant.at);
        standing.wait(over.map_or(Fit::Now, Fit::From));
    }
    standing
}

/// When the next touch leaves a budget of the policy; `None` when none will.
pub(super) fn next_leaving(entries: &[Entry], instant: &Instant<'_>) -> Option<Micros> {
    let leaves = |budget: &Budget| {
        let inside = within(entries, instant.at - budget.window, instant.at);
        inside.iter().find(|e| e.is_touch()).map(|e| e.occurred_at + budget.window)
    };
    instant.policy.budgets.iter().filter_map(leaves).min()
}

pub(crate) fn interruption<'s, T: Texts>(source: &'s Source<'_, T>, entry: &Entry) -> Option<Interruption<'s>> {
    if source.solicited_basis(entry).is_some() {
        return None;
    }
    let facts = touches::facts(&source.texts, entry, Basis::Unsolicited)?;
    let (at, owner, product) = (entry.occurred_at, entry.owner, entry.product);
    Some(Interruption { at, owner, product, date_only: entry.is_date_only(), facts })
}

/// Counts `inside`, the interruptions of the budget's window, oldest first.
fn count(budget: &Budget, inside: &[Interruption<'_>]) -> Counted {
    let group = |i: &Interruption<'_>| match budget.per {
        Per::Hcp => 0,
        Per::Owner => i.owner,
        Per::Product => i.product,
    };
    let mut counted: Vec<(u32, Micros)> =
        inside.iter().filter(|i| budget.counts(&i.facts)).map(|i| (group(i), i.at)).collect();
    // Stable: within a group the order of time stays.
    counted.sort_by_key(|(group, _)| *group);
    let (mut used, mut room_from) = (0, None);
    for group in counted.chunk_by(|a, b| a.0 == b.0) {
        used = used.max(group.len());
        room_from = room_from.max(room_in(group, budget));
    }
    Counted { used: u32::try_from(used).unwrap_or(u32::MAX), room_from }
}

/// When the (used − cap + 1)-th oldest of a group has left the window; `None` when there is room now.
fn room_in(group: &[(u32, Micros)], budget: &Budget) -> Option<Micros> {
    let cap = usize::try_from(budget.cap?).ok().filter(|cap| *cap > 0)?;
    let oldest = group.get(group.len().checked_sub(cap)?)?;
    Some(oldest.1 + budget.window)
}

#[cfg(test)]
mod tests {
    use super::{Counted, Standing};
    use touchpoint::Policy;
    use touchpoint::policy::Budget;
    use touchpoint::time::DAY;

    fn policy(caps: &[Option<u32>]) -> Policy {
        let budget = |(n, cap): (usize, &Option<u32>)| Budget::new(n.to_string(), *cap, DAY);
        Policy { budgets: caps.iter().enumerate().map(budget).collect(), ..Policy::default() }
    }

    #[test]
    fn the_room_that_is_sure_is_never_more_than_the_least_and_nothing_once_a_budget_is_full() {
        for n in 0..4_000_u32 {
            // Caps of 0 to 6, used up to 8 times; every third policy has a budget without a limit.
            let digit = |place: u32| n.wrapping_mul(2_654_435_761) >> (place * 3 + 8);
            let caps = [0, 1, 2].map(|i| (n % 3 != i).then(|| digit(i) % 7));
            let used = [3, 4, 5].map(|i| digit(i) % 9);
            let policy = policy(&caps);
            let mut standing = Standing::default();
            for (index, used) in used.into_iter().enumerate().filter(|(index, _)| caps[*index].is_some()) {
                standing.hold(&policy, index, &Counted { used, room_from: None });
            }
            let least = caps.iter().zip(used).filter_map(|(cap, used)| Some(cap.as_ref()?.saturating_sub(used))).min();
            let (least, sure) = (least.expect("two budgets have a cap"), u32::from(standing.sure_room(&policy)));
            assert!(sure <= least && (sure == 0) == (least == 0), "{caps:?} {used:?}: {sure} of {least}");
        }
    }

    #[test]
    fn without_touches_the_smallest_cap_is_the_room_and_without_budgets_there_is_no_end() {
        assert_eq!(Standing::default().sure_room(&policy(&[Some(9), None, Some(4)])), 4);
        assert_eq!(Standing::default().sure_room(&policy(&[Some(400)])), u8::MAX);
        assert_eq!(Standing::default().sure_room(&policy(&[None])), u8::MAX);
    }
}
