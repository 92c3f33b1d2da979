//! The window state against the naive reference, over seeded awkward streams: every column, window, audience, several
//! instants; and the properties that say what must not matter (order, duplication, batch size, late inserts).

use crate::adversary::{self, PRESENT, Sent};
use crate::budget_policies;
use arrow::array::RecordBatch;
use ingest::batch::{BatchBuilder, Message};
use ingest::decode::{DecodeOptions, Decoder};
use processors::Shard;
use processors::kernel::{Instant, Scratch, WindowValues};
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

/// What is known of the HCPs of [`adversary::stream`], and of a few more.
pub(crate) fn reference_data() -> Arc<Reference> {
    Arc::new(Reference::try_new(adversary::tables()).expect("no faults"))
}

/// Feeds `order` (indices into `sent`, whose place is the offset) to a shard in batches of `batch` records.
pub(crate) fn shard_of(
    sent: &[Sent],
    order: &[usize],
    batch: usize,
    policy: &Arc<Policy>,
    data: &Arc<Reference>,
) -> Shard {
    fed(sent, order, batch, policy, data).0
}

/// A shard of all of `sent`, and the rows of the log that it gave.
pub(crate) fn shard_and_log(sent: &[Sent], policy: &Arc<Policy>, data: &Arc<Reference>) -> (Shard, Vec<RecordBatch>) {
    let order: Vec<usize> = (0..sent.len()).collect();
    fed(sent, &order, 64, policy, data)
}

fn fed(
    sent: &[Sent],
    order: &[usize],
    batch: usize,
    policy: &Arc<Policy>,
    data: &Arc<Reference>,
) -> (Shard, Vec<RecordBatch>) {
    let decoder = Arc::new(Decoder::new(data.clone(), DecodeOptions::default()));
    let mut builder = BatchBuilder::new(decoder, 0);
    let mut shard = Shard::new(policy.clone(), data.clone());
    let mut log = Vec::new();
    shard.seed_targets(|_| true);
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
        log.push(shard.apply(&decoded.records, PRESENT - 30 * DAY, None).expect("applied").log);
        if fed % 3 == 0 {
            shard.evaluate();
        }
    }
    (shard, log)
}

pub(crate) fn reference_records(sent: &[Sent], data: &Reference) -> Vec<Record> {
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
        rows::Value::Instant(at) => Cell::Integer(at),
        rows::Value::Null => Cell::Null,
    }
}

/// The records of every HCP, and of the targets that have none.
pub(crate) fn with_targets<'a>(
    by_hcp: &'a BTreeMap<String, Vec<Record>>,
    data: &'a Reference,
) -> BTreeMap<&'a str, &'a [Record]> {
    let targets = data.targets().map(|hcp_id| (hcp_id, &[][..]));
    targets.chain(by_hcp.iter().map(|(hcp_id, records)| (hcp_id.as_str(), records.as_slice()))).collect()
}

/// Every difference between the shard and the reference at `at`, as text.
fn differences(shard: &Shard, by_hcp: &BTreeMap<String, Vec<Record>>, at: Micros, seed: u64) -> Vec<String> {
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    for (hcp_id, records) in with_targets(by_hcp, shard.reference()) {
        for audience in Audience::ALL {
            let evaluation = shard.number_of(hcp_id).and_then(|n| shard.evaluate_at(n, audience, at, &mut scratch));
            for window in WindowLength::ALL {
                let (policy, reference) = (&**shard.policy(), &**shard.reference());
                let question = Question { hcp_id, at, window, audience, policy, reference };
                let version = &shard.policy().version;
                let place = format!("seed {seed} {version} {hcp_id} {} {} at {at}", audience.as_str(), window.as_str());
                match (reference::metrics(records, &question), &evaluation) {
                    (None, None) => {}
                    (Some(expected), Some(evaluation)) => {
                        let Instant { policy, zone, .. } = Instant::new(at, shard.policy(), shard.reference(), hcp_id);
                        let window = &evaluation.windows[window.index()];
                        let values = Values { window, overall: evaluation.overall, as_of: at, policy, zone };
                        let diff = expected.diff_columns(|name| cell(rows::value(name, &values)));
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

fn policies(seed: u64) -> Vec<Arc<Policy>> {
    let short = Policy { version: "short gap".into(), gap: 8 * HOUR, request_sla: 30 * HOUR, ..Policy::default() };
    let everyday = if seed.is_multiple_of(4) { budget_policies::gaps_only() } else { budget_policies::everyday() };
    let seeded = [budget_policies::seeded(seed), budget_policies::seeded(1_000 + seed)];
    [Policy::default(), short, everyday].into_iter().chain(seeded).map(Arc::new).collect()
}

#[test]
fn state_equals_the_naive_reference_in_any_order_and_batch_size() {
    let data = reference_data();
    for seed in 0..24 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = rng.random_range(20..400);
        let sent = adversary::stream(seed, count);
        let records = reference::by_hcp(&reference_records(&sent, &data));
        for policy in policies(seed) {
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
    assert_eq!(shard.heard_of_count(), ids.len());
}

#[test]
fn cached_headlines_follow_time_without_new_records() {
    for seed in 100..108 {
        follow_time(seed, Policy::default());
    }
}

#[test]
fn cached_budgets_follow_time_without_new_records() {
    for seed in 110..114 {
        follow_time(seed, budget_policies::everyday());
        follow_time(seed, budget_policies::waiting());
        follow_time(seed, budget_policies::seeded(seed));
    }
}

/// Every column of the headline rows that a shard has cached equals a fresh evaluation, instant after instant.
fn follow_time(seed: u64, policy: Policy) {
    let (data, policy) = (reference_data(), Arc::new(policy));
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
                let place = format!("seed {seed} {} {} at {now}", policy.version, cell.id);
                let fresh = shard.evaluate_at(number, audience, now, &mut scratch);
                let cached = cell.headline(audience);
                let fresh_values = fresh.as_ref().map(|e| e.windows[WindowLength::HEADLINE.index()]);
                assert_eq!(cached.map(|h| h.values), fresh_values, "{place}");
                if let (Some(cached), Some(fresh)) = (cached, fresh) {
                    let (cached, fresh) = (cached.overall(now, policy.half_life), fresh.overall);
                    assert!((cached.load - fresh.load).abs() <= 1e-9 * fresh.load.max(1e-3), "{place}");
                    assert_eq!(cached.standing, fresh.standing, "{place}");
                }
            }
        }
    }
}

#[test]
fn at_next_free_at_every_budget_has_room_and_one_millisecond_earlier_one_is_full() {
    let (data, policy) = (reference_data(), Arc::new(budget_policies::waiting()));
    let (mut waits, mut scratch) = (0, Scratch::default());
    for seed in 200..216 {
        let sent = adversary::stream(seed, 300);
        let order: Vec<usize> = (0..sent.len()).collect();
        let shard = shard_of(&sent, &order, 100, &policy, &data);
        for day in [3, 6, 12, 20, 30, 60] {
            // By then everything has happened.
            let at = PRESENT + day * DAY + 7 * HOUR;
            for (number, audience) in (0..shard.hcp_count() as u32).flat_map(|n| Audience::ALL.map(|a| (n, a))) {
                let mut ask = |at| Some(shard.evaluate_at(number, audience, at, &mut scratch)?.overall.standing);
                let Some(standing) = ask(at) else { continue };
                let free = standing.next_free_at(at, &policy, None).expect("nothing forbids");
                // No row, no touch, no use.
                let mut has_room = |at| ask(at).and_then(|s| s.columns(&policy)).is_none_or(|c| c.budget_use < 1.0);
                assert!(free >= at && has_room(free), "seed {seed} {number} at {at}: full at {free}");
                assert_eq!(free == at, has_room(at), "seed {seed} {number} at {at}");
                if free > at {
                    waits += 1;
                    assert!(!has_room(at.max(free - 1_000)), "seed {seed} {number} at {at}: room before {free}");
                }
            }
        }
    }
    assert!(waits > 100, "{waits}");
}

#[test]
fn budgets_of_the_reference_take_every_zone_and_wait_for_every_reason() {
    let data = reference_data();
    let mut zones: BTreeMap<Option<String>, usize> = BTreeMap::new();
    let (mut free, mut waiting, mut never) = (0, 0, 0);
    for seed in 0..12 {
        let records = reference::by_hcp(&reference_records(&adversary::stream(seed, 200), &data));
        for policy in policies(seed) {
            for (at, audience) in [(PRESENT, Audience::Full), (PRESENT - 15 * DAY, Audience::Commercial)] {
                let window = WindowLength::HEADLINE;
                let (policy, reference) = (&*policy, &*data);
                let ask = |(hcp_id, records): (&String, &Vec<Record>)| {
                    reference::metrics(records, &Question { hcp_id, at, window, audience, policy, reference })
                };
                for row in records.iter().filter_map(ask) {
                    match row.next_free_at {
                        Some(next) if next > at => waiting += 1,
                        Some(_) => free += 1,
                        None => never += 1,
                    }
                    *zones.entry(row.zone).or_default() += 1;
                }
            }
        }
    }
    let seen = |zone: Option<&str>| zones.get(&zone.map(str::to_owned)).copied().unwrap_or(0);
    for zone in [None, Some("clear"), Some("near"), Some("full"), Some("over")] {
        assert!(seen(zone) >= 5, "{zone:?}: {zones:?}");
    }
    assert!(free >= 20 && waiting >= 20 && never >= 20, "{free} {waiting} {never}");
}

/// How often a column was NULL, 0, 1 or in between.
#[derive(Debug, Default)]
struct Spread {
    null: usize,
    none: usize,
    all: usize,
    between: usize,
}

impl Spread {
    fn add(&mut self, value: Option<f64>) {
        *match value {
            None => &mut self.null,
            Some(0.0) => &mut self.none,
            Some(1.0) => &mut self.all,
            Some(_) => &mut self.between,
        } += 1;
    }
}

#[test]
fn the_reference_data_moves_every_column_that_it_decides() {
    let (data, policy) = (reference_data(), Arc::new(Policy::default()));
    let mut spreads: BTreeMap<&str, Spread> = BTreeMap::new();
    let (mut rows_of_targets, mut scratch) = (0, Scratch::default());
    for seed in 0..6 {
        let sent = adversary::stream(seed, 300);
        let shard = shard_of(&sent, &(0..sent.len()).collect::<Vec<_>>(), 100, &policy, &data);
        let cases = (0..shard.hcp_count() as u32).flat_map(|n| Audience::ALL.map(|audience| (n, audience)));
        for (number, audience) in cases {
            for at in [PRESENT - 14 * DAY, PRESENT, PRESENT + 2 * DAY] {
                let Some(evaluation) = shard.evaluate_at(number, audience, at, &mut scratch) else { continue };
                rows_of_targets += usize::from(shard.hcp(number).is_some_and(|hcp| hcp.list().is_none()));
                evaluation.windows.iter().for_each(|values| spread(values, &mut spreads));
            }
        }
    }
    for (column, spread) in &spreads {
        assert!(spread.none.max(spread.all) >= 5 && spread.between >= 5, "{column}: {spreads:?}");
        assert!(spread.null >= 5 || *column == "consent_conflicts", "{column}: {spreads:?}");
    }
    assert_eq!(spreads.len(), 6);
    assert!(rows_of_targets >= 6 * 3 * 2, "{rows_of_targets}");
}

fn spread(values: &WindowValues, spreads: &mut BTreeMap<&str, Spread>) {
    let columns = [
        ("sequence_coherence", values.sequence_coherence.get()),
        ("plan_precision", values.plan_precision.get()),
        ("plan_recall", values.plan_recall.get()),
        ("plan_fit", values.plan_fit.get()),
        ("consent_conflicts", values.consent_conflicts.map(f64::from)),
        ("channel_fit", values.channel_fit.get()),
    ];
    for (column, value) in columns {
        spreads.entry(column).or_default().add(value);
    }
}

/// As [`reference_data`], but one HCP works elsewhere, and where another one is is known.
fn later_data() -> Arc<Reference> {
    let mut tables = adversary::tables();
    let hcps = tables.hcps.get_or_insert_default();
    hcps.retain(|row| row.hcp_id != "hcp-0" && row.hcp_id != "hcp-3");
    hcps.extend([("hcp-0", "Australia/Sydney"), ("hcp-3", "Europe/Paris")].map(|(id, zone)| HcpRow {
        hcp_id: id.into(),
        segment: Some("C".into()),
        time_zone: zone.parse().ok(),
        ..HcpRow::default()
    }));
    Arc::new(Reference::try_new(tables).expect("no overlaps"))
}

#[test]
fn new_reference_data_take_force_for_those_they_bear_on() {
    let (data, later, policy) = (reference_data(), later_data(), Arc::new(budget_policies::everyday()));
    let mut scratch = Scratch::default();
    for seed in 300..308 {
        let sent = adversary::stream(seed, 300);
        let order: Vec<usize> = (0..sent.len()).collect();
        let mut shard = shard_of(&sent, &order, 64, &policy, &data);
        shard.advance(PRESENT);
        shard.evaluate();
        shard.set_reference(later.clone());
        let changed: Vec<_> =
            shard.evaluate().into_iter().filter_map(|c| shard.hcp(c.number).map(|h| h.id.clone())).collect();
        assert!(changed.iter().any(|id| &**id == "hcp-0"), "seed {seed}: {changed:?}");
        assert!(changed.iter().all(|id| ["hcp-0", "hcp-3"].contains(&&**id)), "seed {seed}: {changed:?}");
        // What was known by its day alone stays at the noon that it was placed at.
        let records = reference::by_hcp(&reference_records(&sent, &data));
        let found = differences(&shard, &records, PRESENT, seed);
        assert!(found.is_empty(), "{} differences, first: {}", found.len(), found[0]);
        for cell in shard.snapshot().cells() {
            let number = shard.number_of(&cell.id).expect("known");
            for audience in Audience::ALL {
                let fresh = shard.evaluate_at(number, audience, PRESENT, &mut scratch);
                let values = fresh.map(|e| e.windows[WindowLength::HEADLINE.index()]);
                assert_eq!(cell.headline(audience).map(|h| h.values), values, "seed {seed} {}", cell.id);
            }
        }
    }
}
