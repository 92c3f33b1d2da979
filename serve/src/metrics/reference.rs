//! Which reference data are in force, and whether their files can be read.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::policy::Reload;
use prometheus::{Gauge, GaugeVec, Registry, Result};

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
    help: "1 while the reference files cannot be taken and older data stay in force, else 0.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[INFO, RELOAD_FAILED];

/// See the module.
#[derive(Clone)]
pub struct ReferenceMetrics {
    info: GaugeVec,
    reload_failed: Gauge,
}

impl ReferenceMetrics {
    /// Registers both families on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry) -> Result<Self> {
        Ok(Self { info: INFO.gauge_vec(registry)?, reload_failed: RELOAD_FAILED.gauge(registry)? })
    }

    /// Reference data took force; their predecessors leave the page.
    pub fn in_force(&self, version: &str) {
        self.info.reset();
        self.info.with_label_values(&[version]).set(1.0);
    }

    /// The files were read again.
    pub fn reloaded(&self, reload: Reload) {
        self.reload_failed.set(f64::from(u8::from(reload == Reload::Failed)));
    }
}
