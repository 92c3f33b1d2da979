//! Publishing into the embedded broker, read back by an independent consumer.

use super::{Backlog, Handed, Outgoing, Pace, Publisher, PublisherConfig, Source, create_missing, publish};
use crate::broker::EmbeddedBroker;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use touchpoint::Kind;
use touchpoint::words::Word;

const DEADLINE: Duration = Duration::from_secs(30);

struct Numbered {
    next: u64,
    count: u64,
    key: String,
    payload: Vec<u8>,
}

fn numbered(count: u64) -> Numbered {
    Numbered { next: 0, count, key: String::new(), payload: Vec::new() }
}

impl Source for Numbered {
    fn next(&mut self) -> Option<Outgoing<'_>> {
        if self.next == self.count {
            return None;
        }
        let kind = Kind::ALL[(self.next % 4) as usize];
        self.key = format!("hcp-{}", self.next % 10);
        self.payload = format!("{{\"n\":{}}}", self.next).into_bytes();
        self.next += 1;
        let timestamp = self.next as i64 * 1_000_000 + 999;
        Some(Outgoing { kind, key: Some(self.key.as_bytes()), payload: Some(&self.payload), timestamp })
    }
}

type Read = (String, i32, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

/// Everything in the topics of a broker, read by assignment.
fn read_back(broker: &EmbeddedBroker, partitions: i32, count: usize) -> Vec<Read> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_servers())
        .set("group.id", "reader")
        .create()
        .unwrap();
    let mut all = TopicPartitionList::new();
    for kind in Kind::ALL {
        for partition in 0..partitions {
            all.add_partition_offset(kind.default_topic(), partition, Offset::Beginning).unwrap();
        }
    }
    consumer.assign(&all).unwrap();
    let (mut read, started) = (Vec::new(), Instant::now());
    while read.len() < count && started.elapsed() < DEADLINE {
        let Some(message) = consumer.poll(Duration::from_millis(200)) else { continue };
        let m = message.unwrap();
        let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
        read.push((m.topic().to_owned(), m.partition(), owned(m.key()), owned(m.payload()), m.timestamp().to_millis()));
    }
    read
}

#[test]
fn every_record_arrives_once_under_its_topic_key_and_time() {
    let broker = EmbeddedBroker::start(4).unwrap();
    let mut publisher = Publisher::connect(&PublisherConfig::new(broker.bootstrap_servers())).unwrap();
    publish(&mut publisher, &mut numbered(2_000), Pace::Unbounded, &CancellationToken::new()).unwrap();
    let report = publisher.finish(DEADLINE).unwrap();
    assert_eq!((report.delivered, report.failures(), report.unanswered), (2_000, 0, 0));

    let mut read = read_back(&broker, 4, 2_000);
    read.sort_by_key(|r| r.4);
    assert_eq!(read.len(), 2_000);
    let mut partition_of = HashMap::new();
    for (n, (topic, partition, key, payload, timestamp)) in read.into_iter().enumerate() {
        assert_eq!(topic, Kind::ALL[n % 4].default_topic());
        assert_eq!(key.as_deref(), Some(format!("hcp-{}", n % 10).as_bytes()));
        assert_eq!(payload, Some(format!("{{\"n\":{n}}}").into_bytes()));
        assert_eq!(timestamp, Some((n as i64 + 1) * 1_000), "finer than milliseconds is cut off");
        assert_eq!(*partition_of.entry(key).or_insert(partition), partition, "one HCP, one partition number");
    }
    assert!(partition_of.values().collect::<std::collections::HashSet<_>>().len() > 1);
}

#[test]
fn nulls_stay_nulls() {
    let broker = EmbeddedBroker::start(1).unwrap();
    let mut publisher = Publisher::connect(&PublisherConfig::new(broker.bootstrap_servers())).unwrap();
    let tombstone = Outgoing { kind: Kind::Calls, key: Some(b"k"), payload: None, timestamp: 1_000 };
    let keyless = Outgoing { kind: Kind::Calls, key: None, payload: Some(b"p"), timestamp: 2_000 };
    for record in [tombstone, keyless] {
        assert_eq!(publisher.send(&record, &CancellationToken::new()).unwrap(), Handed::Over);
    }
    assert_eq!(publisher.finish(DEADLINE).unwrap().delivered, 2);
    let read = read_back(&broker, 1, 2);
    assert_eq!((read[0].2.as_deref(), read[0].3.as_deref()), (Some(b"k".as_slice()), None));
    assert_eq!((read[1].2.as_deref(), read[1].3.as_deref()), (None, Some(b"p".as_slice())));
}

#[test]
fn the_rate_is_kept_and_the_stop_obeyed() {
    let broker = EmbeddedBroker::start(1).unwrap();
    let mut publisher = Publisher::connect(&PublisherConfig::new(broker.bootstrap_servers())).unwrap();
    let started = Instant::now();
    publish(&mut publisher, &mut numbered(100), Pace::PerSecond(200.0), &CancellationToken::new()).unwrap();
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(440), "{took:?}: 100 records, less a burst of 10, at 200/s");

    let stop = CancellationToken::new();
    let trigger = stop.clone();
    let thread = std::thread::spawn(move || {
        // A deadline: nobody ever sends.
        let (_sender, never) = sync_channel::<()>(1);
        assert!(never.recv_timeout(Duration::from_millis(200)).is_err());
        trigger.cancel();
    });
    publish(&mut publisher, &mut numbered(u64::MAX), Pace::PerSecond(0.001), &stop).unwrap();
    thread.join().unwrap();
    assert_eq!(publisher.handed(), 101);
    assert_eq!(publisher.finish(DEADLINE).unwrap().delivered, 101);
}

#[test]
fn it_never_runs_further_ahead_than_the_limit() {
    let broker = EmbeddedBroker::start(1).unwrap();
    let (asked, stop) = (AtomicU64::new(0), CancellationToken::new());
    let trigger = stop.clone();
    // 50 records go out unhindered; then the consumer is asked in vain ten times, has taken 20, and takes no more.
    let consumed = move || match asked.fetch_add(1, Ordering::Relaxed) {
        0..60 => 0,
        60..140 => 20,
        _ => {
            trigger.cancel();
            20
        }
    };
    let backlog = Backlog::Limited { consumed: Arc::new(consumed), limit: 50 };
    let config = PublisherConfig { backlog, ..PublisherConfig::new(broker.bootstrap_servers()) };
    let mut publisher = Publisher::connect(&config).unwrap();
    publish(&mut publisher, &mut numbered(1_000), Pace::Unbounded, &stop).unwrap();
    assert_eq!(publisher.handed(), 70);
}

#[test]
fn records_too_large_are_counted_not_lost() {
    let broker = EmbeddedBroker::start(1).unwrap();
    let mut config = PublisherConfig::new(broker.bootstrap_servers());
    config.properties.insert("message.max.bytes".to_owned(), "2000".to_owned());
    let mut publisher = Publisher::connect(&config).unwrap();
    let large = vec![b'x'; 3_000];
    for payload in [b"small".as_slice(), &large] {
        let record = Outgoing { kind: Kind::Emails, key: None, payload: Some(payload), timestamp: 1_000 };
        publisher.send(&record, &CancellationToken::new()).unwrap();
    }
    let report = publisher.finish(DEADLINE).unwrap();
    assert_eq!((report.delivered, report.failures(), report.unanswered), (1, 1, 0), "{report:?}");
}

#[test]
fn what_the_cluster_does_not_answer_is_unanswered() {
    let broker = EmbeddedBroker::start(1).unwrap();
    let mut publisher = Publisher::connect(&PublisherConfig::new(broker.bootstrap_servers())).unwrap();
    broker.inject(crate::broker::Fault::Down).unwrap();
    publish(&mut publisher, &mut numbered(3), Pace::Unbounded, &CancellationToken::new()).unwrap();
    let report = publisher.finish(Duration::from_millis(300)).unwrap();
    assert_eq!((report.delivered, report.failures(), report.unanswered), (0, 0, 3));
}

#[test]
fn an_existing_topic_is_left_alone() {
    let broker = EmbeddedBroker::start(2).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let created = runtime.block_on(create_missing(&PublisherConfig::new(broker.bootstrap_servers()), 9)).unwrap();
    assert_eq!(created, Vec::<String>::new());
}

#[test]
fn bad_properties_are_named() {
    let mut config = PublisherConfig::new("localhost:1");
    config.properties.insert("no.such.property".to_owned(), "1".to_owned());
    let error = Publisher::connect(&config).err().unwrap();
    assert!(error.to_string().contains("no.such.property"), "{error}");
}
