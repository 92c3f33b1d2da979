//! The window state against the naive reference, over seeded awkward streams: every column, window, audience, several
//! instants; and the properties that say what must not matter (order, duplication, batch size, late inserts).

use crate::adversary::{self, PRESENT, Sent};
use ingest::batch::{BatchBuilder, Message};
use ingest::decode::{DecodeOptions, Decoder};
use processors::Shard;
use processors::kernel::Scratch;
use processors::rows::{self, Values};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simulate::reference::{self, Cell, DEFAULT_TOLERANCE, Placement, Question, Record};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::reference::HcpRow;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

/// Three HCPs with zones (one moves), the others without.
pub(crate) fn reference_data() -> Arc<Reference> {
    let row = |id: &str, zone: &str, from: Micros, to: Micros| HcpRow {
        hcp_id: id.into(),
        specialty: None,
        segment: None,
        territory: Some("north".into()),
        country: None,
        time_zone: zone.parse().ok(),
        account_id: None,
        valid_from: from,
        valid_to: to,
    };
    let rows = vec![
        row("hcp-0", "Europe/Berlin", 0, Micros::MAX),
        row("hcp-1", "America/New_York", 0, PRESENT - 10 * DAY),
        row("hcp-1", "Asia/Tokyo", PRESENT - 10 * DAY, Micros::MAX),
        row("hcp-2", "Asia/Kolkata", PRESENT - 20 * DAY, Micros::MAX),
    ];
    Arc::new(Reference::try_new(rows, Vec::new()).expect("no overlaps"))
}

/// Feeds `order` (indices into `sent`, whose place is the offset) to a shard in batches of `batch` records.
fn shard_of(sent: &[Sent], order: &[usize], batch: usize, policy: &Arc<Policy>, data: &Arc<Reference>) -> Shard {
    let decoder = Arc::new(Decoder::new(data.clone(), DecodeOptions::default()));
    let mut builder = BatchBuilder::new(decoder, 0);
    let mut shard = Shard::new(policy.clone(), data.clone());
    shard.advance(PRESENT - 30 * DAY);
    for (fed, chunk) in order.chunks(batch).enumerate() {
        for &i in chunk {
            let record = &sent[i];
            let message = Message {
                kind: record.kind,
                topic: record.kind.default_topic(),
                partition: 0,
                offset: i as i64,
                timestamp: Some(PRESENT),
                key: Some(record.hcp_id.as_bytes()),
                headers: &[],
                payload: Some(&record.payload),
            };
            builder.push(&message, PRESENT);
        }
        let decoded = builder.finish().expect("a batch");
        shard.apply(&decoded.records, PRESENT - 30 * DAY, None).expect("applied");
        if fed % 3 == 0 {
            shard.evaluate();
        }
    }
    shard
}

fn reference_records(sent: &[Sent], data: &Reference) -> Vec<Record> {
    let placement = |i: usize| Placement {
        position: (0, i as u64),
        reference: data,
        kafka_timestamp: PRESENT,
        ingested_at: PRESENT,
        future_tolerance: DEFAULT_TOLERANCE,
    };
    let parsed = sent.iter().enumerate().map(|(i, s)| Record::parse(s.kind, &s.payload, placement(i)));
    parsed.filter_map(Result::ok).collect()
}

fn cell(value: rows::Value) -> Cell {
    match value {
        rows::Value::Count(n) => Cell::Integer(n),
        rows::Value::Real(r) => Cell::Real(r),
        rows::Value::Text(t) => Cell::Text(t),
        rows::Value::Null => Cell::Null,
    }
}

/// Every difference between the shard and the reference at `at`, as text.
fn differences(shard: &Shard, by_hcp: &BTreeMap<String, Vec<Record>>, at: Micros, seed: u64) -> Vec<String> {
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    for (hcp_id, records) in by_hcp {
        for audience in Audience::ALL {
            let evaluation = shard.number_of(hcp_id).and_then(|n| shard.evaluate_at(n, audience, at, &mut scratch));
            for window in WindowLength::ALL {
                let question = Question { at, window, audience, policy: shard.policy(), reference: shard.reference() };
                let place = format!("seed {seed} {hcp_id} {} {} at {at}", audience.as_str(), window.as_str());
                match (reference::metrics(records, &question), &evaluation) {
                    (None, None) => {}
                    (Some(expected), Some(evaluation)) => {
                        let values = Values {
                            window: &evaluation.windows[window.index()],
                            load: evaluation.load,
                            half_life: shard.policy().half_life,
                        };
                        let diff = expected.diff_columns(|name| cell(rows::value(name, values)));
                        found.extend(diff.into_iter().map(|d| format!("{place}: {d}")));
                    }
                    (expected, _) => found.push(format!("{place}: a row in the reference: {}", expected.is_some())),
                }
            }
        }
    }
    found
}

fn instants(rng: &mut ChaCha8Rng) -> Vec<Micros> {
    let mut at = vec![PRESENT, PRESENT - 14 * DAY, PRESENT + 2 * DAY];
    at.push(PRESENT - rng.random_range(0..40 * 24) * HOUR - rng.random_range(0..3_600_000_000));
    at.push(PRESENT - rng.random_range(0..120) * 6 * HOUR);
    at
}

fn policies() -> Vec<Arc<Policy>> {
    let short = Policy { version: "short gap".into(), gap: 8 * HOUR, request_sla: 30 * HOUR, ..Policy::default() };
    vec![Arc::new(Policy::default()), Arc::new(short)]
}

#[test]
fn state_equals_the_naive_reference_in_any_order_and_batch_size() {
    let data = reference_data();
    for seed in 0..24 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = rng.random_range(20..400);
        let sent = adversary::stream(seed, count);
        let records = reference::by_hcp(&reference_records(&sent, &data));
        for policy in policies() {
            let mut order: Vec<usize> = (0..sent.len()).collect();
            let straight = shard_of(&sent, &order, 1_000, &policy, &data);
            order.shuffle(&mut rng);
            let doubled: Vec<usize> = order.iter().chain(order.iter().take(sent.len() / 3)).copied().collect();
            let shuffled = shard_of(&sent, &doubled, rng.random_range(1..50), &policy, &data);
            for at in instants(&mut rng) {
                let found =
                    [differences(&straight, &records, at, seed), differences(&shuffled, &records, at, seed)].concat();
                assert!(
                    found.is_empty(),
                    "{} differences, first:\n{}",
                    found.len(),
                    found[..found.len().min(12)].join("\n")
                );
            }
        }
    }
}

#[test]
fn the_decoder_and_the_reference_accept_the_same_records() {
    let data = reference_data();
    let sent = adversary::stream(99, 3_000);
    let shard = shard_of(&sent, &(0..sent.len()).collect::<Vec<_>>(), 100, &Arc::new(Policy::default()), &data);
    let records = reference_records(&sent, &data);
    assert!(records.len() < sent.len() && records.len() > sent.len() / 2, "some lie too far ahead: {}", records.len());
    let ids: std::collections::BTreeSet<_> = records.iter().map(|r| r.hcp_id.clone()).collect();
    assert_eq!(shard.hcp_count(), ids.len());
}

#[test]
fn cached_headlines_follow_time_without_new_records() {
    let data = reference_data();
    let policy = Arc::new(Policy::default());
    for seed in 100..108 {
        let sent = adversary::stream(seed, 200);
        let order: Vec<usize> = (0..sent.len()).collect();
        let mut shard = shard_of(&sent, &order, 64, &policy, &data);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut now = PRESENT - 30 * DAY;
        let mut scratch = Scratch::default();
        while now < PRESENT + 40 * DAY {
            now += rng.random_range(1..30) * HOUR + rng.random_range(0..60_000_000);
            shard.advance(now);
            shard.evaluate();
            for cell in shard.snapshot().cells() {
                let number = shard.number_of(&cell.id).expect("known");
                for audience in Audience::ALL {
                    let fresh = shard.evaluate_at(number, audience, now, &mut scratch);
                    let cached = cell.headline(audience);
                    let fresh_values = fresh.as_ref().map(|e| e.windows[WindowLength::HEADLINE.index()]);
                    assert_eq!(cached.map(|h| h.values), fresh_values, "seed {seed} {} at {now}", cell.id);
                    if let (Some(cached), Some(fresh)) = (cached, fresh) {
                        let (cached, fresh) = (cached.load(now, policy.half_life), fresh.load);
                        assert!((cached - fresh).abs() <= 1e-9 * fresh.max(1e-3), "load {cached} {fresh} seed {seed}");
                    }
                }
            }
        }
    }
}
