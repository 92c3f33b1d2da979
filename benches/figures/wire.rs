//! Rows over the Postgres wire, beside PostgreSQL 15 that sends the same rows to the same client.
//!
//! The rows are those of a log that the engine wrote from Kafka; PostgreSQL gets them by COPY from our own CSV, and reads each
//! statement once before it is measured. Either server runs on one core, the client on the other, which parses messages and
//! counts rows and bytes. Text format, simple protocol: what psql and Grafana use.

use crate::Sizes;
use crate::engine::Engine;
use crate::postgres_client::{Login, PostgresClient};
use crate::postgres_server::PostgresServer;
use crate::sql_door::Users;
use crate::stage::Broker;
use crate::table::{Row, count};
use anyhow::{Context, ensure};
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What is sent, and the statement.
const ROWS: [(&str, &str); 2] = [
    ("whole rows (37 columns)", "SELECT * FROM touchpoint_log"),
    ("five columns", "SELECT hcp_id, kind, occurred_at, channel, kafka_offset FROM touchpoint_log"),
];

/// How much came in how many seconds.
#[derive(Debug, Clone, Copy)]
struct Sent {
    rows: u64,
    bytes: u64,
    seconds: f64,
}

impl Sent {
    fn rate(self) -> f64 {
        self.rows as f64 / self.seconds
    }

    fn shown(self) -> String {
        format!("{} rows/s, {:.0} MB/s", count(self.rate()), self.bytes as f64 / self.seconds / 1e6)
    }
}

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let Some(broker) = Broker::start(sizes.stage_records)? else {
        return Ok(vec![Row::failed("rows over the Postgres wire")]);
    };
    let users = Users::make()?;
    let mut engine = Engine::start(&broker.servers(), broker.engine_core, &users.settings(), &[])?;
    engine.wait_committed(sizes.stage_records)?;
    let ours = measured(&engine.login()?, sizes.runs)?;
    let csv = engine.folder().join("log.csv");
    export(&engine, &csv)?;
    let peer = match PostgresServer::start(broker.engine_core)? {
        Some(peer) => {
            peer.load("touchpoint_log", &columns(&engine.login()?)?, &csv)?;
            Some(measured(&peer.login(), sizes.runs)?)
        }
        None => None,
    };
    engine.stop()?;
    let mut rows = Vec::new();
    for (place, (what, _)) in ROWS.iter().enumerate() {
        let sent = ours[place];
        let row = Row::new(format!("{what}, {} rows", count(sent.rows as f64)), sent.shown());
        rows.push(match peer.as_ref().map(|peer| peer[place]) {
            Some(limit) => row.beside(format!("PostgreSQL 15: {}", limit.shown()), sent.rate() / limit.rate()),
            None => row,
        });
    }
    Ok(rows)
}

/// The fastest of some runs of each statement, after one that is not measured.
fn measured(login: &Login, runs: usize) -> anyhow::Result<Vec<Sent>> {
    let mut client = PostgresClient::connect(login)?;
    let mut measured = Vec::new();
    for (_, sql) in ROWS {
        let mut best: Option<Sent> = None;
        for run in 0..=runs {
            let began = Instant::now();
            let (rows, bytes) = client.count(sql)?;
            let sent = Sent { rows, bytes, seconds: began.elapsed().as_secs_f64() };
            best = match best {
                _ if run == 0 => None,
                Some(best) if best.seconds <= sent.seconds => Some(best),
                _ => Some(sent),
            };
        }
        measured.push(best.context("no run")?);
    }
    Ok(measured)
}

fn export(engine: &Engine, csv: &std::path::Path) -> anyhow::Result<()> {
    let status = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "sql", "--format", "csv", "-c", "SELECT * FROM touchpoint_log", "--data"])
        .arg(engine.folder().join("data"))
        .stdin(Stdio::null())
        .stdout(File::create(csv)?)
        .status()?;
    ensure!(status.success(), "touchload sql ended with {status}");
    Ok(())
}

/// The columns of the log with their types, as our own catalogue tells them.
fn columns(login: &Login) -> anyhow::Result<Vec<(String, String)>> {
    let sql = "SELECT column_name, data_type FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name = 'touchpoint_log' ORDER BY ordinal_position";
    let answer = PostgresClient::connect(login)?.one(sql)?;
    let pair = |row: &Vec<Option<String>>| match row.as_slice() {
        [Some(name), Some(data_type)] => Some((name.clone(), data_type.clone())),
        _ => None,
    };
    answer.rows.iter().map(|row| pair(row).context("a column without a type")).collect()
}
