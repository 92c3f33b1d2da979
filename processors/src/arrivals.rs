//! How complete recent days are: of the records of a day, the share that has arrived by T.
//!
//! Reps enter their calls days later, so yesterday always looks quieter than it was. How late records come is learnt from
//! events [`LEARNT_FROM`] days old, by feed (kind and territory, and kind over all territories): `F(x)` is the share of them that had come in within `x` of
//! their event. A day whose end lies `x` before T holds `records / F(x)` in the end; several feeds and days are
//! `Σ records / Σ (records / F)`. Lateness is counted in whole hours.
//!
//! NULL (`None`) under [`ENOUGH`] records, while a feed has no such old events, where `F` is 0, and when a feed is silent: no
//! record for longer than ever in the [`HEARD`] days before. Whoever feeds this leaves bulk-loaded records and later
//! versions out: neither tells when something came in first.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Kind, Word};

/// Events that lateness is learnt from: so many days old.
pub const LEARNT_FROM: RangeInclusive<i64> = 35..=125;
/// Below so many records nothing is told.
pub const ENOUGH: u64 = 200;
/// Days that are told of, today left out.
pub const DAYS: usize = 28;
/// Days in which a feed's longest silence is looked for.
pub const HEARD: i64 = 90;

const HOURS_HEARD: usize = HEARD as usize * 24;
const HOURS_LEARNT: usize = 125 * 24;

/// One record as it came in first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Feed.
    pub kind: Kind,
    /// Event time.
    pub occurred_at: Micros,
    /// When it came in.
    pub ingested_at: Micros,
}

/// The share of a day's records that has arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayShare {
    /// First instant of the UTC day.
    pub day: Micros,
    /// In (0, 1]; see the module for `None`.
    pub share: Option<f64>,
}

/// See the module.
#[derive(Debug)]
pub struct Arrivals {
    at: Micros,
    /// By territory, `None` for all of them, and code of the kind.
    feeds: BTreeMap<Option<String>, BTreeMap<u8, Feed>>,
}

#[derive(Debug)]
struct Feed {
    /// Events that lateness is learnt from, by hours until they came in; what came later is in the last one.
    lateness: Vec<u32>,
    learnt: u64,
    /// Events of the day so many days before today, less one.
    recent: [u64; DAYS],
    /// Hours before T, the last one first, in which something came in.
    heard: Vec<bool>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { lateness: vec![0; HOURS_LEARNT + 1], learnt: 0, recent: [0; DAYS], heard: vec![false; HOURS_HEARD] }
    }
}

impl Arrivals {
    /// Nothing has arrived; T is `at`.
    pub fn new(at: Micros) -> Self {
        Self { at, feeds: BTreeMap::new() }
    }

    /// T.
    pub fn at(&self) -> Micros {
        self.at
    }

    /// One record more, of an HCP of this territory.
    pub fn add(&mut self, territory: &str, arrival: Arrival) {
        let at = self.at;
        for feeds in [Some(territory.to_owned()), None] {
            self.feeds.entry(feeds).or_default().entry(arrival.kind.code()).or_default().add(at, arrival);
        }
    }

    fn feeds(&self, territory: Option<&str>) -> impl Iterator<Item = &Feed> {
        self.feeds.get(&territory.map(str::to_owned)).into_iter().flat_map(|feeds| feeds.values())
    }
    /// The last [`DAYS`] days, oldest first, of a territory; `None`: of all of them.
    pub fn days(&self, territory: Option<&str>) -> Vec<DayShare> {
        let of = |age: usize| {
            let day = (self.at.div_euclid(DAY) - age as i64) * DAY;
            DayShare { day, share: self.share(territory, age..=age) }
        };
        (1..=DAYS).rev().map(of).collect()
    }

    /// The days that are so many days old, taken together: 1 is yesterday.
    pub fn share(&self, territory: Option<&str>, ages: RangeInclusive<usize>) -> Option<f64> {
        let (mut records, mut expected) = (0, 0.0);
        for feed in self.feeds(territory) {
            if feed.is_silent() {
                return None;
            }
            for age in ages.clone() {
                let count = age.checked_sub(1).and_then(|place| feed.recent.get(place)).copied().unwrap_or(0);
                if count > 0 {
                    let end = (self.at.div_euclid(DAY) - age as i64 + 1) * DAY;
                    let arrived = feed.arrived_within(self.at - end)?;
                    records += count;
                    expected += count as f64 / arrived;
                }
            }
        }
        (records >= ENOUGH).then(|| records as f64 / expected)
    }
}

impl Feed {
    fn add(&mut self, at: Micros, arrival: Arrival) {
        let age = at.div_euclid(DAY) - arrival.occurred_at.div_euclid(DAY);
        if LEARNT_FROM.contains(&age) {
            let hours = (arrival.ingested_at - arrival.occurred_at).max(0) / HOUR;
            let place = usize::try_from(hours).unwrap_or(HOURS_LEARNT).min(HOURS_LEARNT);
            if let Some(count) = self.lateness.get_mut(place) {
                *count += 1;
                self.learnt += 1;
            }
        }
        if let Some(count) = usize::try_from(age - 1).ok().and_then(|place| self.recent.get_mut(place)) {
            *count += 1;
        }
        let since = (at - arrival.ingested_at).div_euclid(HOUR);
        if let Some(heard) = usize::try_from(since).ok().and_then(|place| self.heard.get_mut(place)) {
            *heard = true;
        }
    }

    /// `F`; `None` where nothing is known or nothing came so soon.
    fn arrived_within(&self, span: Micros) -> Option<f64> {
        let hours = usize::try_from(span / HOUR).unwrap_or(0).min(HOURS_LEARNT);
        let arrived: u64 = self.lateness.iter().take(hours + 1).map(|count| u64::from(*count)).sum();
        (arrived > 0).then(|| arrived as f64 / self.learnt as f64)
    }

    /// Whether nothing came for longer than ever before.
    fn is_silent(&self) -> bool {
        let Some(last) = self.heard.iter().position(|heard| *heard) else { return true };
        let gaps = self.heard.get(last..).unwrap_or_default().split(|heard| *heard);
        // What lies before the first record that is known is no gap between records.
        let count = gaps.clone().count();
        let longest = gaps.take(count.saturating_sub(1)).map(<[bool]>::len).max().unwrap_or(0);
        last > longest.max(1)
    }
}
