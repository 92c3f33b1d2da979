//! Membership of the group: the consumer, what it is told, and how it is left.
//!
//! Leaving is safe from every state, also from a panic: before the client is closed, rebalances are answered on the
//! spot and nothing stays assigned, without which closing would wait for ever.

use super::client_error;
use super::filling::Slot;
use crate::kafka::context::SourceContext;
use crate::kafka::error::IngestError;
use crate::kafka::native::{Batch, BatchConsumer, Redirected};
use crate::kafka::stats::{Counters, add};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::Duration;
use touchpoint::{NextOffsets, TopicPartition};

const WATERMARK_TIMEOUT: Duration = Duration::from_secs(5);

/// What an error of the client means for the source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// It passes.
    Transient,
    /// A partition has no such offset.
    OffsetOutOfRange(String),
    /// The source cannot go on.
    Fatal(IngestError),
}

/// Judges an error that a poll returned.
pub(super) fn severity(error: &KafkaError) -> Severity {
    let cause = error.to_string();
    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
        return Severity::Fatal(IngestError::Client { during: "consuming", cause });
    }
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::AutoOffsetReset) => Severity::OffsetOutOfRange(cause),
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::InvalidGroupId
            | RDKafkaErrorCode::InconsistentGroupProtocol
            | RDKafkaErrorCode::FencedInstanceId
            | RDKafkaErrorCode::UnsupportedSASLMechanism,
        ) => Severity::Fatal(IngestError::Refused { cause }),
        _ => Severity::Transient,
    }
}

/// A member of the consumer group.
pub(super) struct Member {
    consumer: BatchConsumer<SourceContext>,
}

impl Member {
    pub(super) fn new(config: &ClientConfig, context: SourceContext) -> Result<Self, IngestError> {
        let during = "creating the consumer";
        let consumer: BaseConsumer<SourceContext> =
            config.create_with_context(context).map_err(client_error(during))?;
        let failed = || IngestError::Client { during, cause: "no queue".to_owned() };
        Ok(Self { consumer: BatchConsumer::new(consumer).ok_or_else(failed)? })
    }

    pub(super) fn consumer(&self) -> &BaseConsumer<SourceContext> {
        self.consumer.consumer()
    }

    /// Takes messages of the assigned partitions, waiting up to `wait` for the first.
    pub(super) fn take(&mut self, wait: Duration) -> Batch<'_> {
        self.consumer.take(wait)
    }

    pub(super) fn context(&self) -> &SourceContext {
        self.consumer().context()
    }

    pub(super) fn subscribe(&self, topics: &[&str]) -> Result<(), IngestError> {
        self.consumer().subscribe(topics).map_err(client_error("subscribing"))
    }

    /// Begins to read the partitions of an assignment, each from its offset.
    pub(super) fn assign(&self, slots: &[Slot]) -> Result<(), IngestError> {
        let mut list = TopicPartitionList::with_capacity(slots.len());
        for slot in slots {
            let start = slot.next.map_or(Offset::Beginning, Offset::Offset);
            let (topic, number) = (slot.partition.topic.as_str(), slot.partition.partition);
            list.add_partition_offset(topic, number, start).map_err(client_error("assigning"))?;
            if self.consumer.redirect(topic, number) == Redirected::No {
                tracing::debug!(topic, number, "kafka: messages come one by one");
            }
        }
        self.consumer().assign(&list).map_err(client_error("assigning"))
    }

    /// Gives everything back.
    pub(super) fn unassign(&self) -> Result<(), IngestError> {
        self.consumer().unassign().map_err(client_error("giving partitions back"))
    }

    /// Whether the group has given the partitions to others without waiting for us.
    pub(super) fn lost(&self) -> bool {
        self.consumer().assignment_lost()
    }

    /// Tells lag tools how far the table has come; failures are counted.
    pub(super) fn tell(&self, next: &NextOffsets, counters: &Arc<Counters>) {
        let mut list = TopicPartitionList::with_capacity(next.len());
        let told = next.iter().try_for_each(|(place, offset)| {
            list.add_partition_offset(&place.topic, place.partition, Offset::Offset(*offset))
        });
        if told.and_then(|()| self.consumer().commit(&list, CommitMode::Async)).is_err() {
            add(&counters.commit_errors, 1);
        }
    }

    /// First and end offset of a partition; `None` when the broker does not say. Blocks for seconds at worst.
    pub(super) fn watermarks(&self, partition: &TopicPartition) -> Option<(i64, i64)> {
        self.consumer().fetch_watermarks(&partition.topic, partition.partition, WATERMARK_TIMEOUT).ok()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.context().close();
        if let Err(error) = self.unassign() {
            tracing::warn!("kafka: leaving the group: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Severity, severity};
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    #[test]
    fn a_broker_that_is_down_passes_and_a_refusal_does_not() {
        let judged = |code| severity(&KafkaError::MessageConsumption(code));
        for code in [
            RDKafkaErrorCode::AllBrokersDown,
            RDKafkaErrorCode::BrokerTransportFailure,
            RDKafkaErrorCode::UnknownTopicOrPartition,
            RDKafkaErrorCode::NotCoordinator,
        ] {
            assert_eq!(judged(code), Severity::Transient);
        }
        assert!(matches!(judged(RDKafkaErrorCode::AutoOffsetReset), Severity::OffsetOutOfRange(_)));
        assert!(matches!(judged(RDKafkaErrorCode::TopicAuthorizationFailed), Severity::Fatal(_)));
        let fatal = severity(&KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId));
        assert!(matches!(fatal, Severity::Fatal(_)));
    }
}
