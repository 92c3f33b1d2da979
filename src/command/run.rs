//! `touchload run --config FILE`: the main job against a real Kafka.

use super::{logging, stop};
use crate::alerts::{AlertSettings, AlertTopics, DigestSettings};
use crate::cli::value::UsageError;
use crate::cli::{LogFormat, RunArgs, Verbosity};
use crate::config::{AlertsSection, ConfigError, Overrides, Problem, RunConfig, load};
use crate::pipeline::{PipelineSettings, Tally};
use crate::policy;
use crate::reference::{ReferenceInput, ReferenceSource};
use crate::service::{Service, ServiceConfig};
use crate::summary::{Summary, TableVersion};
use crate::tokens;
use ingest::decode::{DecodeOptions, KeyRule};
use ingest::kafka::KafkaConfig;
use serve::deliver::{Ids, Webhook};
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{FolderUse, Location, Store, Table};
use tokio::runtime::Runtime;
use touchpoint::{Audience, Micros, SecretKey};

/// Time between two refreshes of the gauges.
pub(super) const GAUGES_EVERY: Duration = Duration::from_secs(15);
/// Largest batch.
const BATCH_BYTES: usize = 4 << 20;

pub(super) fn run(
    args: RunArgs,
    format: Option<LogFormat>,
    verbosity: Verbosity,
    runtime: &Runtime,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let overrides = Overrides { data: args.data, http: args.http, sql: args.sql, log_format: format };
    let config = load(&args.config, &overrides)?.config;
    logging::start_at(config.log.level, config.log.format, verbosity);
    let reference = match args.reference {
        Some(folder) => ReferenceInput { folder: Some(folder), ..ReferenceInput::default() },
        None => {
            let (files, topics) = (config.reference.clone(), config.reference_topics.clone());
            ReferenceInput { folder: None, files, topics }
        }
    };
    let service = service_config(&args.config, &config, reference)?;
    runtime.block_on(async {
        let stop = stop::token(None)?;
        let started = started();
        let data = config.store.data.clone();
        let service = Service::start(service).await?;
        let sql = service.sql.map(|address| address.to_string()).unwrap_or_default();
        tracing::info!(http = %service.http, sql, data, "started; metrics at /metrics");
        let store = service.store.clone();
        let tally = service.finish(stop).await?;
        summary("run", &tally, &store, &data, started.elapsed()).await.write(out)?;
        Ok(())
    })
}

#[expect(clippy::disallowed_methods, reason = "how long a command took is for people, not for results")]
pub(crate) fn started() -> Instant {
    Instant::now()
}

/// What the tally says, for people.
pub(super) async fn summary(
    command: &'static str,
    tally: &Tally,
    store: &Store,
    data: &str,
    elapsed: Duration,
) -> Summary {
    let mut tables = Vec::new();
    for table in [Table::TouchpointLog, Table::DeadLetters, Table::HcpMetrics, Table::Alerts] {
        // A table that cannot be read now was reported by what failed before; the summary tells the others.
        if let Ok(provider) = store.provider(table).await {
            let version = i64::try_from(provider.version()).unwrap_or(i64::MAX);
            tables.push(TableVersion { name: table.name().to_owned(), version });
        }
    }
    Summary {
        command,
        accepted: tally.accepted,
        rejected: tally.rejected.iter().map(|(reason, count)| (*reason, *count)).collect(),
        skipped: tally.skipped.iter().map(|(reason, count)| (*reason, *count)).collect(),
        hcps: tally.hcps,
        alerts: None,
        tables,
        location: data.to_owned(),
        elapsed,
    }
}

fn service_config(file: &Path, config: &RunConfig, reference: ReferenceInput) -> anyhow::Result<ServiceConfig> {
    let kafka = source_config(file, config)?;
    // Nothing listens before topics are read to their end: no probe finds the process ready, and no record is judged
    // without the tables.
    let source = reference.is_given().then(|| ReferenceSource::open(reference, &kafka)).transpose()?;
    let reference = source.as_ref().map_or_else(|| Ok(Arc::default()), ReferenceSource::load)?;
    let future_tolerance = Micros::try_from(config.ingest.future_tolerance.as_micros())?;
    Ok(ServiceConfig {
        pipeline_name: config.pipeline_name.clone(),
        decode: DecodeOptions { future_tolerance, key_rule: config.ingest.keys, ..DecodeOptions::default() },
        data: Location::parse(&config.store.data)?.with_options(config.store.options.clone()),
        settings: PipelineSettings {
            commit_interval: config.store.commit_interval,
            commit_bytes: usize::try_from(config.store.commit_bytes)?,
            partitioner: kafka.partitioner,
        },
        kafka,
        maintenance: config.store.maintenance,
        gauges: GAUGES_EVERY,
        http: config.http_listen,
        http_limits: config.http_limits,
        tokens: config.http_tokens.as_deref().map(tokens::load).transpose()?,
        tokens_file: config.http_tokens.clone(),
        audit: config.http_audit.clone(),
        sql: config.sql.enabled.then(|| config.sql.clone()),
        reference,
        reference_source: source.map(ReferenceSource::shared),
        policy: policy::in_force(config.policy_file.as_deref())?,
        policy_file: config.policy_file.clone(),
        alerts: alert_settings(&config.alerts)?,
        folder_use: FolderUse::Run,
    })
}

/// The key that a file holds.
pub(super) fn secret_key(file: &Path) -> anyhow::Result<SecretKey> {
    let unusable = |why: &dyn Display| UsageError(format!("the key {} cannot be used: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| unusable(&error))?;
    // An editor ends a file with a line break, which is no part of a key.
    Ok(SecretKey::new(bytes.trim_ascii_end()).map_err(|error| unusable(&error))?)
}

/// Where alerts stand.
pub(super) fn alert_topics(section: &AlertsSection) -> AlertTopics {
    AlertTopics { commercial: section.topic.clone(), medical: section.medical_topic.clone() }
}

/// What alerts need, their secrets read; `None` where they are off.
fn alert_settings(section: &AlertsSection) -> anyhow::Result<Option<AlertSettings>> {
    let Some(key_file) = section.key_file.as_deref().filter(|_| section.enabled) else { return Ok(None) };
    let webhook = |name: &str, url: &String| -> anyhow::Result<Webhook> {
        let (name, url) = (name.to_owned(), url.clone());
        let secret = section.webhook_secret_file.as_deref().map(secret_key).transpose()?;
        Ok(Webhook { name, url, audience: Audience::Commercial, secret })
    };
    let digest = |url: &String| -> anyhow::Result<DigestSettings> {
        Ok(DigestSettings { webhook: webhook("digest", url)?, hour: section.digest_hour, zone: section.digest_zone })
    };
    Ok(Some(AlertSettings {
        key: secret_key(key_file)?,
        topics: alert_topics(section),
        ids: if section.plain_ids { Ids::Plain } else { Ids::Pseudonyms },
        alertmanagers: section.alertmanagers.clone(),
        webhooks: section.webhook_url.iter().map(|url| webhook("webhook", url)).collect::<Result<_, _>>()?,
        digest: section.digest_url.as_ref().map(digest).transpose()?,
    }))
}

/// The source's own configuration, checked by the source too: it knows which properties contradict each other.
pub(super) fn source_config(file: &Path, config: &RunConfig) -> anyhow::Result<KafkaConfig> {
    let memory = usize::try_from(config.ingest.memory_mb)? << 20;
    let kafka = KafkaConfig {
        group_id: config.kafka.group.clone(),
        topics: config.kafka.topics.clone(),
        properties: config.kafka.properties.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        memory_bytes: memory,
        batch_records: usize::try_from(config.ingest.batch_records)?,
        batch_bytes: BATCH_BYTES.min(memory / 8),
        batch_age_ms: u64::try_from(config.ingest.batch_age.as_millis())?,
        accept_unkeyed: config.ingest.keys == KeyRule::AcceptAny,
        partitioner: config.kafka.partitioner,
        ..KafkaConfig::new(config.kafka.bootstrap_servers.clone())
    };
    let problem = |p: ingest::kafka::Problem| Problem { line: None, path: p.field, what: p.what };
    let problems: Vec<Problem> = kafka.validate().into_iter().map(problem).collect();
    if problems.is_empty() {
        return Ok(kafka);
    }
    Err(ConfigError::Problems { file: file.display().to_string(), problems }.into())
}
