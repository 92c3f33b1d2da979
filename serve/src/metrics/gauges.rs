//! How the gauge files do: how long each runs, and how often it failed. Label `gauge` is the file's name.
//!
//! The families say `live_query` because a metric name may not hold the name of a metric type (`promtool` refuses it).

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use crate::metrics::words::GaugeRun;
use prometheus::{Gauge, HistogramVec, IntCounterVec, Registry, Result};
use touchpoint::Micros;

const DURATION: Family = Family {
    name: "touchload_live_query_duration_seconds",
    family_type: FamilyType::Histogram,
    labels: &["gauge"],
    help: "Time one run of a gauge file takes, planning included.",
};
const FAILURES: Family = Family {
    name: "touchload_live_query_failures_total",
    family_type: FamilyType::Counter,
    labels: &["gauge"],
    help: "Runs of a gauge file that failed; its family is off the page until a run succeeds.",
};

const REFRESHED: Family = Family {
    name: "touchload_live_query_refresh_timestamp_seconds",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "When the gauge files were last run; 0 before the first time.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[DURATION, FAILURES, REFRESHED];

const DURATION_BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0];

/// Numbers of the gauge files.
#[derive(Clone)]
pub struct GaugeMetrics {
    duration: HistogramVec,
    failures: IntCounterVec,
    refreshed: Gauge,
}

impl GaugeMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        Ok(Self {
            duration: DURATION.histogram_vec(registry, DURATION_BUCKETS)?,
            failures: FAILURES.counter_vec(registry)?,
            refreshed: REFRESHED.gauge(registry)?,
        })
    }

    /// A gauge file was loaded: its failures start at 0.
    pub(crate) fn loaded(&self, gauge: &str) {
        self.failures.with_label_values(&[gauge]).inc_by(0);
    }

    /// All gauge files ran; their families are on the page.
    pub(crate) fn refreshed(&self, at: Micros) {
        self.refreshed.set(seconds(at));
    }

    /// A gauge file ran.
    pub(crate) fn ran(&self, gauge: &str, took: Micros, run: GaugeRun) {
        self.duration.with_label_values(&[gauge]).observe(seconds(took.max(0)));
        if run == GaugeRun::Failed {
            self.failures.with_label_values(&[gauge]).inc();
        }
    }
}
