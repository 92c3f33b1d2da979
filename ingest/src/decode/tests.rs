//! The rules of a record, one by one.

mod circumstances;
mod envelopes;

use super::{DecodeOptions, Decoder, KeyRule, Rejection, Scratch};
use crate::message::Message;
use std::sync::Arc;
use touchpoint::record::RecordRow;
use touchpoint::reference::{HcpRow, Tables};
use touchpoint::time::HOUR;
use touchpoint::{
    BusinessFunction, Channel, Intake, Kind, Micros, Mode, Op, Origin, Precision, Purpose, Reference, RejectReason,
    Status, Word,
};

/// 2026-03-05T10:00:00Z.
const TEN: Micros = 1_772_704_800_000_000;
const CALL: &str =
    r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"completed","channel":"video"}"#;

fn decoder(key_rule: KeyRule) -> Decoder {
    let berlin = HcpRow { hcp_id: "berlin".into(), time_zone: Some(chrono_tz::Europe::Berlin), ..HcpRow::default() };
    let reference = Reference::try_new(Tables::of(vec![berlin], Vec::new())).unwrap();
    Decoder::new(Arc::new(reference), DecodeOptions { key_rule, ..DecodeOptions::default() })
}

fn message(kind: Kind, payload: &[u8]) -> Message<'_> {
    Message {
        kind,
        topic: kind.default_topic(),
        partition: 3,
        offset: 41,
        timestamp: Some(TEN + 5),
        key: None,
        headers: &[],
        payload: Some(payload),
    }
}

fn judge<T>(message: &Message<'_>, see: impl FnOnce(Result<RecordRow<'_>, Rejection>) -> T) -> T {
    see(decoder(KeyRule::AcceptAny).decode(message, TEN + 7, &mut Scratch::default()))
}

fn accepted<T>(kind: Kind, json: &str, see: impl FnOnce(RecordRow<'_>) -> T) -> T {
    judge(&message(kind, json.as_bytes()), |verdict| see(verdict.unwrap_or_else(|why| panic!("{json}: {why:?}"))))
}

/// Reason and field.
fn rejected(kind: Kind, json: &str) -> (RejectReason, Option<&'static str>) {
    judge(&message(kind, json.as_bytes()), |verdict| match verdict {
        Ok(row) => panic!("{json}: accepted as {row:?}"),
        Err(why) => (why.reason, why.field),
    })
}

fn bad(field: &'static str) -> (RejectReason, Option<&'static str>) {
    (RejectReason::BadValue, Some(field))
}

fn missing(field: &'static str) -> (RejectReason, Option<&'static str>) {
    (RejectReason::MissingField, Some(field))
}

/// The call with more members in front.
fn call_with(members: &str) -> String {
    format!("{{{members},{}", &CALL[1..])
}

#[test]
fn every_field_of_a_call_arrives() {
    let json = r#" { "event_id":"e-1", "hcp_id":"h-1", "occurred_at":"2026-03-05T11:00:00.5+01:00",
        "status":"completed", "channel":"face_to_face", "source":"crm", "version":7, "op":"upsert",
        "account_id":"a", "owner_id":"o",
        "product":"p", "theme":"t", "topic":"m", "plan_id":"pl", "plan_step":"ps", "congress_id":"c", "request_id":"r",
        "business_function":"medical", "purpose":"service", "solicited":true, "recorded_at":"2026-03-05T12:00:00Z",
        "status_at":"2026-03-05T13:00:00Z", "answered_at":"2026-03-05T14:00:00Z", "duration_s":86400, "attendees":1000,
        "origin":"hq", "mode":"virtual", "intake":"web", "notes":{"free":["text",1.5e3,null]} } "#;
    accepted(Kind::Calls, json, |row| {
        let expected = RecordRow {
            kind: Kind::Calls,
            event_id: "e-1",
            hcp_id: "h-1",
            source: "crm",
            version: 7,
            op: Op::Upsert,
            status: Some(Status::Completed),
            occurred_at: Some(TEN + 500_000),
            precision: Some(Precision::Instant),
            channel: Some(Channel::FaceToFace),
            origin: None,
            mode: None,
            intake: None,
            business_function: Some(BusinessFunction::Medical),
            purpose: Some(Purpose::Service),
            account_id: Some("a"),
            owner_id: Some("o"),
            product: Some("p"),
            theme: Some("t"),
            topic: Some("m"),
            plan_id: Some("pl"),
            plan_step: Some("ps"),
            congress_id: Some("c"),
            request_id: Some("r"),
            solicited: true,
            recorded_at: Some(TEN + 2 * HOUR),
            status_at: Some(TEN + 3 * HOUR),
            answered_at: None,
            duration_s: Some(86_400),
            attendees: Some(1_000),
            ingested_at: TEN + 7,
            kafka_timestamp: TEN + 5,
            kafka_topic: "engagement.calls",
            kafka_partition: 3,
            kafka_offset: 41,
        };
        assert_eq!(row, expected);
    });
}

#[test]
fn defaults_by_kind() {
    use BusinessFunction as F;
    let cases = [
        (Kind::Calls, "completed", r#""channel":"chat""#, Channel::Chat, F::Sales, Purpose::Promotional),
        (Kind::Emails, "sent", r#""origin":"rep""#, Channel::Email, F::Sales, Purpose::Promotional),
        (Kind::Emails, "sent", r#""origin":"hq","channel":"fax""#, Channel::Email, F::Marketing, Purpose::Promotional),
        (Kind::Congress, "invited", r#""mode":"virtual""#, Channel::Congress, F::Marketing, Purpose::Promotional),
        (Kind::Requests, "received", r#""intake":"web""#, Channel::MedicalRequest, F::Medical, Purpose::Scientific),
        (Kind::Congress, "invited", r#""business_function":"access""#, Channel::Congress, F::Access, Purpose::Service),
        (
            Kind::Calls,
            "completed",
            r#""channel":"phone","business_function":"medical""#,
            Channel::Phone,
            F::Medical,
            Purpose::Scientific,
        ),
    ];
    for (kind, status, members, channel, function, purpose) in cases {
        let json = format!(
            r#"{{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"{status}",{members}}}"#
        );
        accepted(kind, &json, |row| {
            assert_eq!(
                (row.channel, row.business_function, row.purpose),
                (Some(channel), Some(function), Some(purpose)),
                "{json}"
            );
            assert_eq!((row.source, row.version, row.op, row.solicited), (kind.default_topic(), 0, Op::Upsert, false));
        });
    }
    accepted(
        Kind::Emails,
        r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"sent","origin":"hq"}"#,
        |row| {
            assert_eq!(row.origin, Some(Origin::Hq));
        },
    );
    let congress =
        r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"invited","mode":"in_person"}"#;
    accepted(Kind::Congress, congress, |row| assert_eq!(row.mode, Some(Mode::InPerson)));
}

#[test]
fn a_request_keeps_intake_and_answer_and_never_its_topic() {
    let json = r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"answered",
        "intake":"email","topic":{"a":1},"topic":"side effects",
        "answered_at":"2026-03-05T11:00:00Z","duration_s":-1,"attendees":"x"}"#;
    accepted(Kind::Requests, json, |row| {
        assert_eq!((row.intake, row.answered_at, row.topic), (Some(Intake::Email), Some(TEN + HOUR), None));
        assert_eq!((row.duration_s, row.attendees), (None, None));
    });
}

#[test]
fn a_delete_needs_only_its_ids_and_gets_no_defaults() {
    for kind in Kind::ALL {
        accepted(*kind, r#"{"op":"delete","event_id":"e","hcp_id":"h"}"#, |row| {
            assert_eq!((row.op, row.source, row.version), (Op::Delete, kind.default_topic(), 0));
            assert_eq!((row.status, row.occurred_at, row.precision, row.channel), (None, None, None, None));
            assert_eq!((row.business_function, row.purpose, row.solicited), (None, None, false));
        });
        assert_eq!(rejected(*kind, r#"{"op":"delete","event_id":"e","hcp_id":"h","status":"gone"}"#), bad("status"));
        assert_eq!(
            rejected(*kind, r#"{"op":"delete","event_id":"e","hcp_id":"h","occurred_at":"x"}"#),
            bad("occurred_at")
        );
        assert_eq!(rejected(*kind, r#"{"op":"delete","event_id":"e"}"#), missing("hcp_id"));
        assert_eq!(rejected(*kind, r#"{"op":"delete","hcp_id":"h"}"#), missing("event_id"));
    }
    let far = r#"{"op":"delete","event_id":"e","hcp_id":"h","occurred_at":"2030-01-01","channel":"phone"}"#;
    accepted(Kind::Calls, far, |row| {
        assert_eq!((row.precision, row.channel), (Some(Precision::Date), Some(Channel::Phone)))
    });
}

#[test]
fn required_fields_by_kind() {
    let all = [
        (Kind::Calls, "completed", vec!["event_id", "hcp_id", "occurred_at", "status", "channel"]),
        (Kind::Emails, "opened", vec!["event_id", "hcp_id", "occurred_at", "status", "origin"]),
        (Kind::Congress, "attended", vec!["event_id", "hcp_id", "occurred_at", "status"]),
        (Kind::Requests, "closed", vec!["event_id", "hcp_id", "occurred_at", "status"]),
    ];
    for (kind, status, required) in all {
        let value = |field: &str| match field {
            "occurred_at" => "2026-03-05T10:00:00Z",
            "status" => status,
            "channel" => "video",
            "origin" => "rep",
            _ => "x",
        };
        for left_out in &required {
            let members = |null: &str| {
                let member =
                    |f: &&str| if f == left_out { null.replace('?', f) } else { format!(r#""{f}":"{}","#, value(f)) };
                format!("{{{}\"version\":1}}", required.iter().map(member).collect::<String>())
            };
            assert_eq!(rejected(kind, &members("")), missing(left_out), "{kind}");
            assert_eq!(rejected(kind, &members("\"?\":null,")), missing(left_out), "{kind}");
        }
    }
    assert_eq!(rejected(Kind::Calls, "{}"), missing("event_id"));
}

#[test]
fn statuses_belong_to_their_kind() {
    for kind in Kind::ALL {
        for status in Status::ALL {
            let json = format!(
                r#"{{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"{status}",
                "channel":"phone","origin":"rep"}}"#
            );
            if status.rank(*kind).is_some() {
                accepted(*kind, &json, |row| assert_eq!(row.status, Some(*status)));
            } else {
                assert_eq!(rejected(*kind, &json), bad("status"), "{kind} {status}");
            }
        }
    }
}

#[test]
fn values_outside_type_range_length_or_vocabulary() {
    let long = "é".repeat(64);
    accepted(Kind::Calls, &call_with(&format!(r#""theme":"{long}""#)), |row| {
        assert_eq!(row.theme, Some(long.as_str()))
    });
    // The length is that of the content, not of its spelling.
    accepted(Kind::Calls, &call_with(&format!(r#""theme":"{}""#, r"\u00e9".repeat(64))), |row| {
        assert_eq!(row.theme, Some(long.as_str()));
    });
    let cases = [
        ("theme", format!("\"{long}x\"")),
        ("theme", format!("\"{}x\"", r"\u00e9".repeat(64))),
        ("theme", "\"\"".into()),
        ("owner_id", "17".into()),
        ("request_id", "[\"r\"]".into()),
        ("plan_id", "{}".into()),
        ("version", "1.0".into()),
        ("version", "1e3".into()),
        ("version", "\"1\"".into()),
        ("version", "9223372036854775808".into()),
        ("op", "\"Delete\"".into()),
        ("op", "\"\"".into()),
        ("solicited", "\"true\"".into()),
        ("solicited", "1".into()),
        ("business_function", "\"Sales\"".into()),
        ("purpose", "\"sales\"".into()),
        ("recorded_at", "\"2026-03-05\"".into()),
        ("status_at", "1772704800".into()),
        ("duration_s", "-1".into()),
        ("duration_s", "86401".into()),
        ("duration_s", "0.5".into()),
        ("attendees", "0".into()),
        ("attendees", "1001".into()),
    ];
    for (field, value) in cases {
        assert_eq!(rejected(Kind::Calls, &call_with(&format!(r#""{field}":{value}"#))), bad(field), "{field}: {value}");
    }
    assert_eq!(rejected(Kind::Calls, &CALL.replace("video", "email")), bad("channel"));
    for null in ["source", "version", "op", "solicited", "purpose", "duration_s", "plan_step", "recorded_at", "theme"] {
        accepted(Kind::Calls, &call_with(&format!(r#""{null}":null"#)), |row| {
            assert_eq!((row.source, row.version, row.op), ("engagement.calls", 0, Op::Upsert));
            assert_eq!((row.solicited, row.purpose), (false, Some(Purpose::Promotional)));
            assert_eq!((row.duration_s, row.plan_step, row.recorded_at, row.theme), (None, None, None, None));
        });
    }
    accepted(Kind::Calls, &call_with(r#""version":-9223372036854775808"#), |row| assert_eq!(row.version, i64::MIN));
}

#[test]
fn escapes_in_names_and_values_mean_what_they_spell() {
    let json =
        call_with(r#""th\u0065me":"a\u0062\"\\\/\t\ud83d\ude00","own\u0065r_id":"\u006f","un\u006bnown":"\u0000""#);
    accepted(Kind::Calls, &json, |row| {
        assert_eq!((row.theme, row.owner_id), (Some("ab\"\\/\t😀"), Some("o")));
    });
    let escaped =
        CALL.replace("completed", r"\u0063ompleted").replace("2026", r"\u0032026").replace("\"h\"", r#""\u0068""#);
    accepted(Kind::Calls, &escaped, |row| {
        assert_eq!((row.status, row.occurred_at, row.hcp_id), (Some(Status::Completed), Some(TEN), "h"));
    });
}

#[test]
fn a_known_field_stands_once() {
    assert_eq!(rejected(Kind::Calls, &call_with(r#""event_id":"e""#)), bad("event_id"));
    assert_eq!(rejected(Kind::Calls, &call_with(r#""stat\u0075s":"completed""#)), bad("status"));
    assert_eq!(rejected(Kind::Calls, &call_with(r#""theme":null,"theme":"t""#)), bad("theme"));
    // A field of another kind, and an unknown one, may be repeated: they are not read.
    accepted(Kind::Calls, &call_with(r#""origin":1,"origin":2,"x":1,"x":[]"#), |row| assert_eq!(row.origin, None));
}

#[test]
fn the_order_of_verdicts() {
    let malformed = (RejectReason::Malformed, None);
    for json in [
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "7",
        "{",
        "{}{}",
        "{} x",
        "{},",
        &CALL[..CALL.len() - 1],
        &format!("{CALL}\u{0}"),
        &format!("\u{feff}{CALL}"),
        &call_with(r#""theme":"","x":"#),
        &call_with(r#""x":"\ud800""#),
        &call_with(r#""x":01"#),
        &call_with(&format!(r#""x":{}"#, "[".repeat(64) + &"]".repeat(64))),
        &CALL.replace("\"e\"", "\"e\n\""),
    ] {
        assert_eq!(rejected(Kind::Calls, json), malformed, "{json}");
    }
    accepted(Kind::Calls, &call_with(&format!(r#""x":{}"#, "[".repeat(63) + &"]".repeat(63))), |_| ());
    let mut not_utf8 = CALL.replace("video", "vide?").into_bytes();
    let at = not_utf8.iter().position(|b| *b == b'?').unwrap();
    not_utf8[at] = 0xff;
    judge(&message(Kind::Calls, &not_utf8), |verdict| assert_eq!(verdict.unwrap_err(), Rejection::NOT_UTF8));
    // The first bad value in the order of the text stands, and before any missing field.
    assert_eq!(rejected(Kind::Calls, r#"{"theme":"","owner_id":1}"#), bad("theme"));
    assert_eq!(rejected(Kind::Calls, r#"{"owner_id":1,"theme":""}"#), bad("owner_id"));
}
