//! Crashes at every named point of a cycle, and lost requests and replies: nothing is lost, nothing counted twice.
//!
//! A crash is a panic in the committing task: all it held in memory is gone, what it had written is not.

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;
use std::path::Path;
use std::sync::Arc;
use store::commit::points;
use store::{Committed, Cycle, OpenMode, Owner, Reply, Store, Table};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::{Channel, Kind, NextOffsets, Op, Precision, Status, TopicPartition};

fn partition() -> TopicPartition {
    TopicPartition::new("engagement.calls", 0)
}

fn owner() -> Owner {
    Owner::new("test", "cluster")
}

async fn open(folder: &Path) -> Store {
    Store::open(folder.to_str().unwrap(), OpenMode::CreateIfMissing).await.unwrap()
}

fn log_rows(from: i64, to: i64) -> RecordBatch {
    let mut builder = RecordBuilder::default();
    for offset in from..to {
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
            kafka_topic: "engagement.calls",
            kafka_offset: offset,
            ..RecordRow::BARE
        });
    }
    let batch = builder.finish().unwrap();
    let no = BooleanArray::from(vec![false; batch.num_rows()]);
    touchpoint::log::from_record(&batch, no.clone(), no).unwrap()
}

/// A dead letter per offset, made of a log row's position.
fn dead_rows(from: i64, to: i64) -> RecordBatch {
    use arrow::array::{ArrayRef, Int64Array, StringArray, new_null_array};
    let (rows, log) = ((to - from) as usize, log_rows(from, to));
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

/// Offsets `[from, from + 10)`: seven accepted, three rejected.
fn cycle(from: i64) -> Cycle {
    Cycle {
        log: vec![log_rows(from, from + 7)],
        dead_letters: vec![dead_rows(from + 7, from + 10)],
        next: NextOffsets::from([(partition(), from + 10)]),
        extra_metrics_txns: vec![("day".to_owned(), from)],
        ..Cycle::default()
    }
}

/// Rows, distinct positions.
async fn counts(store: &Store, table: Table) -> (i64, i64) {
    let session = SessionContext::new();
    session.register_table("t", store.provider(table).await.unwrap()).unwrap();
    let sql = "SELECT count(*), count(DISTINCT kafka_offset) FROM t";
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    let value = |i: usize| batches[0].column(i).as_primitive::<Int64Type>().value(0);
    (value(0), value(1))
}

async fn commit_from_the_table(store: &Store) -> Committed {
    let acquired = store.acquire(&owner(), &[partition()]).await.unwrap();
    store.commit(&owner(), cycle(acquired.next[&partition()].unwrap_or(0))).await.unwrap()
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
    let error = store.commit(&owner(), cycle(next)).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    fail::remove("commit::request_lost");
    fail::remove("commit::reply_lost");
    store.commit(&owner(), cycle(next)).await.unwrap();
    assert_eq!(counts(&store, Table::TouchpointLog).await, (21, 21));
    assert_eq!(counts(&store, Table::DeadLetters).await, (9, 9));
    scenario.teardown();
}
