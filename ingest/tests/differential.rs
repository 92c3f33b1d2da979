//! The decoder against an oracle written apart from it: serde_json and chrono over thousands of seeded documents.
//!
//! Random records, valid and not, are written with random white space and escapes, and then damaged byte by byte. The
//! oracle parses them into members in order and applies the record contract the slow and obvious way. Both must accept
//! the same documents as the same rows, and refuse the others for the same reason and field.

#[path = "differential/generator.rs"]
mod generator;
#[path = "differential/oracle.rs"]
mod oracle;

use arrow::array::Array;
use generator::Generator;
use ingest::batch::{BatchBuilder, Message};
use ingest::decode::{DecodeOptions, Decoder, KeyRule, Rejection, Scratch};
use oracle::Oracle;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::record::RecordColumns;
use touchpoint::{Kind, Micros, RejectReason, Word};

/// 2026-03-05T10:00:00Z.
const TIMESTAMP: Micros = 1_772_704_800_000_000;
const SEED: u64 = 5_032_026;

fn message(kind: Kind, payload: &[u8]) -> Message<'_> {
    let topic = kind.default_topic();
    let (timestamp, payload) = (Some(TIMESTAMP), Some(payload));
    Message { kind, topic, partition: 1, offset: 2, timestamp, key: None, headers: &[], payload }
}

#[derive(Default)]
struct Tally {
    verdicts: BTreeMap<&'static str, u32>,
    undecided: u32,
}

impl Tally {
    fn compare(&mut self, decoder: &Decoder, scratch: &mut Scratch, message: &Message<'_>, case: &str) {
        let payload = message.payload.unwrap_or_default();
        let Some(oracle) = Oracle::parse(message.kind, payload) else {
            self.undecided += 1;
            return;
        };
        let shown = String::from_utf8_lossy(payload);
        let expected = oracle.verdict(message, TIMESTAMP);
        let found = decoder.decode(message, TIMESTAMP, scratch);
        let name = match (&expected, &found) {
            (Ok(expected), Ok(found)) => {
                assert_eq!(found, expected, "{case}: {shown}");
                "accepted"
            }
            (Err(expected), Err(Rejection { reason, field, .. })) => {
                assert_eq!((*reason, *field), *expected, "{case}: {shown}");
                expected.0.as_str()
            }
            _ => panic!("{case}: expected {expected:?}, found {found:?}: {shown}"),
        };
        *self.verdicts.entry(name).or_default() += 1;
    }
}

impl Generator {
    /// A document of any sort that the oracle can judge.
    fn document(&mut self, nth: usize) -> Option<(Oracle, Kind, Vec<u8>)> {
        let (kind, text) = if nth % 4 == 0 { self.record() } else { self.plain_record() };
        let mut payload = text.into_bytes();
        if nth % 8 == 7 {
            self.damage(&mut payload);
        }
        Some((Oracle::parse(kind, &payload)?, kind, payload))
    }
}

fn decoder() -> Decoder {
    let options = DecodeOptions { key_rule: KeyRule::AcceptAny, ..DecodeOptions::default() };
    Decoder::new(Arc::default(), options)
}

#[test]
fn decoder_and_oracle_agree_on_random_and_damaged_records() {
    let (decoder, mut scratch) = (decoder(), Scratch::default());
    let (mut whole, mut damaged) = (Tally::default(), Tally::default());
    let mut random = Generator::new(SEED);
    for round in 0..12_000 {
        let case = format!("seed {SEED}, round {round}");
        let (kind, text) = random.record();
        whole.compare(&decoder, &mut scratch, &message(kind, text.as_bytes()), &case);
        let mut bytes = text.into_bytes();
        for _ in 0..3 {
            random.damage(&mut bytes);
            damaged.compare(&decoder, &mut scratch, &message(kind, &bytes), &case);
        }
    }
    // The comparison is worth something only if every branch was taken often.
    for reason in ["accepted", "bad_value", "missing_field", "future_timestamp"] {
        assert!(whole.verdicts.get(reason).is_some_and(|n| *n > 200), "{reason}: {:?}", whole.verdicts);
    }
    assert_eq!((whole.verdicts.get(RejectReason::Malformed.as_str()), whole.undecided), (None, 0));
    for reason in ["accepted", "bad_value", "missing_field", "malformed"] {
        assert!(damaged.verdicts.get(reason).is_some_and(|n| *n > 200), "{reason}: {:?}", damaged.verdicts);
    }
    assert!(damaged.undecided < 50, "{}", damaged.undecided);
}

#[test]
fn any_bytes_are_judged_like_the_oracle_judges_them() {
    let (decoder, mut scratch, mut tally) = (decoder(), Scratch::default(), Tally::default());
    let mut random = Generator::new(SEED + 1);
    for round in 0..30_000 {
        let noise = random.noise();
        tally.compare(
            &decoder,
            &mut scratch,
            &message(Kind::Calls, &noise),
            &format!("seed {}, round {round}", SEED + 1),
        );
    }
    assert!(tally.verdicts.get("malformed").is_some_and(|n| *n > 5_000), "{:?}", tally.verdicts);
    assert!(tally.verdicts.get("missing_field").is_some_and(|n| *n > 100), "{:?}", tally.verdicts);
}

#[test]
fn columns_hold_what_the_oracle_accepts_batch_after_batch() {
    let (decoder, mut scratch, mut rows) = (Arc::new(decoder()), Scratch::default(), Tally::default());
    let mut builder = BatchBuilder::new(decoder.clone(), 1);
    let mut random = Generator::new(SEED + 2);
    for size in [1, 63, 64, 65, 3_000, 0, 1, 5_000, 129, 700] {
        let documents: Vec<(Oracle, Kind, Vec<u8>)> = (0..size).filter_map(|nth| random.document(nth)).collect();
        for (_, kind, payload) in &documents {
            builder.push(&message(*kind, payload), TIMESTAMP);
            rows.compare(&decoder, &mut scratch, &message(*kind, payload), &format!("batch of {size}"));
        }
        let batch = builder.finish().unwrap();
        let expected = documents.iter().map(|(oracle, kind, payload)| {
            (oracle.verdict(&message(*kind, payload), TIMESTAMP), String::from_utf8_lossy(payload))
        });
        let (accepted, rejected): (Vec<_>, Vec<_>) = expected.partition(|(verdict, _)| verdict.is_ok());
        assert_eq!((batch.records.num_rows(), batch.dead_letters.num_rows()), (accepted.len(), rejected.len()));
        // Worth something only if both happen often.
        assert!(size < 500 || accepted.len() * 4 > size && rejected.len() * 20 > size, "{}", accepted.len());
        let columns = RecordColumns::try_new(&batch.records).unwrap();
        for (row, (expected, payload)) in accepted.into_iter().enumerate() {
            assert_eq!(columns.row(row), expected.ok(), "batch of {size}, row {row}: {payload}");
        }
        batch.records.columns().iter().for_each(|column| column.to_data().validate_full().unwrap());
    }
}
