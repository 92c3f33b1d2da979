//! The questions of `sql/cookbook` beside DuckDB: the same text over the same Parquet files and reference data, on as many
//! cores, each in one process that has its tables open. Questions that need table functions of Touchload have no peer and
//! are left out.

use crate::process::{number, part};
use crate::table::{Row, count};
use crate::test_setup;
use anyhow::{Context, ensure};
use chrono::DateTime;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;
use store::{OpenMode, Store};
use touchload::clock::SystemClock;
use touchload::prompt::plan_reading;
use touchload::reference::ReferenceInput;
use touchload::session::{Facts, StoredTables, half_of_memory};
use touchpoint::{Clock, Micros, Policy};

const TERRITORIES: u64 = 200;
const ACCOUNT: u64 = 11;
const PANEL: u64 = 83;
const SPECIALTIES: [&str; 6] = ["cardiology", "diabetology", "neurology", "oncology", "primary_care", "rheumatology"];

/// Over a log of `records` touchpoints of `hcps`, fastest of `runs`.
pub(crate) fn rows((hcps, records): (u64, u64), runs: usize) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::Builder::new().prefix("touchload-cookbook-").tempdir()?;
    let (data, reference) = (folder.path().join("data"), folder.path().join("reference"));
    part(None, &["write-log", &data.display().to_string(), &hcps.to_string(), &records.to_string()])?;
    write_reference(&reference, hcps)?;
    let Some(python) = test_setup::provide("python.sh") else { return Ok(vec![Row::failed("cookbook beside DuckDB")]) };
    let at = DateTime::from_timestamp_micros(SystemClock.now()).unwrap_or_default();
    let at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let peer = duckdb(&python, [&data, &reference], &at, runs)?;
    let (data, reference) = (data.display().to_string(), reference.display().to_string());
    let names: Vec<&str> = peer.keys().map(String::as_str).collect();
    let ours = part(None, &["cookbook", &data, &reference, &at, &runs.to_string(), &names.join(",")])?;
    let mut rows = vec![Row::new(format!("cookbook over {} touchpoints", count(records as f64)), "")];
    let (mut sum, mut peer_sum) = (0.0, 0.0);
    for (name, seconds) in &peer {
        match (ours[name].as_str(), seconds.as_f64()) {
            (None, Some(peer)) => {
                let own = number(&ours, name)?;
                (sum, peer_sum) = (sum + own, peer_sum + peer);
                rows.push(beside(name, own, peer));
            }
            (None, None) => {
                let why = seconds.as_str().context("seconds, or why there are none")?;
                let figure = format!("{:.2} s; DuckDB: not answered ({why})", number(&ours, name)?);
                rows.push(Row::new(name, figure));
            }
            (Some(refused), peer) => {
                let peer = peer.map_or_else(|| "not answered".to_owned(), |peer| format!("{peer:.2} s"));
                let figure = format!("not answered ({refused}); DuckDB: {peer}");
                rows.push(Row::new(name, figure).against("≤ 1.5 × DuckDB", false));
            }
        }
    }
    rows.push(beside("all that both answered", sum, peer_sum));
    Ok(rows)
}

fn beside(what: &str, own: f64, peer: f64) -> Row {
    let row = Row::new(what, format!("{own:.2} s")).beside(format!("DuckDB: {peer:.2} s"), own / peer);
    row.against("≤ 1.5 × DuckDB", own <= 1.5 * peer)
}

/// Reference data of the HCPs that `write-log` knows.
fn write_reference(folder: &Path, hcps: u64) -> anyhow::Result<()> {
    let mut tables: [(&str, String); 7] = [
        ("hcps", "hcp_id,specialty,segment,territory,country,time_zone,account_id,valid_from,valid_to\n".into()),
        ("accounts", "account_id,territory,kind,access_status,valid_from,valid_to\n".into()),
        ("affiliations", "hcp_id,account_id,is_primary,valid_from,valid_to\n".into()),
        ("panels", "owner_id,hcp_id,is_target,min_touches,max_touches,valid_from,valid_to\n".into()),
        ("people", "owner_id,function,role,manager_id,valid_from,valid_to\n".into()),
        ("plans", "plan_id,hcp_id,account_id,valid_from,valid_to\n".into()),
        ("plan_steps", "plan_id,step,position,function,after,min_gap_h,max_gap_h,valid_from,valid_to\n".into()),
    ];
    let [described, accounts, affiliations, panels, people, ..] = &mut tables;
    for n in 0..hcps {
        let (specialty, segment) = (SPECIALTIES[(n % 6) as usize], ["A", "B", "C"][(n / 6 % 3) as usize]);
        let (territory, account, rep) = (n * TERRITORIES / hcps, n / ACCOUNT, n / PANEL);
        writeln!(described.1, "hcp-{n:08},{specialty},{segment},ter-{territory},ES,Europe/Madrid,acc-{account},,")?;
        writeln!(affiliations.1, "hcp-{n:08},acc-{account},true,,")?;
        writeln!(panels.1, "rep-{rep:04},hcp-{n:08},{},2,8,,", n % 2 == 0)?;
        if n % ACCOUNT == 0 {
            writeln!(accounts.1, "acc-{account},ter-{territory},clinic,open,,")?;
        }
        if n % PANEL == 0 {
            writeln!(people.1, "rep-{rep:04},sales,rep,mgr-{},,", rep / 10)?;
        }
    }
    fs::create_dir_all(folder)?;
    for (name, text) in tables {
        fs::write(folder.join(format!("{name}.csv")), text)?;
    }
    Ok(())
}

/// Seconds by question.
fn duckdb(python: &Path, [data, reference]: [&Path; 2], at: &str, runs: usize) -> anyhow::Result<Map<String, Value>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let threads = std::thread::available_parallelism()?.to_string();
    let output = Command::new(python)
        .arg(root.join("tests/python/cookbook_duckdb.py"))
        .args([data, reference, root])
        .args(["--at", at, "--threads", &threads, "--runs", &runs.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "cookbook_duckdb.py ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Our seconds by question, the fastest of the runs; why, of a question that was not answered.
pub(crate) fn measure(tables: [&Path; 2], at: &str, runs: usize, names: &str) -> anyhow::Result<Value> {
    let [data, reference] = tables;
    let reference = ReferenceInput { folder: Some(reference.to_owned()), ..ReferenceInput::default() }.load()?;
    let facts = Facts { policy: Arc::new(Policy::default()), reference, clock: Arc::new(SystemClock) };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Arc::new(Store::open(&data.display().to_string(), OpenMode::MustExist).await?);
        let tables = StoredTables::new(store, facts, Micros::MAX).with_memory(half_of_memory());
        let context = tables.session()?;
        tables.begin_statement(&context).await?;
        let mut seconds = Map::new();
        for name in names.split(',') {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("sql/cookbook/{name}.sql"));
            let question = fs::read_to_string(file)?.replace("now()", &format!("TIMESTAMPTZ '{at}'"));
            let mut best = Value::Null;
            for _ in 0..runs {
                let began = Instant::now();
                let frame = context.execute_logical_plan(plan_reading(&context, &question).await?).await?;
                if let Err(error) = frame.collect().await {
                    best = error.to_string().lines().next().unwrap_or_default().into();
                    break;
                }
                let took = began.elapsed().as_secs_f64();
                best = best.as_f64().map_or(took, |best| best.min(took)).into();
            }
            // Some take minutes over a large log: whoever waits sees which.
            writeln!(std::io::stderr(), "{name}: {best}")?;
            seconds.insert(name.to_owned(), best);
        }
        Ok(Value::Object(seconds))
    })
}
