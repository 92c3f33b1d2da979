//! A mock cluster with the four topics, and a producer for it.

use crate::kafka::{KafkaConfig, murmur2_partition};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use std::time::Duration;
use touchpoint::Kind;

pub(super) const KINDS: [Kind; 4] = [Kind::Calls, Kind::Emails, Kind::Congress, Kind::Requests];

pub(super) struct Cluster {
    pub(super) mock: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
}

impl Cluster {
    /// Four topics of `partitions` partitions.
    pub(super) fn new(partitions: i32) -> Self {
        let cluster = Self::empty();
        KINDS.iter().for_each(|kind| cluster.create(*kind, partitions));
        cluster
    }

    pub(super) fn empty() -> Self {
        let mock = MockCluster::new(1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", mock.bootstrap_servers()).set("linger.ms", "5");
        Self { producer: config.create().unwrap(), mock }
    }

    pub(super) fn create(&self, kind: Kind, partitions: i32) {
        self.mock.create_topic(kind.default_topic(), partitions, 1).unwrap();
    }

    pub(super) fn config(&self) -> KafkaConfig {
        let mut config = KafkaConfig::new(self.mock.bootstrap_servers());
        // The mock cluster waits for joining members nearly as long as the session, and tells of it by heartbeat.
        for (key, value) in [("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "500")] {
            config.properties.insert(key.into(), value.into());
        }
        config
    }

    /// A payload for an explicit partition.
    pub(super) fn send(&self, kind: Kind, partition: i32, key: &str, payload: &str) {
        let record = BaseRecord::to(kind.default_topic()).partition(partition).key(key).payload(payload);
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
    }

    /// A CloudEvent in binary mode.
    pub(super) fn send_event(&self, kind: Kind, key: &str, payload: &str) {
        let header = |key, value| Header { key, value: Some(value) };
        let headers =
            OwnedHeaders::new().insert(header("ce_specversion", "1.0")).insert(header("ce_id", "from-header"));
        let record = BaseRecord::to(kind.default_topic()).partition(0).key(key).payload(payload).headers(headers);
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
    }

    /// `count` valid records, each in the partition that murmur2 gives its HCP.
    pub(super) fn send_valid(&self, kind: Kind, from: usize, count: usize, partitions: i32) {
        for i in from..from + count {
            let hcp = format!("H{:04}", i % 97);
            let partition = murmur2_partition(hcp.as_bytes(), partitions);
            self.send(kind, partition, &hcp, &record(kind, &format!("e{i}"), &hcp));
        }
    }

    /// Waits until the broker has everything.
    pub(super) fn flush(&self) {
        self.producer.flush(Duration::from_secs(20)).unwrap();
    }
}

pub(super) fn record(kind: Kind, event: &str, hcp: &str) -> String {
    let rest = match kind {
        Kind::Calls => r#""status":"completed","channel":"phone""#,
        Kind::Emails => r#""status":"sent","origin":"rep""#,
        Kind::Congress => r#""status":"invited""#,
        Kind::Requests => r#""status":"received""#,
    };
    format!(r#"{{"event_id":"{event}","hcp_id":"{hcp}","occurred_at":"2026-01-02T03:04:05Z",{rest}}}"#)
}
