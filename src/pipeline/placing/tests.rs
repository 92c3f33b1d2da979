//! Hashes that are configured, inferred, contradicted and doubted.

use super::{Doubt, News, Partitioner, Placing};
use crate::pipeline::PipelineError;
use arrow::array::RecordBatch;
use ingest::kafka::{PartitionCounts, PartitionerChoice, crc32_partition, murmur2_partition};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::time::{DAY, HOUR, Micros};

const COUNT: i32 = 12;
const NOW: Micros = 20_000 * DAY;
const EMAILS: &str = "engagement.emails";

type Hash = fn(&[u8], i32) -> i32;

fn counts(each: i32) -> PartitionCounts {
    ["engagement.calls", EMAILS].into_iter().map(|topic| (topic.to_owned(), each)).collect()
}

fn placing(choice: PartitionerChoice) -> Placing {
    Placing::new(false, choice, &counts(COUNT))
}

/// Records of HCPs whose two hashes differ, of `topic` at `at`.
fn records(topic: &str, at: Micros, hash: Hash, count: i32) -> RecordBatch {
    let mut builder = RecordBuilder::default();
    for id in ids() {
        let partition = hash(id.as_bytes(), count);
        let row = RecordRow { hcp_id: &id, kafka_topic: topic, ingested_at: at, ..RecordRow::BARE };
        builder.push(&RecordRow { kafka_partition: partition, ..row });
    }
    builder.finish().expect("a batch")
}

fn ids() -> impl Iterator<Item = String> {
    let ids = (0..200).map(|n| format!("hcp-{n:06}"));
    ids.filter(|id| murmur2_partition(id.as_bytes(), COUNT) != crc32_partition(id.as_bytes(), COUNT))
}

#[test]
fn imports_wait_until_a_record_from_kafka_tells() {
    let mut auto = placing(PartitionerChoice::Auto);
    assert!(auto.ready(records("import:00", NOW, murmur2_partition, COUNT)).is_empty());
    assert!(matches!(auto.finish(), Err(PipelineError::UnknownPartitioner)));
    assert_eq!(auto.ready(records(EMAILS, NOW, crc32_partition, COUNT)).len(), 2);
    auto.finish().expect("everything is placed");
    let id = ids().next().expect("one");
    assert!(auto.is_of(&id, crc32_partition(id.as_bytes(), COUNT)));
    assert!(!auto.is_of(&id, murmur2_partition(id.as_bytes(), COUNT)));
}

#[test]
fn rows_of_half_as_many_partitions_do_not_mislead() {
    let mut auto = placing(PartitionerChoice::Auto);
    assert_eq!(auto.ready(records(EMAILS, NOW, murmur2_partition, COUNT / 2)).len(), 1);
    assert_eq!(auto.partitioner, Some(Partitioner::Murmur2));
}

#[test]
fn what_is_read_confirms_or_contradicts_what_was_stored() {
    let stored = records(EMAILS, NOW - DAY, murmur2_partition, COUNT);
    let mut agreed = placing(PartitionerChoice::Auto);
    agreed.ready(stored.clone());
    assert_eq!(agreed.read(&records(EMAILS, NOW, murmur2_partition, COUNT)).expect("as stored"), News::None);
    let mut otherwise = placing(PartitionerChoice::Auto);
    otherwise.ready(stored);
    let error = otherwise.read(&records(EMAILS, NOW, crc32_partition, COUNT)).expect_err("a contradiction");
    assert!(error.to_string().contains("murmur2") && error.to_string().contains("crc32"), "{error}");
    let mut empty = placing(PartitionerChoice::Auto);
    assert_eq!(empty.read(&records(EMAILS, NOW, crc32_partition, COUNT)).expect("nothing before"), News::Named);
    assert_eq!(empty.read(&records(EMAILS, NOW, crc32_partition, COUNT)).expect("known"), News::None);
}

#[test]
fn only_a_configured_hash_that_nothing_speaks_against_is_vouched_for() {
    let doubt = |placing: &Placing, each| placing.placement(&counts(each)).err();
    let mut auto = placing(PartitionerChoice::Auto);
    auto.ready(records(EMAILS, NOW, murmur2_partition, COUNT));
    auto.read(&records(EMAILS, NOW, murmur2_partition, COUNT)).expect("as stored");
    assert_eq!(doubt(&auto, COUNT), Some(Doubt::NotConfigured), "other topics may be written otherwise");
    let mut configured = placing(PartitionerChoice::Murmur2);
    assert_eq!(doubt(&configured, COUNT), None);
    assert_eq!(doubt(&configured, COUNT + 1), Some(Doubt::Counts));
    configured.ready(records(EMAILS, NOW, murmur2_partition, COUNT));
    let placement = configured.placement(&counts(COUNT)).expect("no doubt").expect("a part");
    assert_eq!((placement.partition_of)(b"hcp-1", COUNT), murmur2_partition(b"hcp-1", COUNT));
    assert_eq!(Placing::new(true, PartitionerChoice::Auto, &counts(1)).placement(&counts(9)).err(), None, "sole");
}

#[test]
fn stored_records_elsewhere_are_a_doubt_for_a_day() {
    let mut placing = placing(PartitionerChoice::Murmur2);
    placing.ready(records("import:00", NOW, crc32_partition, COUNT));
    assert_eq!((placing.misplaced(), placing.placement(&counts(COUNT)).err()), (0, None), "a file has no partition");
    placing.ready(records(EMAILS, NOW - DAY - HOUR, crc32_partition, COUNT));
    assert_eq!(placing.placement(&counts(COUNT)).err(), Some(Doubt::Misplaced), "its newest day");
    placing.ready(records("engagement.calls", NOW, murmur2_partition, COUNT));
    assert_eq!(placing.placement(&counts(COUNT)).err(), Some(Doubt::Misplaced), "another topic does not clear it");
    placing.ready(records(EMAILS, NOW, murmur2_partition, COUNT));
    assert_eq!(placing.placement(&counts(COUNT)).err(), None);
    assert_eq!(placing.misplaced(), ids().count() as u64);
}
