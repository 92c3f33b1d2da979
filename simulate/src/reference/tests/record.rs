//! Parsing: defaults, and every rule that rejects.

use super::{DEFAULT_TOLERANCE, HOUR, T, berlin, fields_of, parse, placement, rfc3339};
use crate::reference::Record;
use serde_json::{Map, Value, json};
use touchpoint::RejectReason::{self, BadValue, FutureTimestamp, Malformed, MissingField};
use touchpoint::{Kind, Reference};

fn base(kind: Kind) -> Map<String, Value> {
    fields_of(kind, "e-1", T - HOUR)
}

fn with(kind: Kind, changes: Value) -> Result<Record, RejectReason> {
    let mut fields = base(kind);
    fields.extend(changes.as_object().expect("an object").clone());
    parse(kind, &Value::Object(fields))
}

fn without(kind: Kind, field: &str) -> Result<Record, RejectReason> {
    let mut fields = base(kind);
    fields.remove(field);
    parse(kind, &Value::Object(fields))
}

fn raw(kind: Kind, payload: &[u8]) -> Result<Record, RejectReason> {
    let reference = berlin();
    Record::parse(kind, payload, placement(&reference, 0))
}

/// The instant that `occurred_at` becomes.
fn occurred(text: &str) -> Result<i64, RejectReason> {
    with(Kind::Calls, json!({"occurred_at": text})).map(|r| r.occurred_at.expect("an upsert has one"))
}

#[test]
fn defaults_follow_kind_and_origin() {
    let cases = [
        (Kind::Calls, json!({}), "engagement.calls", "sales", "promotional"),
        (Kind::Emails, json!({}), "engagement.emails", "sales", "promotional"),
        (Kind::Emails, json!({"origin": "hq"}), "engagement.emails", "marketing", "promotional"),
        (Kind::Congress, json!({}), "engagement.congress-invitations", "marketing", "promotional"),
        (Kind::Requests, json!({}), "engagement.medical-requests", "medical", "scientific"),
        (Kind::Calls, json!({"business_function": "medical"}), "engagement.calls", "medical", "scientific"),
        (Kind::Calls, json!({"business_function": "access"}), "engagement.calls", "access", "service"),
        (
            Kind::Calls,
            json!({"business_function": "patient_services"}),
            "engagement.calls",
            "patient_services",
            "service",
        ),
        (Kind::Calls, json!({"purpose": "safety", "source": "crm"}), "crm", "sales", "safety"),
    ];
    for (kind, changes, source, function, purpose) in cases {
        let record = with(kind, changes).expect("valid");
        assert_eq!(record.source, source);
        assert_eq!(record.business_function.as_deref(), Some(function));
        assert_eq!(record.purpose.as_deref(), Some(purpose));
        assert_eq!((record.version, record.op.as_str(), record.solicited), (0, "upsert", false));
        assert_eq!(record.precision.as_deref(), Some("instant"));
    }
    let channels = [Kind::Calls, Kind::Emails, Kind::Congress, Kind::Requests].map(|kind| with(kind, json!({})));
    let channels = channels.map(|r| r.expect("valid").channel.expect("an upsert has one"));
    assert_eq!(channels, ["face_to_face", "email", "congress", "medical_request"]);
}

#[test]
fn required_fields() {
    for kind in [Kind::Calls, Kind::Emails, Kind::Congress, Kind::Requests] {
        for field in ["event_id", "hcp_id", "occurred_at", "status"] {
            assert_eq!(without(kind, field), Err(MissingField), "{field}");
            assert_eq!(with(kind, json!({field: null})), Err(MissingField), "{field}");
        }
    }
    assert_eq!(without(Kind::Calls, "channel"), Err(MissingField));
    assert_eq!(without(Kind::Emails, "origin"), Err(MissingField));
    assert!(
        with(Kind::Congress, json!({"mode": null})).is_ok() && with(Kind::Requests, json!({"intake": null})).is_ok()
    );
}

#[test]
fn a_delete_needs_its_identity_only() {
    let delete = parse(Kind::Calls, &json!({"op": "delete", "event_id": "e", "hcp_id": "h"})).expect("valid");
    assert!(delete.is_delete());
    assert_eq!((delete.status, delete.occurred_at, delete.precision, delete.channel), (None, None, None, None));
    assert_eq!((delete.business_function, delete.purpose), (None, None));
    assert_eq!(delete.source, "engagement.calls");
    assert_eq!(parse(Kind::Calls, &json!({"op": "delete", "event_id": "e"})), Err(MissingField));
    assert_eq!(with(Kind::Calls, json!({"op": "delete", "status": "sent"})), Err(BadValue));
    assert_eq!(with(Kind::Calls, json!({"op": "delete", "occurred_at": "soon"})), Err(BadValue));
    assert!(with(Kind::Calls, json!({"op": "delete", "occurred_at": "2030-01-01"})).is_ok());
}

#[test]
fn values_outside_type_range_length_or_vocabulary() {
    let calls = [
        json!({"event_id": ""}),
        json!({"event_id": 7}),
        json!({"hcp_id": "x".repeat(129)}),
        json!({"owner_id": "é".repeat(65)}),
        json!({"theme": ""}),
        json!({"source": ""}),
        json!({"product": ["p"]}),
        json!({"status": "delivered"}),
        json!({"status": "Completed"}),
        json!({"channel": "email"}),
        json!({"op": "remove"}),
        json!({"business_function": "finance"}),
        json!({"purpose": "fun"}),
        json!({"version": 1.0}),
        json!({"version": "1"}),
        json!({"version": 9_223_372_036_854_775_808_u64}),
        json!({"solicited": 1}),
        json!({"solicited": "true"}),
        json!({"duration_s": -1}),
        json!({"duration_s": 86_401}),
        json!({"attendees": 0}),
        json!({"attendees": 1_001}),
        json!({"recorded_at": "2026-03-05"}),
        json!({"status_at": 17}),
    ];
    for changes in calls {
        assert_eq!(with(Kind::Calls, changes.clone()), Err(BadValue), "{changes}");
    }
    assert_eq!(with(Kind::Emails, json!({"origin": "msl"})), Err(BadValue));
    assert_eq!(with(Kind::Congress, json!({"mode": "hybrid"})), Err(BadValue));
    assert_eq!(with(Kind::Congress, json!({"status": "planned"})), Err(BadValue));
    assert_eq!(with(Kind::Requests, json!({"intake": "fax"})), Err(BadValue));
    assert_eq!(with(Kind::Requests, json!({"answered_at": "yesterday"})), Err(BadValue));
    assert_eq!(with(Kind::Calls, json!({"theme": "", "hcp_id": null})), Err(BadValue));
}

#[test]
fn limits_are_inside() {
    let changes = json!({
        "event_id": "é".repeat(64), "owner_id": "o", "duration_s": 86_400, "attendees": 1_000, "version": i64::MIN,
        "solicited": true, "theme": null, "free_text": "never kept", "nested": {"event_id": "x", "a": [1, {}]},
    });
    let record = with(Kind::Calls, changes).expect("valid");
    assert_eq!((record.duration_s, record.attendees, record.version), (Some(86_400), Some(1_000), i64::MIN));
    assert!(record.solicited && record.theme.is_none());
}

#[test]
fn fields_of_other_kinds_are_not_looked_at() {
    let record = with(Kind::Emails, json!({"channel": "nonsense", "duration_s": -5, "answered_at": 3})).expect("valid");
    assert_eq!((record.channel.as_deref(), record.duration_s, record.answered_at), (Some("email"), None, None));
    let record = with(Kind::Requests, json!({"topic": "a diagnosis", "origin": 9, "intake": "web"})).expect("valid");
    assert_eq!((record.topic, record.origin, record.intake.as_deref()), (None, None, Some("web")));
    assert_eq!(with(Kind::Calls, json!({"topic": "dosing"})).expect("valid").topic.as_deref(), Some("dosing"));
}

#[test]
fn what_is_no_json_object_is_malformed() {
    let object = Value::Object(base(Kind::Calls)).to_string();
    let nested =
        |levels: usize| object.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(levels), "]".repeat(levels)), 1);
    for payload in ["", "null", "[]", "7", "{", "{\"a\":1,}", "{'a':1}", "{\"x\":\"\\ud800\"}"] {
        assert_eq!(raw(Kind::Calls, payload.as_bytes()), Err(Malformed), "{payload}");
    }
    assert_eq!(raw(Kind::Calls, format!("{object} {object}").as_bytes()), Err(Malformed));
    assert_eq!(raw(Kind::Calls, b"{\"event_id\":\"\xff\"}"), Err(Malformed));
    assert_eq!(raw(Kind::Calls, nested(64).as_bytes()), Err(Malformed));
    assert!(raw(Kind::Calls, nested(63).as_bytes()).is_ok());
    assert!(raw(Kind::Calls, format!(" \r\n\t{object}\n").as_bytes()).is_ok());
}

#[test]
fn a_known_field_given_twice_is_a_bad_value() {
    let object = Value::Object(base(Kind::Calls)).to_string();
    let twice = |name: &str| object.replacen('{', &format!("{{\"{name}\":null,\"{name}\":null,"), 1);
    for name in ["event_id", "theme", "origin", "answered_at", "version"] {
        assert_eq!(raw(Kind::Calls, twice(name).as_bytes()), Err(BadValue), "{name}");
    }
    assert!(raw(Kind::Calls, twice("comment").as_bytes()).is_ok());
    assert_eq!(raw(Kind::Calls, object.replacen('{', "{\"event\\u005fid\":\"x\",", 1).as_bytes()), Err(BadValue));
}

#[test]
fn instants_are_rfc_3339() {
    let at = 1_772_712_000_000_000;
    let same = [
        "2026-03-05T12:00:00Z",
        "2026-03-05t12:00:00z",
        "2026-03-05T13:00:00+01:00",
        "2026-03-05T06:30:00-05:30",
        "2026-03-05T12:00:00-00:00",
        "2026-03-05T12:00:00.0000009Z",
    ];
    for text in same {
        assert_eq!(occurred(text), Ok(at), "{text}");
    }
    assert_eq!(occurred("2026-03-05T12:00:00.1Z"), Ok(at + 100_000));
    assert_eq!(occurred("2026-03-05T12:00:00.123456789012345Z"), Ok(at + 123_456));
    assert_eq!(occurred("1970-01-01T00:00:00Z"), Ok(0));
    assert_eq!(occurred("2024-02-29T00:00:00Z"), Ok(1_709_164_800_000_000));
    let bad = [
        "2026-03-05 12:00:00Z",
        "2026-03-05T12:00:00",
        "2026-03-05T12:00Z",
        "2026-03-05T24:00:00Z",
        "2026-03-05T12:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-03-05T12:00:00.Z",
        "2026-03-05T12:00:00+0100",
        "2026-03-05T12:00:00+24:00",
        "2026-03-05T12:00:00+01:60",
        "2026-03-05T12:00:00Z ",
        "2026-02-29T12:00:00Z",
        "2026-3-5T12:00:00Z",
        "+2026-03-05T12:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01",
        "2026-02-30",
        "2026-13-01",
        "26-03-05",
        "２026-03-05",
    ];
    for text in bad {
        assert_eq!(occurred(text), Err(BadValue), "{text}");
    }
}

#[test]
fn dates_lie_at_noon_of_the_hcp() {
    let berlin_noon = with(Kind::Calls, json!({"occurred_at": "2026-03-05"})).expect("valid");
    assert_eq!(berlin_noon.occurred_at, Some(1_772_712_000_000_000 - HOUR));
    assert_eq!(berlin_noon.precision.as_deref(), Some("date"));
    let mut fields = base(Kind::Calls);
    fields.insert("occurred_at".to_owned(), json!("2026-03-05"));
    let nowhere = Reference::default();
    let payload = Value::Object(fields).to_string();
    let record = Record::parse(Kind::Calls, payload.as_bytes(), placement(&nowhere, 0)).expect("valid");
    assert_eq!(record.occurred_at, Some(1_772_712_000_000_000));
}

#[test]
fn the_future_is_for_plans_and_deletes() {
    let (edge, beyond) = (rfc3339(T + DEFAULT_TOLERANCE), rfc3339(T + DEFAULT_TOLERANCE + 1));
    assert!(with(Kind::Calls, json!({"occurred_at": edge})).is_ok());
    assert_eq!(with(Kind::Calls, json!({"occurred_at": beyond})), Err(FutureTimestamp));
    let late = |kind, status: &str| with(kind, json!({"occurred_at": beyond, "status": status}));
    let cases = [
        (Kind::Calls, &["planned", "cancelled"][..], &["no_access", "completed"][..]),
        (
            Kind::Emails,
            &["scheduled", "failed", "dropped"],
            &["sent", "delivered", "bounced", "opened", "clicked", "marked_spam", "unsubscribed"],
        ),
        (Kind::Congress, &["nominated"], &["cancelled", "invited", "declined", "accepted", "no_show", "attended"]),
        (Kind::Requests, &[], &["received", "answered", "closed", "withdrawn"]),
    ];
    for (kind, accepted, rejected) in cases {
        assert!(accepted.iter().all(|status| late(kind, status).is_ok()));
        assert!(rejected.iter().all(|status| late(kind, status) == Err(FutureTimestamp)));
    }
    assert!(with(Kind::Calls, json!({"occurred_at": beyond, "op": "delete"})).is_ok());
}
