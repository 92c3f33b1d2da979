//! Which librdkafka properties a user may set, and which are secrets.
//!
//! Everything passes through except what the promise of exactly-once rests on, what the one memory budget decides, and
//! what this source sets itself. A refused property is a problem of the configuration with its reason, never dropped.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

const OFFSETS: &str = "the tables hold the offsets";
const CLASSIC: &str = "the classic protocol lets a partition be flushed before it is given back";
const MEMORY: &str = "set ingest.memory_mb";
const INTERNAL: &str = "the client's own affair";
const REAL: &str = "the pipeline reads a real cluster";

/// Properties that are set here, and why they cannot be given.
const RESERVED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set kafka.bootstrap_servers"),
    ("metadata.broker.list", "set kafka.bootstrap_servers"),
    ("group.id", "set kafka.group"),
    ("enable.auto.commit", OFFSETS),
    ("auto.commit.enable", OFFSETS),
    ("auto.commit.interval.ms", OFFSETS),
    ("enable.auto.offset.store", OFFSETS),
    ("offset.store.method", OFFSETS),
    ("offset.store.path", OFFSETS),
    ("offset.store.sync.interval.ms", OFFSETS),
    ("auto.offset.reset", "the tables say where reading starts; a position that is gone must stop the pipeline"),
    ("group.protocol", CLASSIC),
    ("group.protocol.type", CLASSIC),
    ("group.remote.assignor", CLASSIC),
    ("partition.assignment.strategy", "range lets equal partition numbers of the four topics land together"),
    ("isolation.level", "only committed transactions count"),
    ("enable.partition.eof", INTERNAL),
    ("allow.auto.create.topics", "a missing topic is waited for, never made"),
    ("queued.max.messages.kbytes", MEMORY),
    ("queued.min.messages", MEMORY),
    ("fetch.message.max.bytes", MEMORY),
    ("max.partition.fetch.bytes", MEMORY),
    ("fetch.max.bytes", MEMORY),
    ("fetch.queue.backoff.ms", MEMORY),
    ("receive.message.max.bytes", MEMORY),
    ("statistics.interval.ms", "lag is read from these statistics"),
    ("enabled_events", INTERNAL),
    ("log.queue", INTERNAL),
    ("consume.callback.max.messages", INTERNAL),
    ("opaque", INTERNAL),
    ("default_topic_conf", INTERNAL),
    ("test.mock.num.brokers", REAL),
    ("test.mock.broker.rtt", REAL),
];

/// Time-outs within which a partition must be flushed before it is given back: librdkafka would take less.
const LEAST_MILLIS: &[(&str, u64)] = &[("session.timeout.ms", 6_000), ("max.poll.interval.ms", 10_000)];

/// Parts of a property's name that say its value is a secret.
const SECRET_PARTS: &[&str] = &[
    "password",
    "passphrase",
    "secret",
    "token",
    "key.pem",
    "private.key",
    "ssl_key",
    "jaas",
    "oauthbearer.config",
    "kinit.cmd",
];

/// Whether a property's value must never be shown.
pub fn is_secret_property(name: &str) -> bool {
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// What is wrong with a property that a user gives, and what to do; `None` when it is passed through. Never quotes the
/// value of a secret. Properties are judged one by one: those that contradict each other show when a client is made.
pub fn property_problem(name: &str, value: &str) -> Option<String> {
    if let Some((_, reason)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        return Some(format!("cannot be set here: {reason}; remove it"));
    }
    match ClientConfig::new().set(name, value).create_native_config() {
        Ok(_) => too_short(name, value),
        Err(KafkaError::ClientConfig(_, text, _, _)) if text.starts_with("No such") => {
            Some("is no property that this build of librdkafka knows; correct the name or remove it".to_owned())
        }
        Err(_) if is_secret_property(name) => Some("has a value that librdkafka refuses".to_owned()),
        Err(KafkaError::ClientConfig(_, text, _, _)) => Some(format!("has a value that librdkafka refuses: {text}")),
        Err(error) => Some(format!("has a value that librdkafka refuses: {error}")),
    }
}

fn too_short(name: &str, value: &str) -> Option<String> {
    let (_, least) = LEAST_MILLIS.iter().find(|(limited, _)| *limited == name)?;
    let given: u64 = value.trim().parse().ok()?;
    (given < *least)
        .then(|| format!("must be at least {least}: a partition is flushed within it before it is given back"))
}

#[cfg(test)]
mod tests {
    use super::{RESERVED, is_secret_property, property_problem};

    #[test]
    fn what_the_promise_rests_on_is_refused_and_the_rest_is_checked() {
        for (name, _) in RESERVED {
            assert!(property_problem(name, "1").is_some_and(|p| p.contains("cannot be set here")), "{name}");
        }
        for (name, value) in [
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanisms", "SCRAM-SHA-512"),
            ("ssl.ca.location", "/etc/ssl/certs/ca.pem"),
            ("client.rack", "a"),
            ("session.timeout.ms", "6000"),
            ("max.poll.interval.ms", "10000"),
        ] {
            assert_eq!(property_problem(name, value), None, "{name}");
        }
        for (name, value, part) in [
            ("securty.protocol", "SSL", "no property"),
            ("security.protocol", "SSSL", "refuses"),
            ("session.timeout.ms", "5999", "at least 6000"),
            ("max.poll.interval.ms", "9999", "at least 10000"),
        ] {
            assert!(property_problem(name, value).is_some_and(|p| p.contains(part)), "{name} = {value}");
        }
    }

    #[test]
    fn secrets_are_known_by_name() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "ssl.key.pem",
            "ssl.keystore.password",
            "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.client.credentials.client.secret",
            "sasl.oauthbearer.config",
            "sasl.oauthbearer.assertion.private.key.passphrase",
            "sasl.oauthbearer.assertion.private.key.pem",
        ] {
            assert!(is_secret_property(name), "{name}");
        }
        for name in ["sasl.username", "ssl.ca.location", "security.protocol", "ssl.key.location"] {
            assert!(!is_secret_property(name), "{name}");
        }
    }
}
