//! The rules that look past the record: reference data, the message's timestamp, key and size.

use super::{CALL, TEN, accepted, bad, decoder, judge, message, rejected};
use crate::decode::{DecodeOptions, Decoder, KeyRule, Rejection, Scratch};
use crate::message::Message;
use std::sync::Arc;
use touchpoint::record::RecordRow;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Kind, Precision, RejectReason};

#[test]
fn dates_are_placed_at_noon_of_the_hcp() {
    let dated =
        |hcp: &str, date: &str| CALL.replace("2026-03-05T10:00:00Z", date).replace("\"h\"", &format!("\"{hcp}\""));
    let placed = |row: RecordRow<'_>| (row.occurred_at, row.precision);
    let noon = |at| (Some(at), Some(Precision::Date));
    assert_eq!(accepted(Kind::Calls, &dated("h", "2026-03-05"), placed), noon(TEN + 2 * HOUR));
    assert_eq!(accepted(Kind::Calls, &dated("berlin", "2026-03-05"), placed), noon(TEN + HOUR));
    // hcp_id after occurred_at makes no difference.
    let swapped =
        r#"{"occurred_at":"2026-03-05","hcp_id":"berlin","event_id":"e","status":"planned","channel":"video"}"#;
    assert_eq!(accepted(Kind::Calls, swapped, placed), noon(TEN + HOUR));
    for date in ["2026-02-30", "1969-12-31", "2026-03-05T", "2026-03-05Z"] {
        assert_eq!(rejected(Kind::Calls, &dated("h", date)), bad("occurred_at"), "{date}");
    }
}

#[test]
fn other_reference_data_place_what_comes_later() {
    let decoder = decoder(KeyRule::AcceptAny);
    let other = decoder.with_key_rule(KeyRule::AcceptAny);
    let json = CALL.replace("2026-03-05T10:00:00Z", "2026-03-05").replace("\"h\"", "\"berlin\"");
    let placed = |decoder: &Decoder| {
        let message = message(Kind::Calls, json.as_bytes());
        decoder.decode(&message, TEN, &mut Scratch::default()).unwrap().occurred_at
    };
    assert_eq!((placed(&decoder), placed(&other)), (Some(TEN + HOUR), Some(TEN + HOUR)));
    decoder.set_reference(Arc::default());
    assert_eq!((placed(&decoder), placed(&other)), (Some(TEN + 2 * HOUR), Some(TEN + 2 * HOUR)), "every clone");
}

#[test]
fn the_future_is_measured_from_the_message() {
    let at = |status: &str, micros: &str| {
        CALL.replace("completed", status).replace("05T10:00:00Z", &format!("06T10:00:00.{micros}Z"))
    };
    let future = (RejectReason::FutureTimestamp, Some("occurred_at"));
    accepted(Kind::Calls, &at("completed", "000005"), |row| assert_eq!(row.occurred_at, Some(TEN + 5 + DAY)));
    assert_eq!(rejected(Kind::Calls, &at("completed", "000006")), future);
    assert_eq!(rejected(Kind::Calls, &at("no_access", "000006")), future);
    for planned in ["planned", "cancelled"] {
        accepted(Kind::Calls, &at(planned, "000006"), |row| assert_eq!(row.occurred_at, Some(TEN + 6 + DAY)));
    }
    // Without a timestamp the batch's instant, TEN + 7, stands in.
    let json = at("completed", "000007");
    let untimed = Message { timestamp: None, ..message(Kind::Calls, json.as_bytes()) };
    judge(&untimed, |verdict| assert_eq!(verdict.unwrap().kafka_timestamp, TEN + 7));
    let json = at("completed", "000008");
    let untimed = Message { payload: Some(json.as_bytes()), ..untimed };
    judge(&untimed, |verdict| assert_eq!(verdict.unwrap_err(), Rejection::FUTURE));
}

#[test]
fn the_key_is_the_hcp() {
    let strict = decoder(KeyRule::MustEqualHcpId);
    let verdict = |key: Option<&[u8]>| {
        let message = Message { key, ..message(Kind::Calls, CALL.as_bytes()) };
        strict.decode(&message, TEN, &mut Scratch::default()).map(drop)
    };
    assert_eq!(verdict(Some(b"h")), Ok(()));
    for key in [None, Some(&b""[..]), Some(b"H"), Some(b"hh"), Some(b"\xff")] {
        assert_eq!(verdict(key), Err(Rejection::KEY_MISMATCH));
    }
    judge(&Message { key: Some(b"other"), ..message(Kind::Calls, CALL.as_bytes()) }, |verdict| {
        assert!(verdict.is_ok())
    });
}

#[test]
fn size_and_absence() {
    let options = DecodeOptions { max_bytes: CALL.len(), key_rule: KeyRule::AcceptAny, ..DecodeOptions::default() };
    let decoder = Decoder::new(Arc::default(), options);
    let verdict = |payload: Option<&[u8]>| {
        let message = Message { payload, ..message(Kind::Calls, b"") };
        decoder.decode(&message, TEN, &mut Scratch::default()).map(drop)
    };
    assert_eq!(verdict(Some(CALL.as_bytes())), Ok(()));
    assert_eq!(verdict(Some(format!("{CALL} ").as_bytes())), Err(Rejection::OVERSIZED));
    assert_eq!(verdict(None), Err(Rejection::TOMBSTONE));
}
