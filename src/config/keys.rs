//! The table of keys: what a configuration may say, with type, range and meaning. A key that is not here is refused.
//!
//! To add one: a row here, its default in `default.toml` (unless required or optional), and its use in `resolve`. The
//! tests hold the three together.

use std::time::Duration;

/// Type and range of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Text, not blank.
    Text,
    /// Comma-separated `host:port`.
    Servers,
    /// A Kafka topic name.
    Topic,
    /// An integer in a range, both ends included.
    Integer(i64, i64),
    /// `true` or `false`.
    Flag,
    /// A duration in a range of milliseconds, both ends included.
    Duration(u64, u64),
    /// A size in a range of bytes, both ends included.
    Size(u64, u64),
    /// `IP:PORT`.
    Address,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of a reference file.
    TableFile,
    /// A table of librdkafka properties.
    Properties,
    /// A table of object-store options.
    Options,
}

/// Whether a key must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// By the file.
    Required,
    /// By `default.toml` at least.
    Defaulted,
    /// Not at all; the text says what then holds.
    Optional(&'static str),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Dotted path.
    pub(super) path: &'static str,
    /// Type and range.
    pub(super) shape: Shape,
    /// Whether it must be given.
    pub(super) presence: Presence,
    /// What it is, as the end of "set it to …".
    pub(super) meaning: &'static str,
}

const fn key(path: &'static str, shape: Shape, presence: Presence, meaning: &'static str) -> Key {
    Key { path, shape, presence, meaning }
}

const SECOND: u64 = 1_000;
const DAY: u64 = 86_400 * SECOND;
const MIB: u64 = 1 << 20;

use Presence::{Defaulted, Optional, Required};

/// Every key, in the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    key("pipeline.name", Shape::Text, Defaulted, "the pipeline's name, part of the tables' transaction ids"),
    key("kafka.bootstrap_servers", Shape::Servers, Required, "the cluster's host:port, several separated by commas"),
    key("kafka.group", Shape::Text, Defaulted, "the consumer group"),
    key("kafka.partitioner", Shape::Choice(&["auto", "murmur2", "crc32"]), Defaulted, "how the producers hash keys"),
    key("kafka.topics.calls", Shape::Topic, Defaulted, "the topic of calls"),
    key("kafka.topics.emails", Shape::Topic, Defaulted, "the topic of e-mails"),
    key("kafka.topics.congress", Shape::Topic, Defaulted, "the topic of congress invitations"),
    key("kafka.topics.requests", Shape::Topic, Defaulted, "the topic of medical requests"),
    key("kafka.properties", Shape::Properties, Defaulted, "librdkafka properties passed through"),
    key("ingest.memory_mb", Shape::Integer(16, 65_536), Defaulted, "the MiB for records fetched and not yet processed"),
    key("ingest.batch_records", Shape::Integer(1, 1_000_000), Defaulted, "the records at which a batch ends"),
    key("ingest.batch_ms", Shape::Integer(1, 10_000), Defaulted, "the milliseconds after which a batch ends"),
    key("ingest.accept_unkeyed", Shape::Flag, Defaulted, "true to accept keys other than the hcp_id"),
    key("ingest.future_tolerance", Shape::Duration(0, 400 * DAY), Defaulted, "how far ahead occurred_at may lie"),
    key("store.data", Shape::Text, Defaulted, "the folder or the object-store URL of the tables"),
    key("store.commit_interval", Shape::Duration(50, 600 * SECOND), Defaulted, "the age at which a commit follows"),
    key("store.commit_bytes", Shape::Size(64 << 10, 4_096 * MIB), Defaulted, "the bytes at which a commit follows"),
    key("store.maintenance", Shape::Duration(SECOND, 7 * DAY), Defaulted, "the time between maintenance rounds"),
    key("store.options", Shape::Options, Defaulted, "options of the object store"),
    key("http.listen", Shape::Address, Defaulted, "the address of the HTTP endpoints"),
    key("http.connections", Shape::Integer(1, 100_000), Defaulted, "the most connections"),
    key("http.idle_timeout", Shape::Duration(SECOND, DAY), Defaulted, "the time that a connection may be silent"),
    key("http.tokens", Shape::Text, Optional("the API answers this machine alone"), "the file of tokens (TOML)"),
    key("http.audit", Shape::Text, Optional("the folder audit beside the tables"), "the folder of the audit log"),
    key("sql.enabled", Shape::Flag, Defaulted, "true to let Postgres clients ask"),
    key("sql.listen", Shape::Address, Defaulted, "the address that Postgres clients connect to"),
    key("sql.users", Shape::Text, Optional("every caller of this machine is commercial"), "the file of users (TOML)"),
    key("sql.tls_certificate", Shape::Text, Optional("nothing is encrypted"), "the file of the certificate (PEM)"),
    key("sql.tls_key", Shape::Text, Optional("nothing is encrypted"), "the file of the certificate's key (PEM)"),
    key("sql.connections", Shape::Integer(1, 10_000), Defaulted, "the most connections in all"),
    key("sql.connections_per_user", Shape::Integer(1, 10_000), Defaulted, "the most connections of one user"),
    key("sql.login_timeout", Shape::Duration(100, 60 * SECOND), Defaulted, "the time that a login may take"),
    key("sql.idle_timeout", Shape::Duration(SECOND, 7 * DAY), Defaulted, "the time that a client may be silent"),
    key("sql.statement_timeout", Shape::Duration(100, DAY), Defaulted, "the time that a statement may run"),
    key("sql.statements", Shape::Integer(1, 1_000), Defaulted, "the most statements that run at a time"),
    key("sql.threads", Shape::Integer(1, 256), Defaulted, "the threads that statements run on"),
    key("sql.rows", Shape::Integer(1, 4_000_000_000), Defaulted, "the most rows of a statement"),
    key("sql.bytes", Shape::Size(MIB, 1 << 40), Defaulted, "the most bytes of a statement's rows"),
    key("sql.message_bytes", Shape::Size(64 << 10, 64 * MIB), Defaulted, "the bytes of the longest statement"),
    key("sql.memory", Shape::Size(64 * MIB, 1 << 40), Defaulted, "the memory of all statements together"),
    key("sql.memory_per_connection", Shape::Size(16 * MIB, 1 << 40), Defaulted, "the memory of one connection"),
    key("sql.spill", Shape::Size(0, 1 << 44), Defaulted, "the bytes on disk of all statements together"),
    key("sql.spill_folder", Shape::Text, Optional("the system's temporary folder"), "the folder of those bytes"),
    key("sql.staleness", Shape::Duration(0, DAY), Defaulted, "the most that stored tables may be behind"),
    key("sql.audit_text", Shape::Flag, Defaulted, "true to write the text of statements into the audit log"),
    key("reference.hcps", Shape::TableFile, Optional("territories are unknown, time zones UTC"), "the file of HCPs"),
    key("reference.accounts", Shape::TableFile, Optional("accounts are unknown"), "the file of accounts"),
    key(
        "reference.affiliations",
        Shape::TableFile,
        Optional("an HCP's account is what its row says"),
        "the file of affiliations",
    ),
    key("reference.people", Shape::TableFile, Optional("nothing is known of colleagues"), "the file of people"),
    key("reference.panels", Shape::TableFile, Optional("nobody is a target"), "the file of panels"),
    key("reference.plans", Shape::TableFile, Optional("nobody is enrolled"), "the file of enrolments"),
    key("reference.plan_steps", Shape::TableFile, Optional("plan_precision is NULL"), "the file of plan steps"),
    key("reference.consents", Shape::TableFile, Optional("nothing was captured"), "the file of captured consents"),
    key(
        "reference.consent_rules",
        Shape::TableFile,
        Optional("e-mail has to be agreed to, nothing else"),
        "the file of consent rules",
    ),
    key("reference.preferences", Shape::TableFile, Optional("channel_fit is NULL"), "the file of preferred channels"),
    key("reference.hcps_topic", Shape::Topic, Optional("no topic"), "the compacted topic of hcps"),
    key("reference.accounts_topic", Shape::Topic, Optional("no topic"), "the compacted topic of accounts"),
    key("reference.affiliations_topic", Shape::Topic, Optional("no topic"), "the compacted topic of affiliations"),
    key("reference.people_topic", Shape::Topic, Optional("no topic"), "the compacted topic of people"),
    key("reference.panels_topic", Shape::Topic, Optional("no topic"), "the compacted topic of panels"),
    key("reference.plans_topic", Shape::Topic, Optional("no topic"), "the compacted topic of plans"),
    key("reference.plan_steps_topic", Shape::Topic, Optional("no topic"), "the compacted topic of plan steps"),
    key("reference.consents_topic", Shape::Topic, Optional("no topic"), "the compacted topic of consents"),
    key("reference.consent_rules_topic", Shape::Topic, Optional("no topic"), "the compacted topic of consent rules"),
    key("reference.preferences_topic", Shape::Topic, Optional("no topic"), "the compacted topic of preferences"),
    key("policy.file", Shape::Text, Optional("the default policy, without budgets"), "the policy file (TOML)"),
    key("alerts.enabled", Shape::Flag, Defaulted, "true to find alerts and to tell of them"),
    key("alerts.topic", Shape::Topic, Defaulted, "the compacted topic of alerts"),
    key("alerts.medical_topic", Shape::Topic, Defaulted, "the compacted topic of alerts for medical and compliance"),
    key("alerts.key_file", Shape::Text, Optional("no alerts"), "the file of the key that makes ids and pseudonyms"),
    key("alerts.plain_ids", Shape::Flag, Defaulted, "true to tell Alertmanager ids in place of pseudonyms"),
    key("alerts.alertmanagers", Shape::Text, Optional("none is told"), "the URLs of every Alertmanager replica"),
    key("alerts.webhook_url", Shape::Text, Optional("none is told"), "the URL of the webhook"),
    key("alerts.digest_url", Shape::Text, Optional("nobody gets it"), "the URL that the daily digest is POSTed to"),
    key("alerts.digest_hour", Shape::Integer(0, 23), Defaulted, "the hour of the daily digest"),
    key("alerts.digest_time_zone", Shape::Text, Defaulted, "the time zone of that hour"),
    key("alerts.webhook_secret_file", Shape::Text, Optional("nothing is signed"), "the file of the webhooks' secret"),
    key("log.level", Shape::Choice(&["error", "warn", "info", "debug", "trace"]), Defaulted, "the log level"),
    key("log.format", Shape::Choice(&["text", "json"]), Defaulted, "the log format"),
];

/// The key at `path`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.path == path)
}

/// Whether `path` is a section: something that keys lie in.
pub(super) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|k| k.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

impl Key {
    /// Section and name.
    pub(super) fn parts(&self) -> (&'static str, &'static str) {
        self.path.rsplit_once('.').unwrap_or(("", self.path))
    }
}

impl Shape {
    /// What is accepted, as the end of "expected …".
    pub(super) fn expected(self) -> String {
        use crate::cli::value::{show_duration, show_size};
        let millis = |ms| show_duration(Duration::from_millis(ms));
        match self {
            Self::Text => "text in quotes, not blank".to_owned(),
            Self::Servers => {
                "host:port in quotes, several separated by commas, such as \"kafka-1:9092,kafka-2:9092\"".to_owned()
            }
            Self::Topic => "a topic name in quotes: 1 to 249 letters, digits, dots, underscores or hyphens".to_owned(),
            Self::Integer(min, max) => format!("an integer from {min} to {max}"),
            Self::Flag => "true or false, without quotes".to_owned(),
            Self::Duration(min, max) => {
                format!("a duration from {} to {} in quotes, such as \"30s\" or \"5m\"", millis(min), millis(max))
            }
            Self::Size(min, max) => {
                format!("a size from {} to {} in quotes, such as \"16MiB\"", show_size(min), show_size(max))
            }
            Self::Address => "IP:PORT in quotes, such as \"127.0.0.1:8080\"".to_owned(),
            Self::Choice(words) => format!("one of \"{}\"", words.join("\", \"")),
            Self::TableFile => "a file name in quotes that ends in .csv, .ndjson or .parquet".to_owned(),
            Self::Properties => "a table of librdkafka properties".to_owned(),
            Self::Options => "a table of object-store options".to_owned(),
        }
    }
}
