//! What metrics, health and summary are told.

mod newest;

use super::cycle::Ledger;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use ingest::batch::DecodedBatch;
use ingest::kafka::SourceHandle;
use newest::Newest;
use processors::{Shard, Shards};
use serve::metrics::commits::TableCommit;
use serve::metrics::feeds::Lag;
use serve::metrics::placement::Strangers;
use serve::metrics::progress::StateSize;
use serve::metrics::words::{Rebalance, Table};
use serve::{Commit, Health, PipelineMetrics};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Committed, Landed, Reply};
use touchpoint::record::RecordColumns;
use touchpoint::time::SECOND;
use touchpoint::{Kind, Micros, Policy, Reference, RejectReason, SkipReason, TopicPartition, Topics, Word};

/// How often the size of the state is measured: that walks every HCP.
const STATE_EVERY: Micros = 10 * SECOND;
/// Records that wait in Kafka while the pipeline keeps up.
const BEHIND: u64 = 50_000;
/// How often lags are asked for.
const LAG_EVERY: Micros = SECOND;

/// What was committed since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of `touchpoint_log`.
    pub accepted: u64,
    /// Dead letters by reason.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// Skipped by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Messages applied so far, committed or not.
    pub read: u64,
    /// HCPs in the state when it was last measured.
    pub hcps: u64,
    /// The last commit.
    pub committed_at: Option<Micros>,
    /// Greatest Kafka timestamp read.
    pub newest: Option<Micros>,
    /// Records in Kafka not yet read, when known.
    pub lag: Option<u64>,
    /// The watermark.
    pub watermark: Option<Micros>,
}

/// Shared by the pipeline and whoever shows its numbers.
#[derive(Clone)]
pub struct Observer {
    metrics: PipelineMetrics,
    health: Arc<Health>,
    topics: Topics,
    tally: Arc<Mutex<Tally>>,
    state_at: Micros,
    lag_at: Micros,
}

impl Observer {
    /// Nothing seen yet.
    pub fn new(metrics: PipelineMetrics, health: Arc<Health>, topics: Topics) -> Self {
        let never = Micros::MIN / 2;
        Self { metrics, health, topics, tally: Arc::default(), state_at: never, lag_at: never }
    }

    /// Liveness and readiness.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// What was committed so far.
    pub fn tally(&self) -> Tally {
        self.with_tally(|t| t.clone())
    }

    fn with_tally<T>(&self, f: impl FnOnce(&mut Tally) -> T) -> T {
        f(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A turn has evaluated so many HCPs, and so many wait for the next.
    pub(super) fn turned(
        &mut self,
        now: Micros,
        (evaluated, waiting): (usize, usize),
        watermark: Option<Micros>,
        source: &SourceHandle,
    ) {
        self.health.turned(now);
        self.metrics.progress.turned(now);
        self.metrics.progress.evaluated(evaluated as u64, waiting as u64);
        self.metrics.feeds.watermark(watermark);
        if now - self.lag_at >= LAG_EVERY {
            self.lag_at = now;
            let lags = source.stats().lag;
            let newest = self.with_tally(|t| t.newest);
            for (partition, lag) in &lags {
                if let Some(kind) = self.topics.kind(&partition.topic) {
                    let records = u64::try_from(*lag).unwrap_or(0);
                    self.metrics.feeds.lag(kind, partition.partition, Lag { records, read_until: newest });
                }
            }
            let total = lags.values().map(|lag| u64::try_from(*lag).unwrap_or(0)).sum();
            self.with_tally(|t| (t.lag, t.watermark) = ((!lags.is_empty()).then_some(total), watermark));
        }
    }

    /// Whether a backlog is worked off: more records wait in Kafka than arrive while a turn takes its time, or nobody
    /// knows yet how many.
    pub(super) fn is_behind(&self) -> bool {
        self.with_tally(|t| t.lag).is_none_or(|lag| lag > BEHIND)
    }

    /// A policy took force.
    pub fn policy_in_force(&self, policy: &Policy) {
        self.metrics.policy.in_force(&policy.version);
    }

    /// Reference data took force.
    pub fn reference_in_force(&self, reference: &Reference) {
        self.metrics.reference.in_force(reference.version());
    }

    pub(super) fn is_state_due(&self, now: Micros) -> bool {
        now - self.state_at >= STATE_EVERY
    }

    pub(super) fn state(&mut self, shards: &Shards, now: Micros) {
        self.state_at = now;
        let sum = |of: fn(&Shard) -> usize| shards.iter().map(|(_, s)| of(s) as u64).sum();
        let size =
            StateSize { hcps: sum(Shard::hcp_count), records: sum(Shard::entry_count), bytes: sum(Shard::bytes) };
        self.metrics.progress.state(size);
        self.with_tally(|t| t.hcps = size.hcps);
    }

    pub(super) fn applied(&self, batch: &DecodedBatch) {
        let read: u64 = batch.seen.iter().map(|s| s.accepted + s.rejected.total() + s.erased).sum();
        self.metrics.progress.batch(read, batch.seen.iter().map(|s| s.bytes).sum());
        let newest = batch.seen.iter().filter_map(|s| s.timestamp).max();
        self.with_tally(|t| {
            t.read += read;
            t.newest = t.newest.max(newest);
        });
        let Ok(columns) = RecordColumns::try_new(&batch.records) else { return };
        for row in 0..batch.records.num_rows() {
            let Some(kind) = Kind::from_code(columns.kind.value(row)) else { continue };
            if columns.occurred_at.is_valid(row) {
                let known = columns.recorded_at.is_valid(row).then(|| columns.recorded_at.value(row));
                let learnt = known.unwrap_or_else(|| columns.ingested_at.value(row));
                self.metrics.records.lateness(kind, learnt - columns.occurred_at.value(row));
            }
        }
        let mut newest = Newest::new(&self.metrics.feeds, Kind::from_code);
        for row in 0..batch.records.num_rows() {
            newest.see(columns.kind.value(row), columns.source.value(row), columns.kafka_timestamp.value(row));
        }
        newest.tell();
    }

    /// The loop does not turn because it waits for tables, and is not stuck.
    pub(super) fn is_alive(&self, now: Micros) {
        self.health.turned(now);
        self.metrics.progress.turned(now);
    }

    /// After a restart a feed that is silent must still show since when.
    pub(super) fn restored_rows(&self, log: &RecordBatch) {
        let text = |name: &str| log.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let ingested = log.column_by_name("ingested_at").and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let (Some(kinds), Some(sources), Some(ingested)) = (text("kind"), text("source"), ingested) else { return };
        let mut newest = Newest::new(&self.metrics.feeds, |kind: &str| Kind::parse(kind.as_bytes()));
        for row in 0..log.num_rows() {
            newest.see(kinds.value(row), sources.value(row), ingested.value(row));
        }
        newest.tell();
    }

    pub(super) fn rebalanced(&self, event: Rebalance) {
        self.metrics.progress.rebalanced(event);
    }

    /// How checks of HCPs without records end from now on.
    pub(super) fn strangers(&self, strangers: Strangers) {
        self.metrics.placement.strangers(strangers);
    }

    /// Restored records that lie where the configured partitioner would not put them.
    pub(super) fn misplaced(&self, records: u64) {
        self.metrics.placement.misplaced(records);
    }

    pub(super) fn restored(&self, took: Micros) {
        self.metrics.progress.restored(took);
    }

    pub(super) fn released(&self, partitions: &[TopicPartition]) {
        for partition in partitions {
            if let Some(kind) = self.topics.kind(&partition.topic) {
                self.metrics.feeds.released(kind, partition.partition);
            }
        }
    }

    pub(super) fn committed(&self, committed: &Committed, ledger: &Ledger, now: Micros) {
        let tables = [
            (Table::DeadLetters, &committed.dead_letters),
            (Table::TouchpointLog, &committed.log),
            (Table::HcpMetrics, &committed.hcp_metrics),
            (Table::Alerts, &committed.alerts),
        ];
        for (table, landed) in tables {
            if let Some(landed) = landed {
                self.landed(table, landed, now);
            }
        }
        for seen in &ledger.seen {
            self.metrics.records.accepted(seen.kind, seen.accepted);
            for (reason, count) in seen.rejected.iter() {
                self.metrics.records.rejected(seen.kind, reason, count);
            }
            self.metrics.records.skipped(seen.kind, SkipReason::Erased, seen.erased);
        }
        for (kind, late) in &ledger.late {
            self.metrics.records.late(*kind, *late);
        }
        for (kind, too_late) in &ledger.too_late {
            self.metrics.records.too_late(*kind, *too_late);
        }
        if let Some(oldest) = ledger.oldest {
            self.metrics.commits.end_to_end(now - oldest);
        }
        self.with_tally(|tally| {
            tally.committed_at = Some(now);
            for seen in &ledger.seen {
                tally.accepted += seen.accepted;
                for (reason, count) in seen.rejected.iter() {
                    *tally.rejected.entry(reason).or_default() += count;
                }
                if seen.erased > 0 {
                    *tally.skipped.entry(SkipReason::Erased).or_default() += seen.erased;
                }
            }
            let skipped = (committed.skipped_log_rows + committed.skipped_dead_letters) as u64;
            if skipped > 0 {
                *tally.skipped.entry(SkipReason::AlreadyCommitted).or_default() += skipped;
            }
        });
        self.health.committed(Commit::Done);
    }

    fn landed(&self, table: Table, landed: &Landed, at: Micros) {
        let took = Micros::try_from((landed.write_time + landed.commit_time).as_micros()).unwrap_or(Micros::MAX);
        self.metrics.commits.committed(TableCommit { table, took, bytes: landed.bytes, at });
        for _ in 0..landed.conflicts + u64::from(landed.reply == Reply::Lost) {
            self.metrics.commits.conflict(table);
        }
    }
}
