//! The log of transitions in Kafka: two compacted topics, key the alert's id, value its last transition.

use crate::publish::until_ready;
use ingest::kafka::KafkaConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::util::Timeout;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use serve::deliver::Document;
use std::collections::BTreeMap;
use std::time::Duration;
use touchpoint::{Audience, Micros};

/// The cluster must answer within this.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// A transition must be acknowledged by all replicas within this …
const APPEND_WITHIN: &str = "20000";
/// … and is tried so often.
const TRIES: u32 = 3;
/// Lets the cluster choose how often a topic is replicated.
const BROKER_DEFAULT: i32 = -1;
/// Alerts are few.
const PARTITIONS: i32 = 1;
/// So long nothing is compacted away: table `alerts`, and a webhook that was down, still find every transition.
const WHOLE_FOR_MS: &str = "604800000";

/// Why the log cannot be used. Trying again helps where the cluster comes back.
#[derive(Debug, thiserror::Error)]
pub enum AlertLogError {
    /// The client could not be set up: wrong properties.
    #[error("the Kafka client for alerts cannot be set up; look at [kafka.properties]")]
    Client(#[source] KafkaError),
    /// The cluster does not answer, or refuses.
    #[error("topic {topic} of alerts cannot be {doing}; does the user have the right to?")]
    Topic {
        /// Which.
        topic: String,
        /// What failed.
        doing: &'static str,
        /// What the client says.
        #[source]
        source: KafkaError,
    },
}

/// The names of the topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertTopics {
    /// Alerts that the commercial audience may see.
    pub commercial: String,
    /// Alerts for medical and compliance.
    pub medical: String,
}

impl AlertTopics {
    /// The topic of alerts of an audience.
    pub fn of(&self, audience: Audience) -> &str {
        match audience {
            Audience::Commercial => &self.commercial,
            Audience::Full => &self.medical,
        }
    }

    /// Both.
    pub fn all(&self) -> [&str; 2] {
        [&self.commercial, &self.medical]
    }
}

/// A transition on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) audience: Audience,
    pub(super) alert_id: String,
    pub(super) value: Vec<u8>,
}

/// What stands in the topics.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The last transition of every alert.
    pub(super) last: Vec<Document>,
    /// Every transition that was appended of late, in the order of each alert.
    pub(super) recent: Vec<Document>,
}

/// See the module.
pub struct AlertLog {
    config: ClientConfig,
    producer: FutureProducer,
    topics: AlertTopics,
}

impl AlertLog {
    /// Connects, and makes the topics that are missing.
    ///
    /// # Errors
    /// [`AlertLogError`].
    pub async fn open(kafka: &KafkaConfig, topics: AlertTopics) -> Result<Self, AlertLogError> {
        let config = client_config(kafka);
        create_missing(&config, &topics).await?;
        let producer = writer(&config)?;
        Ok(Self { config, producer, topics })
    }

    /// The topics' names.
    pub fn topics(&self) -> &AlertTopics {
        &self.topics
    }

    /// Appends transitions, each alert's in their order, and waits until all replicas have them.
    ///
    /// # Errors
    /// They were not acknowledged in time, several times over. Some may be there; to append them again does no harm.
    pub(super) async fn append(&self, entries: &[Entry]) -> Result<(), AlertLogError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_append(entries).await {
                Err(error) if tries < TRIES => tracing::warn!(%error, tries, "alerts are not durable yet"),
                ended => return ended,
            }
        }
    }

    async fn try_append(&self, entries: &[Entry]) -> Result<(), AlertLogError> {
        let sent = entries.iter().map(|entry| {
            let topic = self.topics.of(entry.audience);
            let record = FutureRecord::to(topic).key(&entry.alert_id).payload(&entry.value);
            let sending = self.producer.send(record, Timeout::After(ANSWER_WITHIN));
            async move { sending.await.map_err(|(source, _)| (topic, source)) }
        });
        let answers = futures::future::join_all(sent).await;
        match answers.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some((topic, source)) => Err(AlertLogError::Topic { topic: topic.to_owned(), doing: "written", source }),
        }
    }

    /// What stands in the topics now; as recent counts what was appended at `since` or later, `None`: everything. Blocks
    /// while it reads.
    ///
    /// # Errors
    /// A topic cannot be read. What stands there and is no transition is left out, and said.
    pub(super) fn read(&self, since: Option<Micros>) -> Result<Found, AlertLogError> {
        let consumer = reader(&self.config)?;
        let mut messages = Messages { since, last: BTreeMap::new(), recent: Vec::new() };
        for topic in self.topics.all() {
            let failed = |source| AlertLogError::Topic { topic: topic.to_owned(), doing: "read", source };
            read_topic(&consumer, topic, &mut |message| messages.see(&message)).map_err(failed)?;
        }
        let parse = |value: Vec<u8>| match Document::parse(&value) {
            Ok(document) => Some(document),
            Err(error) => {
                tracing::warn!(%error, "a message of the alerts topics is left out");
                None
            }
        };
        let recent = messages.recent.into_iter().map(|(_, value)| value).filter_map(parse).collect();
        Ok(Found { last: messages.last.into_values().filter_map(parse).collect(), recent })
    }
}

/// What every client needs to reach the cluster.
pub(crate) fn client_config(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (name, value) in &kafka.properties {
        config.set(name, value);
    }
    config.set("bootstrap.servers", &kafka.bootstrap_servers);
    config
}

async fn create_missing(config: &ClientConfig, topics: &AlertTopics) -> Result<(), AlertLogError> {
    let admin: AdminClient<DefaultClientContext> = config.create().map_err(AlertLogError::Client)?;
    let of = |topic: &str, doing, source| AlertLogError::Topic { topic: topic.to_owned(), doing, source };
    let known = admin.inner().fetch_metadata(None, ANSWER_WITHIN).map_err(|e| of(&topics.commercial, "found", e))?;
    let exists = |name: &str| known.topics().iter().any(|topic| topic.name() == name);
    for name in topics.all().into_iter().filter(|name| !exists(name)) {
        let topic = NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(BROKER_DEFAULT))
            .set("cleanup.policy", "compact")
            .set("min.compaction.lag.ms", WHOLE_FOR_MS);
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        let outcomes = admin.create_topics([&topic], &options).await.map_err(|e| of(name, "created", e))?;
        match outcomes.into_iter().find_map(Result::err) {
            // Somebody else was faster, which is as good.
            None | Some((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Some((_, code)) => return Err(of(name, "created", KafkaError::AdminOp(code))),
        }
        until_ready(admin.inner(), name, ANSWER_WITHIN).await.map_err(|e| of(name, "created", e))?;
    }
    Ok(())
}

/// A producer that says yes when all replicas have a message.
pub(super) fn writer(config: &ClientConfig) -> Result<FutureProducer, AlertLogError> {
    let mut config = config.clone();
    config.set("acks", "all").set("enable.idempotence", "true").set("message.timeout.ms", APPEND_WITHIN);
    config.create().map_err(AlertLogError::Client)
}

/// A message of the topics.
pub(super) struct Message<'m> {
    pub(super) partition: i32,
    pub(super) key: &'m [u8],
    /// Nothing where a tombstone takes the key out.
    pub(super) value: Option<&'m [u8]>,
    /// When it was appended, to the next millisecond; `None` where the topic does not tell.
    pub(super) appended: Option<Micros>,
}

/// Keys and values while they are read.
struct Messages {
    since: Option<Micros>,
    last: BTreeMap<Vec<u8>, Vec<u8>>,
    recent: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Messages {
    fn see(&mut self, message: &Message<'_>) {
        let Some(value) = message.value else {
            self.last.remove(message.key);
            self.recent.retain(|(key, _)| key != message.key);
            return;
        };
        if self.since.is_none_or(|since| message.appended.is_none_or(|at| at > since)) {
            self.recent.push((message.key.to_vec(), value.to_vec()));
        }
        self.last.insert(message.key.to_vec(), value.to_vec());
    }
}

/// A consumer that reads from where it is told, and belongs to no group.
pub(super) fn reader(config: &ClientConfig) -> Result<BaseConsumer, AlertLogError> {
    let mut config = config.clone();
    // It is assigned, never subscribed; the client wants a name all the same.
    config.set("group.id", "touchload-alerts-restore").set("enable.auto.commit", "false");
    config.set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
    config.create().map_err(AlertLogError::Client)
}

/// Shows every message of a topic up to where it ends now. A topic that is not there has none.
pub(super) fn read_topic(
    consumer: &BaseConsumer,
    topic: &str,
    see: &mut dyn FnMut(Message<'_>),
) -> Result<(), KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_WITHIN)?;
    let numbers: Vec<i32> =
        metadata.topics().iter().flat_map(|of| of.partitions()).map(|partition| partition.id()).collect();
    for number in numbers {
        let (low, high) = consumer.fetch_watermarks(topic, number, ANSWER_WITHIN)?;
        if low >= high {
            continue;
        }
        let mut from = TopicPartitionList::new();
        from.add_partition_offset(topic, number, Offset::Offset(low))?;
        consumer.assign(&from)?;
        // Compaction leaves holes, also at the end: no offset of a message tells that it is the last.
        loop {
            let message = match consumer.poll(ANSWER_WITHIN) {
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(message) => message?,
                None => return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut)),
            };
            let appended = message.timestamp().to_millis().map(|at| at.saturating_add(1).saturating_mul(1_000));
            let (key, value) = (message.key().unwrap_or_default(), message.payload());
            see(Message { partition: number, key, value, appended });
        }
    }
    Ok(())
}
