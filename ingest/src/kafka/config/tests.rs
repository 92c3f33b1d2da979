//! The configuration lists all its problems, shows no secret, and keeps what the promise rests on.

use super::KafkaConfig;
use std::time::Duration;
use touchpoint::{Kind, Topics};

fn config(properties: &[(&str, &str)]) -> KafkaConfig {
    let mut config = KafkaConfig::new("broker:9092");
    config.properties = properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    config
}

#[test]
fn defaults_are_valid_and_read_the_four_topics() {
    let config = config(&[]);
    assert_eq!(config.validate(), vec![]);
    assert_eq!(config.topics.of(Kind::Congress), "engagement.congress-invitations");
    assert_eq!(config.topics.kind("engagement.medical-requests"), Some(Kind::Requests));
    assert_eq!(config.topics.kind("other"), None);
}

#[test]
fn all_problems_are_listed_at_once() {
    let mut config = config(&[
        ("enable.auto.commit", "true"),
        ("isolation.level", "read_uncommitted"),
        ("no.such.property", "1"),
        ("security.protocol", "sasl_tls"),
        ("session.timeout.ms", "100"),
    ]);
    config.bootstrap_servers = " ".into();
    config.memory_bytes = 1;
    config.batch_records = 0;
    config.topics = Topics { emails: "engagement.calls".into(), requests: "a b".into(), ..Topics::default() };
    let problems = config.validate();
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    for field in [
        "kafka.bootstrap_servers",
        "kafka.memory_bytes",
        "kafka.batch_records",
        "kafka.batch_bytes",
        "kafka.topics.emails",
        "kafka.topics.requests",
        "kafka.properties.enable.auto.commit",
        "kafka.properties.isolation.level",
        "kafka.properties.no.such.property",
        "kafka.properties.security.protocol",
        "kafka.properties.session.timeout.ms",
    ] {
        assert!(fields.contains(&field), "{field} is missing in {fields:?}");
    }
    assert_eq!(fields.len(), 11, "{problems:?}");
}

#[test]
fn tls_and_scram_pass_through() {
    let config = config(&[
        ("security.protocol", "sasl_ssl"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.username", "touchload"),
        ("sasl.password", "hunter2"),
        ("ssl.ca.location", "/etc/ssl/certs/ca.pem"),
    ]);
    assert_eq!(config.validate(), vec![]);
    assert_eq!(config.consumer().get("sasl.password"), Some("hunter2"));
    assert_eq!(config.observer().get("sasl.mechanism"), Some("SCRAM-SHA-512"));
}

#[test]
fn no_secret_is_shown_in_debug_output_or_problems() {
    let config = config(&[("sasl.password", "hunter2"), ("ssl.key.pem", "hunter2"), ("sasl.username", "visible")]);
    let shown = format!("{config:?} {:?}", config.validate());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("visible"));
}

#[test]
fn what_the_promise_rests_on_is_told_to_the_client() {
    let client = config(&[]).consumer();
    for (key, value) in [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("group.protocol", "classic"),
        ("partition.assignment.strategy", "range"),
        ("isolation.level", "read_committed"),
    ] {
        assert_eq!(client.get(key), Some(value), "{key}");
    }
}

#[test]
fn waiting_bytes_stay_within_the_budget() {
    for memory in [16 << 20, 256 << 20, 4_usize << 30] {
        let mut config = config(&[]);
        config.memory_bytes = memory;
        config.batch_bytes = 1 << 20;
        let queue: usize = config.consumer().get("queued.max.messages.kbytes").unwrap().parse().unwrap();
        assert!(queue * 1024 + config.filling_bytes() + config.channel_batches() * config.batch_bytes <= memory);
    }
}

#[test]
fn a_revocation_waits_less_than_session_and_poll_interval() {
    assert_eq!(config(&[]).revoke_deadline(), Duration::from_millis(22_500));
    let short = config(&[("max.poll.interval.ms", "10000"), ("session.timeout.ms", "10000")]);
    assert_eq!(short.revoke_deadline(), Duration::from_secs(5));
}
