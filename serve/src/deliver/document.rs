//! A transition as JSON: the value of topic `touchload.alerts`, and the body of a webhook.
//!
//! ```json
//! {"alert_id": "…", "rule": "over_budget", "severity": "warning", "audience": "commercial",
//!  "subject": {"kind": "hcp", "ref": "…"}, "state": "firing", "from": null, "origin": "live",
//!  "resolution": null, "ack_reason": null, "since": "2026-03-05T12:00:00Z", "at": "2026-03-05T12:00:01.500Z",
//!  "value": 1.5, "binding": "rep-email", "act": {"kind": "hold", "until": "2026-03-09T08:00:00Z"},
//!  "summary": "…", "touches": [{"kind": "calls", "ref": "…", "occurred_at": "…"}],
//!  "policy_version": "2026-1"}
//! ```
//!
//! Instants are RFC 3339, UTC. `value` is a number, `"Infinity"`, or null. Unknown fields are ignored when a document is
//! read, so that an older process reads what a newer one wrote.

use super::naming::Naming;
use chrono::{DateTime, SecondsFormat};
use processors::alert::{Alert, AlertId, AlertRule, Facts, Subject, TouchRef, Transition};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use touchpoint::alert::{AckReason, AlertAct, AlertOrigin, AlertState, Resolution, Severity, SubjectKind};
use touchpoint::{Audience, Kind, Micros, Word};

const INFINITY: &str = "Infinity";

/// A document that was not written by this product, or by a version that is not understood. Reading it again does not
/// help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not the JSON of a transition.
    #[error("not a transition of an alert (line {line}, column {column})")]
    Json {
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// A word outside its vocabulary, or an instant that is none.
    #[error("field {0} of a transition has a value that is not understood")]
    Value(&'static str),
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The alert's id.
    pub alert_id: String,
    /// The rule.
    pub rule: String,
    severity: String,
    audience: String,
    /// Whom it is about.
    pub subject: SubjectDocument,
    state: String,
    from: Option<String>,
    origin: String,
    resolution: Option<String>,
    ack_reason: Option<String>,
    since: String,
    at: String,
    value: Option<serde_json::Value>,
    binding: Option<String>,
    act: ActDocument,
    summary: String,
    touches: Vec<TouchDocument>,
    policy_version: String,
}

/// Whom a document is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectDocument {
    /// `hcp`, `account` or `rule`.
    pub kind: String,
    /// A pseudonym, or an id where the receiver gets ids.
    #[serde(rename = "ref")]
    pub reference: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ActDocument {
    kind: String,
    until: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TouchDocument {
    kind: String,
    #[serde(rename = "ref")]
    reference: String,
    occurred_at: String,
}

impl Document {
    /// A transition, its ids named by `naming`.
    pub fn new(transition: &Transition, naming: &Naming) -> Self {
        let Transition { alert, from, state, at, resolution, ack_reason } = transition;
        let Alert { id, rule, subject, since, origin, facts, touches, policy_version } = alert;
        let touch = |touch: &TouchRef| TouchDocument {
            kind: touch.kind.as_str().to_owned(),
            reference: naming.record(&touch.source, &touch.event_id),
            occurred_at: rfc3339(touch.occurred_at),
        };
        Self {
            alert_id: id.to_string(),
            rule: rule.name.to_string(),
            severity: rule.severity.to_string(),
            audience: rule.audience.as_str().to_owned(),
            subject: SubjectDocument { kind: subject.kind.to_string(), reference: naming.subject(subject) },
            state: state.to_string(),
            from: from.map(|from| from.to_string()),
            origin: origin.to_string(),
            resolution: resolution.map(|resolution| resolution.to_string()),
            ack_reason: ack_reason.map(|reason| reason.to_string()),
            since: rfc3339(*since),
            at: rfc3339(*at),
            value: facts.value.and_then(value),
            binding: facts.binding.as_deref().map(str::to_owned),
            act: ActDocument { kind: rule.act.to_string(), until: facts.hold_until.map(rfc3339) },
            summary: facts.summary.to_string(),
            touches: touches.iter().map(touch).collect(),
            policy_version: policy_version.to_string(),
        }
    }

    /// Whether the alert is over.
    pub fn is_over(&self) -> bool {
        self.state == AlertState::Resolved.as_str()
    }

    /// The same alert, over at `at` because its subject is not known any more.
    #[must_use]
    pub fn vanished(&self, at: Micros) -> Self {
        Self {
            from: Some(self.state.clone()),
            state: AlertState::Resolved.to_string(),
            resolution: Some(Resolution::Vanished.to_string()),
            at: rfc3339(at),
            ..self.clone()
        }
    }

    /// Whose alert it is: those of audience full are not for everybody.
    pub fn audience(&self) -> Option<Audience> {
        Audience::parse(&self.audience)
    }

    /// The JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Text, numbers and nothing that can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The document that `bytes` are.
    ///
    /// # Errors
    /// They are none. The error quotes nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        serde_json::from_slice(bytes)
            .map_err(|error| DocumentError::Json { line: error.line(), column: error.column() })
    }

    /// The transition, about the subject whose id `id` is: the document itself may have a pseudonym. References to records
    /// stay as they are written.
    ///
    /// # Errors
    /// A word or an instant is not understood.
    pub fn transition(&self, id: Arc<str>) -> Result<Transition, DocumentError> {
        let rule = AlertRule {
            name: self.rule.as_str().into(),
            severity: word::<Severity>(&self.severity, "severity")?,
            audience: Audience::parse(&self.audience).ok_or(DocumentError::Value("audience"))?,
            subject: word::<SubjectKind>(&self.subject.kind, "subject.kind")?,
            pending: 0,
            act: word::<AlertAct>(&self.act.kind, "act.kind")?,
        };
        let touch = |touch: &TouchDocument| {
            Ok(TouchRef {
                kind: word::<Kind>(&touch.kind, "touches.kind")?,
                source: Arc::from(""),
                event_id: touch.reference.as_str().into(),
                occurred_at: micros(&touch.occurred_at, "touches.occurred_at")?,
            })
        };
        let facts = Facts {
            value: self.value.as_ref().and_then(number),
            binding: self.binding.as_deref().map(Arc::from),
            hold_until: self.act.until.as_deref().map(|until| micros(until, "act.until")).transpose()?,
            summary: self.summary.as_str().into(),
        };
        let alert = Alert {
            id: AlertId::from_text(&self.alert_id),
            subject: Subject { kind: rule.subject, id },
            rule: Arc::new(rule),
            since: micros(&self.since, "since")?,
            origin: word::<AlertOrigin>(&self.origin, "origin")?,
            facts,
            touches: self.touches.iter().map(touch).collect::<Result<Vec<_>, _>>()?.into(),
            policy_version: self.policy_version.as_str().into(),
        };
        Ok(Transition {
            alert,
            from: self.from.as_deref().map(|from| word::<AlertState>(from, "from")).transpose()?,
            state: word::<AlertState>(&self.state, "state")?,
            at: micros(&self.at, "at")?,
            resolution: self.resolution.as_deref().map(|text| word::<Resolution>(text, "resolution")).transpose()?,
            ack_reason: self.ack_reason.as_deref().map(|text| word::<AckReason>(text, "ack_reason")).transpose()?,
        })
    }
}

/// JSON has no infinity.
fn value(value: f64) -> Option<serde_json::Value> {
    if value == f64::INFINITY {
        return Some(INFINITY.into());
    }
    serde_json::Number::from_f64(value).map(serde_json::Value::Number)
}

fn number(value: &serde_json::Value) -> Option<f64> {
    match value {
        serde_json::Value::String(text) if text == INFINITY => Some(f64::INFINITY),
        other => other.as_f64(),
    }
}

fn word<W: Word>(text: &str, field: &'static str) -> Result<W, DocumentError> {
    W::parse(text.as_bytes()).ok_or(DocumentError::Value(field))
}

/// An instant as RFC 3339, with as many digits as it has.
pub(super) fn rfc3339(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).unwrap_or_default().to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn micros(text: &str, field: &'static str) -> Result<Micros, DocumentError> {
    let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| DocumentError::Value(field))?;
    Ok(parsed.timestamp_micros())
}

#[cfg(test)]
pub(crate) mod tests;
