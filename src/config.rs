//! The configuration of `run`: one TOML file, read strictly, resolved into plain values.
//!
//! Two phases. First the text is checked against the table of keys ([`keys`]): unknown keys, wrong types, values out of
//! range and missing keys are collected, all of them, each with its line and with what to do. Only a text without
//! problems is resolved into a [`RunConfig`]. Defaults live in `config/default.toml` and nowhere else; an option of the
//! command line wins over the file, the file over the default, and every setting remembers which it was.
//!
//! Units: durations as `std::time::Duration`, sizes in bytes unless the name says `mb` (MiB). `None` = not set.
//! Secrets (passwords, tokens, private keys among the Kafka properties) are masked whenever a configuration is shown,
//! with `Debug` too.

mod document;
mod effective;
mod keys;
mod nearest;
mod problem;
mod properties;
mod resolve;
mod settings;
mod sql_section;
#[cfg(test)]
mod tests;

pub(crate) use document::{found, integer, line_at};
pub(crate) use nearest::nearest;
pub(crate) use problem::list_problems;
pub use problem::{ConfigError, Problem};
pub use properties::KafkaProperties;
pub use sql_section::SqlSection;

use crate::cli::LogFormat;
use ingest::decode::KeyRule;
use ingest::kafka::PartitionerChoice;
use ingest::reference_files::ReferenceFiles;
use ingest::reference_topics::ReferenceTopics;
use serve::HttpLimits;
use settings::{Origin, Setting, Settings, Value};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::StoreOptions;
use touchpoint::{Topics, Tz};

/// The checked-in defaults; also the reference of all keys.
pub const DEFAULT_TOML: &str = include_str!("config/default.toml");

/// What `run` needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct RunConfig {
    /// `pipeline.name`: part of the tables' transaction ids.
    pub pipeline_name: String,
    /// `[kafka]`.
    pub kafka: KafkaSection,
    /// `[ingest]`.
    pub ingest: IngestSection,
    /// `[store]`.
    pub store: StoreSection,
    /// `http.listen`.
    pub http_listen: SocketAddr,
    /// `http.connections` and `http.idle_timeout`.
    pub http_limits: HttpLimits,
    /// `http.tokens`: who may ask the API; without it commercial callers of this machine, or nobody.
    pub http_tokens: Option<PathBuf>,
    /// `http.audit`: where the API writes who asked what; without it `audit` in the data folder.
    pub http_audit: Option<PathBuf>,
    /// `[sql]`.
    pub sql: SqlSection,
    /// `[reference]`: facts about HCPs, accounts, people and plans, a file for each table …
    pub reference: ReferenceFiles,
    /// … or a compacted topic.
    pub reference_topics: ReferenceTopics,
    /// `policy.file`: weights, budgets, quiet hours; without it the default policy, which has no budgets.
    pub policy_file: Option<PathBuf>,
    /// `[alerts]`.
    pub alerts: AlertsSection,
    /// `[log]`.
    pub log: LogSection,
}

/// `[kafka]`: where records come from.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaSection {
    /// `host:port`, several separated by commas.
    pub bootstrap_servers: String,
    /// Consumer group.
    pub group: String,
    /// How the producers hash keys; matters only where several processes share the work.
    pub partitioner: PartitionerChoice,
    /// The four topics, all different.
    pub topics: Topics,
    /// Passed through to librdkafka as they are.
    pub properties: KafkaProperties,
}

/// `[ingest]`: bounds of what is fetched and not yet processed.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestSection {
    /// `memory_mb`: MiB over all partitions.
    pub memory_mb: u32,
    /// A batch ends at this many records …
    pub batch_records: u32,
    /// … or at this age (`batch_ms`).
    pub batch_age: Duration,
    /// `accept_unkeyed`: whose Kafka keys are accepted.
    pub keys: KeyRule,
    /// How far `occurred_at` may lie ahead of the Kafka record timestamp.
    pub future_tolerance: Duration,
}

/// `[store]`: the tables.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreSection {
    /// Folder or object-store URL; a [`store::Location`] can be made of it.
    pub data: String,
    /// A commit follows at this age …
    pub commit_interval: Duration,
    /// … or at this many bytes of uncommitted records.
    pub commit_bytes: u64,
    /// Time between rounds of compaction, checkpoints and clean-up.
    pub maintenance: Duration,
    /// How the object store is reached; a folder needs none.
    pub options: StoreOptions,
}

/// `[alerts]`: who is told of what is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertsSection {
    /// Whether there are any.
    pub enabled: bool,
    /// The topic of alerts that the commercial audience may see.
    pub topic: String,
    /// The topic of the others.
    pub medical_topic: String,
    /// The file of the key that makes ids and pseudonyms; there is one where alerts are enabled.
    pub key_file: Option<PathBuf>,
    /// Whether Alertmanager gets ids in place of pseudonyms.
    pub plain_ids: bool,
    /// Every Alertmanager replica.
    pub alertmanagers: Vec<String>,
    /// The webhook.
    pub webhook_url: Option<String>,
    /// Who gets the daily digest.
    pub digest_url: Option<String>,
    /// When: the hour …
    pub digest_hour: u32,
    /// … by the clock of this zone.
    pub digest_zone: Tz,
    /// The file of the secret of both.
    pub webhook_secret_file: Option<PathBuf>,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSection {
    /// Least severe level that is written.
    pub level: tracing::Level,
    /// How a line looks.
    pub format: LogFormat,
}

/// What the command line says in place of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Instead of `store.data`.
    pub data: Option<String>,
    /// Instead of `http.listen`.
    pub http: Option<SocketAddr>,
    /// Instead of `sql.listen`; enables it too.
    pub sql: Option<SocketAddr>,
    /// Instead of `log.format`.
    pub log_format: Option<LogFormat>,
}

/// A configuration and where each of its settings came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The resolved values.
    pub config: RunConfig,
    settings: Settings,
}

/// Reads a file.
///
/// # Errors
/// [`ConfigError::Unreadable`] if it cannot be read; else every problem of its text at once. Both are the user's to
/// mend.
pub fn load(file: &Path, overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable { file: name.clone(), source })?;
    parse(&name, &text, overrides)
}

/// Reads a text; `file` is its name in messages.
///
/// # Errors
/// Every problem of the text at once.
pub fn parse(file: &str, text: &str, overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let (mut settings, mut problems) = document::read(DEFAULT_TOML, |_| Origin::Default);
    let (given, found) = document::read(text, |line| Origin::File { line });
    settings.overlay(given);
    problems.extend(found);
    settings.overlay(command_line(overrides));
    problems.extend(settings.missing(&problems));
    problems.extend(resolve::contradictions(&settings));
    if !problems.is_empty() {
        problems.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
        return Err(ConfigError::Problems { file: file.to_owned(), problems });
    }
    match resolve::resolve(&settings) {
        Ok(config) => Ok(Loaded { config, settings }),
        Err(problem) => Err(ConfigError::Problems { file: file.to_owned(), problems: vec![problem] }),
    }
}

fn command_line(overrides: &Overrides) -> Settings {
    let mut settings = Settings::default();
    let mut put = |path: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            settings.put(path, Setting { value, origin: Origin::CommandLine });
        }
    };
    put("store.data", overrides.data.clone().map(Value::Text));
    put("http.listen", overrides.http.map(Value::Address));
    put("sql.enabled", overrides.sql.map(|_| Value::Flag(true)));
    put("sql.listen", overrides.sql.map(Value::Address));
    put("log.format", overrides.log_format.map(|f| Value::Text(f.as_str().to_owned())));
    settings
}
