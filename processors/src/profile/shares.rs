//! How the touches that use a budget up fall to those who made them: one share per HCP, budget and owner or product.
//!
//! A cap per owner says what one owner may do on one HCP. Whether an owner's *mean* over all HCPs is in order, and how it
//! is distributed, is told by the shares of every HCP together; budgets without a cap have shares, too.

use crate::kernel::budgets::{Interruption, interruption};
use crate::kernel::touches::Source;
use crate::kernel::{Instant, Records, within};
use crate::state::Shard;
use touchpoint::Audience;
use touchpoint::policy::{Budget, Per};
use touchpoint::time::{Micros, RETENTION};

/// What a budget counted of one group of touches; there is none of nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Share<'a> {
    /// The budget.
    pub budget: &'a Budget,
    /// Whose touches; `None` unless the budget is per owner, and of the unknown owner.
    pub owner_id: Option<&'a str>,
    /// About which product; `None` unless the budget is per product, and of the unknown product.
    pub product: Option<&'a str>,
    /// How many in `(at − window, at]`, at least 1.
    pub used: u32,
}

/// The shares of an HCP of a shard as of `at`: budgets as the policy has them, of each the greatest share first, equal
/// ones by owner or product.
pub fn shares(shard: &Shard, number: u32, audience: Audience, at: Micros) -> Vec<Share<'_>> {
    let Some(hcp) = shard.hcp(number) else { return Vec::new() };
    let Some(list) = hcp.list() else { return Vec::new() };
    let Records { entries, texts, audience } = list.records(audience, shard.words());
    let source = Source { retained: within(entries, at - RETENTION, at), texts, audience };
    let made: Vec<Interruption<'_>> =
        source.entries(source.retained).filter_map(|entry| interruption(&source, entry)).collect();
    let instant = Instant::new(at, shard.policy(), shard.reference(), &hcp.id);
    let word = |number: u32| (number != 0).then(|| shard.words().text(number));
    let mut shares = Vec::new();
    for budget in shard.policy().budgets.iter().filter(|budget| budget.selector.matches(&instant.hcp)) {
        let own = shares.len();
        for (group, used) in groups(budget, &made, at) {
            let (owner_id, product) = match budget.per {
                Per::Hcp => (None, None),
                Per::Owner => (word(group), None),
                Per::Product => (None, word(group)),
            };
            shares.push(Share { budget, owner_id, product, used });
        }
        let of_budget = shares.get_mut(own..).unwrap_or_default();
        of_budget.sort_by_key(|share| (std::cmp::Reverse(share.used), share.owner_id, share.product));
    }
    shares
}

/// Groups of the touches that `budget` counts, and how many each has.
fn groups(budget: &Budget, made: &[Interruption<'_>], at: Micros) -> Vec<(u32, u32)> {
    let from = made.partition_point(|touch| touch.at <= at - budget.window);
    let group = |touch: &Interruption<'_>| match budget.per {
        Per::Hcp => 0,
        Per::Owner => touch.owner,
        Per::Product => touch.product,
    };
    let inside = made.get(from..).unwrap_or_default().iter();
    let mut groups: Vec<u32> = inside.filter(|touch| budget.counts(&touch.facts)).map(group).collect();
    groups.sort_unstable();
    let counted = groups.chunk_by(|a, b| a == b).filter_map(|run| Some((*run.first()?, run.len() as u32)));
    counted.collect()
}
