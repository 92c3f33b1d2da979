//! `touchload simulate`: a seeded workload, to NDJSON files or to Kafka.

use super::live_traffic::publish_live;
use super::stop;
use crate::cli::value::UsageError;
use crate::cli::{SimulateArgs, SimulateTarget};
use crate::clock::SystemClock;
use crate::progress::{Progress, ProgressChoice, ProgressUnit};
use crate::publish::{
    Content, Each, Pace, Publisher, PublisherConfig, Refilled, Source, create_compacted, create_missing, publish,
};
use crate::summary::{counted, grouped};
use ingest::reference_files::ReferenceTable;
use simulate::{FirehoseConfig, PoisonConfig, ReferenceFiles, Span, Workload, World, WorldConfig, write_ndjson};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use touchpoint::time::{DAY, midnight};
use touchpoint::{Clock, Micros};

/// Where the reference files lie, beside the records; `--reference` of other commands takes it.
const REFERENCE_FOLDER: &str = "reference";
/// How long to wait for the last acknowledgements.
const FLUSH: Duration = Duration::from_secs(60);

pub(super) fn simulate(args: &SimulateArgs, runtime: &Runtime, out: &mut dyn Write) -> anyhow::Result<()> {
    let span = span(args);
    let mut config = WorldConfig::new(args.scenario.into(), args.hcps, args.seed, span);
    config.poison.share = args.poison;
    let world = Arc::new(World::build(config)?);
    let workload = Workload::new(world.clone());
    match args.target() {
        Some(SimulateTarget::Folder(folder)) => to_folder(args, &workload, span, folder, out),
        Some(SimulateTarget::Kafka(servers)) => to_kafka(args, &workload, span, servers, runtime, out),
        None => Err(UsageError("say where to: --out DIR or --kafka HOST:PORT".to_owned()).into()),
    }
}

/// The last `--days` full days before today, unless `--from` says otherwise.
fn span(args: &SimulateArgs) -> Span {
    let days = i64::from(args.days) * DAY;
    let given = args.from.and_then(|date| date.and_hms_opt(0, 0, 0)).map(|t| t.and_utc().timestamp_micros());
    let from: Micros = given.unwrap_or_else(|| midnight(SystemClock.now()) - days);
    Span { from, to: from + days }
}

fn to_folder(
    args: &SimulateArgs,
    workload: &Workload,
    span: Span,
    folder: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let progress = Progress::spinner(ProgressChoice::Shown, "writing records");
    let report = |counts: &simulate::ndjson::NdjsonCounts| progress.set(counts.total());
    let counts = match args.firehose {
        Some(count) => write_ndjson(folder, workload.firehose(FirehoseConfig::new(count, span))?, report)?,
        None => write_ndjson(folder, workload.history(span), report)?,
    };
    drop(progress);
    let reference = folder.join(REFERENCE_FOLDER);
    let rows = ReferenceFiles::new(workload.world()).write(&reference)?;
    writeln!(out, "{} in {}", counted(counts.total(), "record", "records"), folder.display())?;
    writeln!(out, "{} of reference data in {}", counted(rows, "row", "rows"), reference.display())?;
    Ok(())
}

fn to_kafka(
    args: &SimulateArgs,
    workload: &Workload,
    span: Span,
    servers: &str,
    runtime: &Runtime,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let config = PublisherConfig::new(servers);
    let stop = runtime.block_on(async {
        if let Some(partitions) = args.partitions {
            create_missing(&config, partitions.try_into()?).await?;
        }
        if let Some(prefix) = &args.reference_topics {
            let names = ReferenceTable::ALL.map(|table| reference_topic(prefix, table.name()));
            create_compacted(&config, &names.each_ref().map(String::as_str), args.partitions.unwrap_or(1)).await?;
        }
        stop::token(None)
    })?;
    if let Some(prefix) = &args.reference_topics {
        let rows = reference_to_kafka(workload.world(), prefix, &config, &stop)?;
        writeln!(out, "{} rows of reference data delivered to the topics {prefix}…", grouped(rows))?;
    }
    let mut publisher = Publisher::connect(&config)?;
    records_to_kafka(args, workload, span, &mut publisher, &stop)?;
    let report = publisher.finish(FLUSH)?;
    writeln!(out, "{} delivered to {servers}", counted(report.delivered, "record", "records"))?;
    for (reason, count) in &report.failed {
        writeln!(out, "{} not delivered: {reason}", grouped(*count))?;
    }
    if report.failures() + report.unanswered > 0 {
        let lost = report.failures() + report.unanswered;
        anyhow::bail!("{} not acknowledged", counted(lost, "record was", "records were"));
    }
    Ok(())
}

/// Publishes the present, or as many records as were asked for, or the history of the span.
fn records_to_kafka(
    args: &SimulateArgs,
    workload: &Workload,
    span: Span,
    publisher: &mut Publisher,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    if let Some(rate) = args.live {
        return publish_live(publisher, workload, f64::from(rate), stop);
    }
    let pace = args.rate.map_or(Pace::Unbounded, |rate| Pace::PerSecond(f64::from(rate)));
    let progress = match args.firehose {
        Some(count) => Progress::bar(ProgressChoice::Shown, "publishing", count, ProgressUnit::Items),
        None => Progress::spinner(ProgressChoice::Shown, "publishing"),
    };
    match args.firehose {
        Some(count) => {
            let source = Refilled::from(workload.firehose(FirehoseConfig::new(count, span))?);
            publish(publisher, &mut Counted { source, progress: &progress }, pace, stop)?;
        }
        None => {
            let source = Each::of(workload.history(span));
            publish(publisher, &mut Counted { source, progress: &progress }, pace, stop)?;
        }
    }
    Ok(())
}

/// Publishes every row of every table; gives their number.
fn reference_to_kafka(
    world: &World,
    prefix: &str,
    config: &PublisherConfig,
    stop: &CancellationToken,
) -> anyhow::Result<u64> {
    let timestamp = SystemClock.now();
    let mut publisher = Publisher::connect(config)?;
    for message in ReferenceFiles::new(world).messages() {
        let content = Content { key: Some(&message.key), payload: Some(&message.value), timestamp };
        publisher.send_to(&reference_topic(prefix, message.table), &content, stop)?;
    }
    let report = publisher.finish(FLUSH)?;
    let lost = report.failures() + report.unanswered;
    anyhow::ensure!(lost == 0, "{} rows of reference data were not acknowledged; run it again", grouped(lost));
    Ok(report.delivered)
}

fn reference_topic(prefix: &str, table: &str) -> String {
    format!("{prefix}{}", table.replace('_', "-"))
}

/// A source that shows how far it is.
struct Counted<'a, S> {
    source: S,
    progress: &'a Progress,
}

impl<S: Source> Source for Counted<'_, S> {
    fn next(&mut self) -> Option<crate::publish::Outgoing<'_>> {
        self.progress.advance(1);
        self.source.next()
    }
}

/// A poison share with the default reasons.
pub(super) fn poison(share: f64) -> PoisonConfig {
    PoisonConfig { share, ..PoisonConfig::default() }
}
