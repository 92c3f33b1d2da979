//! End to end: a preloaded Apache Kafka, the engine reading it into committed tables, each pinned to a core of its own.
//!
//! Time runs from when the engine has its partitions to the commit that holds the last record, as the Delta log shows
//! it to somebody else. Limit: a process on the engine's core that drains the same topics and only counts bytes.

use crate::Sizes;
use crate::kafka_broker::KafkaBroker;
use crate::process::{Guarded, cores, cpu_seconds, number, on_core, part, pin};
use crate::rows::firehose;
use crate::table::{Row, count};
use anyhow::{Context, bail};
use ingest::kafka::{KafkaConfig, drain as drain_topics};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use touchload::publish::{Pace, Publisher, PublisherConfig, Refilled, publish};
use touchpoint::Kind;
use touchpoint::words::Word;

const HCPS: u32 = 100_000;
const PARTITIONS: i32 = 12;
/// What the engine logs when it begins to read.
const READING: &str = "assigned and restored";
const LOOK_EVERY: Duration = Duration::from_millis(25);
const DEADLINE: Duration = Duration::from_secs(300);

/// One run of the engine or of the drain.
#[derive(Debug, Clone, Copy)]
struct Run {
    seconds: f64,
    cpu: f64,
}

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let records = sizes.kafka_records;
    let Some(broker) = KafkaBroker::start() else { return Ok(vec![Row::failed("end to end from Kafka")]) };
    let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
    broker.create_topics(&topics, PARTITIONS);
    preload(&broker.bootstrap(), records)?;
    let cores = cores()?;
    let [broker_core, engine_core, ..] = cores.as_slice() else {
        bail!("two cores are needed, one for the broker and one for the engine");
    };
    pin(broker.id().context("the broker runs")?, *broker_core)?;
    let (mut drained, mut engine) = (None, None);
    for _ in 0..sizes.runs {
        let printed = part(Some(*engine_core), &["drain", &broker.bootstrap(), &records.to_string()])?;
        anyhow::ensure!(number(&printed, "records")? as u64 == records, "the drain missed records");
        drained = faster(drained, Run { seconds: number(&printed, "seconds")?, cpu: number(&printed, "cpu")? });
        engine = faster(engine, run_engine(&broker.bootstrap(), *engine_core, records)?);
    }
    let (drained, engine) = (drained.context("no drain ran")?, engine.context("no engine ran")?);
    let rate = |run: Run| records as f64 / run.seconds;
    let micros = |run: Run| run.cpu * 1e6 / records as f64;
    let share = rate(engine) / rate(drained);
    let by_cpu = micros(engine) / micros(drained);
    Ok(vec![
        Row::new(
            format!("Kafka to committed tables, {} records, one core", count(records as f64)),
            format!("{} records/s", count(rate(engine))),
        )
        .beside(format!("bare librdkafka drain: {} records/s", count(rate(drained))), share)
        .against("≥ 60 % of the drain", share >= 0.6),
        Row::new("CPU of the engine per record", format!("{:.2} µs", micros(engine)))
            .beside(format!("drain: {:.2} µs", micros(drained)), by_cpu),
    ])
}

fn faster(best: Option<Run>, run: Run) -> Option<Run> {
    best.filter(|best| best.seconds <= run.seconds).or(Some(run))
}

fn preload(servers: &str, records: u64) -> anyhow::Result<()> {
    let mut publisher = Publisher::connect(&PublisherConfig::new(servers))?;
    let mut source = Refilled::from(firehose(HCPS, records)?);
    publish(&mut publisher, &mut source, Pace::Unbounded, &CancellationToken::new())?;
    let report = publisher.finish(Duration::from_secs(60))?;
    anyhow::ensure!(report.delivered == records, "{} of {records} records were delivered", report.delivered);
    Ok(())
}

/// The bare drain, in this process.
pub(crate) fn drain(servers: &str, records: u64) -> anyhow::Result<Value> {
    let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
    let drained = drain_topics(&KafkaConfig::new(servers), &topics, records)?;
    let seconds = drained.elapsed.as_secs_f64();
    Ok(json!({ "records": drained.records, "bytes": drained.bytes, "seconds": seconds, "cpu": cpu_seconds("self")? }))
}

/// `touchload run` from the beginning into a new folder, until everything is committed.
fn run_engine(servers: &str, core: usize, records: u64) -> anyhow::Result<Run> {
    let folder = tempfile::Builder::new().prefix("touchload-run-").tempdir()?;
    let data = folder.path().join("data");
    let config = folder.path().join("touchload.toml");
    fs::write(
        &config,
        format!(
            "[pipeline]\nname = \"figures\"\n[kafka]\nbootstrap_servers = \"{servers}\"\ngroup = \"{}\"\n\
             [store]\ndata = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
            folder.path().file_name().unwrap_or_default().display(),
            data.display()
        ),
    )?;
    let mut command = on_core(core, env!("CARGO_BIN_EXE_touchload").as_ref());
    command.arg("run").arg("--config").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut engine = Guarded(command.spawn()?);
    let id = engine.0.id().to_string();
    let reading = reading(engine.0.stderr.take().context("the engine's log")?);
    reading.recv_timeout(DEADLINE).context("the engine did not begin to read")?;
    let (began, cpu_before) = (Instant::now(), cpu_seconds(&id)?);
    let log = data.join("touchpoint_log").join("_delta_log");
    let mut commits = Commits { log, rows: BTreeMap::new() };
    while commits.rows()? < records {
        // The channel closes when the engine ends; until then waiting for it is the pause between two looks.
        if !matches!(reading.recv_timeout(LOOK_EVERY), Ok(()) | Err(RecvTimeoutError::Timeout)) {
            bail!("the engine ended with {} of {records} records committed", commits.rows()?);
        }
        anyhow::ensure!(began.elapsed() < DEADLINE, "{} of {records} records committed in time", commits.rows()?);
    }
    let run = Run { seconds: began.elapsed().as_secs_f64(), cpu: cpu_seconds(&id)? - cpu_before };
    let ended = Command::new("sh").args(["-c", &format!("kill -s TERM {id}")]).status()?;
    anyhow::ensure!(ended.success() && engine.0.wait()?.success(), "the engine did not end in order");
    anyhow::ensure!(commits.rows()? == records, "{} rows of {records} records", commits.rows()?);
    Ok(run)
}

/// Tells when the engine reads; the channel closes with the engine's log.
fn reading(log: impl std::io::Read + Send + 'static) -> Receiver<()> {
    let (tell, told) = sync_channel(16);
    std::thread::spawn(move || {
        let mut shown = std::io::stderr();
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if line.contains(READING) {
                // Nobody listens any more when the bench is over.
                tell.try_send(()).ok();
            } else if line.contains("WARN") || line.contains("ERROR") {
                std::io::Write::write_all(&mut shown, format!("engine: {line}\n").as_bytes()).ok();
            }
        }
    });
    told
}

/// Rows that the commits of a table have added; each commit is read once.
struct Commits {
    log: PathBuf,
    rows: BTreeMap<PathBuf, u64>,
}

impl Commits {
    fn rows(&mut self) -> anyhow::Result<u64> {
        for entry in fs::read_dir(&self.log)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") && !self.rows.contains_key(&path) {
                let added = added_rows(&path)?;
                self.rows.insert(path, added);
            }
        }
        Ok(self.rows.values().sum())
    }
}

fn added_rows(commit: &Path) -> anyhow::Result<u64> {
    let mut rows = 0;
    for line in fs::read_to_string(commit)?.lines() {
        let action: Value = serde_json::from_str(line)?;
        let add = &action["add"];
        if add["dataChange"] == true {
            let stats: Value = serde_json::from_str(add["stats"].as_str().context("a file without statistics")?)?;
            rows += stats["numRecords"].as_u64().context("a file without a number of rows")?;
        }
    }
    Ok(rows)
}
