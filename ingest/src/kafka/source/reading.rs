//! From one polled message to a row in its batch, with the checks that protect the promise.
//!
//! A message of a partition that is not owned (any more) is dropped and counted: its next owner reads it. An offset
//! below the one that was expected means that the topic was replaced under us, and ends the source. Where the process
//! owns only a part, every key is held against the partitioner.

use super::filling::{Filling, Fullness};
use crate::batch::Message;
use crate::kafka::error::IngestError;
use crate::kafka::native::MessageView;
use crate::kafka::partitioner::PartitionerCheck;
use crate::kafka::stats::{Counters, add};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::sync::Arc;
use touchpoint::{Kind, TopicPartition, Topics};

/// Why reading cannot go on.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// The broker cannot go on where the partition was left: the offset is out of range, or offsets went back.
    Gap { partition: TopicPartition, wanted: i64 },
    /// The client reports an error of a partition.
    Client(KafkaError),
    /// Anything else.
    Error(IngestError),
}

/// Reads messages into batches.
pub(super) struct Reading {
    topics: Topics,
    /// Which kind a topic handle of the client stands for; handles live as long as an assignment.
    handles: Vec<(usize, Kind)>,
    check: Option<PartitionerCheck>,
    counters: Arc<Counters>,
}

impl Reading {
    pub(super) fn new(topics: Topics, counters: Arc<Counters>) -> Self {
        Self { topics, handles: Vec::new(), check: None, counters }
    }

    /// A new assignment begins; partial owners get a `check`.
    pub(super) fn begin(&mut self, check: Option<PartitionerCheck>) {
        self.handles.clear();
        self.check = check;
    }

    /// Takes one message in.
    pub(super) fn take(&mut self, message: MessageView<'_>, filling: &mut Filling) -> Result<Fullness, Obstacle> {
        if let Some(code) = message.error() {
            return self.failed(code, message, filling);
        }
        let (partition, offset) = (message.partition(), message.offset());
        let slot = self.kind(message).and_then(|kind| filling.slot_mut(kind, partition));
        let Some(slot) = slot else {
            add(&self.counters.discarded, 1);
            return Ok(Fullness::Room);
        };
        if let Some(wanted) = slot.next.filter(|wanted| offset < *wanted) {
            return Err(Obstacle::Gap { partition: slot.partition.clone(), wanted });
        }
        let topic = self.topics.of(slot.kind);
        let key = message.key();
        if let (Some(check), Some(key)) = (&mut self.check, key.filter(|key| !key.is_empty())) {
            check.check(topic, key, partition, slot.count).map_err(Obstacle::Error)?;
        }
        slot.next = Some(offset + 1);
        let headers = message.headers();
        let payload = message.payload();
        let message = Message {
            kind: slot.kind,
            topic,
            partition,
            offset,
            // A thousand times a timestamp of any real age fits; others count as absent.
            timestamp: message.timestamp_ms().and_then(|millis| millis.checked_mul(1000)),
            key,
            headers: &headers,
            payload,
        };
        add(&self.counters.messages, 1);
        add(&self.counters.bytes, (payload.map_or(0, <[u8]>::len) + key.map_or(0, <[u8]>::len)) as u64);
        Ok(filling.push(&message))
    }

    fn failed(
        &mut self,
        code: RDKafkaErrorCode,
        message: MessageView<'_>,
        filling: &mut Filling,
    ) -> Result<Fullness, Obstacle> {
        let slot = self.kind(message).and_then(|kind| filling.slot_mut(kind, message.partition()));
        match slot {
            Some(slot) if code == RDKafkaErrorCode::AutoOffsetReset => {
                let wanted = slot.next.unwrap_or_else(|| message.offset());
                Err(Obstacle::Gap { partition: slot.partition.clone(), wanted })
            }
            // An error of a partition that is no longer ours is its next owner's.
            None if code == RDKafkaErrorCode::AutoOffsetReset => Ok(Fullness::Room),
            _ => {
                add(&self.counters.transient_errors, 1);
                tracing::warn!(
                    ?code,
                    topic = message.topic(),
                    partition = message.partition(),
                    "kafka: a partition fails"
                );
                Err(Obstacle::Client(KafkaError::MessageConsumption(code)))
            }
        }
    }

    fn kind(&mut self, message: MessageView<'_>) -> Option<Kind> {
        let handle = message.topic_handle();
        if let Some((_, kind)) = self.handles.iter().find(|(known, _)| *known == handle) {
            return Some(*kind);
        }
        let kind = self.topics.kind(message.topic())?;
        self.handles.push((handle, kind));
        Some(kind)
    }
}
