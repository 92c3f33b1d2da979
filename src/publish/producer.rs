//! The librdkafka producer: its properties, its messages, and what its delivery reports say.

use crate::publish::{Content, PublishReport, PublisherConfig};
use rdkafka::ClientContext;
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, DeliveryResult, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The properties of a client. Idempotence goes on last: a retry that doubles records is no option.
pub(super) fn client_config(config: &PublisherConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("linger.ms", "5")
        .set("batch.num.messages", "10000")
        .set("queue.buffering.max.messages", "200000")
        .set("queue.buffering.max.kbytes", "65536")
        // Room for the deliberately oversized records of a simulation; the broker has the last word.
        .set("message.max.bytes", "4194304")
        .set("partitioner", "murmur2_random");
    for (name, value) in &config.properties {
        client.set(name, value);
    }
    client.set("bootstrap.servers", &config.bootstrap_servers).set("enable.idempotence", "true").set("acks", "all");
    client
}

/// The message of a record.
pub(super) fn message<'a>(topic: &'a str, record: &Content<'a>) -> BaseRecord<'a, [u8], [u8]> {
    let mut message = BaseRecord::to(topic).timestamp(record.timestamp.div_euclid(1_000));
    if let Some(key) = record.key {
        message = message.key(key);
    }
    if let Some(payload) = record.payload {
        message = message.payload(payload);
    }
    message
}

/// What the delivery reports said.
#[derive(Debug, Default)]
pub(super) struct Counts {
    delivered: AtomicU64,
    failed: Mutex<BTreeMap<String, u64>>,
}

impl Counts {
    /// Counts a record that will never be in the log.
    pub(super) fn note_failed(&self, code: RDKafkaErrorCode) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed.entry(code.to_string()).or_default() += 1;
    }

    /// The state of things; `unanswered` is left at zero.
    pub(super) fn report(&self) -> PublishReport {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        PublishReport { delivered: self.delivered.load(Ordering::Relaxed), failed, unanswered: 0 }
    }
}

/// The producer's context: counts, and logs what concerns the connection.
pub(super) struct Deliveries(pub(super) Arc<Counts>);

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        // Connection trouble is retried by the client; what it costs shows in the report.
        tracing::warn!(%error, reason, "kafka producer");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.0.delivered.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, message)) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
                tracing::debug!(topic = message.topic(), %code, "a record was not delivered");
                self.0.note_failed(code);
            }
        }
    }
}
