//! Which reference data are in force, and what their files and topics hold.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::in_force::{InForceMetrics, REFERENCE, Reload};
use prometheus::{Gauge, IntCounterVec, Registry, Result};

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
pub(super) const FAMILIES: &[Family] = &[PROBLEMS, MESSAGES];

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
    in_force: InForceMetrics,
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
            in_force: InForceMetrics::register(registry, &REFERENCE)?,
            problems: PROBLEMS.gauge(registry)?,
            messages: MESSAGES.counter_vec(registry)?,
        })
    }

    /// Reference data took force; their predecessors leave the page.
    pub fn in_force(&self, version: &str) {
        self.in_force.in_force(version);
    }

    /// Files and topics were loaded again, with so many problems.
    pub fn reloaded(&self, reload: Reload, problems: u64) {
        self.in_force.reloaded(reload);
        self.problems.set(problems as f64);
    }

    /// So many messages of the topic of a table were read.
    pub fn messages(&self, table: &str, effect: Effect, count: u64) {
        self.messages.with_label_values(&[table, effect.as_str()]).inc_by(count);
    }
}
