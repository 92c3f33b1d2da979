//! The main job: events of the source in, state and tables out, one thread.
//!
//! ```text
//! source ──events──► apply to shards ──► pending cycle ──commit──► tables
//!    ▲                    │                                          │
//!    └── start offsets ◄──┴── restore ◄──────────────────────────────┘
//! ```
//!
//! What never happens: a batch is applied to a shard that is not restored; a partition is given back with rows of it
//! neither committed nor discarded; two commits run at once; a commit that lost its ownership is tried again. One commit
//! may run while the next cycle fills, so that reading goes on while files are written.
//!
//! | module | one noun |
//! |---|---|
//! | [`alerting`] | the turn of alerts after a turn of the state |
//! | [`assignment`] | what the group gives and takes |
//! | [`restore`] | the state of an assignment, from the tables |
//! | [`old_emails`] | unsubscriptions from before the live state |
//! | [`placing`] | which partition an HCP belongs to |
//! | [`cycle`] | what was accepted and not yet committed |
//! | [`commit`] | the commit that is on its way |
//! | `pace` | when the state is turned next |
//! | [`facts`] | by which policy and reference data days were closed |
//! | [`observe`] | what metrics, health and summary are told |

mod alerting;
mod assignment;
mod commit;
mod cycle;
mod facts;
mod observe;
mod old_emails;
mod pace;
mod placing;
mod restore;

pub use observe::{Observer, Tally};
pub use placing::Partitioner;

use crate::alerts::{AlertDesk, AlertError};
use commit::InFlight;
use crossbeam_channel::Receiver;
use cycle::Pending;
use ingest::kafka::{Ownership, PartitionerChoice, SourceEvent, SourceHandle};
use pace::{Load, Pace};
use placing::{Doubt, Placing};
use processors::state::hcp::Changed;
use processors::state::waiting::Queue;
use processors::{Askers, SharedShards, Watermark, Writing};
use serve::{Assignment, Health};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::{CommitError, Owner, Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use touchpoint::{Clock, Micros, Policy, Reference, TopicPartition};

/// HCPs that are evaluated before somebody who asks is let in: half a millisecond.
const SLICE: usize = 64;

/// Why the pipeline stopped.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The source failed.
    #[error("reading from Kafka failed")]
    Source(#[from] ingest::kafka::IngestError),
    /// The source ended without giving its partitions back.
    #[error("reading from Kafka ended without a word: a bug; nothing uncommitted was lost, start again")]
    SourceGone,
    /// The broker lacks records that the tables still need.
    #[error(
        "{partition} must be read from offset {wanted}, but the broker holds {low} to {high}: records may be lost. If the \
         topic was recreated or truncated on purpose, give the pipeline a new name; otherwise restore the topic"
    )]
    OffsetGap {
        /// Where.
        partition: TopicPartition,
        /// Next offset of the table.
        wanted: i64,
        /// First offset of the broker.
        low: i64,
        /// Offset after the last of the broker.
        high: i64,
    },
    /// A commit failed for good, or another process owns a partition by now.
    #[error("committing failed")]
    Commit(#[from] CommitError),
    /// A table could not be read.
    #[error("reading the tables failed")]
    Store(#[from] StoreError),
    /// The state could not take a batch.
    #[error("the window state failed")]
    State(#[from] processors::state::shard::StateError),
    /// A query over the tables failed.
    #[error("a query over the tables failed")]
    Query(#[from] datafusion::error::DataFusionError),
    /// Arrow refused columns: a bug.
    #[error("columns do not fit their schema")]
    Columns(#[from] arrow::error::ArrowError),
    /// Alerts cannot be made durable, or their rules cannot be used.
    #[error("alerts cannot go on")]
    Alerts(#[from] AlertError),
    /// Imported HCPs have no known partition.
    #[error(
        "the tables hold imported records, but no Kafka record tells how the producers hash keys; set kafka.partitioner \
         to murmur2 (Java clients) or crc32 (librdkafka) to share the work among several processes"
    )]
    UnknownPartitioner,
    /// New records land elsewhere than the stored ones were placed.
    #[error(
        "the stored records tell that the producers hash keys by {stored}, and records that were just read that they do by \
         {read}: those of one HCP would be apart. Set kafka.partitioner to what the producers use now, and start again"
    )]
    ContradictedPartitioner {
        /// By what stands in the tables.
        stored: Partitioner,
        /// By what was read.
        read: Partitioner,
    },
}

/// How a pipeline runs.
#[derive(Debug, Clone)]
pub struct PipelineSettings {
    /// A commit follows at this age …
    pub commit_interval: Duration,
    /// … or at this many bytes of uncommitted rows.
    pub commit_bytes: usize,
    /// How HCPs are hashed to partitions.
    pub partitioner: PartitionerChoice,
}

/// What a pipeline is made of.
pub struct Parts {
    /// The tables.
    pub store: Arc<Store>,
    /// Names its offsets.
    pub owner: Owner,
    /// The live state, shared with readers.
    pub shards: SharedShards,
    /// Those whom somebody waits for: they are answered or let in between slices of the work.
    pub askers: Askers,
    /// Metrics and health.
    pub observer: Observer,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Runs the table operations.
    pub runtime: Handle,
    /// Bounds.
    pub settings: PipelineSettings,
    /// The policy; when it changes, the new one takes force between two batches.
    pub policy: watch::Receiver<Arc<Policy>>,
    /// Alerts, if there are any.
    pub alerts: Option<AlertDesk>,
    /// The reference data, likewise.
    pub reference: watch::Receiver<Arc<Reference>>,
}

/// See the module.
pub struct Pipeline {
    parts: Parts,
    owned: Option<Owned>,
    pending: Pending,
    in_flight: Option<InFlight>,
    watermark: Watermark,
    /// Which shard an HCP belongs to, of whom there may be no record; `None` before the first assignment.
    placing: Option<Placing>,
    /// What was last said of why nobody answers for HCPs without records; `None` before the first assignment.
    doubt: Option<Option<Doubt>>,
    pace: Pace,
}

/// What the process owns at present.
#[derive(Debug, Clone)]
struct Owned {
    partitions: Vec<TopicPartition>,
    ownership: Ownership,
}

impl Pipeline {
    /// A pipeline that owns nothing yet.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            owned: None,
            pending: Pending::default(),
            in_flight: None,
            watermark: Watermark::default(),
            placing: None,
            doubt: None,
            pace: Pace::default(),
        }
    }

    /// Works until the source has left its group, or something fails for good. Blocks its thread, which must not be one
    /// of the runtime's.
    ///
    /// # Errors
    /// [`PipelineError`]; whatever was not committed will be read again by the next owner.
    pub fn run(mut self, events: &Receiver<SourceEvent>, source: &SourceHandle) -> Result<Tally, PipelineError> {
        let _closing = Closing(self.parts.observer.health().clone());
        for event in events {
            let load = self.load(events);
            self.handle(event, load, source)?;
        }
        // Whoever leaves in order gives everything back first.
        if self.owned.is_some() { Err(PipelineError::SourceGone) } else { Ok(self.parts.observer.tally()) }
    }

    fn load(&self, events: &Receiver<SourceEvent>) -> Load {
        match (self.parts.observer.is_behind(), events.is_empty()) {
            (true, _) => Load::Behind,
            (false, false) => Load::KeepsUp,
            (false, true) => Load::Spare,
        }
    }

    fn handle(&mut self, event: SourceEvent, load: Load, source: &SourceHandle) -> Result<(), PipelineError> {
        match event {
            SourceEvent::Batch(batch) => {
                self.take(batch)?;
                let now = self.parts.clock.now();
                self.accept_alerts(now)?;
                self.turn_when_due(now, load, source)?;
                self.commit_when_due(now, source)
            }
            SourceEvent::Turn { at } => {
                self.accept_alerts(at)?;
                self.turn_when_due(at, load, source)?;
                self.commit_when_due(at, source)
            }
            SourceEvent::Assigned { partitions, counts, ownership, reply } => {
                let start = self.assigned(partitions, &counts, ownership);
                // A source that no longer waits is stopping; its last events follow.
                match start {
                    Ok(start) => drop(reply.send(Ok(start))),
                    Err(error) => {
                        drop(reply.send(Err(error.to_string())));
                        return Err(error);
                    }
                }
                Ok(())
            }
            SourceEvent::Revoked { reply, .. } => {
                self.revoked(source)?;
                // If the answer comes too late, `Lost` follows and changes nothing any more.
                reply.send(()).unwrap_or_default();
                Ok(())
            }
            SourceEvent::Lost { .. } => self.lost(),
            SourceEvent::OffsetGap { partition, wanted, low, high } => {
                Err(PipelineError::OffsetGap { partition, wanted, low, high })
            }
            SourceEvent::Failed(error) => Err(error.into()),
        }
    }

    /// Ages the state and refreshes what changed; under a new policy that is everything, under new reference data
    /// everybody they bear on.
    fn turn_when_due(&mut self, now: Micros, load: Load, source: &SourceHandle) -> Result<(), PipelineError> {
        let (policy, reference) = (changed(&mut self.parts.policy), changed(&mut self.parts.reference));
        if policy.is_none() && reference.is_none() && !self.pace.is_due(now, load) {
            return Ok(());
        }
        // What happened before a reload is told as what it is: pagers must not miss it for coming with the reload.
        let most = if policy.is_some() || reference.is_some() { usize::MAX } else { self.pace.most(load) };
        let mut evaluated = self.turn(now, most)?;
        self.pace.turned(now, self.parts.clock.now() - now, evaluated);
        if policy.is_some() || reference.is_some() {
            evaluated += self.reload(now, policy, reference)?;
        }
        self.vouch(&source.stats().partition_counts);
        let watermark = self.watermark.value(now);
        let shards = self.parts.shards.read().unwrap_or_else(PoisonError::into_inner);
        self.parts.observer.turned(now, (evaluated, shards.waiting_count()), watermark, source);
        if self.parts.observer.is_state_due(now) {
            self.parts.observer.state(&shards, now);
        }
        Ok(())
    }

    /// Brings at most so many of those who changed up to date, and looks for alerts of each queue before the next: an alert
    /// that somebody has to act on does not wait for the others. A quarter is kept for these, so that they are not forgotten.
    /// Gives how many were evaluated.
    fn turn(&mut self, now: Micros, most: usize) -> Result<usize, PipelineError> {
        self.shards().begin_turn(now);
        let at_border = self.evaluate(Queue::AtBorder, most - most / 4);
        if !at_border.is_empty() {
            self.alert(now, &at_border)?;
        }
        let in_turn = self.evaluate(Queue::InTurn, most - at_border.len());
        // Open alerts age also where nobody changed.
        self.alert(now, &in_turn)?;
        Ok(at_border.len() + in_turn.len())
    }

    /// Evaluates HCPs of a queue slice by slice, so that nobody who asks waits for all of them.
    fn evaluate(&self, queue: Queue, most: usize) -> Vec<(i32, Changed)> {
        let mut evaluated = Vec::new();
        while evaluated.len() < most {
            self.parts.askers.let_in();
            let some = self.shards().turn_some(queue, SLICE.min(most - evaluated.len()));
            if some.is_empty() {
                break;
            }
            evaluated.extend(some);
        }
        evaluated
    }

    /// Puts what was read again in force. Gives how many HCPs were evaluated for it.
    fn reload(
        &mut self,
        now: Micros,
        policy: Option<Arc<Policy>>,
        reference: Option<Arc<Reference>>,
    ) -> Result<usize, PipelineError> {
        let borne_on = {
            // One lock for all: no reader sees a number of the old policy under the name of the new one.
            let mut shards = self.shards();
            if let Some(policy) = &policy {
                shards.set_policy(policy.clone());
            }
            if let Some(reference) = &reference {
                shards.set_reference(reference.clone());
                self.placing.iter().for_each(|placing| placing.seed_targets(&mut shards));
            }
            shards.turn(now)
        };
        if let Some(policy) = &policy {
            self.parts.observer.policy_in_force(policy);
        }
        if let Some(reference) = &reference {
            self.parts.observer.reference_in_force(reference);
        }
        self.alert_of_reload(now, policy.as_deref(), &borne_on)?;
        Ok(borne_on.len())
    }

    fn shards(&self) -> Writing<'_> {
        self.parts.askers.write(&self.parts.shards)
    }
}

/// Whatever ends a pipeline, an error or a bug: its state falls behind from then on, and nothing is answered from it.
struct Closing(Arc<Health>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.assigned(Assignment::Waiting);
    }
}

/// What is watched, if it is another one than at the last look.
fn changed<T>(watched: &mut watch::Receiver<Arc<T>>) -> Option<Arc<T>> {
    // Nobody is left to change it: an error is no change.
    let has_changed = watched.has_changed().unwrap_or(false);
    has_changed.then(|| watched.borrow_and_update().clone())
}
