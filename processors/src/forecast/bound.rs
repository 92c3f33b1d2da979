//! Whether planned touches can take a budget over at all: a quick no for most HCPs, without a look at any of them.
//!
//! Up to a planned touch a budget's window loses touches and gains none but those that lie ahead. So when no more lie ahead
//! than are sure to fit now ([`Standing::sure_room`]), nothing goes over.

use super::Asked;
use crate::kernel::touches;
use crate::kernel::{Entry, Standing, within};
use crate::state::Shard;
use touchpoint::Policy;
use touchpoint::policy::Basis;
use touchpoint::time::RETENTION;

/// Whether a budget may go over; `true` also where that cannot be told without a forecast: T is not the present for which
/// values are cached, budgets select HCPs by attributes that may change, or a request falls out of retention, which makes
/// its answer an unsolicited touch.
pub fn may_go_over(shard: &Shard, number: u32, asked: Asked) -> bool {
    let policy: &Policy = shard.policy();
    let Some(list) = shard.hcp(number).and_then(|hcp| hcp.list()) else { return false };
    if !shard.is_cached_at(number, asked.at) || policy.budgets.iter().any(|budget| !budget.selector.is_any()) {
        return true;
    }
    let last = asked.at.saturating_add(asked.horizon);
    if within(list.entries(), asked.at - RETENTION, last - RETENTION).iter().any(Entry::is_request) {
        return true;
    }
    let texts = list.records(asked.audience, shard.words()).texts;
    let counts = |entry: &&Entry| {
        let facts = touches::facts(&texts, entry, Basis::Unsolicited);
        facts.is_some_and(|facts| policy.budgets.iter().any(|budget| budget.cap.is_some() && budget.counts(&facts)))
    };
    let standing = shard.cached_headline(number, asked.audience).map_or_else(Standing::default, |h| h.standing());
    let room = usize::from(standing.sure_room(policy));
    let ahead = within(list.entries(), asked.at, last).iter().filter(|entry| entry.counts_for(asked.audience));
    // Of more nobody has to know how many.
    ahead.filter(counts).take(room + 1).count() > room
}

#[cfg(test)]
mod tests {
    use super::may_go_over;
    use crate::forecast::{Asked, forecast};
    use crate::sample::Sample;
    use crate::shards::{Ownership, Shards};
    use touchpoint::policy::{Budget, NameSet, Per, Scope};
    use touchpoint::record::RecordRow;
    use touchpoint::time::{DAY, HOUR, Micros};
    use touchpoint::{Audience, BusinessFunction, Policy, Status};

    const NOW: Micros = 20_000 * DAY;
    const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    /// Touches of eight HCPs in the four weeks before T, and planned ones in the three after it; seldom of the last HCPs.
    fn shards(seed: u64) -> Shards {
        let mix = |n: u64| ((n ^ seed << 20).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize;
        let touch = |n: u64| {
            let ahead = n % 4 == 0;
            let hours = mix(n + 3_000) as Micros % if ahead { 21 * 24 } else { 28 * 24 };
            RecordRow {
                hcp_id: IDS[mix(n) % 8 * (mix(n + 500) % 8) / 7],
                owner_id: Some(["rep", "hq"][mix(n + 1_000) % 2]),
                product: Some(["x", "y", "z"][mix(n + 4_000) % 3]),
                business_function: Some(
                    [BusinessFunction::Sales, BusinessFunction::Sales, BusinessFunction::Medical][mix(n + 2_000) % 3],
                ),
                status: Some(if ahead { Status::Planned } else { Status::Completed }),
                ..RecordRow::visit(if ahead { NOW + HOUR * (hours + 1) } else { NOW - HOUR * hours })
            }
        };
        let of_x = Scope { products: NameSet::of(["x"]), ..Scope::default() };
        let budgets = vec![
            Budget::new("all", Some(4 + (seed % 5) as u32), 14 * DAY),
            Budget { scope: of_x, ..Budget::new("x", Some(2), 7 * DAY) },
            Budget { per: Per::Owner, ..Budget::new("owner", Some(3 + (seed % 3) as u32), 10 * DAY) },
            Budget::new("none", None, DAY),
        ];
        let policy = Policy { budgets: budgets.into_iter().skip((seed % 3) as usize).collect(), ..Policy::default() };
        let rows = (0..30 + seed % 40).map(touch).collect();
        Sample { rows, policy, ..Sample::default() }.shards(Ownership::Sole, NOW)
    }

    #[test]
    fn what_goes_over_may_go_over() {
        let (mut over, mut spared) = (0, 0);
        for seed in 0..120 {
            let mut shards = shards(seed);
            shards.turn(NOW);
            let shard = shards.get(0).expect("a shard");
            for (audience, number) in Audience::ALL.into_iter().flat_map(|a| (0..IDS.len() as u32).map(move |n| (a, n)))
            {
                let asked = Asked { audience, at: NOW, horizon: 14 * DAY };
                let (may, forecast) = (may_go_over(shard, number, asked), forecast(shard, number, asked));
                assert!(may || forecast.excess == 0, "seed {seed}, {audience:?} {number}: {forecast:?}");
                over += usize::from(forecast.excess > 0);
                spared += usize::from(!may && !forecast.touches.is_empty());
            }
        }
        assert!(over > 50 && spared > 100, "{over} went over, {spared} were spared");
    }
}
