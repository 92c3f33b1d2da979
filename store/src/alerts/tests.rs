//! Transitions land once, in the commit that moves the marks, and only from whoever holds them.

use crate::commit::Cycle;
use crate::error::CommitError;
use crate::open::{OpenMode, Store};
use crate::sample::{MARCH, alert_rows, calls, count, log_rows, open, owner};
use futures::TryStreamExt;
use std::collections::BTreeSet;
use touchpoint::{Micros, NextOffsets};

const ROWS: &str = "SELECT count(*) FROM alerts";

/// A cycle of transitions alone, with marks at `to`.
fn told(instants: &[Micros], numbers: &[i32], to: i64) -> Cycle {
    Cycle {
        alerts: vec![alert_rows(instants)],
        alerts_next: numbers.iter().map(|n| (super::mark(*n), to)).collect(),
        ..Cycle::default()
    }
}

async fn acquired(dir: &tempfile::TempDir, numbers: &[i32]) -> (Store, Vec<Option<i64>>) {
    let store = open(dir).await;
    let marks = store.acquire_alerts(&owner(), &numbers.iter().copied().collect::<BTreeSet<_>>()).await.unwrap();
    (store, marks.into_values().collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transitions_land_with_their_marks_and_a_cycle_that_comes_again_adds_none() {
    let dir = tempfile::tempdir().unwrap();
    let (store, marks) = acquired(&dir, &[0, 3]).await;
    assert_eq!(marks, [None, None]);
    let landed = store.commit(&owner(), told(&[MARCH, MARCH + 1], &[0, 3], 10)).await.unwrap().alerts.unwrap();
    assert_eq!(landed.rows, 2);
    assert_eq!(store.commit(&owner(), told(&[MARCH, MARCH + 1], &[0, 3], 10)).await.unwrap().alerts, None);
    assert_eq!(store.commit(&owner(), Cycle::default()).await.unwrap(), Default::default());
    assert_eq!(count(&store, ROWS).await, 2);
    assert_eq!(acquired(&dir, &[3, 5]).await.1, [Some(10), None]);
    let read: Vec<_> = store.read_alerts(MARCH + 1..MARCH + 2).await.unwrap().try_collect().await.unwrap();
    assert_eq!(read.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1, "the end of a span is outside");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lost_the_marks_writes_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let (zombie, _) = acquired(&dir, &[0]).await;
    zombie.commit(&owner(), told(&[MARCH], &[0], 5)).await.unwrap();
    let (heir, marks) = acquired(&dir, &[0, 1]).await;
    assert_eq!(marks, [Some(5), None]);
    heir.commit(&owner(), told(&[MARCH + 1], &[0, 1], 6)).await.unwrap();
    for _ in 0..2 {
        let lost = zombie.commit(&owner(), told(&[MARCH + 1], &[0], 7)).await.unwrap_err();
        assert!(matches!(lost, CommitError::OwnershipLost { ours: Some(5), found: Some(6), .. }), "{lost}");
    }
    assert_eq!(count(&heir, ROWS).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_must_move_the_marks_that_are_held_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = acquired(&dir, &[0, 1]).await;
    store.commit(&owner(), told(&[MARCH], &[0, 1], 5)).await.unwrap();
    let refused = async |numbers: &[i32], to| store.commit(&owner(), told(&[MARCH], numbers, to)).await.unwrap_err();
    assert!(matches!(refused(&[0], 6).await, CommitError::NotCovered { .. }));
    assert!(matches!(refused(&[0, 1, 2], 6).await, CommitError::NotAcquired { .. }));
    assert!(matches!(refused(&[0, 1], 4).await, CommitError::Backwards { held: 5, next: 4, .. }));
    store.release_alerts().await;
    assert!(matches!(refused(&[0, 1], 9).await, CommitError::NotAcquired { .. }));
    assert_eq!(count(&store, ROWS).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_is_told_once_and_disturbs_no_cycle() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = acquired(&dir, &[0]).await;
    let (to, day) = ("hook", async |store: &Store| store.last_digest(&owner(), "hook").await.unwrap());
    assert_eq!(day(&store).await, None);
    for told in [20_000, 20_001, 20_000] {
        store.digest_taken(&owner(), to, told).await.unwrap();
    }
    assert_eq!((day(&store).await, day(&open(&dir).await).await), (Some(20_001), Some(20_001)));
    assert_eq!(store.last_digest(&owner(), "other").await.unwrap(), None);
    store.commit(&owner(), told(&[MARCH], &[0], 1)).await.unwrap();
    assert_eq!(count(&store, ROWS).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_without_the_table_is_read_as_one_without_rows_and_gets_it_from_a_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    store.acquire(&owner(), &[calls(0)]).await.unwrap();
    let next = NextOffsets::from([(calls(0), 9)]);
    let cycle = Cycle { log: vec![log_rows(&calls(0), 0..9)], next, ..Cycle::default() };
    store.commit(&owner(), cycle).await.unwrap();
    std::fs::remove_dir_all(dir.path().join("alerts")).unwrap();
    let reader = Store::open(dir.path().to_str().unwrap(), OpenMode::MustExist).await.unwrap();
    assert_eq!(reader.tables().count(), 3);
    assert!(!dir.path().join("alerts").exists(), "a reader leaves nothing behind");
    let (writer, marks) = acquired(&dir, &[0]).await;
    assert_eq!((writer.tables().count(), marks), (4, vec![None]));
}
