//! Table commits: how long, how much, how often contested, when last, and how fresh records are once committed.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use crate::metrics::words::Table;
use prometheus::{GaugeVec, Histogram, HistogramVec, IntCounterVec, Registry, Result};
use touchpoint::Micros;

const DURATION: Family = Family {
    name: "touchload_delta_commit_duration_seconds",
    family_type: FamilyType::Histogram,
    labels: &["table"],
    help: "Time from the start of writing a table's files to its committed version.",
};
const CONFLICTS: Family = Family {
    name: "touchload_delta_commit_conflicts_total",
    family_type: FamilyType::Counter,
    labels: &["table"],
    help: "Commits that met another writer's commit and had to re-read.",
};
const LAST: Family = Family {
    name: "touchload_last_commit_timestamp_seconds",
    family_type: FamilyType::Gauge,
    labels: &["table"],
    help: "When the table was last committed; absent before the first commit of this process.",
};
const BYTES: Family = Family {
    name: "touchload_committed_bytes_total",
    family_type: FamilyType::Counter,
    labels: &["table"],
    help: "Bytes of data files committed.",
};
const END_TO_END: Family = Family {
    name: "touchload_end_to_end_latency_seconds",
    family_type: FamilyType::Histogram,
    labels: &[],
    help: "Time from a record's Kafka timestamp to the commit that holds it; observed per batch for its oldest record.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[DURATION, CONFLICTS, LAST, BYTES, END_TO_END];

/// Local disks answer in milliseconds, object stores in tenths of seconds; beyond 30 s something is wrong.
const DURATION_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Around the commit interval of seconds, up to a backlog of a day.
const END_TO_END_BUCKETS: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0];

/// One commit that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableCommit {
    /// Which table.
    pub table: Table,
    /// How long it took.
    pub took: Micros,
    /// Bytes of data files added.
    pub bytes: u64,
    /// When it was done.
    pub at: Micros,
}

/// Numbers of commits.
#[derive(Clone)]
pub struct CommitMetrics {
    duration: HistogramVec,
    conflicts: IntCounterVec,
    last: GaugeVec,
    bytes: IntCounterVec,
    end_to_end: Histogram,
}

impl CommitMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        let metrics = Self {
            duration: DURATION.histogram_vec(registry, DURATION_BUCKETS)?,
            conflicts: CONFLICTS.counter_vec(registry)?,
            last: LAST.gauge_vec(registry)?,
            bytes: BYTES.counter_vec(registry)?,
            end_to_end: END_TO_END.histogram(registry, END_TO_END_BUCKETS)?,
        };
        for table in Table::ALL {
            metrics.conflicts.with_label_values(&[table.as_str()]).inc_by(0);
            metrics.bytes.with_label_values(&[table.as_str()]).inc_by(0);
        }
        Ok(metrics)
    }

    /// A table was committed.
    pub fn committed(&self, commit: TableCommit) {
        let table = &[commit.table.as_str()];
        self.duration.with_label_values(table).observe(seconds(commit.took.max(0)));
        self.bytes.with_label_values(table).inc_by(commit.bytes);
        self.last.with_label_values(table).set(seconds(commit.at));
    }

    /// A commit met another writer's.
    pub fn conflict(&self, table: Table) {
        self.conflicts.with_label_values(&[table.as_str()]).inc();
    }

    /// The oldest record of a batch waited this long from its Kafka timestamp to its commit.
    pub fn end_to_end(&self, waited: Micros) {
        self.end_to_end.observe(seconds(waited.max(0)));
    }
}
