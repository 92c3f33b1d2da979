//! After an erasure no byte of the id is left, decompressed, wherever a killed process or an old version had it.

use super::RowsReport;
use crate::commit::Cycle;
use crate::maintain::{Maintenance, MaintenanceSettings};
use crate::open::Store;
use crate::sample::{CANARY, MARCH, alert_rows, calls, count, dead_rows, log_rows, metric_rows, open, owner};
use crate::table::Table;
use arrow::array::{Array, ArrayData};
use bytes::Bytes;
use deltalake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use touchpoint::time::DAY;
use touchpoint::{Micros, NextOffsets};

const CYCLES: i64 = 14;

fn erased_id() -> String {
    format!("{CANARY}-h3")
}

/// Now, as the file system has it: vacuum and clean-up compare with file times.
fn now() -> Micros {
    let touched = tempfile::tempfile().unwrap().metadata().unwrap().modified().unwrap();
    let since_epoch = touched.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since_epoch.as_micros()).unwrap()
}

/// Tables with old versions, merged files, a checkpoint, an orphan and an unfinished file; all of them name the person.
async fn used(dir: &tempfile::TempDir) -> Arc<Store> {
    let store = Arc::new(open(dir).await);
    let at = calls(0);
    store.acquire(&owner(), std::slice::from_ref(&at)).await.unwrap();
    let marks = store.acquire_alerts(&owner(), &[0].into()).await.unwrap();
    for i in 0..CYCLES {
        let cycle = Cycle {
            log: vec![log_rows(&at, i * 10..i * 10 + 8)],
            dead_letters: vec![dead_rows(&at, i * 10 + 8..i * 10 + 10, MARCH)],
            hcp_metrics: vec![metric_rows(7, MARCH + i * DAY)],
            next: NextOffsets::from([(at.clone(), i * 10 + 10)]),
            alerts: vec![alert_rows(&[MARCH + i * DAY; 5])],
            alerts_next: marks.keys().map(|mark| (mark.clone(), i + 1)).collect(),
            ..Cycle::default()
        };
        store.commit(&owner(), cycle).await.unwrap();
    }
    let settings = MaintenanceSettings {
        checkpoint_commits: 4,
        small_files: 4,
        payload_retention: 36_500 * DAY,
        ..MaintenanceSettings::default()
    };
    Maintenance::new(store.clone(), settings).run_once(now()).await.unwrap();
    let mut orphan = store.writer(Table::TouchpointLog).await;
    orphan.write(log_rows(&at, 1_000..1_010)).await.unwrap();
    assert!(orphan.finish().await.unwrap().files() >= 1);
    let unfinished = dir.path().join("touchpoint_log/event_month=2026-03/part-0.parquet#1");
    std::fs::write(unfinished, erased_id()).unwrap();
    store
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

fn holds(bytes: &[u8], id: &str) -> bool {
    bytes.windows(id.len()).any(|window| window == id.as_bytes())
}

fn data_holds(data: &ArrayData, id: &str) -> bool {
    data.buffers().iter().any(|buffer| holds(buffer.as_slice(), id))
        || data.child_data().iter().any(|c| data_holds(c, id))
}

/// The files in which the id stands, found by other means than the product's: buffers of columns, and raw bytes.
fn naming(folder: &Path, id: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    files_below(folder, &mut files);
    files.retain(|file| {
        let bytes = Bytes::from(std::fs::read(file).unwrap());
        let columns = || {
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap().build().unwrap();
            let batches: Vec<_> = reader.map(Result::unwrap).collect();
            batches.iter().any(|batch| batch.columns().iter().any(|column| data_holds(&column.to_data(), id)))
        };
        holds(&bytes, id) || (file.extension().is_some_and(|end| end == "parquet") && columns())
    });
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_an_erased_id_is_left_and_everything_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = used(&dir).await;
    let id = erased_id();
    assert!(naming(dir.path(), &id).len() > 10, "the search finds what is there");
    let others = format!("SELECT count(*) FROM touchpoint_log WHERE hcp_id <> '{id}'");
    let (rows, kept) = (count(&store, "SELECT count(*) FROM touchpoint_log").await, count(&store, &others).await);
    let planned = store.named(&id, now()).await.unwrap();
    assert_eq!(planned[&Table::TouchpointLog].removed as i64, rows - kept);
    assert_eq!(planned[&Table::HcpMetrics].removed as i64, CYCLES);
    assert_eq!(planned[&Table::Alerts].removed as i64, CYCLES);
    assert_eq!(planned[&Table::DeadLetters], RowsReport::default());
    let done = store.erase(&id, now()).await.unwrap();
    for table in Table::ALL {
        assert_eq!(done.tables[&table].rows, planned[&table], "{table}");
    }
    assert!(done.tables[&Table::TouchpointLog].traces.files > CYCLES as usize, "{done:?}");
    assert!(done.tables[&Table::TouchpointLog].traces.log_entries > CYCLES as usize, "{done:?}");
    assert_eq!((done.unfinished_files, done.scan.mentions.len()), (1, 0), "{done:?}");
    assert_eq!(naming(dir.path(), &id), Vec::<PathBuf>::new());
    let reopened = open(&dir).await;
    assert_eq!(count(&reopened, "SELECT count(*) FROM touchpoint_log").await, kept);
    assert_eq!(count(&reopened, "SELECT count(*) FROM hcp_metrics").await, CYCLES * 6);
    assert_eq!(count(&reopened, "SELECT count(*) FROM alerts").await, CYCLES * 4);
    assert_eq!(count(&reopened, "SELECT count(payload) FROM dead_letters").await, CYCLES * 2);
    let acquired = reopened.acquire(&owner(), &[calls(0)]).await.unwrap();
    assert_eq!(acquired.next[&calls(0)], Some(CYCLES * 10), "offsets outlive the log entries that had them");
    let again = reopened.erase(&id, now()).await.unwrap();
    assert!(again.tables.values().all(|table| table.rows == RowsReport::default()) && again.scan.mentions.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_the_person_elsewhere_is_told_by_file_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let store = used(&dir).await;
    std::fs::write(dir.path().join("notes.txt"), format!("{}, {0}!", erased_id())).unwrap();
    let done = store.erase(&erased_id(), now()).await.unwrap();
    let told: Vec<_> = done.scan.mentions.iter().map(|m| (m.file.as_str(), m.part.as_str(), m.times)).collect();
    assert_eq!(told, [("notes.txt", "its bytes", 2)]);
    // Everybody has the same owner, so an owner's id stays in the rows of others.
    let done = store.erase(CANARY, now()).await.unwrap();
    let columns: std::collections::BTreeSet<_> = done.scan.mentions.iter().map(|m| m.part.as_str()).collect();
    assert_eq!(columns.into_iter().collect::<Vec<_>>(), ["account_id", "owner_id", "request_id", "touches"]);
    assert!(done.scan.within_longer > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_one_key_and_each_hash_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    assert_eq!(store.erased().await.unwrap(), None);
    assert_eq!(store.erasure_key(b"first".to_vec()).await.unwrap(), b"first");
    assert_eq!(store.erasure_key(b"second".to_vec()).await.unwrap(), b"first");
    for hash in ["aa", "bb", "aa"] {
        store.enter_erased(hash, "2026-03-05T00:00:00Z").await.unwrap();
    }
    let mut list = open(&dir).await.erased().await.unwrap().unwrap();
    list.hashes.sort();
    assert_eq!((list.key.as_slice(), list.hashes), (b"first".as_slice(), vec!["aa".to_owned(), "bb".to_owned()]));
    std::fs::remove_file(dir.path().join("erased/key")).unwrap();
    let error = store.erased().await.unwrap_err();
    assert!(error.to_string().contains("erased/key") && !error.is_retryable(), "{error}");
}
