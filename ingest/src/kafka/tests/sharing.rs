//! Several sources in one group.

use super::cluster::{Cluster, KINDS, record};
use super::pipeline::{PATIENCE, Pipeline, Step, Table};
use crate::kafka::{IngestError, KafkaConfig, Ownership, crc32_partition, murmur2_partition};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use touchpoint::Kind;

/// Steps two pipelines in turn until `done` has seen what it waits for.
fn both(first: &Pipeline, second: &Pipeline, mut done: impl FnMut(usize, &Step) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        for (i, pipeline) in [first, second].into_iter().enumerate() {
            if done(i, &pipeline.step(Duration::from_millis(10))) {
                return;
            }
        }
    }
    panic!("still waiting: {:?} {:?}", first.source.stats(), second.source.stats());
}

/// A first source that owns everything, then a second one that takes its part.
fn split(config: &KafkaConfig, table: &Arc<Mutex<Table>>) -> (Pipeline, Pipeline) {
    let first = Pipeline::start(config.clone(), table);
    first.until(|step, _| matches!(step, Step::Assigned { ownership: Ownership::Sole, .. }));
    let second = Pipeline::start(config.clone(), table);
    (first, second)
}

#[test]
fn a_partition_is_flushed_before_it_moves_and_equal_numbers_move_together() {
    let cluster = Cluster::new(4);
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 0, 200, 4));
    cluster.flush();
    let table = Arc::new(Mutex::new(Table::default()));
    let (first, second) = split(&cluster.config(), &table);
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 200, 200, 4));
    cluster.flush();
    let (mut revoked, mut numbers) = (0, [BTreeSet::new(), BTreeSet::new()]);
    both(&first, &second, |i, step| {
        match step {
            Step::Revoked => revoked += 1,
            Step::Assigned { partitions, ownership, .. } => {
                assert_eq!((*ownership, partitions.len()), (Ownership::Partial, 8));
                numbers[i] = partitions.iter().map(|p| p.partition).collect();
            }
            Step::Failed(error) => panic!("{error}"),
            _ => {}
        }
        numbers.iter().all(|owned| owned.len() == 2)
    });
    assert!(revoked >= 1);
    assert!(numbers[0].is_disjoint(&numbers[1]));
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 400, 200, 4));
    cluster.flush();
    both(&first, &second, |_, _| table.lock().unwrap().len() == 4 * 600);
    // The second leaves; the first takes everything over again.
    second.stop();
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 600, 100, 4));
    cluster.flush();
    first.until(|_, table| table.len() == 4 * 700);
    first.stop();
    table.lock().unwrap().assert_gapless();
}

#[test]
fn a_rebalance_while_the_channel_is_full_neither_hangs_nor_loses() {
    let cluster = Cluster::new(2);
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 0, 1000, 2));
    cluster.flush();
    let mut config = cluster.config();
    (config.batch_records, config.memory_bytes, config.batch_bytes) = (1, 16 << 20, 2 << 20);
    let table = Arc::new(Mutex::new(Table::default()));
    let (first, second) = split(&config, &table);
    // Nobody receives from the first until the group has asked it to give back.
    let deadline = Instant::now() + PATIENCE;
    while first.source.stats().rebalances < 2 && Instant::now() < deadline {
        second.step(Duration::from_millis(10));
    }
    assert!(first.source.stats().stalls > 0, "{:?}", first.source.stats());
    both(&first, &second, |_, step| {
        assert!(!matches!(step, Step::Failed(_) | Step::Gap { .. }), "{step:?}");
        table.lock().unwrap().len() == 4000
    });
    first.stop();
    second.stop();
    table.lock().unwrap().assert_gapless();
}

#[test]
fn differing_partition_counts_are_refused_when_shared() {
    let cluster = Cluster::empty();
    KINDS.iter().zip([2, 2, 3, 2]).for_each(|(kind, count)| cluster.create(*kind, count));
    let table = Arc::new(Mutex::new(Table::default()));
    let (first, second) = split(&cluster.config(), &table);
    both(&first, &second, |_, step| {
        let Step::Failed(error) = step else { return false };
        assert!(matches!(error, IngestError::DifferingPartitionCounts { .. }), "{error}");
        assert!(error.to_string().contains("engagement.congress-invitations=3"), "{error}");
        true
    });
}

#[test]
fn a_second_partitioner_stops_a_shared_group() {
    let cluster = Cluster::new(4);
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 0, 50, 4));
    cluster.flush();
    let table = Arc::new(Mutex::new(Table::default()));
    let (first, second) = split(&cluster.config(), &table);
    let mut assigned = BTreeSet::new();
    both(&first, &second, |i, step| {
        if matches!(step, Step::Assigned { ownership: Ownership::Partial, .. }) {
            assigned.insert(i);
        }
        assigned.len() == 2
    });
    KINDS.iter().for_each(|kind| cluster.send_valid(*kind, 50, 50, 4));
    let mut keys = (0..).map(|i| format!("X{i}"));
    let key = keys.find(|k| murmur2_partition(k.as_bytes(), 4) != crc32_partition(k.as_bytes(), 4)).unwrap();
    let partition = crc32_partition(key.as_bytes(), 4);
    cluster.flush();
    cluster.send(Kind::Emails, partition, &key, &record(Kind::Emails, "odd", &key));
    cluster.flush();
    both(&first, &second, |_, step| {
        let Step::Failed(error) = step else { return false };
        let IngestError::PartitionerMismatch { topic, partition: at, .. } = error else { panic!("{error}") };
        assert_eq!((topic.as_str(), *at), (Kind::Emails.default_topic(), partition));
        assert!(!error.to_string().contains(&key), "an id is quoted");
        true
    });
}
