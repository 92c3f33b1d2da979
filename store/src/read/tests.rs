//! Restore reads what the acquired offsets cover, in the log's own columns.

use crate::commit::Cycle;
use crate::open::Store;
use crate::read::{Arrival, BatchStream, OffsetRange, ReadLog};
use crate::sample::{MARCH, calls, log_rows, open, owner};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use std::collections::BTreeMap;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Micros, NextOffsets};

/// A few columns, as a restore names those that it needs.
fn read_log(since: Micros) -> ReadLog {
    ReadLog { since, columns: &["kind", "op", "hcp_id", "occurred_at", "ingested_at", "kafka_offset"] }
}

async fn filled(dir: &tempfile::TempDir, rows: i64) -> Store {
    let store = open(dir).await;
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    for start in (0..rows).step_by(100) {
        let end = rows.min(start + 100);
        let next = NextOffsets::from([(at.clone(), end)]);
        store.commit(&owner(), Cycle { log: vec![log_rows(&at, start..end)], next, ..Cycle::default() }).await.unwrap();
    }
    store.acquire(&owner(), &[at]).await.unwrap();
    store
}

async fn offsets(rows: BatchStream) -> Vec<i64> {
    let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let mut offsets = Vec::new();
    for batch in &batches {
        assert_eq!(batch.schema(), touchpoint::log::log_schema());
        offsets.extend(batch["kafka_offset"].as_primitive::<Int64Type>().values().iter().copied());
    }
    offsets.sort_unstable();
    offsets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_reads_late_ingested_rows_and_deletes_of_any_age() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir, 1_200).await;
    // Ingested before: rows from that instant on, to the microsecond, and every delete.
    let since = MARCH + 1_000 * HOUR + 1;
    assert!(since > MARCH + DAY);
    let expected: Vec<i64> = (0..1_200).filter(|offset| offset % 10 == 9 || *offset >= 1_000).collect();
    assert_eq!(offsets(store.read_log(read_log(since)).await.unwrap()).await, expected);
    let expected: Vec<i64> = (0..1_200).filter(|offset| offset % 10 == 9 || *offset > 1_000).collect();
    assert_eq!(offsets(store.read_log(read_log(since + 1)).await.unwrap()).await, expected);
    // Ingested since: everything, however old it is.
    let all: Vec<i64> = (0..1_200).collect();
    assert_eq!(offsets(store.read_log(read_log(MARCH + DAY)).await.unwrap()).await, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_between_offsets_are_exactly_those() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir, 300).await;
    let ranges = BTreeMap::from([
        (calls(0), OffsetRange { from: 95, to: 215 }),
        (calls(1), OffsetRange { from: 0, to: 100 }),
        (calls(2), OffsetRange { from: 7, to: 7 }),
    ]);
    assert_eq!(offsets(store.read_rows_between(&ranges).await.unwrap()).await, (95..215).collect::<Vec<_>>());
    assert!(offsets(store.read_rows_between(&BTreeMap::new()).await.unwrap()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_sees_the_version_its_offsets_were_read_from() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir, 100).await;
    let at = calls(0);
    let next = NextOffsets::from([(at.clone(), 150)]);
    store.commit(&owner(), Cycle { log: vec![log_rows(&at, 100..150)], next, ..Cycle::default() }).await.unwrap();
    assert_eq!(offsets(store.read_log(read_log(0)).await.unwrap()).await.len(), 100);
    let acquired = store.acquire(&owner(), &[at.clone()]).await.unwrap();
    assert_eq!(acquired.next[&at], Some(150));
    assert_eq!(offsets(store.read_log(read_log(0)).await.unwrap()).await.len(), 150);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_were_not_asked_for_are_empty_and_the_others_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir, 50).await;
    let batches: Vec<RecordBatch> = store.read_log(read_log(0)).await.unwrap().try_collect().await.unwrap();
    let mut rows = 0;
    for batch in &batches {
        assert_eq!((batch["hcp_id"].null_count(), batch["ingested_at"].null_count()), (0, 0));
        for empty in ["owner_id", "theme", "duration_s", "recorded_at"] {
            assert_eq!(batch[empty].null_count(), batch.num_rows(), "{empty}");
        }
        assert_eq!(batch["late"].as_boolean().true_count(), 0);
        rows += batch.num_rows();
    }
    assert_eq!(rows, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_come_in_the_order_in_which_they_came_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir, 1_200).await;
    let columns =
        &["kind", "op", "hcp_id", "occurred_at", "ingested_at", "kafka_topic", "kafka_partition", "kafka_offset"];
    let in_order = async |arrival| {
        let rows = store.read_log_in_order(ReadLog { since: MARCH, columns }, arrival).await.unwrap();
        let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
        let of = |batch: &RecordBatch, name: &str| batch[name].as_primitive::<Int64Type>().values().to_vec();
        batches.iter().flat_map(|batch| of(batch, "kafka_offset")).collect::<Vec<i64>>()
    };
    let taken = in_order(Arrival::AsTaken).await;
    assert_eq!(taken, (0..1_200).collect::<Vec<i64>>(), "as the offsets rise");
    let on_time = in_order(Arrival::OnTime).await;
    let deletes = (0..1_200).filter(|offset| offset % 10 == 9);
    assert!(on_time.iter().copied().take(120).eq(deletes), "deletes have no instant and come first");
    assert_eq!(on_time.len(), 1_200);
}
