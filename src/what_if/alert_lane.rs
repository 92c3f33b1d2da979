//! The alerts of one policy: the watch of a running pipeline, over rows as they come and turns as they are called.

use anyhow::Context;
use arrow::array::RecordBatch;
use processors::alert::{AlertId, Occasion, StormLimit, Subject, Transition, Turn};
use processors::{Ownership, Shards, SharedShards};
use serve::alert_rule::RuleFile;
use serve::alert_watch::{AlertWatch, WatchSettings, Watched};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use touchpoint::alert::{AlertOrigin, AlertState, Resolution};
use touchpoint::{Audience, Micros, Policy, Reference, SecretKey};

/// An alert from when it was told to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSpan {
    /// Its id.
    pub id: AlertId,
    /// The rule.
    pub rule: Arc<str>,
    /// Whose view the rule takes.
    pub audience: Audience,
    /// Whom it is about.
    pub subject: Subject,
    /// Since when its condition held.
    pub since: Micros,
    /// When it fired.
    pub told_at: Micros,
    /// When it was over; `None`: not by the end of the span.
    pub ended: Option<Micros>,
    /// What made it.
    pub origin: AlertOrigin,
    /// Why it was over.
    pub resolution: Option<Resolution>,
}

/// Every alert that fired.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertHistory {
    spans: BTreeMap<AlertId, AlertSpan>,
}

impl AlertHistory {
    /// The alerts, by id.
    pub fn spans(&self) -> impl Iterator<Item = &AlertSpan> {
        self.spans.values()
    }

    /// Takes in what a turn came to. Alerts that never fired are passed over.
    pub fn take(&mut self, transitions: &[Transition]) {
        for transition in transitions {
            let alert = &transition.alert;
            match transition.state {
                AlertState::Firing => {
                    let span = self.spans.entry(alert.id.clone()).or_insert_with(|| AlertSpan {
                        id: alert.id.clone(),
                        rule: alert.rule.name.clone(),
                        audience: alert.rule.audience,
                        subject: alert.subject.clone(),
                        since: alert.since,
                        told_at: transition.at,
                        ended: None,
                        origin: alert.origin,
                        resolution: None,
                    });
                    (span.ended, span.resolution) = (None, None);
                }
                AlertState::Resolved => {
                    if let Some(span) = self.spans.get_mut(&alert.id) {
                        (span.ended, span.resolution) = (Some(transition.at), transition.resolution);
                    }
                }
                AlertState::Pending | AlertState::Acknowledged => {}
            }
        }
    }
}

/// What a lane is made from.
pub struct LaneParts<'a> {
    /// The policy.
    pub policy: Arc<Policy>,
    /// Reference data.
    pub reference: Arc<Reference>,
    /// The rules.
    pub files: &'a [RuleFile],
    /// Makes ids.
    pub key: SecretKey,
}

/// What a lane is told, in this order.
#[derive(Debug, Clone)]
pub enum Step {
    /// Records that came in.
    Rows(RecordBatch),
    /// T has come so far; the first turn looks at everybody.
    Turn(Micros),
}

/// See the module.
pub struct AlertLane {
    shards: SharedShards,
    watch: AlertWatch,
    policy_version: Arc<str>,
    occasion: Occasion,
    history: AlertHistory,
}

impl AlertLane {
    /// A lane of which nothing is known yet.
    ///
    /// # Errors
    /// A rule does not plan under the policy.
    pub async fn new(parts: LaneParts<'_>) -> anyhow::Result<Self> {
        let LaneParts { policy, reference, files, key } = parts;
        // Rules about accounts look at everybody in every turn: only where there are accounts.
        let has_accounts =
            reference.hcp_rows().any(|row| row.account_id.is_some()) || reference.account_rows().next().is_some();
        let ownership = if has_accounts { Ownership::Sole } else { Ownership::Shared };
        let mut shards = Shards::new(policy.clone(), reference);
        shards.assign(ownership, [0]);
        shards.seed_targets(|_, _| true);
        let shards: SharedShards = Arc::new(RwLock::new(shards));
        // Nobody is paged, so nobody is to be spared a storm: every alert is told by itself.
        let storm = StormLimit { openings: u32::MAX, ..StormLimit::default() };
        let watch = AlertWatch::load(files, &shards, &policy, WatchSettings { key, storm }).await?;
        let policy_version = policy.version.as_str().into();
        Ok(Self { shards, watch, policy_version, occasion: Occasion::Start, history: AlertHistory::default() })
    }

    /// Takes every step, on a thread that may block, and gives what fired.
    ///
    /// # Errors
    /// A rule could not answer: the comparison would be wrong.
    pub fn run(mut self, mut steps: mpsc::Receiver<Step>, runtime: &Handle) -> anyhow::Result<AlertHistory> {
        while let Some(step) = steps.blocking_recv() {
            match step {
                Step::Rows(rows) => self.apply(&rows)?,
                Step::Turn(at) => runtime.block_on(self.turn(at))?,
            }
        }
        Ok(self.history)
    }

    /// Takes in records.
    ///
    /// # Errors
    /// They are no decoded records, or there is no room for their ids.
    pub fn apply(&mut self, rows: &RecordBatch) -> anyhow::Result<()> {
        if let Some(shard) = self.shards().of_partition(0) {
            shard.restore_decoded(rows, |_| true)?;
        }
        Ok(())
    }

    /// Moves T and asks the rules.
    ///
    /// # Errors
    /// A rule could not answer.
    pub async fn turn(&mut self, now: Micros) -> anyhow::Result<()> {
        let changed = self.shards().turn(now);
        let occasion = std::mem::replace(&mut self.occasion, Occasion::Stream);
        let turn = Turn { now, occasion, policy_version: self.policy_version.clone() };
        let Watched { transitions, mut failures } = self.watch.turn(&self.shards, &turn, &changed).await;
        if let Some(failure) = failures.pop() {
            return Err(failure).context("an alert rule could not answer, so that nothing can be compared");
        }
        self.history.take(&transitions);
        Ok(())
    }

    // A thread that panicked with the lock has ended the replay.
    fn shards(&self) -> RwLockWriteGuard<'_, Shards> {
        self.shards.write().unwrap_or_else(PoisonError::into_inner)
    }
}
