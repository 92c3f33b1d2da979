//! What is read from files again while the process runs: which version is in force, and whether the last reading failed.

use crate::metrics::family::{Family, FamilyType};
use prometheus::{Gauge, GaugeVec, Registry, Result};

/// The families of one thing that is read again.
#[derive(Debug, Clone, Copy)]
pub struct InForceFamilies {
    info: Family,
    reload_failed: Family,
}

const fn info(name: &'static str, help: &'static str) -> Family {
    Family { name, family_type: FamilyType::Gauge, labels: &["version"], help }
}

const fn reload_failed(name: &'static str, help: &'static str) -> Family {
    Family { name, family_type: FamilyType::Gauge, labels: &[], help }
}

/// Those of the policy file.
pub const POLICY: InForceFamilies = InForceFamilies {
    info: info("touchload_policy_info", "Always 1; the version of the policy in force is the label."),
    reload_failed: reload_failed(
        "touchload_policy_reload_failed",
        "1 while the policy file cannot be taken and an older policy stays in force, else 0.",
    ),
};

/// Those of the reference files.
pub const REFERENCE: InForceFamilies = InForceFamilies {
    info: info(
        "touchload_reference_info",
        "Always 1; the version of the reference data in force is the label, `none` without any.",
    ),
    reload_failed: reload_failed(
        "touchload_reference_reload_failed",
        "1 while reference files or topics cannot be taken and older data stay in force, else 0.",
    ),
};

/// Those of the tokens file.
pub const TOKENS: InForceFamilies = InForceFamilies {
    info: info(
        "touchload_tokens_info",
        "Always 1; the version of the tokens in force is the label, `none` without any.",
    ),
    reload_failed: reload_failed(
        "touchload_tokens_reload_failed",
        "1 while the tokens file cannot be taken and older tokens stay in force, else 0.",
    ),
};

/// Those of the users file of the SQL server.
pub const USERS: InForceFamilies = InForceFamilies {
    info: info(
        "touchload_sql_users_info",
        "Always 1; the version of the SQL users in force is the label, `none` without any.",
    ),
    reload_failed: reload_failed(
        "touchload_sql_users_reload_failed",
        "1 while users file or certificate cannot be taken and older ones stay in force, else 0.",
    ),
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[
    POLICY.info,
    POLICY.reload_failed,
    REFERENCE.info,
    REFERENCE.reload_failed,
    TOKENS.info,
    TOKENS.reload_failed,
    USERS.info,
    USERS.reload_failed,
];

/// How reading files again ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// They say what is in force, or will be in a moment.
    Done,
    /// They have problems, or cannot be read.
    Failed,
}

/// See the module.
#[derive(Clone)]
pub struct InForceMetrics {
    info: GaugeVec,
    reload_failed: Gauge,
}

impl InForceMetrics {
    /// Registers both families on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry, families: &InForceFamilies) -> Result<Self> {
        let InForceFamilies { info, reload_failed } = families;
        Ok(Self { info: info.gauge_vec(registry)?, reload_failed: reload_failed.gauge(registry)? })
    }

    /// A version took force; its predecessor leaves the page.
    pub fn in_force(&self, version: &str) {
        self.info.reset();
        self.info.with_label_values(&[version]).set(1.0);
    }

    /// The files were read again.
    pub fn reloaded(&self, reload: Reload) {
        self.reload_failed.set(f64::from(u8::from(reload == Reload::Failed)));
    }
}
