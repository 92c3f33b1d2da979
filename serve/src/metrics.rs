//! The standing set: what the pipeline did and how it is, under the prefix `touchload_`, in base units.
//!
//! [`FAMILIES`] is the whole set: name, type, labels, help. Labels are closed words ([`touchpoint::Kind`] through its
//! topic name, [`touchpoint::RejectReason`], [`words`]), partition numbers, and the `source` of a record, which is
//! bounded ([`feeds::MAX_SOURCES`]) because producers choose it. An HCP, owner or event id is never a label.
//!
//! Instants are seconds since 1970-01-01 UTC; ages and lags in seconds are computed at the scrape from the clock that
//! [`PipelineMetrics::register`] is given, so that a feed or a process that fell silent keeps growing older. Counters
//! over closed words exist from the start with 0, so that a first rejection is a rise and not a new series.
//!
//! Callers see no type of the metrics library except the registry they hand in: another library would change the files
//! of this folder and nothing else.

use crate::metrics::alerts::AlertMetrics;
use crate::metrics::checks::CheckMetrics;
use crate::metrics::commits::CommitMetrics;
use crate::metrics::family::{Family, FamilyType};
use crate::metrics::feeds::FeedMetrics;
use crate::metrics::gauges::GaugeMetrics;
use crate::metrics::in_force::InForceMetrics;
use crate::metrics::placement::PlacementMetrics;
use crate::metrics::progress::ProgressMetrics;
use crate::metrics::records::RecordMetrics;
use crate::metrics::reference::ReferenceMetrics;
use crate::metrics::sql::SqlMetrics;
use prometheus::Registry;
use std::sync::Arc;
use touchpoint::{Clock, Topics};

pub mod alerts;
pub mod checks;
pub mod commits;
pub mod family;
pub mod feeds;
pub mod gauges;
pub mod in_force;
pub mod placement;
pub mod progress;
pub mod records;
pub mod reference;
pub mod sql;
pub mod words;

#[cfg(test)]
pub(crate) mod tests;

const BUILD_INFO: Family = Family {
    name: "touchload_build_info",
    family_type: FamilyType::Gauge,
    labels: &["version"],
    help: "Always 1; the version that runs is the label.",
};

/// Every family of the standing set, by group. Names of gauge files may not repeat one.
pub const FAMILIES: &[&[Family]] = &[
    records::FAMILIES,
    feeds::FAMILIES,
    commits::FAMILIES,
    progress::FAMILIES,
    gauges::FAMILIES,
    placement::FAMILIES,
    in_force::FAMILIES,
    reference::FAMILIES,
    checks::FAMILIES,
    alerts::FAMILIES,
    sql::FAMILIES,
    &[BUILD_INFO],
];

/// The standing set was registered before on the same registry, or its declaration is broken: a bug of the caller or of
/// this crate; a retry does not help.
#[derive(Debug, thiserror::Error)]
#[error("the standing metrics could not be registered: {0}")]
pub struct RegisterError(#[from] prometheus::Error);

/// What the set needs to know of its process.
#[derive(Clone)]
pub struct MetricsSettings {
    /// Where "now" comes from at a scrape.
    pub clock: Arc<dyn Clock>,
    /// The topic names that stand in label `topic`.
    pub topics: Topics,
    /// The version of the running binary.
    pub version: &'static str,
}

/// The standing set. Cloning is cheap and shares the numbers.
#[derive(Clone)]
pub struct PipelineMetrics {
    /// Records by topic: accepted, rejected, skipped, late.
    pub records: RecordMetrics,
    /// Feeds: lag, watermark, age of the last record.
    pub feeds: FeedMetrics,
    /// Table commits.
    pub commits: CommitMetrics,
    /// Loop, batches, state, rebalances, restore.
    pub progress: ProgressMetrics,
    /// How the gauge files do.
    pub gauges: GaugeMetrics,
    /// Whether HCPs without records are answered for.
    pub placement: PlacementMetrics,
    /// The policy in force.
    pub policy: InForceMetrics,
    /// Questions to the API.
    pub checks: CheckMetrics,
    /// Alerts and their delivery.
    pub alerts: AlertMetrics,
    /// The reference data in force.
    pub reference: ReferenceMetrics,
    /// The tokens of the API in force.
    pub tokens: InForceMetrics,
    /// Statements of SQL clients.
    pub sql: SqlMetrics,
    /// The users of the SQL server in force.
    pub users: InForceMetrics,
    clock: Arc<dyn Clock>,
}

impl PipelineMetrics {
    /// Registers every family of [`FAMILIES`] on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry, settings: MetricsSettings) -> Result<Self, RegisterError> {
        let MetricsSettings { clock, topics, version } = settings;
        BUILD_INFO.gauge_vec(registry)?.with_label_values(&[version]).set(1.0);
        Ok(Self {
            records: RecordMetrics::register(registry, topics.clone())?,
            feeds: FeedMetrics::register(registry, topics, Arc::clone(&clock))?,
            commits: CommitMetrics::register(registry)?,
            progress: ProgressMetrics::register(registry)?,
            gauges: GaugeMetrics::register(registry)?,
            placement: PlacementMetrics::register(registry)?,
            policy: InForceMetrics::register(registry, &in_force::POLICY)?,
            checks: CheckMetrics::register(registry)?,
            alerts: AlertMetrics::register(registry)?,
            reference: ReferenceMetrics::register(registry)?,
            tokens: InForceMetrics::register(registry, &in_force::TOKENS)?,
            sql: SqlMetrics::register(registry)?,
            users: InForceMetrics::register(registry, &in_force::USERS)?,
            clock,
        })
    }

    /// The clock the set was registered with.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

impl std::fmt::Debug for PipelineMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipelineMetrics").finish_non_exhaustive()
    }
}

/// Seconds of a length or an instant in microseconds.
pub(crate) fn seconds(micros: touchpoint::Micros) -> f64 {
    micros as f64 / touchpoint::time::SECOND as f64
}
