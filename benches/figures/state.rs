//! The window state: insert, retract (a late delete) and evaluate at several numbers of HCPs, and its memory.
//!
//! Each size runs in a process of its own. HCPs are hit at random, so caches play their real part; the limit is a chain
//! of random reads in a table of the state's size. Insert and retract are `Shard::apply` without making the log rows,
//! which is measured on the same batches. Evaluate is one HCP brought up to date for both audiences after the inserts.

use crate::Sizes;
use crate::process::{Stopwatch, number, part, resident_bytes};
use crate::rows::{BATCH, Rows, mix};
use crate::table::{Row, count, nanos};
use arrow::array::{BooleanArray, RecordBatch};
use processors::Shard;
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;
use touchpoint::time::{DAY, RETENTION};
use touchpoint::{Op, Policy, Reference, log};

const TOPIC: &str = "engagement.calls";
/// Most records that are inserted and timed.
const TIMED: u64 = 200_000;
/// A size is built anew until so many records of each HCP were timed, or [`TIMED`] of all.
const ENOUGH: u64 = 100;
/// No common divisor with any number of records here: a walk that meets each once.
const STRIDE: u64 = 1_000_003;
const LARGEST_TABLE: usize = 4 << 30;
const READS: u64 = 2_000_000;

/// Sums of the timed work, in nanoseconds, and how often it was done.
#[derive(Debug, Default)]
pub(crate) struct Timed {
    pub(crate) insert: (f64, u64),
    retract: (f64, u64),
    pub(crate) log_rows: (f64, u64),
    pub(crate) evaluate: (f64, u64),
}

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let mut measured = Vec::new();
    for (hcps, per_hcp) in sizes.states {
        measured.push(part(None, &["state", &hcps.to_string(), &per_hcp.to_string()])?);
    }
    let idle = part(None, &["idle", &sizes.idle_hcps.to_string()])?;
    let timed: Vec<&Value> = measured.iter().filter(|m| m["per_hcp"] == 50).collect();
    let mut rows = Vec::new();
    let targets = [("insert", 500.0, "≤ 500 ns"), ("retract", 500.0, "≤ 500 ns"), ("evaluate", 3_000.0, "≤ 3 µs")];
    for (name, limit, target) in targets {
        for one in &timed {
            let (figure, access) = (number(one, name)?, number(one, "access")?);
            let what = format!("{name}, {} HCPs × 50 records", count(number(one, "hcps")?));
            let beside = format!("a random read in {:.0} MB: {}", number(one, "state_bytes")? / 1e6, nanos(access));
            rows.push(Row::new(what, nanos(figure)).beside(beside, figure / access).against(target, figure <= limit));
        }
        if let [first, .., last] = timed.as_slice() {
            let growth = number(last, name)? / number(first, name)?;
            rows.push(
                Row::new(format!("{name}, most HCPs over fewest"), format!("{growth:.2} ×"))
                    .against("≤ 2 ×", growth <= 2.0),
            );
        }
    }
    rows.extend(memory(&measured, &idle)?);
    Ok(rows)
}

/// A line through two sizes with equally many HCPs: its slope is a record, its start an HCP.
fn memory(measured: &[Value], idle: &Value) -> anyhow::Result<Vec<Row>> {
    let [_, few, many, ..] = measured else { anyhow::bail!("two sizes are needed for memory") };
    let per_hcp = |of: &Value, name: &str| Ok::<_, anyhow::Error>(number(of, name)? / number(of, "hcps")?);
    let records = per_hcp(many, "entries")? - per_hcp(few, "entries")?;
    let line = |name: &str| {
        let slope = (per_hcp(many, name)? - per_hcp(few, name)?) / records;
        Ok::<_, anyhow::Error>((slope, per_hcp(few, name)? - slope * per_hcp(few, "entries")?))
    };
    let (record, hcp) = line("rss_bytes")?;
    let (own_record, own_hcp) = line("state_bytes")?;
    let active = per_hcp(few, "rss_bytes")?;
    let idle_rss = per_hcp(idle, "rss_bytes")?;
    let own = |bytes: f64| format!("Shard::bytes says {bytes:.0} B");
    Ok(vec![
        Row::new("memory per retained record", format!("{record:.0} B resident"))
            .beside(own(own_record), record / own_record)
            .against("≤ 96 B", record <= 96.0),
        Row::new("memory per active HCP beside its records", format!("{hcp:.0} B resident"))
            .beside(own(own_hcp), hcp / own_hcp),
        Row::new(
            format!("memory per HCP with {:.0} records", per_hcp(few, "entries")?),
            format!("{active:.0} B resident"),
        )
        .against("≤ 1.2 KiB", active <= 1.2 * 1024.0),
        Row::new("memory per idle HCP (no record retained)", format!("{idle_rss:.0} B resident"))
            .beside(own(per_hcp(idle, "state_bytes")?), idle_rss / per_hcp(idle, "state_bytes")?)
            .against("≤ 120 B", idle_rss <= 120.0),
    ])
}

/// One size, in this process.
pub(crate) fn measure(hcps: u64, per_hcp: u64) -> anyhow::Result<Value> {
    let base = hcps * per_hcp;
    let rows = Rows::new(hcps, base)?;
    let fresh = (hcps * 10).min(TIMED);
    let before = resident_bytes()?;
    let mut timed = Timed::default();
    let mut shard = filled(plain(), &rows, base)?;
    let rss = resident_bytes()?.saturating_sub(before);
    let (state_bytes, entries) = (shard.bytes(), shard.entry_count());
    loop {
        time_inserts(&mut shard, &rows, base..base + fresh, &mut timed)?;
        time_retracts(&mut shard, &rows, base, fresh, &mut timed)?;
        if timed.insert.1 >= (hcps * ENOUGH).min(TIMED) {
            break;
        }
        shard = filled(plain(), &rows, base)?;
    }
    drop(shard);
    let log_row = mean(timed.log_rows);
    Ok(json!({
        "hcps": hcps, "per_hcp": per_hcp, "entries": entries, "state_bytes": state_bytes, "rss_bytes": rss,
        "insert": mean(timed.insert) - log_row, "retract": mean(timed.retract) - log_row, "log_row": log_row,
        "evaluate": mean(timed.evaluate), "access": random_read(state_bytes)?,
    }))
}

/// HCPs that had one record each, all outside retention by now.
pub(crate) fn measure_idle(hcps: u64) -> anyhow::Result<Value> {
    let rows = Rows::new(hcps, hcps)?;
    let before = resident_bytes()?;
    let mut shard = filled(plain(), &rows, hcps)?;
    let end = rows.arrival(hcps);
    for day in 1..=RETENTION / DAY + 400 {
        shard.advance(end + day * DAY);
        shard.evaluate();
    }
    let rss = resident_bytes()?.saturating_sub(before);
    Ok(json!({
        "hcps": shard.hcp_count(), "entries": shard.entry_count(), "state_bytes": shard.bytes(), "rss_bytes": rss,
    }))
}

fn plain() -> Shard {
    Shard::new(Arc::new(Policy::default()), Arc::new(Reference::default()))
}

/// Nanoseconds each of what was timed.
pub(crate) fn mean((nanos, times): (f64, u64)) -> f64 {
    nanos / times.max(1) as f64
}

/// An empty shard with the first `base` rows in it, everybody evaluated.
pub(crate) fn filled(mut shard: Shard, rows: &Rows, base: u64) -> anyhow::Result<Shard> {
    let mut from = 0;
    while from < base {
        let to = (from + BATCH).min(base);
        shard.apply(&rows.batch(from..to, Op::Upsert, TOPIC)?, rows.arrival(to), None)?;
        from = to;
    }
    shard.advance(rows.arrival(base));
    shard.evaluate();
    Ok(shard)
}

/// Inserts rows batch by batch and evaluates whom they changed after each.
pub(crate) fn time_inserts(
    shard: &mut Shard,
    rows: &Rows,
    new: std::ops::Range<u64>,
    timed: &mut Timed,
) -> anyhow::Result<()> {
    let mut from = new.start;
    while from < new.end {
        let to = (from + BATCH).min(new.end);
        let batch = rows.batch(from..to, Op::Upsert, TOPIC)?;
        apply(shard, &batch, rows.arrival(to), &mut timed.insert)?;
        time_log_rows(&batch, &mut timed.log_rows)?;
        let began = Stopwatch::start()?;
        shard.advance(rows.arrival(to));
        let evaluated = shard.evaluate().len();
        add(&mut timed.evaluate, began, evaluated)?;
        from = to;
    }
    Ok(())
}

fn time_retracts(shard: &mut Shard, rows: &Rows, base: u64, count: u64, timed: &mut Timed) -> anyhow::Result<()> {
    let victims: Vec<u64> = (0..count).map(|i| (mix(base) % base + i * STRIDE) % base).collect();
    for chunk in victims.chunks(BATCH as usize) {
        let batch = rows.batch(chunk.iter().copied(), Op::Delete, TOPIC)?;
        apply(shard, &batch, rows.arrival(base + count), &mut timed.retract)?;
        shard.evaluate();
    }
    Ok(())
}

fn apply(shard: &mut Shard, batch: &RecordBatch, now: i64, sum: &mut (f64, u64)) -> anyhow::Result<()> {
    let began = Stopwatch::start()?;
    let applied = shard.apply(batch, now, None)?;
    add(sum, began, batch.num_rows())?;
    // Otherwise nothing was inserted or retracted, and the time would mean nothing.
    anyhow::ensure!(applied.changed == batch.num_rows(), "{} of {} changed", applied.changed, batch.num_rows());
    Ok(())
}

fn time_log_rows(batch: &RecordBatch, sum: &mut (f64, u64)) -> anyhow::Result<()> {
    let no = BooleanArray::from(vec![false; batch.num_rows()]);
    let began = Stopwatch::start()?;
    black_box(log::from_record(batch, no.clone(), no)?);
    add(sum, began, batch.num_rows())
}

fn add(sum: &mut (f64, u64), began: Stopwatch, times: usize) -> anyhow::Result<()> {
    sum.0 += began.nanos()?;
    sum.1 += times as u64;
    Ok(())
}

/// Nanoseconds of a read whose place the read before it decides.
fn random_read(bytes: usize) -> anyhow::Result<f64> {
    let places = (bytes.min(LARGEST_TABLE) / 8).max(1) as u64;
    let table: Vec<u64> = (0..places).map(mix).collect();
    let began = Stopwatch::start()?;
    let mut at = 0;
    for read in 0..READS {
        at = (table.get(at as usize).copied().unwrap_or(0) ^ read) % places;
    }
    black_box(at);
    Ok(began.nanos()? / READS as f64)
}
