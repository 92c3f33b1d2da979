//! End to end: a preloaded Apache Kafka, the engine reading it into committed tables, each pinned to a core of its own.
//!
//! Time runs from when the engine has its partitions to the commit that holds the last record, as the Delta log shows
//! it to somebody else. Limit: a process on the engine's core that drains the same topics and only counts bytes.

use crate::Sizes;
use crate::engine::{Engine, Run};
use crate::process::{cpu_seconds, number, part};
use crate::stage::Broker;
use crate::table::{Row, count};
use anyhow::{Context, ensure};
use ingest::kafka::{KafkaConfig, drain as drain_topics};
use serde_json::{Value, json};
use touchpoint::Kind;
use touchpoint::words::Word;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let records = sizes.kafka_records;
    let Some(broker) = Broker::start(records)? else { return Ok(vec![Row::failed("end to end from Kafka")]) };
    let (servers, core) = (broker.servers(), broker.engine_core);
    let (mut drained, mut engine) = (None, None);
    for _ in 0..sizes.runs {
        let printed = part(Some(core), &["drain", &servers, &records.to_string()])?;
        ensure!(number(&printed, "records")? as u64 == records, "the drain missed records");
        drained = faster(drained, Run { seconds: number(&printed, "seconds")?, cpu: number(&printed, "cpu")? });
        engine = faster(engine, run_engine(&servers, core, records)?);
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

/// The bare drain, in this process.
pub(crate) fn drain(servers: &str, records: u64) -> anyhow::Result<Value> {
    let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
    let drained = drain_topics(&KafkaConfig::new(servers), &topics, records)?;
    let seconds = drained.elapsed.as_secs_f64();
    Ok(json!({ "records": drained.records, "bytes": drained.bytes, "seconds": seconds, "cpu": cpu_seconds("self")? }))
}

/// From the beginning into a new folder, until everything is committed.
fn run_engine(servers: &str, core: usize, records: u64) -> anyhow::Result<Run> {
    let mut engine = Engine::start(servers, core, "", &[])?;
    let run = engine.wait_committed(records)?;
    let rows = engine.stop()?;
    ensure!(rows == records, "{rows} rows of {records} records");
    Ok(run)
}
