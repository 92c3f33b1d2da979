//! `touchload what-if` over stored history: the whole process, from its start to its end, under a policy that is stricter
//! than none; first the touches alone, then with the alert rules under both policies. Limit: reading the columns that a
//! state is made of, of the same tables, in this process.

use crate::Sizes;
use crate::import;
use crate::process::{number, part};
use crate::rows::history;
use crate::table::{Row, count};
use anyhow::{Context, ensure};
use chrono::DateTime;
use futures::StreamExt;
use serde_json::{Value, json};
use simulate::write_ndjson;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use store::{OpenMode, ReadLog, Store};
use touchload::clock::SystemClock;
use touchload::policy::template;
use touchpoint::Clock;
use touchpoint::time::{DAY, EARLIEST, Micros};

/// A hundred records of each HCP a year.
const RECORDS_OF_EACH: u64 = 100;
const DAYS: i64 = 365;
const POLICY: &str = "cross-channel";

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let touches = measured("what-if of touches", sizes.what_if_records, (sizes.runs, &["--skip-alerts"]))?;
    let alerts = measured("what-if of touches and alerts", sizes.what_if_alert_records, (1, &[]))?;
    Ok(vec![touches, alerts])
}

/// The fastest of so many runs with these options over a history of so many records.
fn measured(what: &str, records: u64, (runs, options): (usize, &[&str])) -> anyhow::Result<Row> {
    let folder = tempfile::Builder::new().prefix("touchload-what-if-").tempdir()?;
    let (files, data) = (folder.path().join("files"), folder.path().join("data"));
    let hcps = u32::try_from(records / RECORDS_OF_EACH)?;
    let records = write_ndjson(&files, history(hcps, records, DAYS)?, |_| {})?.total();
    import::import(&files, &data)?;
    fs::remove_dir_all(&files)?;
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, template::named(POLICY).context("a template")?.text)?;
    let (mut read, mut seconds) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..runs {
        let printed = part(None, &["read-log", &data.display().to_string()])?;
        ensure!(number(&printed, "records")? as u64 == records, "the log does not hold {records} records");
        read = read.min(number(&printed, "seconds")?);
        seconds = seconds.min(what_if(&data, &policy, options)?);
    }
    let (bare, rate) = (records as f64 / read, records as f64 / seconds);
    let row = Row::new(format!("{what}, {} records of {DAYS} days", count(records as f64)), per_second(rate));
    let row = row.beside(format!("reading the stored columns: {}", per_second(bare)), rate / bare);
    Ok(row.against("≥ 1,000,000 records/s", rate >= 1e6))
}

fn per_second(rate: f64) -> String {
    format!("{} records/s", count(rate))
}

/// Seconds of the whole process.
fn what_if(data: &Path, policy: &Path, more: &[&str]) -> anyhow::Result<f64> {
    let now = SystemClock.now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.arg("what-if").arg("--data").arg(data).arg("--policy").arg(policy).args(more);
    command.args(["--from", &date(now - DAYS * DAY)?, "--to", &date(now + DAY)?]);
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let seconds = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "what-if ended with {}: {said}", output.status);
    Ok(seconds)
}

fn date(at: Micros) -> anyhow::Result<String> {
    Ok(DateTime::from_timestamp_micros(at).context("an instant")?.format("%Y-%m-%dT00:00:00Z").to_string())
}

/// Reads the log and does nothing with it, in this process.
pub(crate) fn read(data: &Path) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let store = Store::open(&data.display().to_string(), OpenMode::MustExist).await?;
        let mut rows = store.read_log(ReadLog::of_state(EARLIEST)).await?;
        let mut records = 0;
        while let Some(batch) = rows.next().await {
            records += batch?.num_rows();
        }
        Ok(json!({ "records": records, "seconds": began.elapsed().as_secs_f64() }))
    })
}
