//! An erased HCP in the alert topics: of no alert about them the last message is left to be one that names them.
//!
//! Messages name HCPs by a pseudonym that is made with the alerts' key, so that whoever has key and id finds them. An alert
//! that is not over is first said to be, its subject having vanished, for the receivers that were told of it; then a
//! tombstone takes its key out. What stood before goes when the cluster compacts the topic.
//!
//! It wants a pipeline that is stopped: one that runs has the alerts in memory and would write them again. One that is
//! started afterwards reads the topics, and finds neither the alerts there nor the person in the tables.

use super::topic::{ANSWER_WITHIN, AlertLogError, AlertTopics, Message, client_config, read_topic, reader, writer};
use ingest::kafka::KafkaConfig;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use serve::deliver::{Document, Ids, Naming};
use std::collections::BTreeMap;
use touchpoint::{Micros, SecretKey};

/// What was found in the topics, or done there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgottenAlerts {
    /// Alerts whose last message names the HCP.
    pub named: usize,
    /// Messages that name the HCP and have a later one of their key: they go when the cluster compacts the topics.
    pub outdated: u64,
}

/// See the module.
pub struct Forgetting {
    config: ClientConfig,
    topics: AlertTopics,
    pseudonym: String,
}

/// The last message of a key.
struct Last {
    partition: i32,
    value: Option<Vec<u8>>,
    /// How many messages of the key name the HCP.
    naming: u64,
}

impl Last {
    fn names(&self, pseudonym: &str) -> bool {
        self.value.as_deref().is_some_and(|value| holds(value, pseudonym))
    }
}

type Messages = BTreeMap<Vec<u8>, Last>;

impl Forgetting {
    /// Of an HCP, in these topics; `key` is that of alerts.
    pub fn of(hcp_id: &str, key: SecretKey, kafka: &KafkaConfig, topics: AlertTopics) -> Self {
        let pseudonym = Naming::new(key, Ids::Pseudonyms).hcp(hcp_id);
        Self { config: client_config(kafka), topics, pseudonym }
    }

    /// Looks for the HCP in both topics, and changes nothing. Blocks while it reads.
    ///
    /// # Errors
    /// A topic cannot be read.
    pub fn look(&self) -> Result<ForgottenAlerts, AlertLogError> {
        let mut found = ForgottenAlerts::default();
        for topic in self.topics.all() {
            for last in self.read(topic)?.values() {
                let named = last.names(&self.pseudonym);
                found.named += usize::from(named);
                found.outdated += last.naming - u64::from(named);
            }
        }
        Ok(found)
    }

    /// Takes every alert about the HCP out of both topics; gives how many.
    ///
    /// # Errors
    /// A topic cannot be read or written. What was taken out stays out: do it again.
    pub async fn withdraw(&self, now: Micros) -> Result<usize, AlertLogError> {
        let producer = writer(&self.config)?;
        let mut withdrawn = 0;
        for topic in self.topics.all() {
            let messages = tokio::task::block_in_place(|| self.read(topic))?;
            for (key, last) in messages.iter().filter(|(_, last)| last.names(&self.pseudonym)) {
                let open = last.value.as_deref().and_then(|value| Document::parse(value).ok()).filter(|d| !d.is_over());
                let over = open.map(|document| document.vanished(now).to_bytes());
                for value in [over.as_deref(), None].into_iter().skip(usize::from(over.is_none())) {
                    self.append(&producer, topic, (key.as_slice(), last.partition), value).await?;
                }
                fail::fail_point!("erase::alert_withdrawn");
                withdrawn += 1;
            }
        }
        Ok(withdrawn)
    }

    async fn append(
        &self,
        producer: &FutureProducer,
        topic: &str,
        (key, partition): (&[u8], i32),
        value: Option<&[u8]>,
    ) -> Result<(), AlertLogError> {
        // Where the key stands, whatever partitioner wrote it: compaction compares within a partition.
        let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic).key(key).partition(partition);
        if let Some(value) = value {
            record = record.payload(value);
        }
        let sent = producer.send(record, Timeout::After(ANSWER_WITHIN)).await;
        sent.map(drop).map_err(|(source, _)| AlertLogError::Topic { topic: topic.to_owned(), doing: "written", source })
    }

    /// The last message of every key, and how many of it name the HCP.
    fn read(&self, topic: &str) -> Result<Messages, AlertLogError> {
        let mut messages = Messages::new();
        let mut see = |message: Message<'_>| {
            let Message { partition, key, value, .. } = message;
            let names = value.is_some_and(|value| holds(value, &self.pseudonym));
            let before = messages.get(key).map_or(0, |last| last.naming);
            let value = value.map(<[u8]>::to_vec);
            messages.insert(key.to_vec(), Last { partition, value, naming: before + u64::from(names) });
        };
        let failed = |source| AlertLogError::Topic { topic: topic.to_owned(), doing: "read", source };
        read_topic(&reader(&self.config)?, topic, &mut see).map_err(failed)?;
        Ok(messages)
    }
}

/// Whether a pseudonym stands in a value, in whichever field.
fn holds(value: &[u8], pseudonym: &str) -> bool {
    value.windows(pseudonym.len()).any(|part| part == pseudonym.as_bytes())
}
