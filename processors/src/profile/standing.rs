//! Each budget and gap that bears on the HCP, whatever the touch.

use super::Profile;
use crate::kernel::budgets::{Interruption, interruption};
use crate::kernel::touches::Source;
use crate::kernel::{Instant, Texts};
use touchpoint::policy::{Budget, Per, Zone};
use touchpoint::time::{DAY, Micros};

/// One budget of the HCP.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetStanding {
    /// Its name.
    pub name: String,
    /// Which touches share the cap.
    pub per: Per,
    /// Most touches in the window.
    pub cap: u32,
    /// Length of the trailing window.
    pub window: Micros,
    /// Touches of the fullest group.
    pub used: u32,
    /// `used / cap`; +inf for cap 0 with use.
    pub budget_use: f64,
    /// Where that lies.
    pub zone: Zone,
    /// When the next touch leaves its window; `None` while none is in it.
    pub next_leaving_at: Option<Micros>,
}

/// One minimum gap of the HCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapStanding {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub gap: Micros,
    /// When the one that the last touch began ends; `None` when none runs.
    pub until: Option<Micros>,
}

/// Budgets and gaps of an HCP without records.
pub(super) fn of_nobody(instant: &Instant<'_>, profile: &mut Profile) {
    fill_from(&[], instant, profile);
}

/// Budgets and gaps of the HCP whose touches `source` tells.
pub(super) fn fill<T: Texts>(source: &Source<'_, T>, instant: &Instant<'_>, profile: &mut Profile) {
    let made: Vec<Interruption<'_>> =
        source.entries(source.retained).filter_map(|entry| interruption(source, entry)).collect();
    fill_from(&made, instant, profile);
}

fn fill_from(made: &[Interruption<'_>], instant: &Instant<'_>, profile: &mut Profile) {
    let policy = instant.policy;
    let budgets = policy.budgets.iter().filter(|budget| budget.selector.matches(&instant.hcp));
    profile.budgets = budgets.filter_map(|budget| standing(budget, made, instant)).collect();
    let gaps = policy.minimum_gaps.iter().filter(|gap| gap.selector.matches(&instant.hcp));
    let until = |gap: &touchpoint::policy::MinimumGap| {
        let takes_part = |other: &&Interruption<'_>| gap.counts(&other.facts) && !(other.date_only && gap.gap < DAY);
        let until = made.iter().rfind(takes_part).map(|last| last.at + gap.gap);
        until.filter(|until| *until > instant.at)
    };
    let gaps = gaps.map(|gap| GapStanding { name: gap.name.clone(), gap: gap.gap, until: until(gap) });
    profile.gaps = gaps.collect();
}

fn standing(budget: &Budget, made: &[Interruption<'_>], instant: &Instant<'_>) -> Option<BudgetStanding> {
    let from = made.partition_point(|other| other.at <= instant.at - budget.window);
    let counted: Vec<&Interruption<'_>> =
        made.get(from..).unwrap_or_default().iter().filter(|other| budget.counts(&other.facts)).collect();
    let used = match budget.per {
        Per::Hcp => counted.len(),
        Per::Owner => fullest(counted.iter().map(|other| other.owner)),
        Per::Product => fullest(counted.iter().map(|other| other.product)),
    };
    let used = u32::try_from(used).unwrap_or(u32::MAX);
    let budget_use = budget.use_of(used)?;
    Some(BudgetStanding {
        name: budget.name.clone(),
        per: budget.per,
        cap: budget.cap?,
        window: budget.window,
        used,
        budget_use,
        zone: instant.policy.zones.of(Some(budget_use))?,
        next_leaving_at: counted.first().map(|oldest| oldest.at + budget.window),
    })
}

/// The length of the longest run of equal keys, once they are sorted.
fn fullest(keys: impl Iterator<Item = u32>) -> usize {
    let mut keys: Vec<u32> = keys.collect();
    keys.sort_unstable();
    keys.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0)
}
