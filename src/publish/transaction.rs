//! Records to Kafka, all or none: a transaction, of which it is known before it is committed where each record stands.
//!
//! Readers of committed records see them together; one that reads the uncommitted may see what is given up.

use crate::publish::{CONNECT_DEADLINE, Outgoing, PublishError, PublisherConfig, producer};
use rdkafka::ClientContext;
use rdkafka::Message;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, DeliveryResult, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use touchpoint::Topics;

/// How long the cluster may take for all answers.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to be given up; the cluster does it by itself in the end.
const ABORT_WITHIN: Duration = Duration::from_secs(5);
/// After this the cluster gives the transaction up by itself, in milliseconds. Until then readers of committed records wait.
const GIVEN_UP_AFTER: &str = "120000";
/// How long to wait on a full queue before looking again.
const PAUSE: Duration = Duration::from_millis(5);

/// Offsets by topic and partition, rising.
pub type Positions = BTreeMap<(String, i32), Vec<i64>>;

/// What the delivery reports said.
#[derive(Debug, Default)]
struct Answers {
    positions: Positions,
    failed: Option<KafkaError>,
}

struct Placed(Arc<Mutex<Answers>>);

impl ClientContext for Placed {
    fn error(&self, error: KafkaError, reason: &str) {
        // Connection trouble is retried by the client; what cannot be mended fails the transaction.
        tracing::warn!(%error, reason, "kafka producer");
    }
}

impl ProducerContext for Placed {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(message) => {
                let place = (message.topic().to_owned(), message.partition());
                answers.positions.entry(place).or_default().push(message.offset());
            }
            Err((error, _)) => answers.failed = Some(error.clone()),
        }
    }
}

/// A transaction that is open. Dropped, it is given up.
pub struct Transaction {
    producer: BaseProducer<Placed>,
    answers: Arc<Mutex<Answers>>,
    topics: Topics,
    sent: u64,
    stage: Stage,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Settled,
}

impl Transaction {
    /// Opens one. Another of the same `id`, which a killed process left, is given up first. Blocks.
    ///
    /// # Errors
    /// Wrong properties, nobody answers, or no right to transactions of this id.
    pub fn begin(config: &PublisherConfig, id: &str) -> Result<Self, PublishError> {
        let answers = Arc::<Mutex<Answers>>::default();
        let mut client = producer::client_config(config);
        client.set("transactional.id", id).set("transaction.timeout.ms", GIVEN_UP_AFTER);
        let producer: BaseProducer<Placed> =
            client.create_with_context(Placed(answers.clone())).map_err(PublishError::Config)?;
        producer.init_transactions(CONNECT_DEADLINE).map_err(PublishError::Transaction)?;
        producer.begin_transaction().map_err(PublishError::Transaction)?;
        Ok(Self { producer, answers, topics: config.topics.clone(), sent: 0, stage: Stage::Open })
    }

    /// Hands one record over; waits while there is no room.
    ///
    /// # Errors
    /// It is refused; nothing of the transaction will be read by anybody.
    pub fn send(&mut self, record: &Outgoing<'_>) -> Result<(), PublishError> {
        let content = record.content();
        while let Err((error, _)) = self.producer.send(producer::message(self.topics.of(record.kind), &content)) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(PublishError::Refused(error));
            }
            self.producer.poll(PAUSE);
        }
        self.sent += 1;
        Ok(())
    }

    /// Waits until all replicas have everything; gives where it stands.
    ///
    /// # Errors
    /// A record was not taken.
    pub fn positions(&self) -> Result<Positions, PublishError> {
        self.producer.flush(ANSWERS_WITHIN).map_err(PublishError::Transaction)?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = answers.failed.take() {
            return Err(PublishError::Transaction(error));
        }
        let mut positions = answers.positions.clone();
        let answered: usize = positions.values().map(Vec::len).sum();
        if answered as u64 != self.sent {
            return Err(PublishError::Transaction(KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut)));
        }
        positions.values_mut().for_each(|offsets| offsets.sort_unstable());
        Ok(positions)
    }

    /// From now on the records are there for everybody.
    ///
    /// # Errors
    /// It cannot be told whether they are.
    pub fn commit(mut self) -> Result<(), PublishError> {
        self.stage = Stage::Settled;
        self.producer.commit_transaction(ANSWERS_WITHIN).map_err(PublishError::Transaction)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.stage == Stage::Open
            && let Err(error) = self.producer.abort_transaction(ABORT_WITHIN)
        {
            tracing::warn!(%error, "a transaction was left for the cluster to give up, which takes two minutes");
        }
    }
}
