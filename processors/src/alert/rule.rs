//! What the machine knows of a rule: everything but its query.

use std::sync::Arc;
use touchpoint::alert::{AlertAct, Severity, SubjectKind};
use touchpoint::{Audience, Micros};

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// Its name, unique among the rules.
    pub name: Arc<str>,
    /// How much its alerts matter.
    pub severity: Severity,
    /// Whose view it looks at, and so who may see its alerts: rules of audience full are for medical and compliance.
    pub audience: Audience,
    /// What its alerts are about: HCPs or accounts.
    pub subject: SubjectKind,
    /// How long the condition must hold before the alert fires.
    pub pending: Micros,
    /// The one thing to do.
    pub act: AlertAct,
}
