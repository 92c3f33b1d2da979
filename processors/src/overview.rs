//! How the HCPs of a filter stand at an instant, as counts: how many are over budget and by whose touches, who is
//! untouched, how heavily loaded and how fragmented they are, and how often touches collide beside what chance gives.
//!
//! Every HCP with a row for the audience at T (metrics.md §2) is evaluated once from its live list, with today's knowledge;
//! so a past instant is answered by the same code as now, as far as the live state reaches back ([`RETENTION`](touchpoint::time::RETENTION)). HCPs come
//! a range at a time, so that nobody holds the lock of the state for all of them. Reference rows are those valid at T, also
//! for the filter.
//!
//! No id is kept: an [`Overview`] tells of groups. Who they are is a question of its own ([`Listing`]), whose answer names
//! persons.
//!
//! | module | one noun |
//! |---|---|
//! | [`filter`] | which HCPs |
//! | [`standings`] | counts by zone |
//! | [`spread`] | load and fragmentation over HCPs |
//! | [`causes`] | whose touches collide, and whose reach those who are over |
//! | [`listing`] | the HCPs behind a count |
//! | [`access`] | whether visits got through in the last year |
//! | [`weekly`] | the touches of a few HCPs week by week: whose voices they hear |
//! | `known` | one HCP as an audience knows it |

pub mod access;
mod causes;
mod filter;
mod known;
mod listing;
mod spread;
mod standings;
#[cfg(test)]
mod tests;
pub mod weekly;

pub use causes::{Causes, PairKey, SourceKey};
pub use filter::{Facets, Filter};
pub use listing::{Listed, Listing, Wanted};
pub use spread::{CELL_FRAGMENTATION, CELL_USE, MARKS, Spread};
pub use standings::Standings;

use crate::kernel::load::visits_per_week;
use crate::kernel::touches::Touch;
use crate::kernel::{Scratch, WindowValues, within};
use crate::state::Shard;
use crate::state::list::List;
use known::{Known, View};
use std::collections::BTreeMap;
use std::ops::Range;
use touchpoint::time::Micros;
use touchpoint::{Audience, WindowLength};

/// How much is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Whole,
    /// Counts, load and collisions: what a line over time is drawn from.
    Counts,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whose view.
    pub audience: Audience,
    /// T.
    pub at: Micros,
    /// Trailing window of touches, collisions and coherence; budgets have their own.
    pub window: WindowLength,
    /// Which HCPs.
    pub filter: Filter,
    /// How much of it.
    pub detail: Detail,
}

/// Pairs of consecutive unsolicited touches, and how many of them collide (metrics.md §3).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Collisions {
    /// Pairs that collide.
    pub collisions: u64,
    /// All pairs.
    pub pairs: u64,
    /// Collisions that the same voices would give at random times.
    pub by_chance: f64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Overview {
    /// Everybody in the filter.
    pub all: Standings,
    /// Targets in the filter.
    pub targets: Standings,
    /// Targets by territory.
    pub territories: BTreeMap<String, Standings>,
    /// Touches and unsolicited touches in the window.
    pub touches: [u64; 2],
    /// Collisions in the window.
    pub collisions: Collisions,
    /// Load and fragmentation.
    pub spread: Spread,
    /// Who causes it; empty unless [`Detail::Whole`] is asked for.
    pub causes: Causes,
    /// What may be filtered by; empty unless [`Detail::Whole`] is asked for.
    pub facets: Facets,
    /// Event time of the oldest record of the live state that was looked at; `None` without any.
    pub oldest: Option<Micros>,
    scratch: Scratch,
    found: Vec<Touch>,
}

impl Overview {
    /// Looks at some HCPs of a shard.
    pub fn add(&mut self, shard: &Shard, hcps: Range<u32>, asked: &Asked) {
        // Of a target that nothing was heard of there is no list, and a row all the same.
        let nothing = List::default();
        for number in hcps {
            let Some(known) = Known::of(shard, number, &nothing, View::of(asked)) else { continue };
            if asked.detail == Detail::Whole {
                self.facets.add(known.row);
            }
            if !asked.filter.takes_row(known.row) {
                continue;
            }
            self.oldest = older(self.oldest, known.oldest);
            let inside = within(known.source.retained, asked.at - asked.window.micros(), asked.at);
            if asked.detail == Detail::Whole || asked.filter.product.is_some() {
                known.source.collect(inside, &mut self.found);
                self.facets.add_products(&known.source, &self.found);
                if !asked.filter.takes_touches(&known.source, &self.found) {
                    continue;
                }
            }
            self.add_one(shard, number, &known, asked);
        }
    }

    fn add_one(&mut self, shard: &Shard, number: u32, known: &Known<'_>, asked: &Asked) {
        let Some(evaluation) = shard.evaluate_at(number, asked.audience, asked.at, &mut self.scratch) else { return };
        let Some(window) = evaluation.windows.get(asked.window.index()) else { return };
        let policy = shard.policy();
        let budget = evaluation.overall.standing.columns(policy);
        let zone = budget.map(|budget| budget.zone);
        self.all.add(zone, window.touches);
        if known.is_target {
            self.targets.add(zone, window.touches);
            let territory = filter::text(known.row, |row| &row.territory);
            match self.territories.get_mut(territory) {
                Some(known) => known.add(zone, window.touches),
                None => self.territories.entry(territory.to_owned()).or_default().add(zone, window.touches),
            }
        }
        self.touches[0] += u64::from(window.touches);
        self.touches[1] += u64::from(window.unsolicited);
        self.collisions.add(window);
        self.spread.add_load(visits_per_week(evaluation.overall.load, policy.half_life));
        if asked.detail == Detail::Whole {
            self.spread.add_place(budget.map(|budget| budget.budget_use), window.fragmentation(), window.touches);
            self.causes.add(&self.found, policy.gap, zone);
        }
    }
}

impl Collisions {
    fn add(&mut self, window: &WindowValues) {
        let pairs = window.unsolicited.saturating_sub(1);
        self.collisions += u64::from(window.collisions);
        self.pairs += u64::from(pairs);
        self.by_chance += window.chance_collision_rate.get().unwrap_or(0.0) * f64::from(pairs);
    }
}

fn older(one: Option<Micros>, other: Option<Micros>) -> Option<Micros> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
