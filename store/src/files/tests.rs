//! What is left out holds no wanted row, and what is read is what was written.

use super::Files;
use crate::commit::Cycle;
use crate::open::Store;
use crate::sample::{MARCH, calls, log_rows, open, owner};
use crate::table::Table;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::common::DFSchema;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use std::sync::Arc;
use touchpoint::NextOffsets;
use touchpoint::time::HOUR;

/// A log of 1,000 rows (some six weeks, so two months) in ten commits, and the same rows.
async fn written(dir: &tempfile::TempDir) -> (Store, Vec<RecordBatch>) {
    let store = open(dir).await;
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    let mut rows = Vec::new();
    for start in (0..1_000).step_by(100) {
        let batch = log_rows(&at, start..start + 100);
        rows.push(batch.clone());
        let next = NextOffsets::from([(at.clone(), start + 100)]);
        store.commit(&owner(), Cycle { log: vec![batch], next, ..Cycle::default() }).await.unwrap();
    }
    (store, rows)
}

/// How many files are left of how many, under a condition.
async fn left(store: &Store, condition: &str) -> (usize, usize) {
    let delta = store.newest(Table::TouchpointLog).await.unwrap();
    let files = Files::of(Table::TouchpointLog, delta.snapshot().unwrap(), None).unwrap();
    let session = SessionContext::new();
    let schema = DFSchema::try_from(Table::TouchpointLog.schema()).unwrap();
    let condition = session.parse_sql_expr(condition, &schema).unwrap();
    let filter = session.create_physical_expr(condition, &schema).unwrap();
    (files.that_may_satisfy(&filter).unwrap().log.num_rows(), files.log.num_rows())
}

fn instant(micros: i64) -> String {
    format!("arrow_cast({micros}, 'Timestamp(Microsecond, Some(\"UTC\"))')")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_left_out_by_month_position_and_instant() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = written(&dir).await;
    let (all, of) = left(&store, "true").await;
    assert!(all == of && of >= 10, "{all} of {of}");
    assert_eq!(left(&store, "kafka_offset = 250").await.0, left(&store, "kafka_offset BETWEEN 201 AND 298").await.0);
    assert!(left(&store, "kafka_offset = 250").await.0 < of);
    assert_eq!(left(&store, "kafka_offset > 5000").await.0, 0);
    assert_eq!(left(&store, "event_month = '1999-01'").await.0, 0);
    let (april, _) = left(&store, "event_month = '2026-04'").await;
    assert!(april > 0 && april < of, "{april} of {of}");
    assert_eq!(left(&store, &format!("occurred_at > {}", instant(MARCH + 2_000 * HOUR))).await.0, 0);
    // The log cuts instants to milliseconds: the last one, a microsecond past its millisecond, must not be lost.
    let last = MARCH + 998 * HOUR + 1;
    assert_eq!(left(&store, &format!("occurred_at >= {}", instant(last))).await.0, 1);
    // Nothing is known of ids, on purpose.
    assert_eq!(left(&store, "hcp_id = 'nobody'").await.0, of);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_answers_as_the_rows_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let (store, rows) = written(&dir).await;
    let session = SessionContext::new();
    session.register_table("stored", store.provider(Table::TouchpointLog).await.unwrap()).unwrap();
    let held = MemTable::try_new(rows[0].schema(), vec![rows]).unwrap();
    session.register_table("held", Arc::new(held)).unwrap();
    let conditions = [
        "true".to_owned(),
        "false".to_owned(),
        "op = 'delete'".to_owned(),
        "occurred_at IS NULL AND event_month IS NOT NULL".to_owned(),
        "event_month <> '2026-03' OR kafka_offset < 7".to_owned(),
        "hcp_id LIKE '%h3' AND kafka_offset % 2 = 1".to_owned(),
        format!("occurred_at BETWEEN {} AND {}", instant(MARCH + HOUR), instant(MARCH + 740 * HOUR)),
        format!("NOT (occurred_at > {})", instant(MARCH + 500 * HOUR)),
    ];
    let columns = "count(*), sum(kafka_offset), min(event_month), max(occurred_at), min(hcp_id), count(status)";
    for condition in conditions {
        let answer = async |table: &str| {
            let sql = format!("SELECT {columns} FROM {table} WHERE {condition}");
            arrow::util::pretty::pretty_format_batches(&session.sql(&sql).await.unwrap().collect().await.unwrap())
                .unwrap()
                .to_string()
        };
        assert_eq!(answer("stored").await, answer("held").await, "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_come_in_the_order_asked_and_limits_hold() {
    let dir = tempfile::tempdir().unwrap();
    let (store, rows) = written(&dir).await;
    let session = SessionContext::new();
    session.register_table("stored", store.provider(Table::TouchpointLog).await.unwrap()).unwrap();
    let all = session.sql("SELECT * FROM stored").await.unwrap().collect().await.unwrap();
    assert_eq!(all[0].schema(), rows[0].schema());
    assert_eq!(all.iter().map(RecordBatch::num_rows).sum::<usize>(), 1_000);
    let some =
        session.sql("SELECT event_month, kafka_offset FROM stored LIMIT 3").await.unwrap().collect().await.unwrap();
    assert_eq!(
        some[0].schema().fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(),
        ["event_month", "kafka_offset"]
    );
    assert_eq!(some.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
    let count = session.sql("SELECT count(*) FROM stored").await.unwrap().collect().await.unwrap();
    assert_eq!(count[0].column(0).as_primitive::<Int64Type>().value(0), 1_000);
}
