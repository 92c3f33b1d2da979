//! Records by topic: accepted, rejected, skipped, late, too late, and how late events arrive.
//!
//! `records_total` counts every record read exactly once; `rejects_total` and `skips_total` split two of its outcomes
//! by reason, and the methods here raise both together so that they cannot drift apart.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use crate::metrics::words::Outcome;
use prometheus::{Histogram, HistogramVec, IntCounterVec, Registry, Result};
use touchpoint::{Kind, Micros, RejectReason, SkipReason, Topics, Word};

const RECORDS: Family = Family {
    name: "touchload_records_total",
    family_type: FamilyType::Counter,
    labels: &["topic", "outcome"],
    help: "Records read, by what became of them.",
};
const REJECTS: Family = Family {
    name: "touchload_rejects_total",
    family_type: FamilyType::Counter,
    labels: &["topic", "reason"],
    help: "Records that became dead letters, by reason.",
};
const SKIPS: Family = Family {
    name: "touchload_skips_total",
    family_type: FamilyType::Counter,
    labels: &["topic", "reason"],
    help: "Records read and left out, because a table already holds them or their HCP was erased, by reason.",
};
const LATE: Family = Family {
    name: "touchload_late_records_total",
    family_type: FamilyType::Counter,
    labels: &["topic"],
    help: "Accepted records behind the watermark by more than an hour; they count in full.",
};
const TOO_LATE: Family = Family {
    name: "touchload_too_late_total",
    family_type: FamilyType::Counter,
    labels: &["topic"],
    help: "Accepted records older than the live state keeps; they are in the log and in SQL over history only.",
};
const LATENESS: Family = Family {
    name: "touchload_event_lateness_seconds",
    family_type: FamilyType::Histogram,
    labels: &["topic"],
    help: "How long after the event its source system learnt of it; without that instant, until it was ingested.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[RECORDS, REJECTS, SKIPS, LATE, TOO_LATE, LATENESS];

/// Edges from a streaming mail system (seconds) to a field force that enters its calls at the end of a cycle (weeks).
const LATENESS_BUCKETS: &[f64] = &[
    1.0,
    10.0,
    60.0,
    300.0,
    900.0,
    3_600.0,
    14_400.0,
    43_200.0,
    86_400.0,
    259_200.0,
    604_800.0,
    1_209_600.0,
    2_419_200.0,
];

/// Counters of records.
#[derive(Clone)]
pub struct RecordMetrics {
    topics: Topics,
    records: IntCounterVec,
    rejects: IntCounterVec,
    skips: IntCounterVec,
    late: IntCounterVec,
    too_late: IntCounterVec,
    /// One per kind, by code: looking a label up for every record would cost more than counting it.
    lateness: Vec<Histogram>,
}

fn by_kind(histograms: &HistogramVec, topics: &Topics) -> Vec<Histogram> {
    Kind::ALL.iter().map(|kind| histograms.with_label_values(&[topics.of(*kind)])).collect()
}

impl RecordMetrics {
    pub(super) fn register(registry: &Registry, topics: Topics) -> Result<Self> {
        let metrics = Self {
            records: RECORDS.counter_vec(registry)?,
            rejects: REJECTS.counter_vec(registry)?,
            skips: SKIPS.counter_vec(registry)?,
            late: LATE.counter_vec(registry)?,
            too_late: TOO_LATE.counter_vec(registry)?,
            lateness: by_kind(&LATENESS.histogram_vec(registry, LATENESS_BUCKETS)?, &topics),
            topics,
        };
        for kind in Kind::ALL.iter().copied() {
            metrics.start_at_zero(kind);
        }
        Ok(metrics)
    }

    fn start_at_zero(&self, kind: Kind) {
        let topic = self.topics.of(kind);
        for outcome in Outcome::ALL {
            self.records.with_label_values(&[topic, outcome.as_str()]).inc_by(0);
        }
        for reason in RejectReason::ALL {
            self.rejects.with_label_values(&[topic, reason.as_str()]).inc_by(0);
        }
        for reason in SkipReason::ALL {
            self.skips.with_label_values(&[topic, reason.as_str()]).inc_by(0);
        }
        self.late.with_label_values(&[topic]).inc_by(0);
        self.too_late.with_label_values(&[topic]).inc_by(0);
    }

    fn count(&self, kind: Kind, outcome: Outcome, records: u64) {
        self.records.with_label_values(&[self.topics.of(kind), outcome.as_str()]).inc_by(records);
    }

    /// `records` records were accepted.
    pub fn accepted(&self, kind: Kind, records: u64) {
        self.count(kind, Outcome::Accepted, records);
    }

    /// `records` records became dead letters.
    pub fn rejected(&self, kind: Kind, reason: RejectReason, records: u64) {
        self.count(kind, Outcome::Rejected, records);
        self.rejects.with_label_values(&[self.topics.of(kind), reason.as_str()]).inc_by(records);
    }

    /// `records` records were left out.
    pub fn skipped(&self, kind: Kind, reason: SkipReason, records: u64) {
        self.count(kind, Outcome::Skipped, records);
        self.skips.with_label_values(&[self.topics.of(kind), reason.as_str()]).inc_by(records);
    }

    /// `records` of the accepted records carry the flag `late`.
    pub fn late(&self, kind: Kind, records: u64) {
        self.late.with_label_values(&[self.topics.of(kind)]).inc_by(records);
    }

    /// `records` of the accepted records arrived outside retention.
    pub fn too_late(&self, kind: Kind, records: u64) {
        self.too_late.with_label_values(&[self.topics.of(kind)]).inc_by(records);
    }

    /// One accepted record is this late (metrics.md §1); what lies ahead of its recording counts as 0.
    pub fn lateness(&self, kind: Kind, late_by: Micros) {
        if let Some(histogram) = self.lateness.get(usize::from(kind.code())) {
            histogram.observe(seconds(late_by.max(0)));
        }
    }

    /// Records of `kind` counted so far with this outcome, for summaries.
    pub fn total(&self, kind: Kind, outcome: Outcome) -> u64 {
        self.records.with_label_values(&[self.topics.of(kind), outcome.as_str()]).get()
    }
}
