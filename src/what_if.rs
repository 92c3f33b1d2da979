//! The engine of `touchload what-if`: stored history replayed under another policy, or with a plan on top of it.
//!
//! Two replays, each over rows of the log in bounded memory:
//!
//! | replay | over | gives |
//! |---|---|---|
//! | [`people`] | each HCP by itself, on every core, with today's knowledge | held touches, load and coherence before and after |
//! | [`alerts`] | everybody, in the order in which rows came in | the alerts of both policies |
//!
//! The alert rules and their state machine are those of a running pipeline, fed by rows in place of Kafka and turned by the
//! rows' own instants, so that what-if under the policy in force gives the alerts that fired. They judge the touches that
//! happened: what the other policy holds is told by the first replay, never mixed into the second.
//!
//! | module | one noun |
//! |---|---|
//! | [`span`] | which part of the log |
//! | [`people`] | HCPs, replayed side by side |
//! | [`alerts`] | alerts, replayed in order; [`alert_lane`] under one policy; [`pairs`] both compared |
//! | [`report`] | what is told, as tables; [`told`] in sentences |
//! | [`grid`] | a table; [`figures`] its numbers, [`lists`] who and when |
//! | [`page`] | the page, with [`chart`]s |

pub mod alert_lane;
pub mod alerts;
pub mod chart;
pub mod figures;
pub mod grid;
pub mod lists;
pub mod page;
pub mod pairs;
pub mod people;
pub mod report;
pub mod span;
pub mod told;

use crate::cli::AlertReplay;
use crate::progress::ProgressChoice;
use alert_lane::AlertHistory;
use ingest::reference_files::PlannedTouch;
use processors::what_if::{Outcome, Scenario, WhatIf};
use span::LogSpan;
use std::sync::Arc;
use std::time::Duration;
use store::{Arrival, Store};
use touchpoint::{Micros, SecretKey};

/// The source of planned touches: no feed is called so.
pub const PLAN_SOURCE: &str = "touchload what-if --plan";

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is compared with what.
    pub scenario: Scenario,
    /// Touches to put on top.
    pub planned: Vec<PlannedTouch>,
    /// When alert rules know a record.
    pub arrival: Arrival,
    /// Time between two looks of the alert rules.
    pub every: Micros,
    /// Whether they are replayed.
    pub alerts: AlertReplay,
    /// Bytes for the records of one pass.
    pub memory: u64,
    /// Makes ids of alerts and pseudonyms.
    pub key: SecretKey,
    /// Whether progress is shown.
    pub progress: ProgressChoice,
}

/// The alerts of both policies.
#[derive(Debug, Clone, Default)]
pub struct BothHistories {
    /// Under the baseline.
    pub before: AlertHistory,
    /// Under the policy that is tried, planned touches included.
    pub after: AlertHistory,
}

/// What the replays gave.
#[derive(Debug)]
pub struct Replayed {
    /// The scenario.
    pub what_if: Arc<WhatIf>,
    /// What became of touches, load and coherence.
    pub outcome: Outcome,
    /// `None` where they were left out.
    pub alerts: Option<BothHistories>,
    /// When alert rules knew a record.
    pub arrival: Arrival,
    /// What the log holds.
    pub log: LogSpan,
    /// How much was read, and how long it took.
    pub effort: Effort,
}

/// Rows of the log, each counted once per replay, and the time of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Effort {
    /// Rows that the replay of HCPs took in.
    pub people_rows: u64,
    /// Its time.
    pub people: Duration,
    /// Rows that the replay of alerts took in.
    pub alert_rows: u64,
    /// Its time.
    pub alerts: Duration,
}

/// Replays.
///
/// # Errors
/// The tables cannot be read, an alert rule cannot answer, or nothing happened in the span.
pub async fn replay(store: &Store, log: &LogSpan, asked: Asked) -> anyhow::Result<Replayed> {
    let what_if = Arc::new(WhatIf::new(asked.scenario.clone(), PLAN_SOURCE));
    let mut effort = Effort::default();
    let began = crate::command::started();
    let (outcome, rows) = people::replay(store, &what_if, log, &asked).await?;
    (effort.people_rows, effort.people) = (rows, began.elapsed());
    if outcome.hcps == 0 {
        anyhow::bail!("no touch lies in the span, {}; {}", asked.span_in_words(), log.in_words());
    }
    let alerts = match asked.alerts {
        AlertReplay::Skipped => None,
        AlertReplay::Both => {
            let began = crate::command::started();
            let (histories, rows) = alerts::replay(store, log, &asked).await?;
            (effort.alert_rows, effort.alerts) = (rows, began.elapsed());
            Some(histories)
        }
    };
    Ok(Replayed { what_if, outcome, alerts, arrival: asked.arrival, log: *log, effort })
}

impl Asked {
    fn span_in_words(&self) -> String {
        format!("{} to {}", figures::instant(self.scenario.from), figures::instant(self.scenario.to))
    }
}
