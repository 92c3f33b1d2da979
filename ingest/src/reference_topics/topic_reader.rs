//! One topic's consumer: every partition from its beginning, without a group.
//!
//! An event of librdkafka that says that a partition has come to its end names the partition and not the topic: so every
//! topic has a consumer of its own.

use super::error::ReferenceTopicError;
use crate::kafka::KafkaConfig;
use crate::kafka::error_cause as cause;
use crate::reference_files::{Taken, TopicMessage, TopicTable};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message, Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The cluster must answer within this when a process starts …
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// … and while it runs, where a stop waits for it.
const SOON: Duration = Duration::from_secs(5);
/// How long one poll waits while a topic is read to its end.
const WAIT: Duration = Duration::from_millis(500);
/// Most messages of one look, so that a topic that never rests does not hold up the others.
const MESSAGES_PER_LOOK: usize = 500_000;
/// Between them, fetched and not yet taken.
const QUEUE_KBYTES: &str = "16384";

/// How far a topic is read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// It is to be read from its beginning.
    Anew,
    /// It is read; these partitions have not come to the end that they had then.
    Reading(BTreeSet<i32>),
}

/// See the module.
pub(super) struct TopicReader {
    topic: String,
    consumer: BaseConsumer,
    stage: Stage,
    partitions: BTreeSet<i32>,
    /// How often it was begun to be read.
    beginnings: u64,
}

/// What a poll brought.
enum Event {
    Taken(Taken),
    End(i32),
    /// The next message is gone.
    Gap,
    Trouble(KafkaError),
    Nothing,
}

impl std::fmt::Debug for TopicReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopicReader").field("topic", &self.topic).field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl TopicReader {
    /// A reader that has read nothing.
    pub(super) fn new(kafka: &KafkaConfig, topic: &str) -> Result<Self, ReferenceTopicError> {
        let mut config = kafka.observer();
        config
            .set("client.id", "touchload-reference")
            // It is assigned, never subscribed, and commits nothing; the client wants a name all the same, and this one
            // asks for no further rights.
            .set("group.id", &kafka.group_id)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("allow.auto.create.topics", "false")
            .set("queued.max.messages.kbytes", QUEUE_KBYTES)
            .set_log_level(RDKafkaLogLevel::Info);
        let consumer: BaseConsumer =
            config.create().map_err(|error| ReferenceTopicError::Client { cause: cause(&error) })?;
        Ok(Self { topic: topic.to_owned(), consumer, stage: Stage::Anew, partitions: BTreeSet::new(), beginnings: 0 })
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// Whether everything was read that stood there when reading began.
    pub(super) fn has_reached_the_end(&self) -> bool {
        matches!(&self.stage, Stage::Reading(unfinished) if unfinished.is_empty())
    }

    /// How often it was begun to be read.
    pub(super) fn beginnings(&self) -> u64 {
        self.beginnings
    }

    /// Finds the partitions and goes to their beginning, when a process starts.
    pub(super) fn begin(&mut self) -> Result<(), ReferenceTopicError> {
        self.go_to_the_beginning(ANSWER_WITHIN)
    }

    fn go_to_the_beginning(&mut self, within: Duration) -> Result<(), ReferenceTopicError> {
        self.partitions = self.found_partitions(within)?;
        let mut all = TopicPartitionList::new();
        for partition in &self.partitions {
            let placed = all.add_partition_offset(&self.topic, *partition, Offset::Beginning);
            placed.map_err(|error| self.unreadable(&error))?;
        }
        self.consumer.assign(&all).map_err(|error| self.unreadable(&error))?;
        self.stage = Stage::Reading(self.partitions.clone());
        self.beginnings += 1;
        Ok(())
    }

    /// It will be read from its beginning.
    pub(super) fn start_over(&mut self) {
        self.stage = Stage::Anew;
    }

    fn found_partitions(&self, within: Duration) -> Result<BTreeSet<i32>, ReferenceTopicError> {
        let metadata = self.consumer.fetch_metadata(Some(self.topic.as_str()), within);
        let metadata = metadata.map_err(|error| self.unreadable(&error))?;
        let found = metadata.topics().iter().find(|found| found.name() == self.topic);
        let whole = found.filter(|found| found.error().is_none());
        let partitions: BTreeSet<i32> = whole.iter().flat_map(|f| f.partitions()).map(|p| p.id()).collect();
        if partitions.is_empty() {
            return Err(ReferenceTopicError::Missing { topics: self.topic.clone() });
        }
        Ok(partitions)
    }

    /// Reads until every partition has come to its end. Blocks.
    pub(super) fn read_to_the_end(
        &mut self,
        held: &mut TopicTable,
        count: &mut dyn FnMut(Taken),
    ) -> Result<(), ReferenceTopicError> {
        let mut heard = Instant::now();
        let mut last = None;
        while !self.has_reached_the_end() {
            match self.event(held, WAIT) {
                Event::Taken(taken) => {
                    count(taken);
                    heard = Instant::now();
                }
                Event::End(partition) => {
                    self.ended(partition);
                    heard = Instant::now();
                }
                Event::Gap => {
                    *held = TopicTable::new(&self.topic);
                    self.begin()?;
                }
                Event::Trouble(error) if is_refusal(&error) => return Err(self.unreadable(&error)),
                Event::Trouble(error) => last = Some(error),
                Event::Nothing => {}
            }
            if heard.elapsed() > ANSWER_WITHIN {
                let error = last.unwrap_or(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
                return Err(self.unreadable(&error));
            }
        }
        Ok(())
    }

    /// Takes what is there.
    ///
    /// # Errors
    /// It is to be read anew and cannot be now.
    pub(super) fn follow(
        &mut self,
        held: &mut TopicTable,
        count: &mut dyn FnMut(Taken),
    ) -> Result<(), ReferenceTopicError> {
        if self.stage == Stage::Anew {
            self.go_to_the_beginning(SOON)?;
            *held = TopicTable::new(&self.topic);
        }
        for _ in 0..MESSAGES_PER_LOOK {
            match self.event(held, Duration::ZERO) {
                Event::Taken(taken) => count(taken),
                Event::End(partition) => self.ended(partition),
                Event::Gap => {
                    tracing::warn!(topic = self.topic, "reference data: the topic was cut off and is read anew");
                    self.start_over();
                    break;
                }
                Event::Trouble(error) => {
                    tracing::warn!(topic = self.topic, cause = cause(&error), "reference data: reading is held up");
                }
                Event::Nothing => break,
            }
        }
        Ok(())
    }

    /// Starts over when there are other partitions than before.
    pub(super) fn look_for_partitions(&mut self) {
        match self.found_partitions(SOON) {
            Ok(found) if found == self.partitions => {}
            Ok(_) => {
                tracing::info!(topic = self.topic, "reference data: the topic has other partitions and is read anew");
                self.start_over();
            }
            Err(error) => tracing::error!(%error, "reference data: the tables stay as they are"),
        }
    }

    fn ended(&mut self, partition: i32) {
        if let Stage::Reading(unfinished) = &mut self.stage {
            unfinished.remove(&partition);
        }
    }

    fn event(&self, held: &mut TopicTable, wait: Duration) -> Event {
        match self.consumer.poll(wait) {
            None => Event::Nothing,
            Some(Ok(message)) => Event::Taken(held.take(&TopicMessage {
                partition: message.partition(),
                offset: message.offset(),
                key: message.key(),
                value: message.payload(),
            })),
            Some(Err(KafkaError::PartitionEOF(partition))) => Event::End(partition),
            Some(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) => Event::Gap,
            Some(Err(error)) => Event::Trouble(error),
        }
    }

    fn unreadable(&self, error: &KafkaError) -> ReferenceTopicError {
        ReferenceTopicError::Unreadable { topic: self.topic.clone(), cause: cause(error) }
    }
}

/// Whether waiting does not help: rights and credentials.
fn is_refusal(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as C;
    let refusals = [
        C::TopicAuthorizationFailed,
        C::GroupAuthorizationFailed,
        C::ClusterAuthorizationFailed,
        C::SaslAuthenticationFailed,
        C::Authentication,
    ];
    error.rdkafka_error_code().is_some_and(|code| refusals.contains(&code))
}
