//! An alert, and what became of it.

use super::{AlertRule, Facts};
use std::sync::Arc;
use touchpoint::alert::{AckReason, AlertOrigin, AlertState, Resolution, SubjectKind};
use touchpoint::{Kind, Micros, SecretKey, Word};

/// The id of an alert: 32 hexadecimal digits, a keyed hash of rule, audience, subject and beginning. Nobody without the
/// key can find out the subject by trying.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(Arc<str>);

impl AlertId {
    /// The id of the alert of `rule` about `subject` that began at `since`.
    pub fn new(key: &SecretKey, rule: &AlertRule, subject: &Subject, since: Micros) -> Self {
        let text =
            format!("{}\0{}\0{}\0{}\0{since}", rule.name, rule.audience.as_str(), subject.kind.as_str(), subject.id);
        Self(key.pseudonym("alert", &text).into())
    }

    /// The id that was written as `text`.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AlertId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// What `id` is the id of.
    pub kind: SubjectKind,
    /// Id of the HCP or account; of a storm the rule's name.
    pub id: Arc<str>,
}

/// A record that did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchRef {
    /// Feed.
    pub kind: Kind,
    /// Source system.
    pub source: Arc<str>,
    /// Its id there.
    pub event_id: Arc<str>,
    /// When it happened.
    pub occurred_at: Micros,
}

/// One alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// The rule.
    pub rule: Arc<AlertRule>,
    /// Whom it is about.
    pub subject: Subject,
    /// When the condition began to hold: event time.
    pub since: Micros,
    /// What made it.
    pub origin: AlertOrigin,
    /// What holds.
    pub facts: Facts,
    /// The records that did it, oldest first; at most a few.
    pub touches: Arc<[TouchRef]>,
    /// The policy it was found under.
    pub policy_version: Arc<str>,
}

/// A step in the life of an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The alert, as it is after the step.
    pub alert: Alert,
    /// The state before; `None`: there was none.
    pub from: Option<AlertState>,
    /// The state after.
    pub state: AlertState,
    /// T of the step.
    pub at: Micros,
    /// Why it is over, with [`AlertState::Resolved`].
    pub resolution: Option<Resolution>,
    /// Why it was accepted; stays with the alert.
    pub ack_reason: Option<AckReason>,
}

impl Transition {
    /// Whether a pager may learn of the alert: it is live.
    pub fn is_for_pagers(&self) -> bool {
        self.alert.origin == AlertOrigin::Live
    }

    /// Whether anybody is to be told: an alert that never fired ends in silence.
    pub fn is_to_be_told(&self) -> bool {
        match self.state {
            AlertState::Pending => false,
            AlertState::Firing | AlertState::Acknowledged => true,
            AlertState::Resolved => self.from.is_some_and(|from| from != AlertState::Pending),
        }
    }
}
