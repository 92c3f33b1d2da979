//! `touchload demo`: everything in one process, on an embedded broker with simulated traffic.
//!
//! The last weeks of a simulated company are published first, as fast as they are read, then live traffic at a rate. The
//! records go through the same consumers, decoder, state and tables as in `run`.

mod model;
mod traffic;
mod trying;

use super::run::{GAUGES_EVERY, started, summary};
use super::{reference, simulate::poison, stop};
use crate::alerts::{AlertSettings, AlertTopics};
use crate::broker::{ALERT_TOPICS, DEMO_PARTITIONS, EmbeddedBroker};
use crate::cli::{DemoArgs, ViewChoice};
use crate::clock::SystemClock;
use crate::config::SqlSection;
use crate::pipeline::PipelineSettings;
use crate::policy::{self, PolicyError};
use crate::reference::ReferenceSource;
use crate::service::{Service, ServiceConfig};
use crate::summary::{AlertCounts, Summary};
use crate::view::TerminalView;
use anyhow::Context;
use ingest::decode::DecodeOptions;
use ingest::kafka::{KafkaConfig, PartitionerChoice};
use rand::TryRngCore;
use rand::rngs::OsRng;
use serve::deliver::Ids;
use serve::{HttpLimits, OpenAlerts};
use simulate::{Span, Workload, World, WorldConfig};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{FolderUse, Location};
use tokio_util::sync::CancellationToken;
use touchpoint::time::DAY;
use touchpoint::{Audience, Clock, Policy, Reference, SecretKey};
use traffic::Traffic;

/// How much history a demo starts with.
const HISTORY_DAYS: i64 = 35;
/// Bytes of the key of alerts.
const KEY_BYTES: usize = 32;
/// Plain lines come this often.
const LINES_EVERY: Duration = Duration::from_secs(5);

pub(super) async fn demo(args: DemoArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let begun = started();
    let now = SystemClock.now();
    let span = Span { from: now - HISTORY_DAYS * DAY, to: now };
    let mut config = WorldConfig::new(args.scenario.into(), args.hcps, args.seed, span);
    config.poison = poison(args.poison);
    let workload = Workload::new(Arc::new(World::build(config)?));
    let reference = reference(&args, &workload)?;
    let broker = EmbeddedBroker::start(DEMO_PARTITIONS)?;
    let data = args.data.display().to_string();
    let policy = demo_policy(args.policy.as_deref())?;
    let trying = trying::Commands::new(broker.bootstrap_servers(), &args, (&policy, &reference), now);
    let service = Service::start(service_config(&args, broker.bootstrap_servers(), (policy, reference))?).await?;
    let stop = stop::token(args.run_for)?;
    let traffic = Traffic::start(&args, broker.bootstrap_servers(), workload, span, service.observer.clone(), &stop)?;
    let watching = match model::Models::new(&service, &data, &trying) {
        Ok(models) => watch(args.view(), models, &service, &stop, out).await,
        Err(error) => Err(error),
    };
    let alerts = service.alerts.as_ref().map(alert_counts);
    stop.cancel();
    let store = service.store.clone();
    let tally = service.finish(stop).await?;
    traffic.join()?;
    watching?;
    drop(broker);
    let summary = summary("demo", &tally, &store, &data, begun.elapsed()).await;
    Summary { alerts, ..summary }.write(out)?;
    Ok(())
}

fn alert_counts(open: &OpenAlerts) -> AlertCounts {
    AlertCounts { fired: open.fired(), open: open.list(Audience::Full, |_| true).len() as u64 }
}

/// The policy of a file, or the demo's own: it has a budget that nobody uses up but the user.
fn demo_policy(file: Option<&Path>) -> Result<Arc<Policy>, PolicyError> {
    match file {
        Some(_) => policy::in_force(file),
        None => policy::parse("of the demo", include_str!("demo/policy.toml")).map(Arc::new),
    }
}

/// Alerts by a key that lives as long as the demo, as its broker does.
fn alert_settings(args: &DemoArgs) -> anyhow::Result<AlertSettings> {
    let mut key = [0; KEY_BYTES];
    OsRng.try_fill_bytes(&mut key).context("asking the operating system for random bytes")?;
    let [commercial, medical] = ALERT_TOPICS.map(str::to_owned);
    Ok(AlertSettings {
        key: SecretKey::new(&key)?,
        topics: AlertTopics { commercial, medical },
        ids: Ids::Pseudonyms,
        alertmanagers: args.alertmanager.clone(),
        webhooks: Vec::new(),
        digest: None,
    })
}

/// The files that were given, else what the simulated world knows of itself.
fn reference(args: &DemoArgs, workload: &Workload) -> anyhow::Result<Arc<Reference>> {
    if args.reference.config().is_some() || args.reference.input().is_given() {
        return tokio::task::block_in_place(|| reference::given(&args.reference));
    }
    Reference::try_new(simulate::ReferenceFiles::new(workload.world()).tables())
        .map(Arc::new)
        .map_err(|faults| anyhow::anyhow!("the simulated reference data contradict each other: {faults:?}"))
}

fn service_config(
    args: &DemoArgs,
    servers: &str,
    (policy, reference): (Arc<Policy>, Arc<Reference>),
) -> anyhow::Result<ServiceConfig> {
    let given = args.reference.input();
    let data = Location::parse(&args.data.display().to_string())?;
    // Beside tables in an object store there is no folder for the audit log, without which nobody may ask.
    let sql = data.local_path().is_some().then(|| sql_section(args)).transpose()?;
    Ok(ServiceConfig {
        pipeline_name: "demo".to_owned(),
        kafka: KafkaConfig { group_id: "touchload-demo".to_owned(), ..KafkaConfig::new(servers) },
        decode: DecodeOptions::default(),
        data,
        settings: PipelineSettings {
            commit_interval: Duration::from_secs(2),
            commit_bytes: 16 << 20,
            partitioner: PartitionerChoice::Auto,
        },
        maintenance: Duration::from_secs(60),
        gauges: GAUGES_EVERY / 5,
        http: args.http,
        tokens: None,
        tokens_file: None,
        http_limits: HttpLimits::default(),
        audit: None,
        sql,
        reference,
        reference_source: given.is_given().then(|| ReferenceSource::of_files(given).shared()),
        policy,
        policy_file: args.policy.clone(),
        alerts: Some(alert_settings(args)?),
        folder_use: FolderUse::Demo,
    })
}

/// The server for Postgres clients, with the limits of a configuration that says nothing.
fn sql_section(args: &DemoArgs) -> anyhow::Result<SqlSection> {
    Ok(SqlSection { enabled: true, listen: args.sql, ..SqlSection::usual()? })
}

/// Shows what happens until it is time to stop.
async fn watch(
    choice: ViewChoice,
    mut models: model::Models,
    service: &Service,
    stop: &CancellationToken,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let terminal = choice == ViewChoice::Terminal && std::io::stdout().is_terminal();
    if terminal {
        let (ended, handle) = (stop.clone(), tokio::runtime::Handle::current());
        let view = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
            TerminalView::open()?.run(|| handle.block_on(models.next()), &ended)?;
            Ok(())
        });
        return view.await?;
    }
    for line in models.next().await.place_lines() {
        writeln!(out, "{line}")?;
    }
    while !stop.is_cancelled() && !service.has_ended() {
        tokio::select! { () = tokio::time::sleep(LINES_EVERY) => {}, () = stop.cancelled() => {} }
        writeln!(out)?;
        for line in models.next().await.to_lines() {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
