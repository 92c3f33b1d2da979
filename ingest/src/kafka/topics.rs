//! A look-out for the four topics: do they exist, and how many partitions do they have?
//!
//! Asking a broker may block for seconds, so a thread of its own asks, with a client of its own, whenever it is told
//! to. The loop that reads messages only picks up answers. The thread ends when the [`TopicWatch`] is dropped, at the
//! latest one request time-out later.

use crate::kafka::config::KafkaConfig;
use crate::kafka::error::{IngestError, cause};
use crate::kafka::ownership::PartitionCounts;
use crossbeam_channel::{Receiver, Sender, bounded};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::time::Duration;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// What the look-out saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// All four topics, with their partitions.
    Complete(PartitionCounts),
    /// These topics do not exist or may not be described.
    Missing(Vec<String>),
    /// No broker answered; the text says why.
    Unreachable(String),
}

/// How many partitions each of the four topics has. Blocks for some seconds at most.
///
/// # Errors
/// [`IngestError::Client`] when no broker answers or a topic is missing.
pub fn partition_counts(config: &KafkaConfig) -> Result<PartitionCounts, IngestError> {
    let during = "counting the partitions of the four topics";
    let created = config.observer().create();
    let client: BaseConsumer = created.map_err(|error| IngestError::Client { during, cause: cause(&error) })?;
    let topics: Vec<String> = config.topics.iter().map(|(_, name)| name.to_owned()).collect();
    match look(&client, &topics) {
        Sighting::Complete(counts) => Ok(counts),
        Sighting::Missing(topics) => {
            Err(IngestError::Client { during, cause: format!("missing: {}", topics.join(", ")) })
        }
        Sighting::Unreachable(cause) => Err(IngestError::Client { during, cause }),
    }
}

/// Asks for sightings and picks them up.
#[derive(Debug)]
pub(crate) struct TopicWatch {
    asks: Sender<u64>,
    answers: Receiver<(u64, Sighting)>,
    asked: u64,
}

impl TopicWatch {
    /// Starts the look-out.
    pub(crate) fn spawn(config: &KafkaConfig) -> Result<Self, IngestError> {
        let client: BaseConsumer = config
            .observer()
            .create()
            .map_err(|error| IngestError::Client { during: "creating the metadata client", cause: cause(&error) })?;
        let topics: Vec<String> = config.topics.iter().map(|(_, name)| name.to_owned()).collect();
        let (asks, asked) = bounded::<u64>(1);
        let (answering, answers) = bounded(4);
        let watch = move || {
            while let Ok(ask) = asked.recv() {
                let sighting = look(&client, &topics);
                // What the client logged about brokers that come and go is the consumer's to report; here it only
                // piles up.
                while client.poll(Duration::ZERO).is_some() {}
                if answering.send((ask, sighting)).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("kafka-topics".to_owned()).spawn(watch);
        thread.map_err(|error| IngestError::Thread(error.to_string()))?;
        Ok(Self { asks, answers, asked: 0 })
    }

    /// Asks for a look that begins after this call; the result names it. `None` while an earlier one is waiting: ask
    /// again.
    pub(crate) fn ask(&mut self) -> Option<u64> {
        let next = self.asked + 1;
        self.asks.try_send(next).ok()?;
        self.asked = next;
        Some(next)
    }

    /// A sighting that has come in, with the ask that it answers.
    pub(crate) fn answer(&self) -> Option<(u64, Sighting)> {
        self.answers.try_recv().ok()
    }
}

fn look(client: &BaseConsumer, topics: &[String]) -> Sighting {
    let (mut counts, mut missing) = (PartitionCounts::new(), Vec::new());
    for topic in topics {
        let metadata = match client.fetch_metadata(Some(topic.as_str()), REQUEST_TIMEOUT) {
            Ok(metadata) => metadata,
            Err(error) => return Sighting::Unreachable(cause(&error)),
        };
        let found = metadata.topics().iter().find(|found| found.name() == topic.as_str());
        let count = found.filter(|found| found.error().is_none()).map_or(0, |found| found.partitions().len());
        match i32::try_from(count) {
            Ok(count) if count > 0 => {
                counts.insert(topic.clone(), count);
            }
            _ => missing.push(topic.clone()),
        }
    }
    if missing.is_empty() { Sighting::Complete(counts) } else { Sighting::Missing(missing) }
}
