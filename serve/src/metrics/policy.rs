//! Which policy is in force, and whether its file can be read.

use crate::metrics::family::{Family, FamilyType};
use prometheus::{Gauge, GaugeVec, Registry, Result};

const INFO: Family = Family {
    name: "touchload_policy_info",
    family_type: FamilyType::Gauge,
    labels: &["version"],
    help: "Always 1; the version of the policy in force is the label.",
};
const RELOAD_FAILED: Family = Family {
    name: "touchload_policy_reload_failed",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "1 while the policy file cannot be taken and an older policy stays in force, else 0.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[INFO, RELOAD_FAILED];

/// How reading the policy file again ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// It says what is in force, or will be with the next batch.
    Done,
    /// It has problems, or cannot be read.
    Failed,
}

/// See the module.
#[derive(Clone)]
pub struct PolicyMetrics {
    info: GaugeVec,
    reload_failed: Gauge,
}

impl PolicyMetrics {
    /// Registers both families on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry) -> Result<Self> {
        Ok(Self { info: INFO.gauge_vec(registry)?, reload_failed: RELOAD_FAILED.gauge(registry)? })
    }

    /// A policy took force; its predecessor leaves the page.
    pub fn in_force(&self, version: &str) {
        self.info.reset();
        self.info.with_label_values(&[version]).set(1.0);
    }

    /// The file was read again.
    pub fn reloaded(&self, reload: Reload) {
        self.reload_failed.set(f64::from(u8::from(reload == Reload::Failed)));
    }
}
