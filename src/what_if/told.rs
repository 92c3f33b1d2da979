//! What a person reads first: a heading and a few sentences.

use super::figures::{self, counted, percent};
use super::pairs::RuleCount;
use super::report::{Report, TOLD_FROM};
use crate::summary::{grouped, spoken};
use processors::what_if::Histogram;
use std::time::Duration;
use store::Arrival;

impl Report<'_> {
    /// What was compared, over what.
    pub fn heading(&self) -> String {
        let scenario = self.replayed().what_if.scenario();
        let (from, to) = figures::span(scenario.from, scenario.to);
        let (baseline, other) = (&scenario.baseline.version, &scenario.other.version);
        let policies = if baseline == other {
            format!("policy {baseline}")
        } else {
            format!("policy {other} instead of {baseline}")
        };
        let plan = if self.totals().planned > 0 { ", with planned touches on top" } else { "" };
        format!(
            "What if: {policies}{plan}, from {from} to {to}, as the {} audience sees it",
            scenario.audience.as_str()
        )
    }

    /// What a person reads first.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = vec![self.about_touches(), self.about_holds()];
        said.extend(self.about_spreads());
        said.extend(self.about_alerts());
        said.extend(self.about_lateness());
        said
    }

    fn about_touches(&self) -> String {
        let totals = self.totals();
        let plan = match totals.planned {
            0 => String::new(),
            planned => format!(", and {} on top", counted(planned, "planned touch", "planned touches")),
        };
        let (hcps, made) = (counted(self.outcome().hcps, "HCP", "HCPs"), counted(totals.made, "touch", "touches"));
        format!("{made} reached {hcps}, {} of them unsolicited{plan}.", grouped(totals.unsolicited))
    }

    fn about_holds(&self) -> String {
        let totals = self.totals();
        let scenario = self.replayed().what_if.scenario();
        let (held, asked) = (totals.later + totals.never, totals.unsolicited + totals.planned);
        let (baseline, other) = (&scenario.baseline.version, &scenario.other.version);
        let own = match totals.held_by_baseline {
            0 => format!("Policy {baseline} would have held none."),
            count => format!("Policy {baseline}, had it been kept, would have held {}.", grouped(count)),
        };
        if held == 0 {
            return format!("Policy {other} would have held nothing. {own}");
        }
        let wait = totals
            .waits
            .quantile(0.5)
            .map_or_else(String::new, |days| format!(" (half of them within {days:.1} days)"));
        format!(
            "Policy {other} would have held {} ({} of what it is asked about) on {}: {} would have gone later{wait}, {} would \
             not have been made. {own}",
            grouped(held),
            percent(held, asked),
            counted(self.outcome().hcps_held, "HCP", "HCPs"),
            grouped(totals.later),
            grouped(totals.never),
        )
    }

    fn about_spreads(&self) -> Vec<String> {
        let Some((before, after)) = self.spreads() else {
            return vec![format!("Load and coherence are not told: fewer than {TOLD_FROM} HCPs.")];
        };
        let at = |spread: &Histogram, share: f64| {
            spread.quantile(share).map_or("–".to_owned(), |value| format!("{value:.2}"))
        };
        let change =
            |one: &Histogram, other: &Histogram, share: f64| format!("{} → {}", at(one, share), at(other, share));
        let visits = format!(
            "Interruption, as visits per week: half of the HCPs above {}, a tenth above {}.",
            change(&before.visits, &after.visits, 0.5),
            change(&before.visits, &after.visits, 0.9),
        );
        let parts = format!(
            "Fragmentation (0: the touches add up, 1: they do not): half of the HCPs above {}.",
            change(&before.fragmentation, &after.fragmentation, 0.5),
        );
        vec![visits, parts]
    }

    fn about_alerts(&self) -> Option<String> {
        let scenario = self.replayed().what_if.scenario();
        let counts = self.alert_counts()?;
        let sum = |of: fn(&RuleCount) -> u64| grouped(counts.values().map(of).sum());
        Some(format!(
            "Alerts, if the touches had been made all the same: {} under {}, {} under {} ({} the same, {} begin or end \
             otherwise, {} gone, {} new).",
            sum(|count| count.before),
            scenario.baseline.version,
            sum(|count| count.after),
            scenario.other.version,
            sum(|count| count.same),
            sum(|count| count.changed),
            sum(|count| count.gone),
            sum(|count| count.new),
        ))
    }

    /// A history that was published in one go says little of when alerts fired.
    fn about_lateness(&self) -> Option<String> {
        let (log, alerts) = (self.replayed().log, self.replayed().alerts.as_ref());
        let is_mostly_late = 2 * log.late > log.rows && self.replayed().arrival == Arrival::AsTaken;
        alerts.filter(|_| is_mostly_late).map(|_| {
            format!(
                "{} of the records came in more than a day late, and alert rules knew them no earlier; --clock on-time tells \
                 alerts as if each had come at once.",
                percent(log.late, log.rows)
            )
        })
    }

    /// How much was read, and how fast.
    pub fn effort(&self) -> String {
        let effort = self.replayed().effort;
        let rate = |rows: u64, took: Duration| {
            let rate = rows as f64 / took.as_secs_f64().max(1e-9);
            format!("{} records in {}, {} records/s", grouped(rows), spoken(took), grouped(rate.round() as u64))
        };
        let people = format!("holds, load and coherence: {}", rate(effort.people_rows, effort.people));
        let alerts = match self.replayed().alerts {
            Some(_) => format!("alerts of both policies: {}", rate(effort.alert_rows, effort.alerts)),
            None => "alerts: left out".to_owned(),
        };
        format!("{people}; {alerts}")
    }
}
