//! Whether this process can say of an HCP that nobody has a record of it.

use crate::metrics::family::{Family, FamilyType};
use prometheus::{Gauge, IntCounter, Registry, Result};

const STRANGERS: Family = Family {
    name: "touchload_unknown_hcps_answered",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "1 while checks of HCPs without records are answered for the partitions owned, 0 while they are denied.",
};
const MISPLACED: Family = Family {
    name: "touchload_misplaced_records_total",
    family_type: FamilyType::Counter,
    labels: &[],
    help: "Restored records that lie in another partition than the configured partitioner names, at every restore.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[STRANGERS, MISPLACED];

/// How checks of HCPs without records end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// They are answered by the process that would have the records.
    Answered,
    /// They are denied: another process may have records.
    Denied,
}

/// See the module.
#[derive(Clone)]
pub struct PlacementMetrics {
    strangers: Gauge,
    misplaced: IntCounter,
}

impl PlacementMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        Ok(Self { strangers: STRANGERS.gauge(registry)?, misplaced: MISPLACED.counter(registry)? })
    }

    /// From now on.
    pub fn strangers(&self, strangers: Strangers) {
        self.strangers.set(f64::from(u8::from(strangers == Strangers::Answered)));
    }

    /// A restore met this many.
    pub fn misplaced(&self, records: u64) {
        self.misplaced.inc_by(records);
    }
}
