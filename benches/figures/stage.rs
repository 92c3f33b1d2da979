//! What figures of a running engine need: a real Kafka on one core, an engine on another, and a stream at half of what
//! that engine takes at most.
//!
//! The most is measured in the same run: what the engine commits of a stream that is faster than it. (What it works off of a
//! backlog is more, since of many records of one HCP each turn looks at the last.) The stream comes from a process on the
//! broker's core, records of the same HCPs that arrive as they are sent.

use crate::Sizes;
use crate::engine::Engine;
use crate::kafka_broker::KafkaBroker;
use crate::process::{Guarded, cores, pin, spawn_part};
use crate::rows::{firehose, live};
use anyhow::{Context, bail, ensure};
use std::io::Read;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use touchload::publish::{Pace, Publisher, PublisherConfig, Refilled, publish};
use touchpoint::Kind;
use touchpoint::words::Word;

/// HCPs of the simulated company.
pub(crate) const HCPS: u32 = 100_000;
const PARTITIONS: i32 = 12;
/// The stream runs for so long before anything is measured beside it.
const SETTLES_IN: Duration = Duration::from_secs(10);
/// How long the engine is measured under more than it takes.
const SATURATED: Duration = Duration::from_secs(15);
/// A backlog is gone when nothing was committed for so long.
const QUIET: Duration = Duration::from_secs(4);
/// Nothing is measured beside a stream for longer.
const LONGEST: Duration = Duration::from_secs(1_200);

/// A Kafka with records in it, on a core of its own.
pub(crate) struct Broker {
    kafka: KafkaBroker,
    /// Where the broker runs, and whoever asks or sends.
    pub(crate) core: usize,
    /// Where the engine runs.
    pub(crate) engine_core: usize,
}

impl Broker {
    /// With the four topics and so many records; `None` without Java.
    pub(crate) fn start(records: u64) -> anyhow::Result<Option<Self>> {
        let Some(kafka) = KafkaBroker::start() else { return Ok(None) };
        let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
        kafka.create_topics(&topics, PARTITIONS);
        preload(&kafka.bootstrap(), records)?;
        let cores = cores()?;
        let [core, engine_core, ..] = *cores.as_slice() else {
            bail!("two cores are needed, one for the broker and one for the engine");
        };
        pin(kafka.id().context("the broker runs")?, core)?;
        Ok(Some(Self { kafka, core, engine_core }))
    }

    /// Its address.
    pub(crate) fn servers(&self) -> String {
        self.kafka.bootstrap()
    }

    /// Makes a topic of one partition.
    pub(crate) fn create_topic(&self, name: &str) {
        self.kafka.create_topics(&[name], 1);
    }
}

fn preload(servers: &str, records: u64) -> anyhow::Result<()> {
    let mut publisher = Publisher::connect(&PublisherConfig::new(servers))?;
    let mut source = Refilled::from(firehose(HCPS, records)?);
    publish(&mut publisher, &mut source, Pace::Unbounded, &CancellationToken::new())?;
    let report = publisher.finish(Duration::from_secs(60))?;
    ensure!(report.delivered == records, "{} of {records} records were delivered", report.delivered);
    Ok(())
}

/// See the module. The engine ends before its broker does.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) broker: Broker,
    /// Records that were in Kafka before.
    pub(crate) preloaded: u64,
    /// Records per second that the engine took of the backlog.
    worked_off: f64,
    /// Records per second that it takes of a stream, once that was measured.
    maximum: Option<f64>,
}

impl Stage {
    /// `more` and `files` as [`Engine::start`] has them; `None` without Java.
    pub(crate) fn open(sizes: &Sizes, more: &str, files: &[(&str, &str)]) -> anyhow::Result<Option<Self>> {
        let preloaded = sizes.stage_records;
        let Some(broker) = Broker::start(preloaded)? else { return Ok(None) };
        let mut engine = Engine::start(&broker.servers(), broker.engine_core, more, files)?;
        let run = engine.wait_committed(preloaded)?;
        Ok(Some(Self { engine, broker, preloaded, worked_off: preloaded as f64 / run.seconds, maximum: None }))
    }

    /// Starts the stream at a part of the maximum, and waits until it runs evenly.
    pub(crate) fn stream(&mut self, part: f64) -> anyhow::Result<Stream> {
        let maximum = match self.maximum {
            Some(maximum) => maximum,
            None => self.start(self.worked_off)?.rate_over(&mut self.engine, SATURATED)?,
        };
        self.maximum = Some(maximum);
        self.wait_quiet()?;
        self.start((maximum * part).max(1.0))
    }

    fn start(&mut self, rate: f64) -> anyhow::Result<Stream> {
        let sender = spawn_part(self.broker.core, &["stream", &self.broker.servers(), &rate.to_string()])?;
        self.engine.pause(SETTLES_IN)?;
        Ok(Stream { _sender: sender, since: Instant::now(), before: self.engine.committed()? })
    }

    /// Waits until the engine has worked off what is left.
    fn wait_quiet(&mut self) -> anyhow::Result<()> {
        let mut before = None;
        loop {
            let committed = Some(self.engine.committed()?);
            if committed == before {
                return Ok(());
            }
            before = committed;
            self.engine.pause(QUIET)?;
        }
    }
}

/// A stream that runs until it is dropped.
pub(crate) struct Stream {
    _sender: Guarded,
    since: Instant,
    before: u64,
}

impl Stream {
    /// As [`Stream::rate`], after so long; the stream ends.
    fn rate_over(self, engine: &mut Engine, span: Duration) -> anyhow::Result<f64> {
        engine.pause(span)?;
        self.rate(engine)
    }

    /// Records per second that the engine committed since the stream ran evenly.
    pub(crate) fn rate(&self, engine: &mut Engine) -> anyhow::Result<f64> {
        Ok((engine.committed()? - self.before) as f64 / self.since.elapsed().as_secs_f64())
    }
}

/// Sends records as they arrive until standard input ends, in this process.
pub(crate) fn send(servers: &str, rate: f64) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let ended = stop.clone();
    std::thread::spawn(move || {
        // Whoever started this process ends it by closing its input, or by dying.
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        ended.cancel();
    });
    let mut publisher = Publisher::connect(&PublisherConfig::new(servers))?;
    let mut source = Refilled::from(live(HCPS, rate, LONGEST)?);
    publish(&mut publisher, &mut source, Pace::PerSecond(rate), &stop)?;
    publisher.finish(Duration::from_secs(10))?;
    Ok(())
}
