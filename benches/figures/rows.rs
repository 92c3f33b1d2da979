//! Synthetic decoded rows: shapes of the simulator, ids and instants by a row's number.
//!
//! Row `n` is always the same, so that a later delete names an earlier record without remembering it. HCPs are drawn
//! alike, arrivals are even over 90 days before the end of the span, event times lie before them as the simulator has
//! them.

use anyhow::Context;
use arrow::array::RecordBatch;
use ingest::batch::{BatchBuilder, Message};
use ingest::decode::{DecodeOptions, Decoder, KeyRule};
use simulate::{Firehose, FirehoseConfig, Scenario, Span, Workload, World, WorldConfig};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use touchload::clock::SystemClock;
use touchpoint::record::{RecordBuilder, RecordColumns, RecordRow};
use touchpoint::time::DAY;
use touchpoint::{Clock, Micros, Op, Reference, Word};

/// Rows per batch.
pub(crate) const BATCH: u64 = 16_384;
const POOL: u64 = 4_096;
const SPAN_DAYS: i64 = 90;

/// Records of the simulator as fast as they can be made, over the last 35 days.
pub(crate) fn firehose(hcps: u32, count: u64) -> anyhow::Result<Firehose> {
    history(hcps, count, 35)
}

/// As [`firehose`], over so many days up to now.
pub(crate) fn history(hcps: u32, count: u64, days: i64) -> anyhow::Result<Firehose> {
    let to = SystemClock.now();
    records(hcps, FirehoseConfig::new(count, Span { from: to - days * DAY, to }))
}

/// Other records of the same HCPs, which arrive from now on, `rate` in a second, for at most `longest`.
pub(crate) fn live(hcps: u32, rate: f64, longest: Duration) -> anyhow::Result<Firehose> {
    let from = SystemClock.now();
    let span = Span { from, to: from + Micros::try_from(longest.as_micros())? };
    records(hcps, FirehoseConfig { run: 1, ..FirehoseConfig::new((rate * longest.as_secs_f64()) as u64, span) })
}

fn records(hcps: u32, config: FirehoseConfig) -> anyhow::Result<Firehose> {
    let world = World::build(WorldConfig::new(Scenario::Coverage, hcps, 1, config.span))?;
    Ok(Workload::new(Arc::new(world)).firehose(config)?)
}

/// See the module.
pub(crate) struct Rows {
    pool: RecordBatch,
    /// Rows of the pool that state something: a delete is made by [`Rows::batch`] alone.
    shapes: Vec<usize>,
    hcps: u64,
    count: u64,
    to: Micros,
}

impl Rows {
    /// Rows `0..count` spread over 90 days up to now; later numbers arrive after that.
    pub(crate) fn new(hcps: u64, count: u64) -> anyhow::Result<Self> {
        let decoder = Decoder::new(
            Arc::new(Reference::default()),
            DecodeOptions { key_rule: KeyRule::AcceptAny, ..DecodeOptions::default() },
        );
        let mut builder = BatchBuilder::new(Arc::new(decoder), 0);
        for item in firehose(10_000, POOL)? {
            let message = Message {
                kind: item.kind,
                topic: item.kind.default_topic(),
                partition: 0,
                offset: 0,
                timestamp: Some(item.arrival),
                key: None,
                headers: &[],
                payload: Some(&item.payload),
            };
            builder.push(&message, item.arrival);
        }
        let pool = builder.finish()?.records;
        let ops = RecordColumns::try_new(&pool)?.op;
        let shapes = (0..pool.num_rows()).filter(|row| ops.value(*row) == Op::Upsert.code()).collect();
        Ok(Self { pool, shapes, hcps, count, to: SystemClock.now() })
    }

    /// When row `n` arrives.
    pub(crate) fn arrival(&self, n: u64) -> Micros {
        let span = i128::from(SPAN_DAYS * DAY);
        let into = span * i128::from(n) / i128::from(self.count.max(1));
        self.to - SPAN_DAYS * DAY + into as Micros
    }

    /// A batch of the given rows under `topic`, with their numbers as offsets; for deletes their removal.
    pub(crate) fn batch(&self, numbers: impl Iterator<Item = u64>, op: Op, topic: &str) -> anyhow::Result<RecordBatch> {
        let columns = RecordColumns::try_new(&self.pool)?;
        let mut builder = RecordBuilder::default();
        let (mut hcp_id, mut event_id) = (String::new(), String::new());
        for n in numbers {
            let mixed = mix(n);
            let shape = self.shapes.get((mixed % self.shapes.len().max(1) as u64) as usize);
            let shape = shape.and_then(|row| columns.row(*row)).context("the simulator made no record")?;
            hcp_id.clear();
            event_id.clear();
            write!(hcp_id, "hcp-{:08}", mix(mixed) % self.hcps)?;
            write!(event_id, "load-{n:09}")?;
            let shift = self.arrival(n) - shape.kafka_timestamp;
            let row = RecordRow { hcp_id: &hcp_id, event_id: &event_id, kafka_topic: topic, ..moved(shape, shift) };
            let row = RecordRow { kafka_offset: n as i64, ..row };
            builder.push(&if op == Op::Delete { delete_of(row) } else { row });
        }
        Ok(builder.finish()?)
    }
}

fn moved(shape: RecordRow<'_>, shift: Micros) -> RecordRow<'_> {
    let later = |at: Micros| at + shift;
    RecordRow {
        occurred_at: shape.occurred_at.map(later),
        recorded_at: shape.recorded_at.map(later),
        status_at: shape.status_at.map(later),
        answered_at: shape.answered_at.map(later),
        ingested_at: shape.ingested_at + shift,
        kafka_timestamp: shape.kafka_timestamp + shift,
        ..shape
    }
}

fn delete_of(row: RecordRow<'_>) -> RecordRow<'_> {
    RecordRow { op: Op::Delete, status: None, occurred_at: None, precision: None, answered_at: None, ..row }
}

/// A number that looks random (the finaliser of splitmix64).
pub(crate) fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}
