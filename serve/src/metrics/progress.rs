//! The loop and what it holds: turns, batches, evaluations, state, rebalances, restore.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use crate::metrics::words::Rebalance;
use prometheus::{Gauge, Histogram, IntCounter, IntCounterVec, Registry, Result};
use touchpoint::Micros;

const LOOP_TURN: Family = Family {
    name: "touchload_loop_turn_timestamp_seconds",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "When the processing loop last turned; it turns also without records.",
};
const BATCH_RECORDS: Family = Family {
    name: "touchload_batch_records",
    family_type: FamilyType::Histogram,
    labels: &[],
    help: "Records per processed batch.",
};
const BATCH_BYTES: Family = Family {
    name: "touchload_batch_bytes",
    family_type: FamilyType::Histogram,
    labels: &[],
    help: "Payload bytes per processed batch.",
};
const EVALUATIONS: Family = Family {
    name: "touchload_evaluations_total",
    family_type: FamilyType::Counter,
    labels: &[],
    help: "Evaluations of an HCP, by a record or by ageing.",
};
const WAITING: Family = Family {
    name: "touchload_waiting_hcps",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "HCPs that changed and are not evaluated yet.",
};
const STATE_BYTES: Family = Family {
    name: "touchload_state_bytes",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "Memory of the live state.",
};
const STATE_HCPS: Family = Family {
    name: "touchload_state_hcps",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "HCPs in the live state.",
};
const STATE_RECORDS: Family = Family {
    name: "touchload_state_records",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "Records in the live state.",
};
const REBALANCES: Family = Family {
    name: "touchload_rebalance_total",
    family_type: FamilyType::Counter,
    labels: &["event"],
    help: "Rebalances of the consumer group that reached this process, by what they did.",
};
const RESTORE: Family = Family {
    name: "touchload_restore_duration_seconds",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "How long the last restore of state from the log took; 0 before the first.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[
    LOOP_TURN,
    BATCH_RECORDS,
    BATCH_BYTES,
    EVALUATIONS,
    WAITING,
    STATE_BYTES,
    STATE_HCPS,
    STATE_RECORDS,
    REBALANCES,
    RESTORE,
];

const RECORD_BUCKETS: &[f64] = &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0];
const BYTE_BUCKETS: &[f64] =
    &[256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

/// Size of the live state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateSize {
    /// HCPs.
    pub hcps: u64,
    /// Records.
    pub records: u64,
    /// Bytes of memory.
    pub bytes: u64,
}

/// Numbers of the loop.
#[derive(Clone)]
pub struct ProgressMetrics {
    loop_turn: Gauge,
    batch_records: Histogram,
    batch_bytes: Histogram,
    evaluations: IntCounter,
    waiting: Gauge,
    state_bytes: Gauge,
    state_hcps: Gauge,
    state_records: Gauge,
    rebalances: IntCounterVec,
    restore: Gauge,
}

impl ProgressMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        let metrics = Self {
            loop_turn: LOOP_TURN.gauge(registry)?,
            batch_records: BATCH_RECORDS.histogram(registry, RECORD_BUCKETS)?,
            batch_bytes: BATCH_BYTES.histogram(registry, BYTE_BUCKETS)?,
            evaluations: EVALUATIONS.counter(registry)?,
            waiting: WAITING.gauge(registry)?,
            state_bytes: STATE_BYTES.gauge(registry)?,
            state_hcps: STATE_HCPS.gauge(registry)?,
            state_records: STATE_RECORDS.gauge(registry)?,
            rebalances: REBALANCES.counter_vec(registry)?,
            restore: RESTORE.gauge(registry)?,
        };
        for event in Rebalance::ALL {
            metrics.rebalances.with_label_values(&[event.as_str()]).inc_by(0);
        }
        Ok(metrics)
    }

    /// The loop turned.
    pub fn turned(&self, at: Micros) {
        self.loop_turn.set(seconds(at));
    }

    /// A batch was processed.
    pub fn batch(&self, records: u64, bytes: u64) {
        self.batch_records.observe(records as f64);
        self.batch_bytes.observe(bytes as f64);
    }

    /// So many HCPs were evaluated, and so many wait.
    pub fn evaluated(&self, evaluations: u64, waiting: u64) {
        self.evaluations.inc_by(evaluations);
        self.waiting.set(waiting as f64);
    }

    /// The live state has this size.
    pub fn state(&self, size: StateSize) {
        self.state_hcps.set(size.hcps as f64);
        self.state_records.set(size.records as f64);
        self.state_bytes.set(size.bytes as f64);
    }

    /// The consumer group rebalanced.
    pub fn rebalanced(&self, event: Rebalance) {
        self.rebalances.with_label_values(&[event.as_str()]).inc();
    }

    /// A restore is done.
    pub fn restored(&self, took: Micros) {
        self.restore.set(seconds(took.max(0)));
    }
}
