//! What the view shows, as plain values; whoever fills it decides whose ids and which audience may be seen.

use chrono::{DateTime, SecondsFormat};
use std::time::Duration;
use touchpoint::words::Word;
use touchpoint::{Micros, RejectReason};

/// One screen.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewModel {
    /// What runs, as `Touchload demo`.
    pub title: String,
    /// Since when.
    pub uptime: Duration,
    /// Age of the newest record in the state; `None` before the first.
    pub freshness: Option<Duration>,
    /// The watermark; `None` before the first record.
    pub watermark: Option<Micros>,
    /// Records per second taken from Kafka, over the last seconds.
    pub read_per_second: f64,
    /// Records accepted and committed so far.
    pub accepted: u64,
    /// Records in Kafka that were not yet taken; `None` while unknown.
    pub lag: Option<u64>,
    /// Age of the last commit; `None` before the first.
    pub commit_age: Option<Duration>,
    /// HCPs in the state.
    pub hcps: u64,
    /// Label and URL of each endpoint, four at most are shown.
    pub endpoints: Vec<(&'static str, String)>,
    /// Folder of the tables.
    pub data: String,
    /// HCPs by falling load, as many as there is room for.
    pub interrupted: Vec<InterruptedHcp>,
    /// HCPs by load, lightest band first.
    pub bands: Vec<LoadBand>,
    /// Records rejected so far.
    pub rejects: Vec<(RejectReason, u64)>,
    /// Open alerts; `None` where nobody looks for any.
    pub alerts: Option<AlertPanel>,
}

/// Open alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPanel {
    /// How many.
    pub open: u64,
    /// Who is told of them.
    pub told: String,
    /// The ones that began last, as many as there is room for.
    pub newest: Vec<AlertLine>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLine {
    /// The rule.
    pub rule: String,
    /// Whom it is about.
    pub subject: String,
    /// Time since its state changed last.
    pub age: Duration,
    /// What to do …
    pub act: String,
    /// … and until when, if that is known.
    pub until: Option<Micros>,
    /// What holds, in a sentence.
    pub summary: String,
}

/// One row: columns of metrics.md for the headline window. `None` is NULL.
#[derive(Debug, Clone, PartialEq)]
pub struct InterruptedHcp {
    /// Id or pseudonym.
    pub hcp: String,
    /// `visits_per_week`.
    pub visits_per_week: f64,
    /// `touches`.
    pub touches: i64,
    /// `unsolicited`.
    pub unsolicited: i64,
    /// `calls`.
    pub calls: i64,
    /// `emails`.
    pub emails: i64,
    /// `invitations`.
    pub invitations: i64,
    /// `collisions`.
    pub collisions: i64,
    /// `follow_ups`.
    pub follow_ups: i64,
    /// `collision_rate`.
    pub collision_rate: Option<f64>,
    /// `chance_collision_rate`.
    pub chance_collision_rate: Option<f64>,
    /// `peak_24h`.
    pub peak_24h: i64,
    /// `voices`.
    pub voices: Option<f64>,
    /// `function_voices`.
    pub function_voices: Option<f64>,
    /// `untimely`.
    pub untimely: Option<i64>,
    /// `coherence`.
    pub coherence: Option<f64>,
}

/// HCPs whose load lies in a band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBand {
    /// As `1–2 visits/wk`.
    pub label: String,
    /// How many.
    pub hcps: u64,
}

impl ViewModel {
    /// Records rejected and committed so far.
    pub(super) fn rejected(&self) -> u64 {
        self.rejects.iter().map(|(_, count)| count).sum()
    }

    /// Reasons that occurred, most frequent first.
    pub(super) fn rejects_by_count(&self) -> Vec<(&'static str, u64)> {
        let occurred = self.rejects.iter().filter(|(_, count)| *count > 0);
        let mut rejects: Vec<_> = occurred.map(|(reason, count)| (reason.as_str(), *count)).collect();
        rejects.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
        rejects
    }
}

/// An instant to the second, UTC.
pub(super) fn instant(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).map_or_else(|| "–".to_owned(), |t| t.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A share as a percentage, `–` for NULL.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |s| format!("{:.0}%", s * 100.0))
}

/// A score from 0 to 1 with two decimals, `–` for NULL.
pub(super) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"))
}
