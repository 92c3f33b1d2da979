//! Which librdkafka properties a user may set, and which are secrets.
//!
//! Everything passes through except what the promise of exactly-once rests on, what the one memory budget decides, and
//! what this source sets itself. A refused property is a problem of the configuration with its reason, never dropped.

/// Why `key` (with `value`) may not be set by the user; `None` when it may.
pub(crate) fn refusal(key: &str, value: &str) -> Option<&'static str> {
    Some(match key {
        "enable.auto.commit"
        | "auto.commit.enable"
        | "auto.commit.interval.ms"
        | "enable.auto.offset.store"
        | "offset.store.method"
        | "offset.store.path"
        | "offset.store.sync.interval.ms" => {
            "no such setting: the table is the checkpoint, group offsets are only told to lag tools"
        }
        "auto.offset.reset" => "no such setting: the table decides where reading starts, and a gap stops the process",
        "group.id" => "kafka.group instead",
        "bootstrap.servers" | "metadata.broker.list" => "kafka.bootstrap_servers instead",
        "group.protocol" | "group.remote.assignor" | "group.protocol.type" => {
            "no such setting: under the classic group protocol a partition can be flushed before it is given back"
        }
        "partition.assignment.strategy" => {
            "no such setting: range is used, so that equal partition numbers of the four topics land together"
        }
        "isolation.level" if value != "read_committed" => "read_committed: aborted transactions never happened",
        "enable.partition.eof" => "no such setting: the end of a partition is no event here",
        "allow.auto.create.topics" => "no such setting: a missing topic is waited for, not created",
        "queued.max.messages.kbytes"
        | "queued.min.messages"
        | "fetch.message.max.bytes"
        | "max.partition.fetch.bytes"
        | "fetch.max.bytes"
        | "fetch.queue.backoff.ms"
        | "receive.message.max.bytes" => "ingest.memory_mb instead",
        "statistics.interval.ms" => "no such setting: lag is read from these statistics",
        "enabled_events" | "log.queue" | "consume.callback.max.messages" | "opaque" | "default_topic_conf" => {
            "no such setting: the client library's own"
        }
        "test.mock.num.brokers" | "test.mock.broker.rtt" => {
            "a real cluster: several clients would not share a mock one"
        }
        _ => return None,
    })
}

/// Whether the value of `key` must never be shown.
pub(crate) fn is_secret(key: &str) -> bool {
    const MARKS: [&str; 7] =
        ["password", "secret", "passphrase", "key.pem", "private.key", "oauthbearer.config", "kinit.cmd"];
    MARKS.iter().any(|mark| key.contains(mark)) || key == "ssl_key"
}

/// `value`, or a mark in its place when `key` is a secret.
pub(crate) fn shown<'a>(key: &str, value: &'a str) -> &'a str {
    if is_secret(key) { "(redacted)" } else { value }
}

#[cfg(test)]
mod tests {
    use super::{is_secret, refusal, shown};

    #[test]
    fn what_the_promise_rests_on_is_refused_and_transport_is_not() {
        for key in ["enable.auto.commit", "group.protocol", "partition.assignment.strategy", "auto.offset.reset"] {
            assert!(refusal(key, "anything").is_some(), "{key}");
        }
        for key in ["security.protocol", "sasl.mechanism", "ssl.ca.location", "session.timeout.ms", "client.rack"] {
            assert!(refusal(key, "anything").is_none(), "{key}");
        }
        assert!(refusal("isolation.level", "read_committed").is_none());
        assert!(refusal("isolation.level", "read_uncommitted").is_some());
    }

    #[test]
    fn secrets_are_not_shown() {
        for key in [
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
            assert!(is_secret(key), "{key}");
            assert_eq!(shown(key, "hunter2"), "(redacted)");
        }
        assert_eq!(shown("sasl.username", "me"), "me");
    }
}
