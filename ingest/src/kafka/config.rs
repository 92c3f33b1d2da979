//! The configuration of the Kafka source, its check, and the librdkafka properties it becomes.
//!
//! Sizes are bytes, times milliseconds. One budget, `memory_bytes`, bounds everything that waits between broker and
//! pipeline: half of it librdkafka's fetch queue, a quarter the batches being filled, a quarter those on the way to the
//! pipeline. A fetch in flight may overshoot it by one response of at most an eighth.

use crate::kafka::partitioner::PartitionerChoice;
use crate::kafka::properties::{is_secret_property, property_problem};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use touchpoint::Topics;

const MIB: usize = 1024 * 1024;
const DEFAULT_SESSION_MS: u64 = 45_000;
const DEFAULT_MAX_POLL_MS: u64 = 300_000;

/// Where the records come from and how much of them is held at once.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaConfig {
    /// `host:port`, comma separated; required.
    pub bootstrap_servers: String,
    /// Consumer group: the processes that share the partitions. Default `touchload`.
    pub group_id: String,
    /// The four topics.
    pub topics: Topics,
    /// librdkafka properties as they are (TLS, SASL, time-outs), except those that [`KafkaConfig::validate`] refuses.
    pub properties: BTreeMap<String, String>,
    /// Bytes that may wait between broker and pipeline. Default 256 MiB, at least 16 MiB.
    pub memory_bytes: usize,
    /// Records at which a batch is handed on. Default 16384.
    pub batch_records: usize,
    /// Bytes at which a batch is handed on. Default 4 MiB, at most an eighth of `memory_bytes`.
    pub batch_bytes: usize,
    /// Milliseconds after its first record at which a batch is handed on. Default 20.
    pub batch_age_ms: u64,
    /// Whether the key may be anything; needs a process that owns every partition. Default false.
    pub accept_unkeyed: bool,
    /// How the producers choose partitions; matters only where several processes share the work. Default `auto`.
    pub partitioner: PartitionerChoice,
}

/// A field of the configuration that cannot be used, and why. Never holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, as `kafka.<field>`.
    pub field: String,
    /// What is wrong with it, or what was expected.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.what)
    }
}

impl KafkaConfig {
    /// Defaults for a cluster.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            group_id: "touchload".to_owned(),
            topics: Topics::default(),
            properties: BTreeMap::new(),
            memory_bytes: 256 * MIB,
            batch_records: 16_384,
            batch_bytes: 4 * MIB,
            batch_age_ms: 20,
            accept_unkeyed: false,
            partitioner: PartitionerChoice::default(),
        }
    }

    /// Every problem of the configuration at once; empty when it can be used.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut need = |holds: bool, field: &str, expected: &str| {
            if !holds {
                problems.push(Problem { field: format!("kafka.{field}"), what: format!("expected {expected}") });
            }
        };
        need(!self.bootstrap_servers.trim().is_empty(), "bootstrap_servers", "host:port[,host:port…]");
        need(!self.group_id.trim().is_empty(), "group_id", "a name that the processes of one pipeline share");
        need(self.memory_bytes >= 16 * MIB, "memory_bytes", "at least 16777216 (16 MiB)");
        need(self.memory_bytes <= 1 << 40, "memory_bytes", "at most 1099511627776 (1 TiB)");
        need((1..=1_000_000).contains(&self.batch_records), "batch_records", "1 to 1000000");
        need(self.batch_bytes >= 4096, "batch_bytes", "at least 4096");
        need(self.batch_bytes <= self.memory_bytes / 8, "batch_bytes", "at most an eighth of kafka.memory_bytes");
        need((1..=10_000).contains(&self.batch_age_ms), "batch_age_ms", "1 to 10000");
        for (kind, name) in self.topics.iter() {
            let field = format!("topics.{kind}");
            need(is_topic_name(name), &field, "1 to 249 letters, digits, '.', '_' or '-'");
            let first = self.topics.iter().find(|(_, other)| *other == name);
            need(first.is_some_and(|(other, _)| other == kind), &field, "a topic that no other kind is read from");
        }
        let wrong = self.properties.iter().filter_map(|(name, value)| Some((name, property_problem(name, value)?)));
        problems.extend(wrong.map(|(name, what)| Problem { field: format!("kafka.properties.{name}"), what }));
        problems
    }

    /// What librdkafka is told, secrets replaced.
    fn shown(&self) -> BTreeMap<String, String> {
        let mut pairs = self.pairs();
        let secrets = pairs.iter_mut().filter(|(name, _)| is_secret_property(name));
        secrets.for_each(|(_, value)| *value = "(redacted)".to_owned());
        pairs
    }

    /// How long a partition that is being taken away is waited for: below session and rebalance time-out.
    pub fn revoke_deadline(&self) -> Duration {
        let session = self.timeout("session.timeout.ms").unwrap_or(DEFAULT_SESSION_MS);
        let max_poll = self.timeout("max.poll.interval.ms").unwrap_or(DEFAULT_MAX_POLL_MS);
        Duration::from_millis(session.min(max_poll) / 2)
    }

    /// Batches that may wait in the channel to the pipeline.
    pub(crate) fn channel_batches(&self) -> usize {
        (self.memory_bytes / 4 / self.batch_bytes.max(1)).clamp(2, 64)
    }

    /// Bytes that all batches being filled may hold together.
    pub(crate) fn filling_bytes(&self) -> usize {
        self.memory_bytes / 4
    }

    /// The properties of a consumer of the group.
    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config: ClientConfig = self.pairs().into_iter().collect();
        // By default the wrapper takes the level from another logging façade than ours, which would hide every warning.
        let level = if self.properties.contains_key("debug") { RDKafkaLogLevel::Debug } else { RDKafkaLogLevel::Info };
        config.set_log_level(level);
        config
    }

    /// The properties of a client that only asks for metadata.
    pub(crate) fn observer(&self) -> ClientConfig {
        let mut config: ClientConfig = self.properties.clone().into_iter().collect();
        config.set("bootstrap.servers", &self.bootstrap_servers).remove("group.instance.id");
        config
    }

    fn pairs(&self) -> BTreeMap<String, String> {
        let fetch = (self.memory_bytes / 8).min(50_000_000);
        let owned: [(&str, String); 17] = [
            ("client.id", "touchload".into()),
            ("topic.metadata.refresh.interval.ms", "30000".into()),
            ("bootstrap.servers", self.bootstrap_servers.clone()),
            ("group.id", self.group_id.clone()),
            ("group.protocol", "classic".into()),
            ("partition.assignment.strategy", "range".into()),
            ("enable.auto.commit", "false".into()),
            ("enable.auto.offset.store", "false".into()),
            // Every partition is assigned with an explicit offset; a broker that does not have it must say so.
            ("auto.offset.reset", "error".into()),
            ("isolation.level", "read_committed".into()),
            ("allow.auto.create.topics", "false".into()),
            ("statistics.interval.ms", "5000".into()),
            ("queued.min.messages", "100000".into()),
            ("queued.max.messages.kbytes", (self.memory_bytes / 2 / 1024).clamp(1, 2_097_151).to_string()),
            ("fetch.message.max.bytes", fetch.min(MIB).to_string()),
            ("fetch.max.bytes", fetch.to_string()),
            // The default of one second makes a consumer that keeps up with its queue stutter.
            ("fetch.queue.backoff.ms", "10".into()),
        ];
        let mut pairs: BTreeMap<String, String> = owned.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        pairs.extend(self.properties.clone());
        pairs
    }

    fn timeout(&self, key: &str) -> Option<u64> {
        self.properties.get(key).and_then(|text| text.trim().parse().ok())
    }
}

impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("topics", &self.topics)
            .field("librdkafka", &self.shown())
            .field("memory_bytes", &self.memory_bytes)
            .field("batch_records", &self.batch_records)
            .field("batch_bytes", &self.batch_bytes)
            .field("batch_age_ms", &self.batch_age_ms)
            .field("accept_unkeyed", &self.accept_unkeyed)
            .field("partitioner", &self.partitioner)
            .finish()
    }
}

fn is_topic_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(legal)
}

#[cfg(test)]
mod tests;
