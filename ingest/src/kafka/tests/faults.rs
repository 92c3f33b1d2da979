//! Brokers, pipelines and assignments that do not behave.

use super::cluster::{Cluster, KINDS};
use super::pipeline::{Pipeline, Step, Table};
use crate::decode::{DecodeOptions, Decoder};
use crate::kafka::{IngestError, KafkaConfig, KafkaSource, SourceEvent};
use rdkafka::ClientConfig;
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use touchpoint::time::FixedClock;
use touchpoint::{Kind, Reference};

#[test]
fn a_broker_that_goes_down_and_comes_back_delays_and_loses_nothing() {
    let cluster = Cluster::new(1);
    cluster.send_valid(Kind::Calls, 0, 20, 1);
    cluster.flush();
    let table = Arc::new(Mutex::new(Table::default()));
    let mut config = cluster.config();
    config.properties.insert("reconnect.backoff.max.ms".into(), "500".into());
    let pipeline = Pipeline::start(config, &table);
    pipeline.until(|_, table| table.len() == 20);
    cluster.mock.broker_down(-1).unwrap();
    pipeline.until(|step, _| {
        assert!(!matches!(step, Step::Failed(_) | Step::Ended), "{step:?}");
        pipeline.source.stats().transient_errors > 0
    });
    cluster.mock.broker_up(-1).unwrap();
    cluster.send_valid(Kind::Calls, 20, 20, 1);
    cluster.flush();
    pipeline.until(|_, table| table.len() == 40);
    pipeline.stop();
    table.lock().unwrap().assert_gapless();
}

#[test]
fn a_source_whose_brokers_are_gone_can_be_stopped() {
    let cluster = Cluster::new(1);
    let table = Arc::new(Mutex::new(Table::default()));
    let pipeline = Pipeline::start(cluster.config(), &table);
    pipeline.until(|step, _| matches!(step, Step::Assigned { .. }));
    cluster.mock.broker_down(-1).unwrap();
    pipeline.until(|_, _| pipeline.source.stats().transient_errors > 0);
    // Without a bound on closing this would wait for a broker for ever.
    pipeline.stop();
}

#[test]
fn a_pipeline_that_does_not_let_go_loses_its_partitions_at_the_deadline() {
    let cluster = Cluster::new(1);
    let table = Arc::new(Mutex::new(Table::default()));
    let pipeline = Pipeline::start(cluster.config(), &table);
    pipeline.until(|step, _| matches!(step, Step::Assigned { .. }));
    pipeline.source.stop();
    let mut unanswered = Vec::new();
    let mut lost = 0;
    for event in &pipeline.events {
        match event {
            SourceEvent::Revoked { reply, .. } => unanswered.push(reply),
            SourceEvent::Lost { partitions } => lost = partitions.len(),
            _ => {}
        }
    }
    assert_eq!((unanswered.len(), lost), (1, 4));
    assert!(unanswered[0].send(()).is_err(), "the late answer can be noticed");
    assert_eq!(pipeline.source.stats().late_revocations, 1);
    pipeline.source.join().unwrap();
}

#[test]
fn a_member_that_the_group_has_forgotten_discards_and_reads_again() {
    let cluster = Cluster::new(1);
    let table = Arc::new(Mutex::new(Table::default()));
    let pipeline = Pipeline::start(cluster.config(), &table);
    pipeline.until(|step, _| matches!(step, Step::Assigned { .. }));
    cluster.mock.request_errors(RDKafkaApiKey::Heartbeat, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID]);
    pipeline.until(|step, _| {
        assert_ne!(*step, Step::Revoked, "nothing may be committed any more");
        *step == Step::Lost
    });
    cluster.send_valid(Kind::Requests, 0, 50, 1);
    cluster.flush();
    pipeline.until(|step, _| matches!(step, Step::Assigned { .. }));
    pipeline.until(|_, table| table.len() == 50);
    assert_eq!(pipeline.stop(), [Step::Revoked]);
    table.lock().unwrap().assert_gapless();
}

/// Answers the first assignment with `answer` and returns the last event.
fn last_event(cluster: &Cluster, answer: crate::kafka::StartOffsets) -> SourceEvent {
    let decoder = Arc::new(Decoder::new(Arc::new(Reference::default()), DecodeOptions::default()));
    let (source, events) = KafkaSource::spawn(cluster.config(), decoder, Arc::new(FixedClock(0))).unwrap();
    let mut last = None;
    for event in &events {
        if let SourceEvent::Assigned { reply, .. } = &event {
            reply.send(answer.clone()).unwrap();
        }
        last = Some(event);
    }
    source.join().unwrap();
    last.unwrap()
}

#[test]
fn a_refused_or_incomplete_answer_ends_the_source_with_its_reason() {
    let cluster = Cluster::new(1);
    let last = last_event(&cluster, Err("the folder belongs to another pipeline".into()));
    let SourceEvent::Failed(IngestError::AssignmentRefused(reason)) = last else { panic!("{last:?}") };
    assert_eq!(reason, "the folder belongs to another pipeline");
    let last = last_event(&cluster, Ok([].into()));
    assert!(matches!(last, SourceEvent::Failed(IngestError::BadStartOffset { .. })), "{last:?}");
}

#[test]
fn a_source_without_a_receiver_ends_and_a_bad_configuration_does_not_start() {
    let cluster = Cluster::new(1);
    let decoder = || Arc::new(Decoder::new(Arc::new(Reference::default()), DecodeOptions::default()));
    let (source, events) = KafkaSource::spawn(cluster.config(), decoder(), Arc::new(FixedClock(0))).unwrap();
    drop(events);
    source.join().unwrap();
    let refused = KafkaSource::spawn(KafkaConfig::new(""), decoder(), Arc::new(FixedClock(0)));
    assert!(matches!(refused.err(), Some(IngestError::Config(problems)) if problems.len() == 1));
}

#[test]
fn a_source_that_finds_no_broker_waits_and_can_be_stopped() {
    let decoder = Arc::new(Decoder::new(Arc::new(Reference::default()), DecodeOptions::default()));
    let (source, events) =
        KafkaSource::spawn(KafkaConfig::new("127.0.0.1:1"), decoder, Arc::new(FixedClock(0))).unwrap();
    while source.stats().transient_errors == 0 {
        let turned = events.recv_timeout(Duration::from_secs(5)).unwrap();
        assert!(matches!(turned, SourceEvent::Turn { at: 0 }));
    }
    source.stop();
    let rest: Vec<SourceEvent> = events.iter().collect();
    assert!(rest.iter().all(|event| matches!(event, SourceEvent::Turn { .. })), "{rest:?}");
    source.join().unwrap();
}

/// Remembers where the client's own partitioners put each key.
#[derive(Clone, Default)]
struct Placement(Arc<Mutex<Vec<Placed>>>);

/// A key and its partition.
type Placed = (Vec<u8>, i32);

impl rdkafka::ClientContext for Placement {}

impl ProducerContext for Placement {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        let message = result.as_ref().unwrap();
        self.0.lock().unwrap().push((message.key().unwrap().to_vec(), message.partition()));
    }
}

#[test]
fn both_partitioners_agree_with_the_client_library() {
    let cluster = Cluster::new(7);
    type Place = fn(&[u8], i32) -> i32;
    let ours: [(&str, Place); 2] =
        [("murmur2", crate::kafka::murmur2_partition), ("consistent", crate::kafka::crc32_partition)];
    for (name, place) in ours {
        let placement = Placement::default();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.mock.bootstrap_servers()).set("partitioner", name);
        let producer: ThreadedProducer<Placement> = config.create_with_context(placement.clone()).unwrap();
        for i in 0..300 {
            let key = "k".repeat(i % 9) + &i.to_string();
            let record = BaseRecord::to(KINDS[0].default_topic()).key(&key).payload("");
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(Duration::from_secs(20)).unwrap();
        let placed = placement.0.lock().unwrap();
        assert_eq!(placed.len(), 300);
        for (key, partition) in placed.iter() {
            assert_eq!(place(key, 7), *partition, "{name} of {}", String::from_utf8_lossy(key));
        }
    }
}
