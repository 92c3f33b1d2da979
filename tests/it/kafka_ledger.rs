//! The ledger's side of a test: what was produced, and what a consumer that shares no code with the product reads back.
//!
//! [`read_topics`] assigns every partition by hand, from its first offset to its end as it is at the call, outside any
//! group; it neither commits nor moves anything. Reading is complete or the test fails.

use crate::kafka_broker::client;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Without any progress for so long, reading or writing has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a record without a partition finds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Partitioner {
    /// As Java producers do.
    Murmur2,
    /// As librdkafka does unless told otherwise.
    Crc32,
}

/// A record to produce.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outgoing {
    /// Topic.
    pub(crate) topic: String,
    /// `None`: the partitioner decides by the key.
    pub(crate) partition: Option<i32>,
    /// Key, `None` for none.
    pub(crate) key: Option<Vec<u8>>,
    /// Value; `None` is a tombstone.
    pub(crate) payload: Option<Vec<u8>>,
    /// Milliseconds since 1970 UTC; `None`: the producer's clock.
    pub(crate) timestamp: Option<i64>,
    /// Headers in order.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

/// A record as the broker holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stored {
    /// Topic.
    pub(crate) topic: String,
    /// Partition.
    pub(crate) partition: i32,
    /// Offset.
    pub(crate) offset: i64,
    /// Milliseconds since 1970 UTC.
    pub(crate) timestamp: Option<i64>,
    /// Key.
    pub(crate) key: Option<Vec<u8>>,
    /// Value; `None` is a tombstone.
    pub(crate) payload: Option<Vec<u8>>,
}

/// Produces all records in order, waits for every acknowledgement, and returns how many there were.
///
/// # Panics
/// A record was refused, or no progress was made for a minute.
pub(crate) fn produce(bootstrap: &str, partitioner: Partitioner, records: impl IntoIterator<Item = Outgoing>) -> usize {
    let mut config = client(bootstrap);
    config.set("enable.idempotence", "true").set("linger.ms", "5");
    config.set(
        "partitioner",
        match partitioner {
            Partitioner::Murmur2 => "murmur2",
            Partitioner::Crc32 => "consistent",
        },
    );
    let producer: BaseProducer = config.create().expect("a producer");
    let mut sent = 0;
    for record in records {
        send(&producer, &record);
        sent += 1;
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE).expect("every record is acknowledged");
    assert_eq!(producer.in_flight_count(), 0, "records without acknowledgement");
    sent
}

fn send(producer: &BaseProducer, record: &Outgoing) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match producer.send(outgoing(record)) {
            Ok(()) => return,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) if Instant::now() < deadline => {
                producer.poll(Duration::from_millis(20));
            }
            Err((error, _)) => panic!("topic {} does not take records: {error}", record.topic),
        }
    }
}

fn outgoing(record: &Outgoing) -> BaseRecord<'_, [u8], [u8]> {
    let mut message = BaseRecord::to(&record.topic);
    if let Some(partition) = record.partition {
        message = message.partition(partition);
    }
    if let Some(key) = &record.key {
        message = message.key(key.as_slice());
    }
    if let Some(payload) = &record.payload {
        message = message.payload(payload.as_slice());
    }
    if let Some(timestamp) = record.timestamp {
        message = message.timestamp(timestamp);
    }
    if !record.headers.is_empty() {
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
        message = message.headers(headers);
    }
    message
}

/// Every record of every partition of `topics`, sorted by topic, partition and offset.
///
/// # Panics
/// A topic is missing, or no progress was made for a minute.
pub(crate) fn read_topics(bootstrap: &str, topics: &[&str]) -> Vec<Stored> {
    let mut records: Vec<Stored> = topics.iter().flat_map(|topic| read_topic(bootstrap, topic)).collect();
    records.sort();
    records
}

fn read_topic(bootstrap: &str, topic: &str) -> Vec<Stored> {
    let mut config = client(bootstrap);
    config.set("group.id", "touchload-ledger").set("enable.auto.commit", "false");
    config.set("enable.partition.eof", "true").set("auto.offset.reset", "error");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut open = assign_all(&consumer, topic);
    let (mut records, mut deadline) = (Vec::new(), Instant::now() + PATIENCE);
    while !open.is_empty() {
        assert!(Instant::now() < deadline, "topic {topic}: partitions {open:?} did not end");
        match consumer.poll(Duration::from_millis(100)) {
            None => continue,
            Some(Ok(message)) => records.push(stored(&message)),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            // A broker that is just coming back; the deadline bounds it.
            Some(Err(KafkaError::MessageConsumption(
                RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown,
            ))) => continue,
            Some(Err(error)) => panic!("topic {topic} cannot be read: {error}"),
        }
        deadline = Instant::now() + PATIENCE;
    }
    records
}

/// Assigns every partition of `topic` from its beginning and returns their numbers.
fn assign_all(consumer: &BaseConsumer, topic: &str) -> BTreeSet<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).expect("the broker answers");
    let found = metadata.topics().iter().find(|t| t.name() == topic).expect("the broker names the topic");
    assert!(found.error().is_none(), "topic {topic}: {:?}", found.error());
    let partitions: BTreeSet<i32> = found.partitions().iter().map(|p| p.id()).collect();
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        list.add_partition_offset(topic, *partition, Offset::Beginning).expect("a valid offset");
    }
    consumer.assign(&list).expect("partitions can be assigned");
    partitions
}

fn stored(message: &impl Message) -> Stored {
    Stored {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
    }
}

/// What the other tests rest on: an acknowledged record is there after the broker was killed, once and in its place.
#[test]
fn a_killed_broker_keeps_what_it_acknowledged() {
    let Some(mut broker) = crate::kafka_broker::KafkaBroker::start() else { return };
    let bootstrap = broker.bootstrap();
    broker.create_topics(&["calls", "emails"], 3);
    let record = |n: i64| Outgoing {
        topic: if n % 2 == 0 { "calls" } else { "emails" }.to_owned(),
        key: Some(format!("hcp-{}", n % 7).into_bytes()),
        payload: (n % 10 != 0).then(|| n.to_string().into_bytes()),
        timestamp: Some(1_000_000_000_000 + n),
        ..Outgoing::default()
    };
    assert_eq!(produce(&bootstrap, Partitioner::Murmur2, (0..1_000).map(record)), 1_000);
    let before = read_topics(&bootstrap, &["calls", "emails"]);
    let killed = broker.id();
    broker.kill();
    assert_eq!(broker.id(), None);
    broker.restart();
    assert_ne!(broker.id(), killed, "another process serves the same data");
    let after = read_topics(&bootstrap, &["calls", "emails"]);

    assert_eq!(before, after);
    let mut numbers: Vec<i64> = after.iter().filter_map(|r| r.timestamp).map(|t| t - 1_000_000_000_000).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1_000).collect::<Vec<_>>());
    assert_eq!(after.iter().filter(|r| r.payload.is_none()).count(), 100);
    let of_one = after.iter().filter(|r| r.key.as_deref() == Some(b"hcp-3")).map(|r| r.partition);
    assert_eq!(of_one.collect::<BTreeSet<_>>().len(), 1, "equal keys go to equal partition numbers");
}
