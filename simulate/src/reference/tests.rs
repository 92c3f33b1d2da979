//! Stories and expectations as text, for the tests of every module of the reference.
//!
//! A story has one record per line: kind, event id, hours relative to [`T`], then `field=value` pairs. Calls default to
//! completed face-to-face ones, e-mails to delivered ones by a rep, invitations to invited, requests to received.
//! An expectation is `column=value`, the value NULL, a word, a number or a fraction `a/b`. Reference tables are text
//! too: see `tables`.

mod budgets;
mod coherence;
mod consent;
mod interruption;
mod live;
mod plan_properties;
mod plans;
mod preferences;
mod properties;
mod record;
mod row;
mod table_properties;
mod tables;
mod targets;

use super::{Cell, DEFAULT_TOLERANCE, Placement, Question, Record, ReferenceRow, metrics};
use serde_json::{Map, Value, json};
use touchpoint::metric::{METRICS, MetricType};
use touchpoint::reference::{HcpRow, Tables, Validity};
use touchpoint::{Audience, Kind, Micros, Policy, Reference, RejectReason, WindowLength};

/// Tuesday 2026-03-31T12:00:00Z, 14:00 in Berlin.
const T: Micros = 1_774_958_400_000_000;
const HOUR: Micros = 3_600_000_000;
const HCP: &str = "hcp-1";

fn row_of_hcp(zone: Option<chrono_tz::Tz>, valid_from: Micros, valid_to: Micros) -> HcpRow {
    HcpRow {
        hcp_id: HCP.to_owned(),
        time_zone: zone,
        validity: Validity { from: valid_from, to: valid_to },
        ..HcpRow::default()
    }
}

fn berlin() -> Reference {
    let row = row_of_hcp(Some(chrono_tz::Europe::Berlin), 0, Micros::MAX);
    Reference::try_new(Tables::of(vec![row], Vec::new())).expect("one row")
}

fn placement(reference: &Reference, position: u64) -> Placement<'_> {
    Placement {
        position: (0, position),
        reference,
        kafka_timestamp: T,
        ingested_at: T,
        future_tolerance: DEFAULT_TOLERANCE,
    }
}

fn parse(kind: Kind, fields: &Value) -> Result<Record, RejectReason> {
    let reference = berlin();
    Record::parse(kind, fields.to_string().as_bytes(), placement(&reference, 0))
}

fn rfc3339(at: Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at).expect("in range").to_rfc3339()
}

fn fields_of(kind: Kind, event_id: &str, at: Micros) -> Map<String, Value> {
    let rest = match kind {
        Kind::Calls => json!({"status": "completed", "channel": "face_to_face"}),
        Kind::Emails => json!({"status": "delivered", "origin": "rep"}),
        Kind::Congress => json!({"status": "invited"}),
        Kind::Requests => json!({"status": "received"}),
    };
    let mut fields = rest.as_object().expect("an object").clone();
    fields.insert("event_id".to_owned(), json!(event_id));
    fields.insert("hcp_id".to_owned(), json!(HCP));
    fields.insert("occurred_at".to_owned(), json!(rfc3339(at)));
    fields
}

fn hours(text: &str) -> Micros {
    let hours: f64 = text.strip_suffix('h').expect("hours end in h").parse().expect("a number of hours");
    (hours * HOUR as f64).round() as Micros
}

fn line(position: u64, text: &str) -> Record {
    let mut words = text.split_whitespace();
    let kind = match words.next().expect("a kind") {
        "calls" => Kind::Calls,
        "emails" => Kind::Emails,
        "congress" => Kind::Congress,
        "requests" => Kind::Requests,
        other => panic!("{other} is no kind"),
    };
    let event_id = words.next().expect("an event id");
    let mut fields = fields_of(kind, event_id, T + hours(words.next().expect("hours")));
    for pair in words {
        let (field, value) = pair.split_once('=').expect("field=value");
        let value = match field {
            "version" => json!(value.parse::<i64>().expect("a version")),
            "solicited" => json!(value == "true"),
            "answered_at" | "status_at" => json!(rfc3339(T + hours(value))),
            _ => json!(value),
        };
        fields.insert(field.to_owned(), value);
    }
    let reference = berlin();
    let payload = Value::Object(fields).to_string();
    Record::parse(kind, payload.as_bytes(), placement(&reference, position)).expect("a story is valid")
}

fn story(text: &str) -> Vec<Record> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    (0..).zip(lines).map(|(position, text)| line(position, text)).collect()
}

fn ask(records: &[Record], at: Micros, window: WindowLength, audience: Audience) -> Option<ReferenceRow> {
    answer(records, &berlin(), at, window, audience)
}

fn answer(
    records: &[Record],
    reference: &Reference,
    at: Micros,
    window: WindowLength,
    audience: Audience,
) -> Option<ReferenceRow> {
    metrics(records, &Question { hcp_id: HCP, at, window, audience, policy: &Policy::default(), reference })
}

fn row_of(records: &[Record], reference: &Reference, window: WindowLength, audience: Audience) -> ReferenceRow {
    answer(records, reference, T, window, audience).expect("a row")
}

fn full(records: &[Record], window: WindowLength) -> ReferenceRow {
    ask(records, T, window, Audience::Full).expect("a row")
}

fn number(text: &str) -> f64 {
    match text.split_once('/') {
        Some((a, b)) => number(a) / number(b),
        None => text.parse().expect("a number"),
    }
}

fn expected(column: &str, text: &str) -> Cell {
    let metric = METRICS.iter().find(|m| m.name == column).unwrap_or_else(|| panic!("{column} is no column"));
    match metric.metric_type {
        _ if text == "NULL" => Cell::Null,
        MetricType::Count | MetricType::Instant => Cell::Integer(text.parse().expect("a count")),
        MetricType::Real => Cell::Real(number(text)),
        MetricType::Text => Cell::Text(text.to_owned()),
    }
}

/// Panics for each column that `row` does not have as `expectation` says.
fn check(row: &ReferenceRow, expectation: &str) {
    let cells = row.cells();
    for pair in expectation.split_whitespace() {
        let (column, text) = pair.split_once('=').expect("column=value");
        let (_, found) = cells.iter().find(|(name, _)| *name == column).expect("a column");
        let expected = expected(column, text);
        assert!(expected.agrees(found), "{column}: expected {expected}, found {found}");
    }
}

fn expect(window: WindowLength, text: &str, expectation: &str) {
    check(&full(&story(text), window), expectation);
}
