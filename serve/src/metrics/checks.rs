//! Questions to the API: checks by verdict, how long they take, and audit lines that could not be written.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use processors::check::Verdict;
use prometheus::{Histogram, IntCounter, IntCounterVec, Registry, Result};
use touchpoint::Micros;

const CHECKS: Family = Family {
    name: "touchload_checks_total",
    family_type: FamilyType::Counter,
    labels: &["verdict", "intent"],
    help: "Proposed touches that were judged and answered, by verdict; intent dry: nobody meant to act on the answer.",
};
const DURATION: Family = Family {
    name: "touchload_check_duration_seconds",
    family_type: FamilyType::Histogram,
    labels: &[],
    help: "Time from a complete check request to its answer, audit lines on the disk included.",
};
const AUDIT_FAILURES: Family = Family {
    name: "touchload_audit_failures_total",
    family_type: FamilyType::Counter,
    labels: &[],
    help: "Answers that were withheld because their audit lines could not be written.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[CHECKS, DURATION, AUDIT_FAILURES];

/// A check takes microseconds, a sync of the disk milliseconds.
const DURATION_BUCKETS: &[f64] = &[0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

/// Whether somebody means to act on an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// A touch waits for it.
    Real,
    /// A question, no more.
    Dry,
}

impl Intent {
    const ALL: [Self; 2] = [Self::Real, Self::Dry];

    fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Dry => "dry",
        }
    }
}

/// Numbers of the API.
#[derive(Clone)]
pub struct CheckMetrics {
    checks: IntCounterVec,
    duration: Histogram,
    audit_failures: IntCounter,
}

impl CheckMetrics {
    /// Registers the families on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry) -> Result<Self> {
        let metrics = Self {
            checks: CHECKS.counter_vec(registry)?,
            duration: DURATION.histogram(registry, DURATION_BUCKETS)?,
            audit_failures: AUDIT_FAILURES.counter(registry)?,
        };
        for verdict in Verdict::ALL {
            for intent in Intent::ALL {
                metrics.checks.with_label_values(&[verdict.as_str(), intent.as_str()]).inc_by(0);
            }
        }
        Ok(metrics)
    }

    /// A proposal was answered.
    pub fn answered(&self, verdict: Verdict, intent: Intent) {
        self.checks.with_label_values(&[verdict.as_str(), intent.as_str()]).inc();
    }

    /// A request took this long.
    pub fn took(&self, time: Micros) {
        self.duration.observe(seconds(time.max(0)));
    }

    /// Audit lines could not be written.
    pub fn audit_failed(&self) {
        self.audit_failures.inc();
    }
}
