//! Day rows: whatever arrives when, the last row at or before a closed midnight, in its greatest revision, is what that
//! midnight looks like with today's knowledge.

use crate::adversary::{self, PRESENT, Sent};
use crate::budget_policies;
use crate::kernel_against_reference::reference_data;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use ingest::batch::{BatchBuilder, Message};
use ingest::decode::{DecodeOptions, Decoder};
use processors::Shard;
use processors::kernel::{Instant, Scratch};
use processors::rows::{self, Value, Values};
use processors::state::days::ClosedDays;
use processors::state::waiting::Queue;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simulate::reference::ReferenceRow;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::metric::METRICS;
use touchpoint::time::{DAY, HOUR, midnight};
use touchpoint::{Audience, Micros, Policy, WindowLength};

const DAYS: i64 = 50;

/// Stored rows: HCP and midnight to revisions.
#[derive(Default)]
struct Stored {
    rows: BTreeMap<(String, Micros), BTreeMap<i64, ReferenceRow>>,
    greatest: i64,
}

impl Stored {
    fn add(&mut self, batch: &RecordBatch) {
        let ids = batch.column_by_name("hcp_id").expect("ids").as_string::<i32>();
        let days = batch.column_by_name("as_of").expect("days").as_primitive::<TimestampMicrosecondType>();
        let revisions = batch.column_by_name("revision").expect("revisions").as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let key = (ids.value(row).to_owned(), days.value(row));
            let metrics = ReferenceRow::from_batch(batch, row).expect("metrics");
            self.greatest = self.greatest.max(revisions.value(row));
            let double = self.rows.entry(key.clone()).or_default().insert(revisions.value(row), metrics);
            assert!(double.is_none(), "{key:?} has revision {} twice", revisions.value(row));
        }
    }

    fn last(&self, hcp_id: &str, at: Micros) -> Option<&ReferenceRow> {
        let known = self.rows.range((hcp_id.to_owned(), Micros::MIN)..=(hcp_id.to_owned(), at)).next_back()?;
        known.1.values().next_back()
    }
}

/// A stream over days: a record reaches the shard long before, at or long after its own time.
struct Replay {
    sent: Vec<Sent>,
    arrivals: Vec<Micros>,
    shard: Shard,
    stored: Stored,
    log: Vec<RecordBatch>,
    policy: Arc<Policy>,
}

impl Replay {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = rng.random_range(100..300);
        let sent = adversary::stream(seed, count);
        let arrive = |_: &Sent| PRESENT - rng.random_range(-10 * 24 * 60..(DAYS - 10) * 24 * 60) * (HOUR / 60);
        let arrivals = sent.iter().map(arrive).collect();
        // Quiet hours aside, which release another instant each day.
        let budgets = Policy { quiet_hours: None, ..budget_policies::everyday() };
        let policy = Arc::new(if seed.is_multiple_of(2) { budgets } else { Policy::default() });
        let mut shard = Shard::new(policy.clone(), reference_data());
        shard.seed_targets(|_| true);
        Self { sent, arrivals, shard, stored: Stored::default(), log: Vec::new(), policy }
    }

    fn feed(&mut self, after: Micros, now: Micros) {
        let mut due: Vec<usize> =
            (0..self.sent.len()).filter(|i| self.arrivals[*i] > after && self.arrivals[*i] <= now).collect();
        due.sort_by_key(|i| self.arrivals[*i]);
        let decoder = Arc::new(Decoder::new(reference_data(), DecodeOptions::default()));
        let mut builder = BatchBuilder::new(decoder, 0);
        for i in due {
            let record = &self.sent[i];
            let message = Message {
                kind: record.kind,
                topic: record.kind.default_topic(),
                partition: 0,
                offset: i as i64,
                timestamp: Some(self.arrivals[i]),
                key: Some(record.hcp_id.as_bytes()),
                headers: &[],
                payload: Some(&record.payload),
            };
            builder.push(&message, now);
        }
        if builder.is_empty() {
            return;
        }
        let decoded = builder.finish().expect("a batch");
        self.log.push(self.shard.apply(&decoded.records, now, None).expect("applied").log);
    }

    fn close(&mut self, now: Micros) {
        self.shard.advance(now);
        // Days do not wait until everybody is evaluated.
        self.shard.evaluate_some(Queue::AtBorder, self.shard.waiting_count() / 4);
        self.shard.evaluate_some(Queue::InTurn, self.shard.waiting_count() / 2);
        if let Some(rows) = self.shard.close_days(now).expect("rows") {
            self.stored.add(&rows);
        }
    }

    /// A new process: state from the log, days from the table.
    fn restart(&mut self, now: Micros) {
        let closed = self.shard.closed_days();
        self.shard = Shard::new(self.policy.clone(), reference_data());
        self.shard.seed_targets(|_| true);
        for rows in &self.log {
            self.shard.restore(rows).expect("restored");
        }
        self.shard.start_days(closed, now);
        let horizon = closed.map_or(Micros::MIN, |c: ClosedDays| c.last - 35 * DAY);
        for ((hcp_id, as_of), revisions) in &self.stored.rows {
            let revision = *revisions.keys().next_back().expect("a revision");
            if revision > 0 && *as_of > horizon {
                self.shard.restore_revision(hcp_id, *as_of, revision);
            }
        }
    }

    fn assert_rows(&self, place: &str) -> usize {
        let Some(closed) = self.shard.closed_days() else { return 0 };
        let mut scratch = Scratch::default();
        let mut compared = 0;
        let mut at = closed.first.max(closed.last - 34 * DAY);
        while at <= closed.last {
            for number in 0..self.shard.hcp_count() as u32 {
                let id = &self.shard.hcp(number).expect("an HCP").id;
                let place = format!("{place}: {id} at day {}", (at - PRESENT) / DAY);
                let now = self.shard.evaluate_at(number, Audience::Full, at, &mut scratch);
                let found = self.stored.last(id, at);
                let Some(now) = now else {
                    assert!(found.is_none_or(|f| f.touches + f.requests + f.attempts == 0), "{place}: a row too many");
                    continue;
                };
                let found = found.unwrap_or_else(|| panic!("{place}: no row"));
                let window = &now.windows[WindowLength::HEADLINE.index()];
                let Instant { policy, zone, .. } = Instant::new(at, &self.policy, self.shard.reference(), id);
                let values = Values { window, overall: now.overall, as_of: at, policy, zone };
                assert_cells(found, values, &place);
                compared += 1;
            }
            at += DAY;
        }
        compared
    }
}

fn assert_cells(found: &ReferenceRow, expected: Values<'_>, place: &str) {
    use simulate::reference::Cell;
    let found = found.cells();
    for metric in METRICS.iter().filter(|m| !matches!(m.name, "interruption_load" | "visits_per_week")) {
        let cell = match rows::value(metric.name, &expected) {
            Value::Count(n) => Cell::Integer(n),
            Value::Real(r) => Cell::Real(r),
            Value::Text(t) => Cell::Text(t),
            Value::Instant(at) => Cell::Integer(at),
            Value::Null => Cell::Null,
        };
        let stored = found.iter().find(|(name, _)| *name == metric.name).map(|(_, cell)| cell).expect("a metric");
        let stored = match stored {
            // A row stands until something changes: what was free on its day is free at once on later ones.
            Cell::Integer(free) if metric.name == "next_free_at" => Cell::Integer(expected.as_of.max(*free)),
            other => other.clone(),
        };
        assert!(cell.agrees(&stored), "{place}: {} is {cell}, the row says {stored}", metric.name);
    }
}

/// Days pass; `restart_on` some of them the process is replaced by a new one. Gives rows compared, greatest revision.
fn replay(seed: u64, restart_on: &[i64]) -> (usize, i64) {
    let mut replay = Replay::new(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed + 1_000);
    let mut now = PRESENT - (DAYS - 10) * DAY + HOUR;
    replay.shard.advance(now);
    replay.shard.start_days(None, now);
    let mut compared = 0;
    for day in 0..DAYS {
        // Sometimes a day is slept through.
        let step = if rng.random_bool(0.1) { rng.random_range(24..60) * HOUR } else { rng.random_range(3..24) * HOUR };
        let after = now;
        now += step;
        replay.feed(after, now);
        replay.close(now);
        if restart_on.contains(&day) {
            replay.restart(now);
        }
        compared += replay.assert_rows(&format!("seed {seed}, step {day}"));
    }
    (compared, replay.stored.greatest)
}

#[test]
fn the_last_row_of_a_day_is_what_that_day_is_known_to_be() {
    for seed in 0..12 {
        let (compared, revisions) = replay(seed, &[]);
        assert!(compared > 500 && revisions > 1, "seed {seed}: {compared} rows, greatest revision {revisions}");
    }
}

#[test]
fn restarts_change_nothing() {
    for seed in 20..26 {
        let (compared, revisions) = replay(seed, &[11, 12, 30]);
        assert!(compared > 500 && revisions > 1, "seed {seed}: {compared} rows, greatest revision {revisions}");
    }
}

#[test]
fn a_start_under_other_facts_brings_a_row_of_everybody_once() {
    let mut replay = Replay::new(40);
    let started = PRESENT - (DAYS - 10) * DAY + HOUR;
    replay.shard.advance(started);
    replay.shard.start_days(None, started);
    let quiet = PRESENT - 5 * DAY + HOUR;
    replay.feed(started, quiet);
    replay.close(quiet);
    replay.restart(quiet);
    replay.shard.expect_everyone();
    let mut written = |day: i64| {
        let before = replay.stored.rows.len();
        replay.close(quiet + day * DAY);
        replay.stored.rows.len() - before
    };
    let (everybody, changed) = (written(1), written(2));
    let known = (0..replay.shard.hcp_count() as u32).filter(|number| {
        let at = midnight(quiet + DAY);
        replay.shard.evaluate_at(*number, Audience::Full, at, &mut Scratch::default()).is_some()
    });
    let known = known.count();
    assert!(known > 5 && everybody >= known, "{everybody} rows, {known} HCPs");
    assert!(changed < everybody, "{changed} of {everybody} the day after");
    replay.assert_rows("under other facts");
}
