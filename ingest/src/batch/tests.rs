//! Batches: what becomes of each message, the ledger, and that the cut makes no difference.

use super::{BatchBuilder, DecodedBatch, Message, Oversized};
use crate::decode::{DecodeOptions, Decoder};
use crate::digest::sha256_hex;
use crate::erased::Erased;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use touchpoint::dead_letter::dead_letter_schema;
use touchpoint::record::{RecordColumns, record_schema};
use touchpoint::{Kind, Micros, RejectReason, TopicPartition, Word};

/// 2026-03-05T10:00:00Z.
const TEN: Micros = 1_772_704_800_000_000;
const GOOD: &str =
    r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"completed","channel":"video"}"#;
const REQUEST: &str =
    r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"received","topic":"secret"}"#;

fn builder() -> BatchBuilder {
    let options = DecodeOptions { max_bytes: 1_000, ..DecodeOptions::default() };
    BatchBuilder::new(Arc::new(Decoder::new(Arc::default(), options)), 2)
}

fn message(kind: Kind, offset: i64, payload: Option<&[u8]>) -> Message<'_> {
    let (topic, key) = (kind.default_topic(), Some(&b"h"[..]));
    Message { kind, topic, partition: 2, offset, timestamp: Some(TEN + offset), key, headers: &[], payload }
}

fn text<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    column.is_valid(row).then(|| column.value(row))
}

fn bytes<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> Option<&'a [u8]> {
    let column = batch.column_by_name(column).unwrap().as_binary::<i32>();
    column.is_valid(row).then(|| column.value(row))
}

/// One payload per reason, and the reason.
fn bad_messages() -> Vec<(RejectReason, Message<'static>)> {
    let long: &'static [u8] = Box::leak(vec![b' '; 1_001].into_boxed_slice());
    let call = |payload: &'static str| message(Kind::Calls, 0, Some(payload.as_bytes()));
    vec![
        (RejectReason::Malformed, call("{")),
        (RejectReason::MissingField, call("{}")),
        (RejectReason::BadValue, call(r#"{"theme":""}"#)),
        (
            RejectReason::FutureTimestamp,
            call(r#"{"event_id":"e","hcp_id":"h","occurred_at":"2027-01-01","status":"completed","channel":"video"}"#),
        ),
        (RejectReason::KeyMismatch, Message { key: Some(b"x"), ..call(GOOD) }),
        (RejectReason::Oversized, message(Kind::Calls, 0, Some(long))),
        (RejectReason::Tombstone, message(Kind::Calls, 0, None)),
        (RejectReason::UnsupportedEnvelope, Message { headers: &[("ce_specversion", b"9")], ..call(GOOD) }),
    ]
}

#[test]
fn every_reason_is_reachable_and_leaves_a_full_dead_letter() {
    let cases = bad_messages();
    assert_eq!(cases.iter().map(|(reason, _)| *reason).collect::<Vec<_>>(), RejectReason::ALL);
    let mut builder = builder();
    for (offset, (_, message)) in cases.iter().enumerate() {
        builder.push(&Message { offset: offset as i64, ..*message }, TEN + 9);
    }
    let DecodedBatch { partition, records, dead_letters, next, seen } = builder.finish().unwrap();
    assert_eq!((partition, records.num_rows(), dead_letters.num_rows()), (2, 0, cases.len()));
    assert_eq!(next.into_iter().collect::<Vec<_>>(), [(TopicPartition::new("engagement.calls", 2), 8)]);
    assert_eq!((seen[0].accepted, seen[0].rejected.total(), seen[0].event_time), (0, 8, None));
    for (row, (reason, message)) in cases.iter().enumerate() {
        assert_eq!(seen[0].rejected.of(*reason), 1);
        assert_eq!(text(&dead_letters, "reason", row), Some(reason.as_str()));
        assert_eq!(text(&dead_letters, "kind", row), Some("calls"));
        assert_eq!(bytes(&dead_letters, "key", row), message.key);
        let kept = message.payload.filter(|_| *reason != RejectReason::Oversized);
        assert_eq!(bytes(&dead_letters, "payload", row), kept, "{reason}");
        assert_eq!(text(&dead_letters, "payload_sha256", row).map(str::to_owned), message.payload.map(sha256_hex));
        assert!(text(&dead_letters, "detail", row).is_some_and(|detail| !detail.is_empty()));
    }
    assert_eq!(text(&dead_letters, "field", 1), Some("event_id"));
    assert_eq!(text(&dead_letters, "field", 2), Some("theme"));
    assert_eq!(text(&dead_letters, "field", 0), None);
}

#[test]
fn an_erased_hcp_leaves_no_row_and_no_name_and_every_message_is_accounted_for() {
    let empty = Erased::keyed(b"key");
    let erased = Arc::new(empty.clone().with(&[empty.hash("h")]).unwrap());
    let decoder = Decoder::new(Arc::default(), DecodeOptions { max_bytes: 1_000, ..DecodeOptions::default() });
    let mut builder = BatchBuilder::new(Arc::new(decoder.leaving_out(erased)), 2);
    let other = GOOD.replace("\"h\"", "\"g\"");
    let call = |offset, payload| message(Kind::Calls, offset, Some(payload));
    builder.push(&call(0, GOOD.as_bytes()), TEN);
    builder.push(&Message { key: Some(b"g"), ..call(1, other.as_bytes()) }, TEN);
    // Rejected: its key names the person, then its payload, then neither.
    builder.push(&call(2, b"{"), TEN);
    builder.push(&Message { key: Some(b"g"), ..call(3, GOOD.as_bytes().split_last().unwrap().1) }, TEN);
    builder.push(&Message { key: Some(b"g"), ..call(4, b"{") }, TEN);
    builder.push_oversized(&call(5, b""), Oversized { sha256: "00".into(), bytes: 2_000 }, TEN);
    let DecodedBatch { records, dead_letters, next, seen, .. } = builder.finish().unwrap();
    assert_eq!((records.num_rows(), dead_letters.num_rows()), (1, 4));
    assert_eq!((seen[0].accepted, seen[0].rejected.total(), seen[0].erased), (1, 4, 1));
    assert_eq!(next.into_values().collect::<Vec<_>>(), [6]);
    let kept = |row| (bytes(&dead_letters, "key", row), bytes(&dead_letters, "payload", row));
    assert_eq!(
        [kept(0), kept(1), kept(2), kept(3)],
        [(None, None), (None, None), (Some(&b"g"[..]), Some(&b"{"[..])), (None, None)]
    );
    let hashed: Vec<_> = (0..4).map(|row| text(&dead_letters, "payload_sha256", row).is_some()).collect();
    assert_eq!(hashed, [false, false, true, true], "a hash of what nobody has read names nobody");
}

#[test]
fn a_medical_request_leaves_only_its_hash() {
    let mut builder = builder();
    builder.push(&message(Kind::Requests, 5, Some(&REQUEST.as_bytes()[1..])), TEN);
    builder.push(&message(Kind::Requests, 6, Some(REQUEST.as_bytes())), TEN);
    let batch = builder.finish().unwrap();
    assert_eq!((batch.records.num_rows(), batch.dead_letters.num_rows()), (1, 1));
    assert_eq!(bytes(&batch.dead_letters, "payload", 0), None);
    assert_eq!(text(&batch.dead_letters, "payload_sha256", 0), Some(sha256_hex(&REQUEST.as_bytes()[1..]).as_str()));
    assert!(!format!("{batch:?}").contains("secret"));
}

#[test]
fn the_ledger_is_kept_per_topic() {
    let mut builder = builder();
    assert!(builder.is_empty());
    builder.push(&message(Kind::Calls, 10, Some(GOOD.as_bytes())), TEN);
    builder.push(&message(Kind::Requests, 3, Some(REQUEST.as_bytes())), TEN);
    builder.push(&Message { timestamp: None, ..message(Kind::Calls, 11, Some(b"{}")) }, TEN);
    builder.push(&Message { timestamp: Some(TEN - 50), ..message(Kind::Calls, 12, Some(GOOD.as_bytes())) }, TEN);
    assert_eq!((builder.len(), builder.bytes()), (4, 2 * GOOD.len() + REQUEST.len() + 2 + 4));
    let batch = builder.finish().unwrap();
    let [calls, requests] = batch.seen.as_slice() else { panic!("two topics") };
    assert_eq!((calls.kind, calls.accepted, calls.rejected.of(RejectReason::MissingField)), (Kind::Calls, 2, 1));
    assert_eq!((calls.event_time, calls.timestamp), (Some(TEN), Some(TEN + 10)));
    assert_eq!(calls.bytes, 2 * GOOD.len() as u64 + 2);
    assert_eq!((requests.kind, requests.accepted, requests.event_time), (Kind::Requests, 1, Some(TEN)));
    let next: Vec<_> = batch.next.iter().map(|(at, next)| (at.topic.as_str(), *next)).collect();
    assert_eq!(next, [("engagement.calls", 13), ("engagement.medical-requests", 4)]);
    assert!(batch.dead_letters.column_by_name("kafka_timestamp").unwrap().is_null(0));
    let empty = builder.finish().unwrap();
    assert_eq!((empty.records.num_rows(), empty.next.len(), empty.seen.len(), builder.len()), (0, 0, 0, 0));
}

#[test]
fn the_watermark_is_capped_at_the_timestamp_and_ignores_deletes_without_time() {
    let mut builder = builder();
    let planned = GOOD.replace("completed", "planned").replace("2026", "2027");
    builder.push(&message(Kind::Calls, 1, Some(planned.as_bytes())), TEN);
    builder.push(&message(Kind::Calls, 2, Some(br#"{"op":"delete","event_id":"e","hcp_id":"h"}"#)), TEN);
    assert_eq!(builder.finish().unwrap().seen[0].event_time, Some(TEN + 1));
}

#[test]
fn a_message_that_could_not_be_held_is_rejected_by_hash() {
    let mut builder = builder();
    let oversized = Oversized { sha256: "ab".repeat(32), bytes: 1 << 40 };
    builder.push_oversized(&message(Kind::Calls, 7, None), oversized, TEN);
    let batch = builder.finish().unwrap();
    assert_eq!(text(&batch.dead_letters, "reason", 0), Some("oversized"));
    assert_eq!(text(&batch.dead_letters, "payload_sha256", 0), Some("ab".repeat(32).as_str()));
    assert_eq!((batch.seen[0].bytes, batch.next.values().copied().collect::<Vec<_>>()), (1 << 40, vec![8]));
}

#[test]
fn where_a_batch_is_cut_makes_no_difference() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let bad = bad_messages();
    let messages: Vec<_> = (0..400)
        .map(|offset| match random.random_range(0..3) {
            0 => Message { offset, ..bad[random.random_range(0..bad.len())].1 },
            1 => message(Kind::Requests, offset, Some(REQUEST.as_bytes())),
            _ => message(Kind::Calls, offset, Some(GOOD.as_bytes())),
        })
        .collect();
    let decoded = |size: usize| {
        let mut builder = builder();
        let batches: Vec<_> = messages
            .chunks(size)
            .map(|chunk| {
                chunk.iter().for_each(|message| builder.push(message, TEN));
                builder.finish().unwrap()
            })
            .collect();
        let accepted: u64 = batches.iter().flat_map(|b| &b.seen).map(|s| s.accepted).sum();
        let rejected: u64 = batches.iter().flat_map(|b| &b.seen).map(|s| s.rejected.total()).sum();
        assert_eq!(accepted + rejected, messages.len() as u64);
        let next = batches.iter().flat_map(|b| b.next.clone()).collect::<touchpoint::NextOffsets>();
        let records = concat_batches(&record_schema(), batches.iter().map(|b| &b.records)).unwrap();
        let dead = concat_batches(&dead_letter_schema(), batches.iter().map(|b| &b.dead_letters)).unwrap();
        (records, dead, next)
    };
    let whole = decoded(messages.len());
    assert!(whole.0.num_rows() > 100 && whole.1.num_rows() > 50);
    for size in [1, 2, 3, 7, 64, 399] {
        assert_eq!(decoded(size), whole, "batches of {size}");
    }
    let columns = RecordColumns::try_new(&whole.0).unwrap();
    assert!((0..whole.0.num_rows()).all(|row| columns.row(row).is_some_and(|r| r.hcp_id == "h")));
}
