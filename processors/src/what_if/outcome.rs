//! What all HCPs of a replay come to. Nothing of it depends on the order in which they were added, apart from rounding in
//! the sums of loads and the order of [`Outcome::held`].

use super::histogram::Histogram;
use super::hold::Fate;
use super::rules::HeldBy;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::time::Micros;
use touchpoint::{Channel, Origin};

/// A channel, e-mail by origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelKey {
    /// Channel.
    pub channel: Channel,
    /// Origin of an e-mail.
    pub origin: Option<Origin>,
}

/// The touches of one channel in the span.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelTally {
    /// Touches that happened.
    pub made: u64,
    /// Those of them that nobody asked for.
    pub unsolicited: u64,
    /// Touches of the plan.
    pub planned: u64,
    /// Touches that happened and that the baseline policy would have held, had anybody asked it.
    pub held_by_baseline: u64,
    /// Touches that the other policy moves.
    pub later: u64,
    /// Touches that it lets nobody make.
    pub never: u64,
    /// How long the moved ones wait, days.
    pub waits: Histogram,
    /// Sum over weeks and HCPs of the visits per week that the channel comes to, before.
    pub visits_before: f64,
    /// The same after.
    pub visits_after: f64,
}

impl Default for ChannelTally {
    fn default() -> Self {
        Self {
            made: 0,
            unsolicited: 0,
            planned: 0,
            held_by_baseline: 0,
            later: 0,
            never: 0,
            waits: Histogram::of_days(),
            visits_before: 0.0,
            visits_after: 0.0,
        }
    }
}

impl ChannelTally {
    fn merge(&mut self, other: &Self) {
        self.made += other.made;
        self.unsolicited += other.unsolicited;
        self.planned += other.planned;
        self.held_by_baseline += other.held_by_baseline;
        self.later += other.later;
        self.never += other.never;
        self.waits.merge(&other.waits);
        self.visits_before += other.visits_before;
        self.visits_after += other.visits_after;
    }
}

/// Touches that one rule of the other policy held first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleTally {
    /// Moved.
    pub later: u64,
    /// Not made.
    pub never: u64,
}

/// Load and fragmentation of HCPs at ends of weeks.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// `visits_per_week`.
    pub visits: Histogram,
    /// `fragmentation`, where it is known.
    pub fragmentation: Histogram,
}

impl Default for Spread {
    fn default() -> Self {
        Self { visits: Histogram::of_visits(), fragmentation: Histogram::of_shares() }
    }
}

impl Spread {
    /// One HCP at one end of a week.
    pub(super) fn add(&mut self, visits: f64, fragmentation: Option<f64>) {
        self.visits.add(visits);
        if let Some(fragmentation) = fragmentation {
            self.fragmentation.add(fragmentation);
        }
    }

    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        self.visits.merge(&other.visits);
        self.fragmentation.merge(&other.fragmentation);
    }
}

/// One week.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeekTally {
    /// HCPs before.
    pub before: Spread,
    /// HCPs after.
    pub after: Spread,
    /// Unsolicited touches that happened in it.
    pub unsolicited: u64,
    /// Of those and the planned ones: moved.
    pub later: u64,
    /// Not made.
    pub never: u64,
}

/// One territory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TerritoryTally {
    /// HCPs that were looked at in it at the end of some week.
    pub hcps: u64,
    /// HCPs × weeks before.
    pub before: Spread,
    /// HCPs × weeks after.
    pub after: Spread,
    /// Touches moved.
    pub later: u64,
    /// Touches not made.
    pub never: u64,
}

impl TerritoryTally {
    /// Adds another one: territories that are told together.
    pub fn merge(&mut self, other: &Self) {
        self.hcps += other.hcps;
        self.before.merge(&other.before);
        self.after.merge(&other.after);
        self.later += other.later;
        self.never += other.never;
    }
}

/// A touch that the other policy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTouch {
    /// Whom it reached, or would have.
    pub hcp_id: Arc<str>,
    /// How.
    pub channel: ChannelKey,
    /// When it happened, or was planned.
    pub at: Micros,
    /// The rule that held it first.
    pub by: HeldBy,
    /// What became of it.
    pub fate: Fate,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// HCPs with a touch or a planned touch in the span.
    pub hcps: u64,
    /// HCPs of whom the other policy holds a touch.
    pub hcps_held: u64,
    /// By channel.
    pub channels: BTreeMap<ChannelKey, ChannelTally>,
    /// By rule of the other policy.
    pub rules: BTreeMap<HeldBy, RuleTally>,
    /// By week of the span, the last one maybe a part.
    pub weeks: Vec<WeekTally>,
    /// By territory; HCPs of whom none is known have the territory `unknown`.
    pub territories: BTreeMap<String, TerritoryTally>,
    /// Every held touch.
    pub held: Vec<HeldTouch>,
}

impl Outcome {
    /// Nothing yet, over so many weeks.
    pub fn new(weeks: usize) -> Self {
        Self { weeks: vec![WeekTally::default(); weeks], ..Self::default() }
    }

    /// The tally of a territory.
    pub(super) fn territory(&mut self, name: &str) -> &mut TerritoryTally {
        self.territories.entry(name.to_owned()).or_default()
    }

    /// Adds what other HCPs of the same replay came to.
    pub fn merge(&mut self, other: Self) {
        self.hcps += other.hcps;
        self.hcps_held += other.hcps_held;
        for (key, tally) in &other.channels {
            self.channels.entry(*key).or_default().merge(tally);
        }
        for (by, tally) in other.rules {
            let own = self.rules.entry(by).or_default();
            (own.later, own.never) = (own.later + tally.later, own.never + tally.never);
        }
        for (own, week) in self.weeks.iter_mut().zip(&other.weeks) {
            own.before.merge(&week.before);
            own.after.merge(&week.after);
            own.unsolicited += week.unsolicited;
            own.later += week.later;
            own.never += week.never;
        }
        for (name, tally) in &other.territories {
            self.territories.entry(name.clone()).or_default().merge(tally);
        }
        self.held.extend(other.held);
    }
}
