//! One source that owns everything.

use super::cluster::{Cluster, KINDS, record};
use super::pipeline::{NOW, Pipeline, Step, Table};
use crate::kafka::{Ownership, cluster_id, drain};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use touchpoint::{Kind, TopicPartition};

#[test]
fn everything_is_read_once_and_in_order_poison_included() {
    let cluster = Cluster::new(3);
    for kind in KINDS {
        cluster.send_valid(kind, 0, 120, 3);
        for poison in ["{", "[]", "\u{0}", r#"{"event_id":"x"}"#, ""] {
            cluster.send(kind, 1, "H0001", poison);
        }
        cluster.send_valid(kind, 120, 120, 3);
    }
    cluster.send_event(Kind::Calls, "H0009", &record(Kind::Calls, "e", "H0009").replace(r#""event_id":"e","#, ""));
    cluster.flush();
    let table = Arc::new(Mutex::new(Table::default()));
    let pipeline = Pipeline::start(cluster.config(), &table);
    let mut assigned = None;
    let mut turned = false;
    let total = 4 * 245 + 1;
    pipeline.until(|step, table| {
        match step {
            Step::Assigned { partitions, counts, ownership } => {
                assert_eq!(table.len(), 0, "a batch came before the assignment");
                assigned = Some((partitions.len(), counts.values().sum::<i32>(), *ownership));
            }
            Step::Turn(at) => {
                assert_eq!(*at, NOW);
                turned = true;
            }
            Step::Batch => assert!(assigned.is_some()),
            other => assert_eq!(*other, Step::Nothing),
        }
        table.len() == total
    });
    assert_eq!(assigned, Some((12, 12, Ownership::Sole)));
    assert!(turned);
    let stats = pipeline.source.stats();
    assert_eq!((stats.messages, stats.discarded), (total as u64, 0));
    pipeline.source.committed(table.lock().unwrap().next.clone());
    assert_eq!(pipeline.stop(), [Step::Revoked]);
    let table = table.lock().unwrap();
    table.assert_gapless();
    assert_eq!(table.rejected, 20, "the CloudEvent takes its event_id from the header");
}

#[test]
fn reading_starts_where_the_table_ends_and_lag_is_told() {
    let cluster = Cluster::new(1);
    (0..30).for_each(|i| cluster.send(Kind::Emails, 0, "H1", &record(Kind::Emails, &format!("e{i}"), "H1")));
    cluster.flush();
    let emails = TopicPartition::new(Kind::Emails.default_topic(), 0);
    let table = Table {
        next: [(emails.clone(), 17)].into(),
        offsets: [(emails.clone(), (0..17).collect())].into(),
        rejected: 0,
    };
    let table = Arc::new(Mutex::new(table));
    let pipeline = Pipeline::start(cluster.config(), &table);
    pipeline.until(|_, table| table.len() == 30);
    table.lock().unwrap().assert_gapless();
    pipeline.until(|_, _| pipeline.source.stats().lag.get(&emails) == Some(&0));
    pipeline.stop();
}

#[test]
fn an_offset_that_the_broker_does_not_have_is_a_loud_end() {
    let cluster = Cluster::new(1);
    cluster.send_valid(Kind::Calls, 0, 10, 1);
    cluster.flush();
    let calls = TopicPartition::new(Kind::Calls.default_topic(), 0);
    let table = Arc::new(Mutex::new(Table { next: [(calls.clone(), 4711)].into(), ..Table::default() }));
    let pipeline = Pipeline::start(cluster.config(), &table);
    let step = pipeline.until(|step, _| matches!(step, Step::Gap { .. }));
    assert_eq!(step, Step::Gap { partition: calls, wanted: 4711, low: 0, high: 10 });
    assert_eq!(pipeline.step(Duration::from_secs(20)), Step::Ended);
    pipeline.source.join().unwrap();
}

#[test]
fn a_slow_pipeline_stalls_reading_and_loses_nothing() {
    let cluster = Cluster::new(2);
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 0, 1000, 2));
    cluster.flush();
    let mut config = cluster.config();
    // The channel holds two batches.
    (config.batch_records, config.memory_bytes, config.batch_bytes) = (1, 16 << 20, 2 << 20);
    let table = Arc::new(Mutex::new(Table::default()));
    let pipeline = Pipeline::start(config, &table);
    pipeline.until(|step, _| matches!(step, Step::Assigned { .. }));
    // Nobody receives until the source has noticed, and some turns longer.
    let look = crossbeam_channel::tick(Duration::from_millis(5));
    let mut noticed_at = None;
    for _ in &look {
        let stats = pipeline.source.stats();
        if stats.stalls > 0 && stats.turns > *noticed_at.get_or_insert(stats.turns) + 5 {
            break;
        }
    }
    let read = pipeline.source.stats().messages;
    assert!(read < 4000, "reading went on although there was no room: {read}");
    pipeline.until(|_, table| table.len() == 4000);
    assert_eq!(pipeline.stop(), [Step::Revoked]);
    table.lock().unwrap().assert_gapless();
}

#[test]
fn missing_topics_are_waited_for_visibly() {
    let cluster = Cluster::empty();
    KINDS.iter().skip(1).for_each(|kind| cluster.create(*kind, 1));
    let table = Arc::new(Mutex::new(Table::default()));
    let pipeline = Pipeline::start(cluster.config(), &table);
    pipeline.until(|step, _| {
        assert!(!matches!(step, Step::Assigned { .. }));
        pipeline.source.stats().missing_topics == ["engagement.calls"]
    });
    cluster.create(Kind::Calls, 1);
    pipeline.until(|step, _| matches!(step, Step::Assigned { .. }));
    assert!(pipeline.source.stats().missing_topics.is_empty());
    assert_eq!(pipeline.stop(), [Step::Revoked]);
}

#[test]
fn the_cluster_has_an_id_and_the_drain_counts_what_was_sent() {
    let cluster = Cluster::new(2);
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 0, 500, 2));
    cluster.flush();
    let config = cluster.config();
    let id = cluster_id(&config, Duration::from_secs(10)).unwrap();
    assert!(id.starts_with("mockCluster"), "{id}");
    assert_eq!(cluster_id(&config, Duration::from_secs(10)), Ok(id));
    let topics: Vec<&str> = KINDS.iter().map(|kind| kind.default_topic()).collect();
    let drained = drain(&config, &topics, 2000).unwrap();
    assert_eq!(drained.records, 2000);
    assert!(drained.bytes > 2000 * 100, "{drained:?}");
}

#[test]
fn a_cluster_that_does_not_answer_has_no_id_instead_of_an_unknown_one() {
    let config = crate::kafka::KafkaConfig::new("127.0.0.1:1");
    assert!(cluster_id(&config, Duration::from_millis(500)).is_err());
}
