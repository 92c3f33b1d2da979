//! Records to Kafka, at a rate or as fast as it takes them.
//!
//! Message: topic by kind, key and payload as given (`None` is Kafka's null), timestamp = arrival, cut to milliseconds.
//! The producer is idempotent (`acks=all`): a retry never doubles a record, order within a partition holds. Keys are
//! hashed with murmur2, as Java producers do. Nothing is dropped silently: every record handed over ends as delivered
//! or failed, counted by reason. Waits happen where they belong: on a full queue, on the rate, on a consumer that lies
//! too far behind.
//!
//! All of it blocks the calling thread, which also serves the delivery reports. The only clock read is a stopwatch for
//! the rate.

mod pace;
mod producer;
mod source;
#[cfg(test)]
mod tests;
mod topics;
mod transaction;

pub use pace::Pace;
pub use source::{Content, Each, Outgoing, Refilled, Source};
pub(crate) use topics::until_ready;
pub use topics::{create_compacted, create_missing};
pub use transaction::{Positions, Transaction};

use pace::TokenBucket;
use producer::Deliveries;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use touchpoint::Topics;

/// Delivery reports are served after so many records, without waiting.
const SERVE_EVERY: u64 = 256;
/// How long to wait on a full queue or on a consumer before looking again.
const PAUSE: Duration = Duration::from_millis(5);
/// How long the cluster may take to answer at the start.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);

/// How far the publisher may run ahead of the consumer.
#[derive(Clone)]
pub enum Backlog {
    /// Any distance: the cluster keeps what it was given.
    Unlimited,
    /// No more than `limit` records beyond what `consumed` counts.
    Limited {
        /// Records that the consumer has taken, since the publisher began. Must count every record published.
        consumed: Arc<dyn Fn() -> u64 + Send + Sync>,
        /// Records.
        limit: u64,
    },
}

/// Where to publish.
#[derive(Clone)]
pub struct PublisherConfig {
    /// `host:port`, several separated by commas.
    pub bootstrap_servers: String,
    /// Topic of each kind.
    pub topics: Topics,
    /// librdkafka properties laid over the publisher's own, except its idempotence.
    pub properties: BTreeMap<String, String>,
    /// How far ahead of the consumer.
    pub backlog: Backlog,
}

impl PublisherConfig {
    /// A publisher to the default topics, without bounds.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            topics: Topics::default(),
            properties: BTreeMap::new(),
            backlog: Backlog::Unlimited,
        }
    }
}

/// Publishing that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A property is wrong; the user's to mend.
    #[error("the Kafka properties cannot be used: {0}")]
    Config(#[source] KafkaError),
    /// Nobody answers; the address is wrong or the cluster is down, a retry may help.
    #[error("no Kafka cluster answers at {servers} within {} s: {cause}", CONNECT_DEADLINE.as_secs())]
    Unreachable {
        /// The address as configured.
        servers: String,
        /// What the client says.
        cause: KafkaError,
    },
    /// Topics could not be made; the cluster's say. A retry helps only if the cause is mended.
    #[error("topic {topic} cannot be created: {cause}")]
    Topic {
        /// Its name.
        topic: String,
        /// What the cluster says.
        cause: String,
    },
    /// The client gave up for good (fenced, or order lost); start again.
    #[error("the Kafka client failed for good: {0}")]
    Fatal(RDKafkaErrorCode),
    /// A transaction failed; what it wrote is read by nobody.
    #[error("the records could not be written to Kafka in one transaction: {0}; run it again")]
    Transaction(#[source] KafkaError),
    /// A record was refused before it was sent, for a reason that no waiting cures.
    #[error("the Kafka client refused a record: {0}")]
    Refused(#[source] KafkaError),
}

/// What became of the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishReport {
    /// In the log, acknowledged by all replicas.
    pub delivered: u64,
    /// Not in the log, by reason.
    pub failed: BTreeMap<String, u64>,
    /// Handed over but without an answer when the deadline of [`Publisher::finish`] came: perhaps in the log.
    pub unanswered: u64,
}

impl PublishReport {
    /// All that are not in the log.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// Whether a record was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// To the client; its delivery is reported later.
    Over,
    /// No: the stop came while waiting for room.
    Stopped,
}

/// A connection that records are handed to.
pub struct Publisher {
    producer: BaseProducer<Deliveries>,
    deliveries: Arc<producer::Counts>,
    topics: Arc<Topics>,
    backlog: Backlog,
    handed: u64,
}

impl Publisher {
    /// Connects, and waits until the cluster answers.
    ///
    /// # Errors
    /// [`PublishError::Config`] or [`PublishError::Unreachable`].
    pub fn connect(config: &PublisherConfig) -> Result<Self, PublishError> {
        let deliveries = Arc::<producer::Counts>::default();
        let context = Deliveries(deliveries.clone());
        let producer: BaseProducer<Deliveries> =
            producer::client_config(config).create_with_context(context).map_err(PublishError::Config)?;
        producer
            .client()
            .fetch_metadata(None, CONNECT_DEADLINE)
            .map_err(|cause| PublishError::Unreachable { servers: config.bootstrap_servers.clone(), cause })?;
        let topics = Arc::new(config.topics.clone());
        Ok(Self { producer, deliveries, topics, backlog: config.backlog.clone(), handed: 0 })
    }

    /// Hands one record over; waits while there is no room in the queue or the consumer lies too far behind.
    ///
    /// # Errors
    /// [`PublishError::Fatal`] and [`PublishError::Refused`]. A record that is too large for the client is no error: it
    /// counts as failed.
    pub fn send(&mut self, record: &Outgoing<'_>, stop: &CancellationToken) -> Result<Handed, PublishError> {
        let topics = self.topics.clone();
        self.send_to(topics.of(record.kind), &record.content(), stop)
    }

    /// As [`Publisher::send`], to any topic.
    ///
    /// # Errors
    /// As [`Publisher::send`].
    pub fn send_to(
        &mut self,
        topic: &str,
        content: &Content<'_>,
        stop: &CancellationToken,
    ) -> Result<Handed, PublishError> {
        if self.handed.is_multiple_of(SERVE_EVERY) {
            self.serve(Duration::ZERO);
        }
        while self.is_too_far_ahead() {
            if stop.is_cancelled() {
                return Ok(Handed::Stopped);
            }
            self.serve(PAUSE);
        }
        loop {
            match self.producer.send(producer::message(topic, content)) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    if stop.is_cancelled() {
                        return Ok(Handed::Stopped);
                    }
                    self.serve(PAUSE);
                }
                Err((KafkaError::MessageProduction(code @ RDKafkaErrorCode::MessageSizeTooLarge), _)) => {
                    self.deliveries.note_failed(code);
                    break;
                }
                Err((error, _)) => return Err(self.fatal().unwrap_or(PublishError::Refused(error))),
            }
        }
        self.handed += 1;
        Ok(Handed::Over)
    }

    /// Serves delivery reports for this long; how a caller with a timetable of its own waits.
    pub fn serve(&self, time: Duration) {
        self.producer.poll(time);
    }

    /// Records handed over so far, whatever became of them.
    pub fn handed(&self) -> u64 {
        self.handed
    }

    /// Waits for the answers to everything handed over, at most this long.
    ///
    /// # Errors
    /// [`PublishError::Fatal`].
    pub fn finish(self, deadline: Duration) -> Result<PublishReport, PublishError> {
        // A deadline that passes shows in `unanswered`.
        let flushed = self.producer.flush(deadline);
        if let Some(fatal) = self.fatal() {
            return Err(fatal);
        }
        let mut report = self.deliveries.report();
        report.unanswered = self.handed.saturating_sub(report.delivered + report.failures());
        if let Err(error) = flushed {
            tracing::debug!(%error, unanswered = report.unanswered, "publishing ended before every answer came");
        }
        Ok(report)
    }

    fn fatal(&self) -> Option<PublishError> {
        self.producer.client().fatal_error().map(|(code, _)| PublishError::Fatal(code))
    }

    fn is_too_far_ahead(&self) -> bool {
        match &self.backlog {
            Backlog::Unlimited => false,
            Backlog::Limited { consumed, limit } => self.handed.saturating_sub(consumed()) >= *limit,
        }
    }
}

/// Publishes a source to its end, or until stopped. The caller then calls [`Publisher::finish`].
///
/// # Errors
/// As [`Publisher::send`].
pub fn publish<S: Source>(
    publisher: &mut Publisher,
    source: &mut S,
    pace: Pace,
    stop: &CancellationToken,
) -> Result<(), PublishError> {
    let started = Instant::now();
    let mut bucket = TokenBucket::new(pace);
    while !stop.is_cancelled() {
        let wait = bucket.take(started.elapsed());
        if !wait.is_zero() {
            // The client counts in milliseconds; a shorter wait would be a spin. The stop must not wait for a slow
            // rate.
            publisher.serve(wait.clamp(Duration::from_millis(1), Duration::from_millis(100)));
            continue;
        }
        let Some(record) = source.next() else { break };
        if publisher.send(&record, stop)? == Handed::Stopped {
            break;
        }
    }
    Ok(())
}
