//! The bare drain: how fast this client library hands over the same messages when nobody looks at them.
//!
//! It is the physical limit that the pipeline's rate is compared with. Partitions are assigned by hand from their
//! beginning, with the properties of the real source, and only lengths are read.

use crate::kafka::config::KafkaConfig;
use crate::kafka::error::{IngestError, cause};
use crate::kafka::native::BatchConsumer;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// What a drain moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Messages.
    pub records: u64,
    /// Bytes of keys and payloads.
    pub bytes: u64,
    /// From the first batch of messages to the last.
    pub elapsed: Duration,
}

/// Reads `topics` from their beginning until `expected` messages have come, or none came for ten seconds.
///
/// # Errors
/// [`IngestError::Client`] when the topics cannot be read; a retry helps once a broker answers.
pub fn drain(config: &KafkaConfig, topics: &[&str], expected: u64) -> Result<Drained, IngestError> {
    let failed = |error: KafkaError| IngestError::Client { during: "draining", cause: cause(&error) };
    let client: BaseConsumer = config.consumer().create().map_err(failed)?;
    let mut all = TopicPartitionList::new();
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), Duration::from_secs(10)).map_err(failed)?;
        for partition in metadata.topics().iter().flat_map(|found| found.partitions()) {
            all.add_partition_offset(topic, partition.id(), Offset::Beginning).map_err(failed)?;
        }
    }
    let none = || IngestError::Client { during: "draining", cause: "no queue".to_owned() };
    let mut client = BatchConsumer::new(client).ok_or_else(none)?;
    for partition in all.elements() {
        client.redirect(partition.topic(), partition.partition());
    }
    client.consumer().assign(&all).map_err(failed)?;
    let (mut records, mut bytes) = (0_u64, 0_u64);
    let (mut first, mut last, mut waiting_since) = (None, None, Instant::now());
    while records < expected && waiting_since.elapsed() < Duration::from_secs(10) {
        let before = records;
        for message in client.take(Duration::from_millis(20)) {
            let message = message.view();
            if message.error().is_none() {
                records += 1;
                bytes += (message.key().map_or(0, <[u8]>::len) + message.payload().map_or(0, <[u8]>::len)) as u64;
            }
        }
        if records > before {
            waiting_since = Instant::now();
            first.get_or_insert(waiting_since);
            last = Some(waiting_since);
        } else {
            // Serves what is not a message, such as log lines.
            client
                .consumer()
                .poll(Duration::ZERO)
                .map_or(Ok(()), |polled| polled.map(drop).or_else(passing))
                .map_err(failed)?;
        }
    }
    let elapsed = first.zip(last).map_or(Duration::ZERO, |(first, last)| last.duration_since(first));
    Ok(Drained { records, bytes, elapsed })
}

fn passing(error: KafkaError) -> Result<(), KafkaError> {
    if matches!(error, KafkaError::MessageConsumptionFatal(_)) { Err(error) } else { Ok(()) }
}
