//! `touchload import` beside DuckDB on the same files: ours validates, resolves, computes every metric and writes the
//! tables; the peer counts and sums by channel over three windows and writes nothing. Two cores for both.

use crate::Sizes;
use crate::process::number;
use crate::rows::firehose;
use crate::table::{Row, count};
use crate::test_setup;
use simulate::ndjson::file_name;
use simulate::write_ndjson;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use touchload::clock::SystemClock;
use touchpoint::time::midnight;
use touchpoint::{Clock, Kind};

const HCPS: u32 = 100_000;
const THREADS: &str = "2";

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::Builder::new().prefix("touchload-import-").tempdir()?;
    let files = folder.path().join("files");
    let counts = write_ndjson(&files, firehose(HCPS, sizes.import_records)?, |_| {})?;
    let (records, megabytes) = (counts.total() as f64, counts.bytes as f64 / 1e6);
    let mut best = f64::INFINITY;
    for run in 0..sizes.runs {
        best = best.min(import(&files, &folder.path().join(format!("tables-{run}")))?);
    }
    let rate = records / best;
    let row = Row::new(
        format!("import {} records ({megabytes:.0} MB), tables written", count(records)),
        format!("{} records/s", count(rate)),
    );
    let Some(python) = test_setup::provide("python.sh") else {
        return Ok(vec![row, Row::failed("DuckDB on the same files")]);
    };
    let peer = duckdb(&python, &files, sizes.runs)?;
    let limit = format!("DuckDB, nothing written: {} records/s", count(peer));
    Ok(vec![row.beside(limit, rate / peer).against("≥ 3 × DuckDB", rate >= 3.0 * peer)])
}

/// Imports the files of a simulation. Seconds of the whole process.
pub(crate) fn import(files: &Path, data: &Path) -> anyhow::Result<f64> {
    let options = [
        (Kind::Calls, "--calls"),
        (Kind::Emails, "--emails"),
        (Kind::Congress, "--congress-invitations"),
        (Kind::Requests, "--medical-requests"),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.arg("import").arg("--data").arg(data);
    for (kind, option) in options {
        command.arg(option).arg(files.join(file_name(kind)));
    }
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let seconds = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "import ended with {}: {said}", output.status);
    Ok(seconds)
}

/// Records per second of the fastest run.
fn duckdb(python: &Path, files: &Path, runs: usize) -> anyhow::Result<f64> {
    let at = chrono::DateTime::from_timestamp_micros(midnight(SystemClock.now())).unwrap_or_default();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/import_peer.py");
    let output = Command::new(python)
        .arg(program)
        .arg(files)
        .args(["--at", &at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), "--threads", THREADS])
        .args(["--runs", &runs.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    anyhow::ensure!(output.status.success(), "import_peer.py ended with {}", output.status);
    number(&serde_json::from_slice(&output.stdout)?, "records_per_second")
}
