//! Restore: from the tables to a state with every HCP evaluated, as an assignment does it.
//!
//! The log is written by one process and restored by another, with the files in the page cache. Limit: reading the same
//! rows without applying them.

use crate::Sizes;
use crate::process::{number, part, resident_bytes};
use crate::rows::{BATCH, Rows};
use crate::table::{Row, count};
use arrow::array::BooleanArray;
use futures::StreamExt;
use processors::Shard;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use store::{Import, OpenMode, Owner, ReadLog, Store, Table};
use touchload::clock::SystemClock;
use touchpoint::time::RETENTION;
use touchpoint::{Clock, Kind, NextOffsets, Op, Policy, Reference, TopicPartition, log};

/// What the design restores.
const DESIGN_RECORDS: f64 = 30e6;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let (hcps, records) = sizes.restore;
    let folder = tempfile::Builder::new().prefix("touchload-restore-").tempdir()?;
    let data = folder.path().display().to_string();
    part(None, &["write-log", &data, &hcps.to_string(), &records.to_string()])?;
    let restored = part(None, &["restore", &data])?;
    let (read, applied, evaluated) =
        (number(&restored, "read_s")?, number(&restored, "restore_s")?, number(&restored, "evaluate_s")?);
    let total = applied + evaluated;
    let found = number(&restored, "records")?;
    anyhow::ensure!(found as u64 == records, "{found} of {records} records were restored");
    let what = format!("restore {} HCPs, {} records", count(number(&restored, "hcps")?), count(found));
    let scaled = applied * DESIGN_RECORDS / found + evaluated;
    let resident = number(&restored, "rss_bytes")? / 1e9;
    Ok(vec![
        Row::new(what, format!("{total:.1} s ({evaluated:.1} s of it evaluating), {resident:.1} GB resident"))
            .beside(format!("reading the rows: {read:.1} s"), total / read),
        Row::new("restore, scaled to 30 M records", format!("{scaled:.1} s")).against("≤ 30 s", scaled <= 30.0),
    ])
}

/// Writes a log of that size.
pub(crate) fn write_log(data: &Path, hcps: u64, records: u64) -> anyhow::Result<Value> {
    let rows = Rows::new(hcps, records)?;
    runtime()?.block_on(async {
        let store = Store::open(&data.display().to_string(), OpenMode::CreateIfMissing).await?;
        let (owner, file) = (Owner::new("import", "files"), TopicPartition::new(Kind::Calls.default_topic(), 0));
        store.acquire(&owner, std::slice::from_ref(&file)).await?;
        let mut writer = store.writer(Table::TouchpointLog).await;
        let mut from = 0;
        while from < records {
            let to = (from + BATCH).min(records);
            let batch = rows.batch(from..to, Op::Upsert, Kind::Calls.default_topic())?;
            let no = BooleanArray::from(vec![false; batch.num_rows()]);
            writer.write(log::from_record(&batch, no.clone(), no)?).await?;
            from = to;
        }
        let next = NextOffsets::from([(file, i64::try_from(records)?)]);
        let import = Import { log: writer.finish().await?, next, ..Import::default() };
        store.commit_import(&owner, import).await?;
        Ok(json!({ "records": records }))
    })
}

/// Reads the log twice: only reading, then into a state.
pub(crate) fn measure(data: &Path) -> anyhow::Result<Value> {
    runtime()?.block_on(async {
        let began = Instant::now();
        let store = Store::open(&data.display().to_string(), OpenMode::MustExist).await?;
        let opened = began.elapsed().as_secs_f64();
        let now = SystemClock.now();
        let wanted = ReadLog::of_state(now - RETENTION);
        let began = Instant::now();
        let mut stream = store.read_log(wanted).await?;
        while let Some(batch) = stream.next().await {
            batch?;
        }
        let read = began.elapsed().as_secs_f64();
        let before = resident_bytes()?;
        let began = Instant::now();
        let mut shard = Shard::new(Arc::new(Policy::default()), Arc::new(Reference::default()));
        let mut stream = store.read_log(wanted).await?;
        let mut records = 0;
        while let Some(batch) = stream.next().await {
            records += shard.restore(&batch?)?;
        }
        let restored = began.elapsed().as_secs_f64() + opened;
        let began = Instant::now();
        shard.advance(now);
        shard.evaluate();
        let evaluated = began.elapsed().as_secs_f64();
        Ok(json!({
            "records": records, "hcps": shard.hcp_count(), "read_s": read, "restore_s": restored,
            "evaluate_s": evaluated, "rss_bytes": resident_bytes()?.saturating_sub(before),
        }))
    })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
