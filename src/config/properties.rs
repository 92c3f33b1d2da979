//! `[kafka.properties]`: librdkafka properties passed through, except those that the promise rests on.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use std::collections::BTreeMap;
use std::fmt;

/// Names and values of librdkafka properties. Values of secrets are shown as `********`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KafkaProperties(BTreeMap<String, String>);

/// What stands in the place of a secret.
const MASK: &str = "********";

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

/// Properties that Touchload sets itself, and why they cannot be given.
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
    ("test.mock.num.brokers", "the pipeline reads a real cluster"),
    ("test.mock.broker.rtt", "the pipeline reads a real cluster"),
];

const OFFSETS: &str = "the tables hold the offsets";
const CLASSIC: &str = "the classic protocol lets a partition be flushed before it is given back";
const MEMORY: &str = "set ingest.memory_mb";
const INTERNAL: &str = "the client's own affair";

impl KafkaProperties {
    /// Names with values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Names with values fit to be shown.
    pub fn masked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().map(|(name, value)| (name, if is_secret(name) { MASK } else { value }))
    }

    /// Adds a property that [`refusal`] let pass.
    pub(super) fn put(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }
}

impl fmt::Debug for KafkaProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.masked()).finish()
    }
}

/// Whether a property's value must not be shown.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Why a property cannot be passed through, if it cannot. Never quotes the value of a secret.
pub(super) fn refusal(name: &str, value: &str) -> Option<String> {
    if let Some((_, reason)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        return Some(format!("cannot be set here: {reason}; remove it"));
    }
    // librdkafka checks names and values one by one; what contradicts another property shows at start only.
    match ClientConfig::new().set(name, value).create_native_config() {
        Ok(_) => None,
        Err(KafkaError::ClientConfig(_, text, _, _)) if text.starts_with("No such") => {
            Some("is no property that this build of librdkafka knows; correct the name or remove it".to_owned())
        }
        Err(_) if is_secret(name) => Some("has a value that librdkafka refuses".to_owned()),
        Err(KafkaError::ClientConfig(_, text, _, _)) => Some(format!("has a value that librdkafka refuses: {text}")),
        Err(error) => Some(format!("has a value that librdkafka refuses: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{KafkaProperties, RESERVED, is_secret, refusal};

    #[test]
    fn secrets_are_known_by_name_and_never_shown() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "ssl.key.pem",
            "sasl.oauthbearer.client.secret",
            "ssl.keystore.password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["sasl.username", "ssl.ca.location", "security.protocol", "ssl.key.location"] {
            assert!(!is_secret(name), "{name}");
        }
        let mut properties = KafkaProperties::default();
        properties.put("sasl.password".to_owned(), "hunter2".to_owned());
        assert_eq!(format!("{properties:?}"), "{\"sasl.password\": \"********\"}");
    }

    #[test]
    fn what_the_promise_rests_on_is_refused_and_the_rest_is_checked() {
        for (name, _) in RESERVED {
            assert!(refusal(name, "1").is_some_and(|r| r.contains("cannot be set here")), "{name}");
        }
        assert_eq!(refusal("security.protocol", "SASL_SSL"), None);
        assert_eq!(refusal("sasl.mechanisms", "SCRAM-SHA-512"), None);
        assert!(refusal("securty.protocol", "SSL").is_some_and(|r| r.contains("no property")));
        assert!(refusal("security.protocol", "SSSL").is_some_and(|r| r.contains("refuses")));
    }
}
