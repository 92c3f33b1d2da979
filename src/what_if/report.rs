//! What is told of a what-if, as tables; [`super::told`] says it in sentences.
//!
//! Spreads of fewer than [`TOLD_FROM`] HCPs are not told; territories of fewer are told together.

use super::Replayed;
use super::figures;
use super::grid::{Cell, Grid};
use super::pairs::{self, Pair, RuleCount};
use processors::what_if::{Histogram, Outcome, Spread, TerritoryTally, WeekTally};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::time::DAY;

/// Fewest HCPs of whom a spread is told.
pub const TOLD_FROM: u64 = 10;

/// See the module.
pub struct Report<'a> {
    replayed: &'a Replayed,
    /// The alerts of both policies, if they were replayed.
    pub pairs: Option<Vec<Pair>>,
}

/// Sums over all channels.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Touches that happened.
    pub made: u64,
    /// Those that nobody asked for.
    pub unsolicited: u64,
    /// Planned ones.
    pub planned: u64,
    /// Touches that the baseline would have held.
    pub held_by_baseline: u64,
    /// Touches that would have gone later.
    pub later: u64,
    /// Touches that would not have been made.
    pub never: u64,
    /// Days that the later ones wait.
    pub waits: Histogram,
}

impl<'a> Report<'a> {
    /// Of what the replays gave.
    pub fn new(replayed: &'a Replayed) -> Self {
        Self { replayed, pairs: replayed.alerts.as_ref().map(pairs::pairs) }
    }

    /// What the replays gave.
    pub fn replayed(&self) -> &Replayed {
        self.replayed
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.replayed.outcome
    }

    /// Sums over all channels.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            made: 0,
            unsolicited: 0,
            planned: 0,
            held_by_baseline: 0,
            later: 0,
            never: 0,
            waits: Histogram::of_days(),
        };
        for channel in self.outcome().channels.values() {
            totals.made += channel.made;
            totals.unsolicited += channel.unsolicited;
            totals.planned += channel.planned;
            totals.held_by_baseline += channel.held_by_baseline;
            totals.later += channel.later;
            totals.never += channel.never;
            totals.waits.merge(&channel.waits);
        }
        totals
    }

    /// All weeks together, before and after; `None` when it would be of too few HCPs.
    pub fn spreads(&self) -> Option<(Spread, Spread)> {
        let (mut before, mut after) = (Spread::default(), Spread::default());
        for week in &self.outcome().weeks {
            before.merge(&week.before);
            after.merge(&week.after);
        }
        (self.outcome().hcps >= TOLD_FROM).then_some((before, after))
    }

    /// Numbers of alerts by rule, if they were replayed.
    pub(super) fn alert_counts(&self) -> Option<BTreeMap<Arc<str>, RuleCount>> {
        let scenario = self.replayed.what_if.scenario();
        self.pairs.as_ref().map(|pairs| pairs::count(pairs, (scenario.from, scenario.to)))
    }

    /// Every table.
    pub fn grids(&self) -> Vec<Grid> {
        let grids =
            [Some(self.channels()), Some(self.rules()), self.alerts(), Some(self.territories()), Some(self.weeks())];
        grids.into_iter().flatten().chain(self.bins()).collect()
    }

    fn channels(&self) -> Grid {
        let looks = self.outcome().weeks.iter().map(|week| week.before.visits.count()).sum::<u64>();
        let mean = |visits: f64| (looks > 0 && self.outcome().hcps >= TOLD_FROM).then(|| visits / looks as f64);
        let row = |(key, tally): (&_, &processors::what_if::ChannelTally)| {
            vec![
                Cell::Text(figures::channel(*key).to_owned()),
                Cell::Count(tally.made),
                Cell::Count(tally.unsolicited),
                Cell::Count(tally.planned),
                Cell::Count(tally.held_by_baseline),
                Cell::Count(tally.later),
                tally.waits.quantile(0.5).into(),
                Cell::Count(tally.never),
                mean(tally.visits_before).into(),
                mean(tally.visits_after).into(),
            ]
        };
        Grid {
            key: "channels",
            title: "By channel",
            note: "visits/wk: what the channel adds to an HCP's visits per week, on average".to_owned(),
            columns: vec![
                ("channel", "channel"),
                ("made", "made"),
                ("unsolicited", "unsolicited"),
                ("planned", "planned"),
                ("held_by_baseline", "held by old"),
                ("later", "later"),
                ("wait_days_p50", "median days"),
                ("never", "not made"),
                ("visits_per_week_before", "visits/wk before"),
                ("visits_per_week_after", "after"),
            ],
            rows: self.outcome().channels.iter().map(row).collect(),
        }
    }

    fn rules(&self) -> Grid {
        let policy = &self.replayed.what_if.scenario().other;
        let row = |(by, tally): (&processors::what_if::HeldBy, &processors::what_if::RuleTally)| {
            vec![Cell::Text(figures::rule(*by, policy)), Cell::Count(tally.later), Cell::Count(tally.never)]
        };
        Grid {
            key: "rules",
            title: "By the rule that holds",
            note: String::new(),
            columns: vec![("rule", "rule"), ("later", "later"), ("never", "not made")],
            rows: self.outcome().rules.iter().map(row).collect(),
        }
    }

    fn alerts(&self) -> Option<Grid> {
        let days = |micros: i64| Cell::Number(micros as f64 / DAY as f64);
        let row = |(rule, count): (&Arc<str>, &RuleCount)| {
            vec![
                Cell::Text(rule.to_string()),
                Cell::Count(count.before),
                Cell::Count(count.after),
                Cell::Count(count.same),
                Cell::Count(count.changed),
                Cell::Count(count.gone),
                Cell::Count(count.new),
                days(count.open_before),
                days(count.open_after),
            ]
        };
        Some(Grid {
            key: "alerts",
            title: "Alerts, if the touches had been made all the same",
            note: "days open: days for which alerts were open, all of them together".to_owned(),
            columns: vec![
                ("rule", "rule"),
                ("before", "before"),
                ("after", "after"),
                ("same", "same"),
                ("changed", "changed"),
                ("gone", "gone"),
                ("new", "new"),
                ("open_days_before", "days open before"),
                ("open_days_after", "after"),
            ],
            rows: self.alert_counts()?.iter().map(row).collect(),
        })
    }

    fn territories(&self) -> Grid {
        let row = |(name, tally): (String, TerritoryTally)| {
            let told = tally.hcps >= TOLD_FROM;
            let held = |count: u64| if told { Cell::Count(count) } else { Cell::Missing };
            let mut row = vec![Cell::Text(name), Cell::Count(tally.hcps), held(tally.later), held(tally.never)];
            row.extend(spread_cells(told, &tally.before, &tally.after));
            row
        };
        let columns = [("territory", "territory"), ("hcps", "HCPs"), ("later", "later"), ("never", "not made")];
        Grid {
            key: "territories",
            title: "Load and coherence by territory, at the ends of weeks",
            note: format!("a dash: nothing known, or fewer than {TOLD_FROM} HCPs"),
            columns: columns.into_iter().chain(SPREAD_COLUMNS).collect(),
            rows: told_together(&self.outcome().territories).into_iter().map(row).collect(),
        }
    }

    fn weeks(&self) -> Grid {
        let ends = self.replayed.what_if.weeks().iter();
        let row = |(end, week): (&i64, &WeekTally)| {
            let told = week.before.visits.count() >= TOLD_FROM;
            let counts = [week.unsolicited, week.later, week.never].map(Cell::Count);
            let mut row = vec![Cell::Text(figures::day(*end))];
            row.extend(counts);
            row.extend(spread_cells(told, &week.before, &week.after));
            row
        };
        let columns =
            [("week_end", "week until"), ("unsolicited", "unsolicited"), ("later", "later"), ("never", "not made")];
        Grid {
            key: "weeks",
            title: "By week",
            note: String::new(),
            columns: columns.into_iter().chain(SPREAD_COLUMNS).collect(),
            rows: ends.zip(&self.outcome().weeks).map(row).collect(),
        }
    }

    /// The spreads themselves.
    fn bins(&self) -> Vec<Grid> {
        let Some((before, after)) = self.spreads() else { return Vec::new() };
        let grid = |key, title, unit: f64, (before, after): (Vec<u64>, Vec<u64>)| {
            let last = (0..before.len()).rfind(|at| before.get(*at) > Some(&0) || after.get(*at) > Some(&0));
            let bins = before.into_iter().zip(after).enumerate().take(last.map_or(0, |last| last + 1));
            let row = |(at, (before, after)): (usize, (u64, u64))| {
                vec![Cell::Text(format!("{:.1}", at as f64 * unit)), Cell::Count(before), Cell::Count(after)]
            };
            let columns = vec![("from", "from"), ("before", "HCP-weeks before"), ("after", "after")];
            Grid { key, title, note: String::new(), columns, rows: bins.map(row).collect() }
        };
        let by = |one: &Histogram, other: &Histogram, factor| (one.coarser(factor), other.coarser(factor));
        vec![
            grid("visits_per_week", "Visits per week", 0.5, by(&before.visits, &after.visits, 10)),
            grid("fragmentation", "Fragmentation", 0.1, by(&before.fragmentation, &after.fragmentation, 10)),
        ]
    }
}

const SPREAD_COLUMNS: [(&str, &str); 6] = [
    ("visits_per_week_p50_before", "median visits/wk"),
    ("visits_per_week_p50_after", "after"),
    ("visits_per_week_p90_before", "top tenth above"),
    ("visits_per_week_p90_after", "after"),
    ("fragmentation_p50_before", "median fragmentation"),
    ("fragmentation_p50_after", "after"),
];

fn spread_cells(told: bool, before: &Spread, after: &Spread) -> impl Iterator<Item = Cell> {
    let of = |spread: &Histogram, share| Cell::from(spread.quantile(share).filter(|_| told));
    [
        of(&before.visits, 0.5),
        of(&after.visits, 0.5),
        of(&before.visits, 0.9),
        of(&after.visits, 0.9),
        of(&before.fragmentation, 0.5),
        of(&after.fragmentation, 0.5),
    ]
    .into_iter()
}

/// Territories by name; those of too few HCPs as one, at the end.
fn told_together(territories: &BTreeMap<String, TerritoryTally>) -> Vec<(String, TerritoryTally)> {
    let (large, small): (Vec<_>, Vec<_>) = territories.iter().partition(|(_, tally)| tally.hcps >= TOLD_FROM);
    let mut told: Vec<_> = large.into_iter().map(|(name, tally)| (name.clone(), tally.clone())).collect();
    if !small.is_empty() {
        let mut together = TerritoryTally::default();
        small.iter().for_each(|(_, tally)| together.merge(tally));
        told.push((format!("those of fewer than {TOLD_FROM} HCPs"), together));
    }
    told
}
