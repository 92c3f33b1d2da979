//! Transitions as rows of table `alerts`, and back.
//!
//! Nothing of a transition is left out but the rule's pending time.

use super::{Alert, AlertId, AlertRule, Facts, Subject, TouchRef, Transition};
use arrow::array::{
    Array, ArrayRef, AsArray, Float64Builder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use serde_json::{Value, json};
use std::sync::Arc;
use touchpoint::alert::{SubjectKind, alerts_schema};
use touchpoint::{Audience, Kind, Micros, Word};

/// The rows of `transitions`, in their order.
///
/// # Errors
/// Never in practice: the columns are built to the schema.
pub fn to_rows(transitions: &[Transition]) -> Result<RecordBatch, ArrowError> {
    let columns = alerts_schema().fields().iter().map(|field| column(field.name(), transitions)).collect();
    RecordBatch::try_new(alerts_schema(), columns)
}

fn column(name: &str, transitions: &[Transition]) -> ArrayRef {
    match name {
        "since" => instants(transitions.iter().map(|t| Some(t.alert.since))),
        "at" => instants(transitions.iter().map(|t| Some(t.at))),
        "hold_until" => instants(transitions.iter().map(|t| t.alert.facts.hold_until)),
        "value" => {
            let mut builder = Float64Builder::with_capacity(transitions.len());
            transitions.iter().for_each(|t| builder.append_option(t.alert.facts.value));
            Arc::new(builder.finish())
        }
        _ => {
            let mut builder = StringBuilder::new();
            transitions.iter().for_each(|t| builder.append_option(text(name, t)));
            Arc::new(builder.finish())
        }
    }
}

fn instants(values: impl Iterator<Item = Option<Micros>>) -> ArrayRef {
    let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    values.for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

fn text(column: &str, transition: &Transition) -> Option<String> {
    let alert = &transition.alert;
    let rule = &alert.rule;
    // Who is not known any more has no id.
    let id = Some(&alert.subject.id).filter(|id| !id.is_empty());
    let id_of = |kind: SubjectKind| id.filter(|_| alert.subject.kind == kind).map(ToString::to_string);
    match column {
        "alert_id" => Some(alert.id.to_string()),
        "rule" => Some(rule.name.to_string()),
        "severity" => Some(rule.severity.to_string()),
        "audience" => Some(rule.audience.as_str().to_owned()),
        "subject_kind" => Some(alert.subject.kind.to_string()),
        "hcp_id" => id_of(SubjectKind::Hcp),
        "account_id" => id_of(SubjectKind::Account),
        "state" => Some(transition.state.to_string()),
        "from_state" => transition.from.map(|word| word.to_string()),
        "origin" => Some(alert.origin.to_string()),
        "resolution" => transition.resolution.map(|word| word.to_string()),
        "ack_reason" => transition.ack_reason.map(|word| word.to_string()),
        "binding" => alert.facts.binding.as_deref().map(str::to_owned),
        "act" => Some(rule.act.to_string()),
        "summary" => Some(alert.facts.summary.to_string()),
        "touches" => Some(touches_json(&alert.touches)),
        "policy_version" => Some(alert.policy_version.to_string()),
        _ => None,
    }
}

fn touches_json(touches: &[TouchRef]) -> String {
    let touch = |touch: &TouchRef| {
        json!({
            "kind": touch.kind.as_str(),
            "source": &*touch.source,
            "event_id": &*touch.event_id,
            "occurred_at": touch.occurred_at,
        })
    };
    Value::Array(touches.iter().map(touch).collect()).to_string()
}

/// The transitions that rows say.
///
/// # Errors
/// A column is missing, or a word is not in its vocabulary: the table was written by something else.
pub fn from_rows(rows: &RecordBatch) -> Result<Vec<Transition>, ArrowError> {
    let columns = Columns(rows);
    (0..rows.num_rows()).map(|row| columns.transition(row)).collect()
}

struct Columns<'a>(&'a RecordBatch);

impl Columns<'_> {
    fn transition(&self, row: usize) -> Result<Transition, ArrowError> {
        let subject_kind = self.word::<SubjectKind>("subject_kind", row)?;
        let name: Arc<str> = self.required("rule", row)?.into();
        let rule = AlertRule {
            name: name.clone(),
            severity: self.word("severity", row)?,
            audience: Audience::parse(&self.required("audience", row)?).ok_or_else(|| unknown("audience"))?,
            subject: subject_kind,
            pending: 0,
            act: self.word("act", row)?,
        };
        let id: Arc<str> = match subject_kind {
            SubjectKind::Hcp => self.text("hcp_id", row)?.unwrap_or_default().into(),
            SubjectKind::Account => self.text("account_id", row)?.unwrap_or_default().into(),
            SubjectKind::Rule => name,
        };
        let facts = Facts {
            value: self.real("value", row)?,
            binding: self.text("binding", row)?.map(Arc::from),
            hold_until: self.instant("hold_until", row)?,
            summary: self.required("summary", row)?.into(),
        };
        let alert = Alert {
            id: AlertId::from_text(&self.required("alert_id", row)?),
            rule: Arc::new(rule),
            subject: Subject { kind: subject_kind, id },
            since: self.instant("since", row)?.ok_or_else(|| unknown("since"))?,
            origin: self.word("origin", row)?,
            facts,
            touches: touches(&self.required("touches", row)?)?.into(),
            policy_version: self.required("policy_version", row)?.into(),
        };
        Ok(Transition {
            alert,
            from: self.maybe_word("from_state", row)?,
            state: self.word("state", row)?,
            at: self.instant("at", row)?.ok_or_else(|| unknown("at"))?,
            resolution: self.maybe_word("resolution", row)?,
            ack_reason: self.maybe_word("ack_reason", row)?,
        })
    }

    fn column(&self, name: &str) -> Result<&ArrayRef, ArrowError> {
        self.0.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("table alerts needs column {name}")))
    }

    fn text(&self, name: &str, row: usize) -> Result<Option<String>, ArrowError> {
        let column: &StringArray = self.column(name)?.as_string_opt().ok_or_else(|| unknown(name))?;
        Ok(column.is_valid(row).then(|| column.value(row).to_owned()))
    }

    fn required(&self, name: &str, row: usize) -> Result<String, ArrowError> {
        self.text(name, row)?.ok_or_else(|| unknown(name))
    }

    fn maybe_word<W: Word>(&self, name: &str, row: usize) -> Result<Option<W>, ArrowError> {
        let text = self.text(name, row)?;
        text.map(|text| W::parse(text.as_bytes()).ok_or_else(|| unknown(name))).transpose()
    }

    fn word<W: Word>(&self, name: &str, row: usize) -> Result<W, ArrowError> {
        self.maybe_word(name, row)?.ok_or_else(|| unknown(name))
    }

    fn instant(&self, name: &str, row: usize) -> Result<Option<Micros>, ArrowError> {
        let column = self.column(name)?.as_primitive_opt::<TimestampMicrosecondType>();
        let column = column.ok_or_else(|| unknown(name))?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }

    fn real(&self, name: &str, row: usize) -> Result<Option<f64>, ArrowError> {
        let column = self.column(name)?.as_primitive_opt::<Float64Type>().ok_or_else(|| unknown(name))?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }
}

fn touches(json: &str) -> Result<Vec<TouchRef>, ArrowError> {
    let Ok(Value::Array(touches)) = serde_json::from_str(json) else { return Err(unknown("touches")) };
    let touch = |touch: &Value| {
        let text = |name: &str| touch.get(name).and_then(Value::as_str);
        Some(TouchRef {
            kind: Kind::parse(text("kind")?.as_bytes())?,
            source: text("source")?.into(),
            event_id: text("event_id")?.into(),
            occurred_at: touch.get("occurred_at")?.as_i64()?,
        })
    };
    touches.iter().map(|of| touch(of).ok_or_else(|| unknown("touches"))).collect()
}

/// The value is not quoted: it may be of a person.
fn unknown(column: &str) -> ArrowError {
    ArrowError::ParseError(format!("table alerts has a value in column {column} that is not understood"))
}

#[cfg(test)]
mod tests {
    use super::{from_rows, to_rows};
    use crate::alert::{Alert, AlertId, AlertRule, Facts, Subject, TouchRef, Transition};
    use std::sync::Arc;
    use touchpoint::alert::{AckReason, AlertAct, AlertOrigin, AlertState, Resolution, Severity, SubjectKind};
    use touchpoint::{Audience, Kind, SecretKey};

    fn transition(kind: SubjectKind, state: AlertState) -> Transition {
        let rule = AlertRule {
            name: "r".into(),
            severity: Severity::Critical,
            audience: Audience::Full,
            subject: kind,
            pending: 0,
            act: AlertAct::Accept,
        };
        let id = match kind {
            SubjectKind::Hcp => "a \"quoted\" id",
            SubjectKind::Account => "",
            SubjectKind::Rule => "r",
        };
        let subject = Subject { kind, id: id.into() };
        let key = SecretKey::new(&[1; 16]).unwrap();
        let is_over = state == AlertState::Resolved;
        let touch = TouchRef { kind: Kind::Emails, source: "c\\r\nm".into(), event_id: "\"e\"".into(), occurred_at: 7 };
        let facts = Facts {
            value: is_over.then_some(f64::INFINITY),
            binding: is_over.then(|| "b".into()),
            hold_until: is_over.then_some(9),
            summary: "s".into(),
        };
        let alert = Alert {
            id: AlertId::new(&key, &rule, &subject, 5),
            rule: Arc::new(rule),
            subject,
            since: 5,
            origin: AlertOrigin::Retrospective,
            facts,
            touches: Arc::from([touch]),
            policy_version: "p".into(),
        };
        let resolution = is_over.then_some(Resolution::Vanished);
        let from = is_over.then_some(AlertState::Firing);
        Transition { alert, from, state, at: 6, resolution, ack_reason: is_over.then_some(AckReason::DataError) }
    }

    #[test]
    fn rows_say_all_of_a_transition() {
        let mut written = Vec::new();
        for kind in [SubjectKind::Hcp, SubjectKind::Account, SubjectKind::Rule] {
            written.extend([AlertState::Firing, AlertState::Resolved].map(|state| transition(kind, state)));
        }
        let rows = to_rows(&written).unwrap();
        assert_eq!(rows.num_rows(), written.len());
        assert_eq!(from_rows(&rows).unwrap(), written);
        assert_eq!(to_rows(&[]).unwrap().num_rows(), 0);
    }
}
