//! Crashes at every named point of a cycle, and lost requests and replies: nothing is lost, nothing counted twice.
//!
//! A crash is a panic in the committing task: all it held in memory is gone, what it had written is not.

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use store::commit::points;
use store::{Committed, Cycle, OpenMode, Owner, Reply, Store, Table};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::{Channel, Kind, Op, Precision, Status, TopicPartition};

fn calls(partition: i32) -> TopicPartition {
    TopicPartition::new("engagement.calls", partition)
}

fn partition() -> TopicPartition {
    calls(0)
}

fn owner() -> Owner {
    Owner::new("test", "cluster")
}

async fn open(folder: &Path) -> Store {
    Store::open(folder.to_str().unwrap(), OpenMode::CreateIfMissing).await.unwrap()
}

fn log_rows(at: &TopicPartition, offsets: &[i64]) -> RecordBatch {
    let mut builder = RecordBuilder::default();
    for &offset in offsets {
        let id = format!("e{offset}");
        builder.push(&RecordRow {
            kind: Kind::Calls,
            event_id: &id,
            hcp_id: "h1",
            source: "crm",
            op: Op::Upsert,
            status: Some(Status::Completed),
            occurred_at: Some(1_772_668_800_000_000 + offset),
            precision: Some(Precision::Instant),
            channel: Some(Channel::Phone),
            ingested_at: 1_772_668_800_000_000,
            kafka_timestamp: 1_772_668_800_000_000,
            kafka_topic: &at.topic,
            kafka_partition: at.partition,
            kafka_offset: offset,
            ..RecordRow::BARE
        });
    }
    let batch = builder.finish().unwrap();
    let no = BooleanArray::from(vec![false; batch.num_rows()]);
    touchpoint::log::from_record(&batch, no.clone(), no).unwrap()
}

/// A dead letter per offset, made of a log row's position.
fn dead_rows(at: &TopicPartition, offsets: &[i64]) -> RecordBatch {
    use arrow::array::{ArrayRef, Int64Array, StringArray, new_null_array};
    let (rows, log) = (offsets.len(), log_rows(at, offsets));
    let schema = Table::DeadLetters.schema();
    let column = |name: &str| -> ArrayRef {
        match name {
            "reason" | "kind" => Arc::new(StringArray::from(vec!["malformed"; rows])),
            "payload_bytes" => Arc::new(Int64Array::from(vec![1; rows])),
            "rejected_at" => log["ingested_at"].clone(),
            name if name.starts_with("kafka_") && name != "kafka_timestamp" => log[name].clone(),
            name => new_null_array(schema.field_with_name(name).unwrap().data_type(), rows),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(schema.clone(), columns).unwrap()
}

fn is_bad(offset: i64) -> bool {
    offset % 10 >= 7
}

/// The records of `spans`, each rejected or accepted as its offset says.
fn cycle(spans: &[(TopicPartition, Range<i64>)]) -> Cycle {
    let mut cycle = Cycle { extra_metrics_txns: vec![("day".to_owned(), spans[0].1.start)], ..Cycle::default() };
    for (at, span) in spans {
        let (bad, good): (Vec<i64>, Vec<i64>) = span.clone().partition(|offset| is_bad(*offset));
        cycle.log.push(log_rows(at, &good));
        cycle.dead_letters.push(dead_rows(at, &bad));
        cycle.next.insert(at.clone(), span.end);
    }
    cycle
}

/// Offsets `[from, from + 10)`: seven accepted, three rejected.
fn ten(from: i64) -> Cycle {
    cycle(&[(partition(), from..from + 10)])
}

/// Rows, distinct positions.
async fn counts(store: &Store, table: Table) -> (i64, i64) {
    let session = SessionContext::new();
    session.register_table("t", store.provider(table).await.unwrap()).unwrap();
    let sql = "SELECT count(*), count(DISTINCT 1000000 * kafka_partition + kafka_offset) FROM t";
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    let value = |i: usize| batches[0].column(i).as_primitive::<Int64Type>().value(0);
    (value(0), value(1))
}

async fn commit_from_the_table(store: &Store) -> Committed {
    let acquired = store.acquire(&owner(), &[partition()]).await.unwrap();
    store.commit(&owner(), ten(acquired.next[&partition()].unwrap_or(0))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_point_is_made_good_by_the_next_process() {
    let scenario = fail::FailScenario::setup();
    for point in [points::WRITTEN].into_iter().chain(points::LANDING) {
        let dir = tempfile::tempdir().unwrap();
        commit_from_the_table(&open(dir.path()).await).await;
        fail::cfg(point, "panic").unwrap();
        let store = open(dir.path()).await;
        let crashed = tokio::spawn(async move { commit_from_the_table(&store).await }).await;
        assert!(crashed.is_err(), "{point} was not reached");
        fail::remove(point);
        let store = open(dir.path()).await;
        while commit_from_the_table(&store).await.log.is_some_and(|log| log.version < 4) {}
        let acquired = store.acquire(&owner(), &[partition()]).await.unwrap();
        let cycles = acquired.next[&partition()].unwrap() / 10;
        assert_eq!(counts(&store, Table::TouchpointLog).await, (cycles * 7, cycles * 7), "{point}");
        assert_eq!(counts(&store, Table::DeadLetters).await, (cycles * 3, cycles * 3), "{point}");
    }
    scenario.teardown();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_requests_are_repeated_and_lost_replies_recognised() {
    let scenario = fail::FailScenario::setup();
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    fail::cfg("commit::request_lost", "2*return").unwrap();
    let committed = commit_from_the_table(&store).await;
    let dead = committed.dead_letters.unwrap();
    assert_eq!((dead.conflicts, dead.reply), (2, Reply::Received));
    fail::cfg("commit::reply_lost", "return").unwrap();
    let committed = commit_from_the_table(&store).await;
    assert_eq!(committed.dead_letters.unwrap().reply, Reply::Lost);
    assert_eq!(committed.log.unwrap().reply, Reply::Lost);
    assert_eq!(committed.hcp_metrics.unwrap().reply, Reply::Lost);
    fail::cfg("commit::request_lost", "return").unwrap();
    let acquired = store.acquire(&owner(), &[partition()]).await.unwrap();
    let next = acquired.next[&partition()].unwrap();
    let error = store.commit(&owner(), ten(next)).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    fail::remove("commit::request_lost");
    fail::remove("commit::reply_lost");
    store.commit(&owner(), ten(next)).await.unwrap();
    assert_eq!(counts(&store, Table::TouchpointLog).await, (21, 21));
    assert_eq!(counts(&store, Table::DeadLetters).await, (9, 9));
    scenario.teardown();
}

/// What the next process reads is not cut as what the last one had read: a table that is ahead must stay ahead of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_between_cycles_that_are_cut_anywhere_lose_and_double_nothing() {
    const PARTITIONS: i32 = 3;
    let scenario = fail::FailScenario::setup();
    let dir = tempfile::tempdir().unwrap();
    let partitions: Vec<TopicPartition> = (0..PARTITIONS).map(calls).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut crashes = 0;
    for _ in 0..80 {
        let point = points::LANDING[rng.random_range(0..points::LANDING.len())];
        let store = open(dir.path()).await;
        let acquired = store.acquire(&owner(), &partitions).await.unwrap();
        let span = |at: &TopicPartition| {
            let from = acquired.next[at].unwrap_or(0);
            (at.clone(), from..from + rng.random_range(0..9))
        };
        let cycle = cycle(&partitions.iter().map(span).collect::<Vec<_>>());
        fail::cfg(point, if rng.random_bool(0.6) { "panic" } else { "off" }).unwrap();
        let ended = tokio::spawn(async move { store.commit(&owner(), cycle).await.unwrap() }).await;
        crashes += usize::from(ended.is_err());
        fail::remove(point);
    }
    assert!(crashes > 30, "only {crashes} crashes");
    let store = open(dir.path()).await;
    let ends = store.acquire(&owner(), &partitions).await.unwrap().next;
    let last = partitions.iter().map(|at| (at.clone(), ends[at].unwrap()..10 + ends[at].unwrap())).collect::<Vec<_>>();
    store.commit(&owner(), cycle(&last)).await.unwrap();
    let read = last.iter().flat_map(|(_, span)| 0..span.end);
    let (bad, good): (Vec<i64>, Vec<i64>) = read.partition(|offset| is_bad(*offset));
    let once = |offsets: Vec<i64>| (offsets.len() as i64, offsets.len() as i64);
    assert_eq!(counts(&store, Table::TouchpointLog).await, once(good), "accepted");
    assert_eq!(counts(&store, Table::DeadLetters).await, once(bad), "rejected");
    scenario.teardown();
}
