//! Maintenance changes no row, loses no offset, and gives way to others.

use super::rewrite::{Change, Outcome, files, replace};
use super::{Maintenance, MaintenanceSettings};
use crate::commit::Cycle;
use crate::open::Store;
use crate::read;
use crate::sample::{MARCH, calls, count, dead_rows, log_rows, open, owner};
use crate::table::Table;
use crate::writer::TableWriter;
use futures::TryStreamExt;
use std::path::Path;
use std::sync::Arc;
use touchpoint::time::DAY;
use touchpoint::{Micros, NextOffsets};

const SUM: &str = "SELECT sum(kafka_offset) FROM touchpoint_log";
const ROWS: &str = "SELECT count(*) FROM touchpoint_log";

async fn commits(store: &Store, partition: i32, from: i64, cycles: i64) {
    let at = calls(partition);
    for i in from..from + cycles {
        let next = NextOffsets::from([(at.clone(), i * 5 + 5)]);
        let cycle = Cycle { log: vec![log_rows(&at, i * 5..i * 5 + 5)], next, ..Cycle::default() };
        store.commit(&owner(), cycle).await.unwrap();
    }
}

fn settings() -> MaintenanceSettings {
    MaintenanceSettings { checkpoint_commits: 10, small_files: 4, ..MaintenanceSettings::default() }
}

/// Now, as the file system has it: vacuum and clean-up compare with file times.
fn now() -> Micros {
    let touched = tempfile::tempfile().unwrap().metadata().unwrap().modified().unwrap();
    let since_epoch = touched.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since_epoch.as_micros()).unwrap()
}

fn parquet_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let count = |path: std::path::PathBuf| match path.file_name().is_some_and(|name| name == "_delta_log") {
        true => 0,
        false if path.is_dir() => parquet_files(&path),
        false => usize::from(path.extension().is_some_and(|end| end == "parquet")),
    };
    entries.map(count).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_and_checkpoints_beside_commits_keep_rows_and_offsets() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await);
    store.acquire(&owner(), &[calls(0)]).await.unwrap();
    commits(&store, 0, 0, 12).await;
    let mut maintenance = Maintenance::new(store.clone(), settings());
    let (report, ()) = tokio::join!(maintenance.run_once(now()), commits(&store, 0, 12, 12));
    let log = report.unwrap().remove(&Table::TouchpointLog).unwrap();
    assert!(log.files_merged >= 4 && log.checkpoint.is_some(), "{log:?}");
    maintenance.run_once(now()).await.unwrap();
    commits(&store, 0, 24, 1).await;
    let reopened = open(&dir).await;
    assert_eq!(reopened.acquire(&owner(), &[calls(0)]).await.unwrap().next[&calls(0)], Some(125));
    assert_eq!(count(&reopened, ROWS).await, 125);
    assert_eq!(count(&reopened, SUM).await, (0..125).sum::<i64>());
    assert!(
        files(Table::TouchpointLog, &reopened.newest(Table::TouchpointLog).await.unwrap(), now()).unwrap().len() < 12
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rewrites_of_the_same_files_do_not_double_their_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    store.acquire(&owner(), &[calls(0)]).await.unwrap();
    commits(&store, 0, 0, 6).await;
    let table = Table::TouchpointLog;
    let stale = store.newest(table).await.unwrap();
    let old = files(table, &stale, now()).unwrap();
    let copy = async || {
        let mut writer = TableWriter::of(table, stale.clone());
        let mut rows = read::scan(table, stale.clone(), None).await.unwrap();
        while let Some(batch) = rows.try_next().await.unwrap() {
            writer.write(batch).await.unwrap();
        }
        writer.finish().await.unwrap()
    };
    let (one, two, late) = (copy().await, copy().await, copy().await);
    let rewrite = |written| replace(table, &stale, &old, written, Change::Layout);
    let (one, two) = tokio::join!(rewrite(&one), rewrite(&two));
    let landed = [one.unwrap(), two.unwrap()].iter().filter(|outcome| **outcome == Outcome::Landed).count();
    assert_eq!(landed, 1, "both started from the same files");
    assert_eq!(rewrite(&late).await.unwrap(), Outcome::Superseded);
    assert_eq!(count(&store, ROWS).await, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vacuum_deletes_orphans_and_merged_files_but_nothing_live() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await);
    store.acquire(&owner(), &[calls(0)]).await.unwrap();
    commits(&store, 0, 0, 8).await;
    let mut orphan = store.writer(Table::TouchpointLog).await;
    orphan.write(log_rows(&calls(0), 100..110)).await.unwrap();
    assert!(orphan.finish().await.unwrap().files() >= 1);
    let folder = dir.path().join("touchpoint_log");
    let with_orphans = parquet_files(&folder);
    let mut maintenance = Maintenance::new(store.clone(), settings());
    let today = maintenance.run_once(now()).await.unwrap();
    assert_eq!(today[&Table::TouchpointLog].files_deleted, 0, "younger than the retention");
    assert!(today[&Table::TouchpointLog].files_merged >= 8);
    let later = maintenance.run_once(now() + 8 * DAY).await.unwrap();
    assert!(later[&Table::TouchpointLog].files_deleted >= 8, "{later:?}");
    assert!(parquet_files(&folder) < with_orphans);
    assert_eq!(count(&store, ROWS).await, 40);
    assert_eq!(count(&store, SUM).await, (0..40).sum::<i64>());
    commits(&store, 0, 8, 1).await;
    assert_eq!(count(&store, ROWS).await, 45);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_expire_after_their_retention_and_the_rows_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await);
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    let cycle = Cycle {
        dead_letters: vec![dead_rows(&at, 0..4, MARCH), dead_rows(&at, 4..10, MARCH + 20 * DAY)],
        next: NextOffsets::from([(at.clone(), 10)]),
        ..Cycle::default()
    };
    store.commit(&owner(), cycle).await.unwrap();
    let mut maintenance = Maintenance::new(store.clone(), settings());
    let payloads = "SELECT count(payload) FROM dead_letters";
    assert_eq!(maintenance.run_once(MARCH + 29 * DAY).await.unwrap()[&Table::DeadLetters].payloads_expired, 0);
    assert_eq!(count(&store, payloads).await, 10);
    assert_eq!(maintenance.run_once(MARCH + 31 * DAY).await.unwrap()[&Table::DeadLetters].payloads_expired, 4);
    assert_eq!(count(&store, payloads).await, 6);
    // The pipeline goes on beside it, and the next turn finds nothing to do.
    let more = Cycle {
        dead_letters: vec![dead_rows(&at, 10..11, MARCH + 31 * DAY)],
        next: NextOffsets::from([(at.clone(), 11)]),
        ..Cycle::default()
    };
    assert_eq!(store.commit(&owner(), more).await.unwrap().dead_letters.unwrap().rows, 1);
    let idle = maintenance.run_once(MARCH + 31 * DAY).await.unwrap().remove(&Table::DeadLetters).unwrap();
    assert_eq!((idle.payloads_expired, idle.superseded), (0, 0));
    assert_eq!(count(&store, payloads).await, 7);
    assert_eq!(count(&store, "SELECT count(*) FROM dead_letters WHERE payload_sha256 IS NOT NULL").await, 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_log_entries_go_and_the_offsets_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir).await);
    store.acquire(&owner(), &[calls(0), calls(1)]).await.unwrap();
    let at = calls(1);
    let quiet = NextOffsets::from([(calls(0), 0), (at.clone(), 77)]);
    store.commit(&owner(), Cycle { next: quiet, ..Cycle::default() }).await.unwrap();
    store.release(&[at.clone()]).await;
    commits(&store, 0, 0, 12).await;
    let mut maintenance = Maintenance::new(store.clone(), settings());
    // Twice: a checkpoint makes entries superfluous only when it is older than what is kept.
    maintenance.run_once(now()).await.unwrap();
    commits(&store, 0, 12, 12).await;
    let report = maintenance.run_once(now() + DAY).await.unwrap();
    assert!(report[&Table::TouchpointLog].log_entries_removed >= 10, "{report:?}");
    commits(&store, 0, 24, 1).await;
    let reopened = open(&dir).await;
    let acquired = reopened.acquire(&owner(), &[calls(0), at.clone()]).await.unwrap();
    assert_eq!((acquired.next[&calls(0)], acquired.next[&at]), (Some(125), Some(77)));
    assert_eq!(count(&reopened, ROWS).await, 125);
}
