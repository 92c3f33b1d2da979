//! CloudEvents in both modes.

use super::{CALL, TEN, bad, judge, message};
use crate::decode::Rejection;
use crate::message::Message;
use touchpoint::record::RecordRow;
use touchpoint::{Kind, RejectReason};

type Headers<'a> = &'a [(&'a str, &'a [u8])];

const STRUCTURED: Headers<'_> = &[("trace", b"\xff"), ("content-type", b"application/cloudevents+json; charset=utf-8")];
/// A call that leaves out what an envelope can fill in.
const BARE: &str = r#"{"hcp_id":"h","status":"completed","channel":"video"}"#;

fn with<T>(headers: Headers<'_>, payload: &str, see: impl FnOnce(Result<RecordRow<'_>, Rejection>) -> T) -> T {
    judge(&Message { headers, ..message(Kind::Calls, payload.as_bytes()) }, see)
}

fn identity(headers: Headers<'_>, payload: &str) -> Result<(String, String, Option<i64>), Rejection> {
    with(headers, payload, |verdict| verdict.map(|row| (row.event_id.into(), row.source.into(), row.occurred_at)))
}

fn reason(headers: Headers<'_>, payload: &str) -> (RejectReason, Option<&'static str>) {
    with(headers, payload, |verdict| verdict.map(drop).map_err(|why| (why.reason, why.field)).unwrap_err())
}

#[test]
fn structured_context_fills_what_the_data_leaves_out() {
    let filled = Ok(("ce-1".to_owned(), "/crm".to_owned(), Some(TEN)));
    let envelope = |data: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"ce-1","source":"\/crm","type":"call","time":"2026-03-05T10:00:00Z",{data}}}"#
        )
    };
    assert_eq!(identity(STRUCTURED, &envelope(&format!(r#""data":{BARE}"#))), filled);
    assert_eq!(
        identity(STRUCTURED, &envelope(&format!(r#""datacontenttype":"Application/JSON; v=1","data": {BARE} "#))),
        filled
    );
    let base64 = "eyJoY3BfaWQiOiJoIiwic3RhdHVzIjoiY29tcGxldGVkIiwiY2hhbm5lbCI6InZpZGVvIn0=";
    assert_eq!(identity(STRUCTURED, &envelope(&format!(r#""data_base64":"{base64}""#))), filled);
    assert_eq!(identity(STRUCTURED, &envelope(&format!(r#""data_base64":null,"data":{BARE}"#))), filled);
    // What the data says stands, and the context is not even checked then.
    let own = CALL.replace("{\"event_id\"", "{\"source\":\"own\",\"event_id\"");
    let own = format!(r#"{{"data":{own},"specversion":"1.0","id":"","source":"{}","time":"x"}}"#, "s".repeat(200));
    assert_eq!(identity(STRUCTURED, &own), Ok(("e".into(), "own".into(), Some(TEN))));
    // Without context the ordinary rules hold.
    let bare = format!(r#"{{"specversion":"1.0","data":{BARE}}}"#);
    assert_eq!(reason(STRUCTURED, &bare), (RejectReason::MissingField, Some("event_id")));
}

#[test]
fn structured_envelopes_that_do_not_hold() {
    let unsupported = (RejectReason::UnsupportedEnvelope, None);
    let malformed = (RejectReason::Malformed, None);
    let reason = |envelope: &str| reason(STRUCTURED, &envelope.replace('#', CALL));
    assert_eq!(reason(r#"{"specversion":"0.3","data":#}"#), unsupported);
    assert_eq!(reason(r#"{"data":#}"#), unsupported);
    assert_eq!(reason(CALL), unsupported);
    assert_eq!(reason(r#"{"specversion":"1.0","datacontenttype":"text/xml","data":#}"#), unsupported);
    for envelope in [
        "",
        "[]",
        "[#]",
        r#"{"specversion":"1.0"}"#,
        r#"{"specversion":"1.0","data":null}"#,
        r#"{"specversion":"1.0","data":"text"}"#,
        r#"{"specversion":"1.0","data":[#]}"#,
        r#"{"specversion":"1.0","data":#,"data_base64":"e30="}"#,
        r#"{"specversion":"1.0","data":#,"data":#}"#,
        r#"{"specversion":"1.0","id":"a","id":"a","data":#}"#,
        r#"{"specversion":"1.0","id":7,"data":#}"#,
        r#"{"specversion":1.0,"data":#}"#,
        r#"{"specversion":"1.0","data_base64":"e30"}"#,
        r#"{"specversion":"1.0","data_base64":"/w=="}"#,
        r#"{"specversion":"1.0","data_base64":{}}"#,
        r#"{"specversion":"1.0","data":#"#,
        r#"{"specversion":"1.0","data":#} x"#,
        r#"{"specversion":"1.0","x":01,"data":#}"#,
    ] {
        assert_eq!(reason(envelope), malformed, "{envelope}");
    }
    let filled = |context: &str| reason(&format!(r#"{{"specversion":"1.0",{context},"data":{BARE}}}"#));
    assert_eq!(filled(r#""id":"""#), bad("event_id"));
    assert_eq!(filled(r#""id":"a","source":"""#), bad("source"));
    assert_eq!(filled(r#""id":"a","time":"2026-03-05""#), bad("occurred_at"));
    assert_eq!(filled(r#""id":"a","time":null"#), (RejectReason::MissingField, Some("occurred_at")));
}

#[test]
fn binary_context_stands_in_headers() {
    let headers: Headers<'_> = &[
        ("ce_specversion", b"1.0"),
        ("ce_id", b"ce-2"),
        ("ce_source", b"mail"),
        ("ce_time", b"2026-03-05T12:00:00+02:00"),
        ("Content-Type", b"application/json"),
    ];
    assert_eq!(identity(headers, BARE), Ok(("ce-2".into(), "mail".into(), Some(TEN))));
    assert_eq!(identity(&headers[..1], CALL), Ok(("e".into(), "engagement.calls".into(), Some(TEN))));
    let unsupported = (RejectReason::UnsupportedEnvelope, None);
    assert_eq!(reason(&[("ce_specversion", b"2.0")], CALL), unsupported);
    assert_eq!(reason(&[("ce_specversion", b"1.0"), ("content-type", b"application/avro")], CALL), unsupported);
    assert_eq!(reason(&[("ce_specversion", b"1.0"), ("ce_id", b"\xff")], CALL), (RejectReason::Malformed, None));
    assert_eq!(reason(&[("ce_specversion", b"1.0"), ("ce_id", b"")], BARE), bad("event_id"));
}

#[test]
fn other_headers_change_nothing_and_other_encodings_are_refused() {
    let plain = Ok(("e".to_owned(), "engagement.calls".to_owned(), Some(TEN)));
    assert_eq!(identity(&[("content-type", b"application/octet-stream"), ("ce_id", b"x")], CALL), plain);
    assert_eq!(identity(&[("traceparent", b"00-1")], CALL), plain);
    for media in ["application/cloudevents-batch+json", "application/cloudevents+avro", "APPLICATION/CLOUDEVENTS"] {
        assert_eq!(reason(&[("content-type", media.as_bytes())], CALL).0, RejectReason::UnsupportedEnvelope, "{media}");
    }
    let tombstone = Message { payload: None, headers: STRUCTURED, ..message(Kind::Calls, b"") };
    judge(&tombstone, |verdict| assert_eq!(verdict.unwrap_err(), Rejection::TOMBSTONE));
}
