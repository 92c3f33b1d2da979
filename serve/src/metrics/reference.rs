//! Which reference data are in force, and whether their files and topics can be taken.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::policy::Reload;
use prometheus::{Gauge, GaugeVec, IntCounterVec, Registry, Result};

const INFO: Family = Family {
    name: "touchload_reference_info",
    family_type: FamilyType::Gauge,
    labels: &["version"],
    help: "Always 1; the version of the reference data in force is the label, `none` without any.",
};
const RELOAD_FAILED: Family = Family {
    name: "touchload_reference_reload_failed",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "1 while reference files or topics cannot be taken and older data stay in force, else 0.",
};
const PROBLEMS: Family = Family {
    name: "touchload_reference_problems",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "Problems of the reference files and topics when they were last loaded; the log names them.",
};
const MESSAGES: Family = Family {
    name: "touchload_reference_messages_total",
    family_type: FamilyType::Counter,
    labels: &["table", "effect"],
    help: "Messages read of topics of reference data: effect states a row, withdraws one.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[INFO, RELOAD_FAILED, PROBLEMS, MESSAGES];

/// What a message of a topic does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It states a row.
    States,
    /// It withdraws one.
    Withdraws,
}

impl Effect {
    fn as_str(self) -> &'static str {
        match self {
            Self::States => "states",
            Self::Withdraws => "withdraws",
        }
    }
}

/// See the module.
#[derive(Clone)]
pub struct ReferenceMetrics {
    info: GaugeVec,
    reload_failed: Gauge,
    problems: Gauge,
    messages: IntCounterVec,
}

impl ReferenceMetrics {
    /// Registers the families on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry) -> Result<Self> {
        Ok(Self {
            info: INFO.gauge_vec(registry)?,
            reload_failed: RELOAD_FAILED.gauge(registry)?,
            problems: PROBLEMS.gauge(registry)?,
            messages: MESSAGES.counter_vec(registry)?,
        })
    }

    /// Reference data took force; their predecessors leave the page.
    pub fn in_force(&self, version: &str) {
        self.info.reset();
        self.info.with_label_values(&[version]).set(1.0);
    }

    /// Files and topics were loaded again, with so many problems.
    pub fn reloaded(&self, reload: Reload, problems: u64) {
        self.reload_failed.set(f64::from(u8::from(reload == Reload::Failed)));
        self.problems.set(problems as f64);
    }

    /// So many messages of the topic of a table were read.
    pub fn messages(&self, table: &str, effect: Effect, count: u64) {
        self.messages.with_label_values(&[table, effect.as_str()]).inc_by(count);
    }
}
