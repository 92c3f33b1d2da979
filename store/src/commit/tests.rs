//! The cycle: what it stores, what it refuses, and that it can neither lose a position nor store one twice.

use crate::commit::{Committed, Cycle, Reply};
use crate::error::CommitError;
use crate::import::Import;
use crate::open::{OpenMode, Store};
use crate::sample::{CANARY, MARCH, alert_rows, calls, count, dead_rows, log_rows, metric_rows, open, owner};
use crate::table::Table;
use crate::writer::TableWriter;
use std::ops::Range;
use touchpoint::time::DAY;
use touchpoint::{NextOffsets, TopicPartition};

fn cycle(at: &TopicPartition, offsets: Range<i64>) -> Cycle {
    let next = NextOffsets::from([(at.clone(), offsets.end)]);
    Cycle { log: vec![log_rows(at, offsets)], next, ..Cycle::default() }
}

async fn commit(store: &Store, cycle: Cycle) -> Result<Committed, CommitError> {
    store.commit(&owner(), cycle).await
}

async fn next_of(store: &Store, at: &TopicPartition) -> Option<i64> {
    store.acquire(&owner(), std::slice::from_ref(at)).await.unwrap().next[at]
}

const DUPLICATES: &str = "SELECT count(*) FROM (SELECT kafka_topic, kafka_partition, kafka_offset FROM touchpoint_log \
                          GROUP BY ALL HAVING count(*) > 1)";
const DUPLICATE_DEAD: &str = "SELECT count(*) FROM (SELECT kafka_topic, kafka_partition, kafka_offset FROM \
                              dead_letters GROUP BY kafka_topic, kafka_partition, kafka_offset HAVING count(*) > 1)";

async fn log_count(store: &Store) -> i64 {
    let duplicates = DUPLICATES.replace("GROUP BY ALL", "GROUP BY kafka_topic, kafka_partition, kafka_offset");
    assert_eq!(count(store, &duplicates).await, 0, "a position is stored twice");
    count(store, "SELECT count(*) FROM touchpoint_log").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offsets_stand_in_the_commit_of_their_rows_and_survive_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let (moved, still) = (calls(0), calls(1));
    let acquired = store.acquire(&owner(), &[moved.clone(), still.clone()]).await.unwrap();
    assert_eq!(acquired.next[&moved], None);
    let mut first = cycle(&moved, 0..30);
    first.next.insert(still.clone(), 5);
    first.dead_letters = vec![dead_rows(&still, 0..5, MARCH)];
    first.hcp_metrics = vec![metric_rows(3, MARCH)];
    first.extra_metrics_txns = vec![(owner().day_id(0), 20_517), (owner().facts_id(0), 20_517 << 32 | 7)];
    let committed = commit(&store, first).await.unwrap();
    let log = committed.log.unwrap();
    assert_eq!((log.rows, log.reply, log.conflicts), (30, Reply::Received, 0));
    assert!(log.bytes > 0 && log.files >= 1);
    assert_eq!(committed.dead_letters.unwrap().rows, 5);
    assert_eq!(committed.hcp_metrics.unwrap().rows, 3);
    drop(store);
    let store = Store::open(dir.path().to_str().unwrap(), OpenMode::MustExist).await.unwrap();
    let acquired = store.acquire(&owner(), &[moved.clone(), still.clone()]).await.unwrap();
    assert_eq!((acquired.next[&moved], acquired.next[&still]), (Some(30), Some(5)));
    assert_eq!((acquired.metrics_next[&moved], acquired.metrics_next[&still]), (Some(30), Some(5)));
    assert_eq!(store.last_midnights(&owner(), &[0, 1]).await.unwrap(), [(0, Some(20_517)), (1, None)].into());
    assert_eq!(store.last_facts(&owner(), &[0, 1]).await.unwrap(), [(0, Some(20_517 << 32 | 7)), (1, None)].into());
    assert_eq!(log_count(&store).await, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_records_alone_move_the_offset_and_a_still_cycle_commits_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    let mut bad = cycle(&at, 0..0);
    bad.next.insert(at.clone(), 4);
    bad.dead_letters = vec![dead_rows(&at, 0..4, MARCH)];
    let committed = commit(&store, bad).await.unwrap();
    assert_eq!(committed.log.as_ref().map(|log| (log.rows, log.files)), Some((0, 0)));
    let still = Cycle { next: NextOffsets::from([(at.clone(), 4)]), ..Cycle::default() };
    assert_eq!(commit(&store, still).await.unwrap(), Committed::default());
    assert_eq!(next_of(&open(&dir).await, &at).await, Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_lost_its_partition_cannot_write_however_it_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let (zombie, heir) = (open(&dir).await, open(&dir).await);
    let at = calls(0);
    zombie.acquire(&owner(), &[at.clone()]).await.unwrap();
    commit(&zombie, cycle(&at, 0..10)).await.unwrap();
    assert_eq!(next_of(&heir, &at).await, Some(10));
    commit(&heir, cycle(&at, 10..25)).await.unwrap();
    let is_lost = |error: &CommitError| {
        matches!(error, CommitError::OwnershipLost { ours: Some(10), found: Some(25), .. }) && !error.is_retryable()
    };
    // With its old snapshot, again with the same one, and after a refresh.
    for _ in 0..2 {
        let lost = commit(&zombie, cycle(&at, 10..20)).await.unwrap_err();
        assert!(is_lost(&lost), "{lost}");
    }
    let lost = zombie.acquire(&owner(), &[calls(1)]).await.unwrap_err();
    assert!(is_lost(&lost), "{lost}");
    let lost = commit(&zombie, cycle(&at, 10..20)).await.unwrap_err();
    assert!(is_lost(&lost), "{lost}");
    assert_eq!(log_count(&heir).await, 25);
    // Given back and taken again it starts from what is there.
    zombie.release(&[at.clone()]).await;
    assert_eq!(next_of(&zombie, &at).await, Some(25));
    commit(&zombie, cycle(&at, 25..26)).await.unwrap();
    let lost = commit(&heir, cycle(&at, 25..40)).await.unwrap_err();
    assert!(matches!(lost, CommitError::OwnershipLost { ours: Some(25), found: Some(26), .. }), "{lost}");
    assert_eq!(log_count(&heir).await, 26);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_of_different_partitions_commit_past_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (open(&dir).await, open(&dir).await);
    one.acquire(&owner(), &[calls(0)]).await.unwrap();
    two.acquire(&owner(), &[calls(1)]).await.unwrap();
    let work = async |store: &Store, at: TopicPartition| {
        let mut conflicts = 0;
        for i in 0..6 {
            conflicts += commit(store, cycle(&at, i * 10..i * 10 + 10)).await.unwrap().log.unwrap().conflicts;
        }
        conflicts
    };
    tokio::join!(work(&one, calls(0)), work(&two, calls(1)));
    assert_eq!(log_count(&one).await, 120);
    // Behind by the other's commits, without having looked in between.
    let landed = commit(&one, cycle(&calls(0), 60..61)).await.unwrap().log.unwrap();
    assert_eq!((landed.rows, landed.reply), (1, Reply::Received));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_the_commits_neither_loses_nor_doubles() {
    let dir = tempfile::tempdir().unwrap();
    let at = calls(0);
    let bad = || {
        let mut whole = cycle(&at, 0..10);
        whole.next.insert(at.clone(), 14);
        whole.dead_letters = vec![dead_rows(&at, 10..14, MARCH)];
        whole.hcp_metrics = vec![metric_rows(2, MARCH)];
        whole
    };
    {
        // Dead letters land, then the process is gone.
        let store = open(&dir).await;
        store.acquire(&owner(), &[at.clone()]).await.unwrap();
        let mut writers = store.writers.lock().await;
        let mut writer = TableWriter::plain(&writers.dead_letters);
        writer.write(bad().dead_letters.remove(0)).await.unwrap();
        let written = writer.finish().await.unwrap();
        let marks = writers.dead_letters.marks(&bad().next);
        writers.dead_letters.append(&written.adds, marks).await.unwrap();
    }
    let store = open(&dir).await;
    assert_eq!(next_of(&store, &at).await, None);
    let committed = commit(&store, bad()).await.unwrap();
    assert_eq!((committed.skipped_dead_letters, committed.dead_letters), (4, None));
    assert_eq!(log_count(&store).await, 10);
    assert_eq!(count(&store, "SELECT count(*) FROM dead_letters").await, 4);
    // The same cycle again: nothing is written anywhere.
    let again = commit(&store, bad()).await.unwrap();
    assert_eq!((again.log, again.hcp_metrics, again.dead_letters), (None, None, None));
    assert_eq!((again.skipped_log_rows, again.skipped_dead_letters), (10, 4));
    assert_eq!(log_count(&store).await, 10);
    assert_eq!(count(&store, DUPLICATE_DEAD).await, 0);
    assert_eq!(count(&store, "SELECT count(*) FROM hcp_metrics").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_is_recognised_and_rows_are_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    let (before, held) = {
        let writers = store.writers.lock().await;
        (writers.log.delta.clone(), writers.log.held.clone())
    };
    commit(&store, cycle(&at, 0..10)).await.unwrap();
    // As if the reply to that commit had never come: the library meets our own commit, a conflict on our own app ids.
    {
        let mut writers = store.writers.lock().await;
        writers.log.delta = before;
        writers.log.held = held;
        let marks = writers.log.marks(&NextOffsets::from([(at.clone(), 10)]));
        let appended = writers.log.append(&[], marks).await.unwrap();
        assert_eq!(appended.reply, Reply::Lost);
        assert_eq!(writers.log.held[&at].next, Some(10));
    }
    commit(&store, cycle(&at, 10..12)).await.unwrap();
    assert_eq!(log_count(&store).await, 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_dropped_half_way_is_settled_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(open(&dir).await);
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    let (mut done, mut dropped) = (0, 0);
    for micros in (0..40).map(|i| i * 1_500) {
        let attempt = commit(&store, cycle(&at, done..done + 10));
        let in_time = tokio::time::timeout(std::time::Duration::from_micros(micros), attempt).await;
        dropped += i64::from(in_time.is_err());
        // Whatever became of it, the same cycle can be committed again.
        commit(&store, cycle(&at, done..done + 10)).await.unwrap();
        done += 10;
    }
    assert_eq!(log_count(&store).await, done);
    assert!(dropped >= 3, "hardly a commit was dropped: {dropped}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cycles_that_contradict_the_acquired_offsets_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let (at, other) = (calls(0), calls(1));
    store.acquire(&owner(), &[at.clone(), other.clone()]).await.unwrap();
    let refused = async |change: &dyn Fn(&mut Cycle)| {
        let mut wrong = cycle(&at, 5..10);
        wrong.next.insert(other.clone(), 0);
        change(&mut wrong);
        commit(&store, wrong).await.unwrap_err()
    };
    let error = refused(&|c| {
        c.next.remove(&other);
    })
    .await;
    assert!(matches!(error, CommitError::NotCovered { .. }), "{error}");
    let error = refused(&|c| {
        c.next.insert(calls(2), 1);
    })
    .await;
    assert!(matches!(error, CommitError::NotAcquired { .. }), "{error}");
    let error = refused(&|c| {
        c.next.insert(at.clone(), 9);
    })
    .await;
    assert!(matches!(error, CommitError::BeyondNext { offset: 9, .. }), "{error}");
    let error = refused(&|c| c.log.push(log_rows(&calls(2), 0..1))).await;
    assert!(error.to_string().contains("not acquired"), "{error}");
    let mut fine = cycle(&at, 5..10);
    fine.next.insert(other.clone(), 0);
    commit(&store, fine).await.unwrap();
    let error = refused(&|c| {
        c.next.insert(at.clone(), 7);
    })
    .await;
    assert!(matches!(error, CommitError::Backwards { held: 10, next: 7, .. }), "{error}");
    assert_eq!(log_count(&store).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_lands_whole_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = TopicPartition::new("import:0f0f", 0);
    for run in 0..2 {
        let store = open(&dir).await;
        let acquired = store.acquire(&owner(), &[file.clone()]).await.unwrap();
        assert_eq!(acquired.next[&file], (run == 1).then_some(3_000));
        let (mut log, mut dead) = (store.writer(Table::TouchpointLog).await, store.writer(Table::DeadLetters).await);
        for start in (0..2_990).step_by(500) {
            log.write(log_rows(&file, start..2_990.min(start + 500))).await.unwrap();
        }
        dead.write(dead_rows(&file, 2_990..3_000, MARCH)).await.unwrap();
        assert_eq!(
            count(&store, "SELECT count(*) FROM touchpoint_log").await,
            run * 2_990,
            "visible before its commit"
        );
        let import = Import {
            log: log.finish().await.unwrap(),
            dead_letters: dead.finish().await.unwrap(),
            next: NextOffsets::from([(file.clone(), 3_000)]),
            ..Import::default()
        };
        let committed = store.commit_import(&owner(), import).await.unwrap();
        assert_eq!(committed.log.is_some(), run == 0);
        assert_eq!(committed.skipped_log_rows, if run == 0 { 0 } else { 2_990 });
        assert_eq!(log_count(&store).await, 2_990);
        assert_eq!(count(&store, "SELECT count(*) FROM dead_letters").await, 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_which_nothing_was_accepted_can_be_imported_again() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (TopicPartition::new("import:0f0f", 0), TopicPartition::new("import:abab", 0));
    let files = [good.clone(), bad.clone()];
    let next = || NextOffsets::from([(good.clone(), 20), (bad.clone(), 30)]);
    let write = async |store: &Store, table, batch| {
        let mut writer = store.writer(table).await;
        writer.write(batch).await.unwrap();
        writer.finish().await.unwrap()
    };
    let store = open(&dir).await;
    store.acquire(&owner(), &files).await.unwrap();
    let import = Import {
        log: write(&store, Table::TouchpointLog, log_rows(&good, 0..20)).await,
        dead_letters: write(&store, Table::DeadLetters, dead_rows(&bad, 0..30, MARCH)).await,
        next: next(),
        refused: vec![bad.clone()],
        ..Import::default()
    };
    store.commit_import(&owner(), import).await.unwrap();
    // Read anew as what it is, it becomes rows; its dead letters stay, once.
    let store = open(&dir).await;
    let acquired = store.acquire(&owner(), &files).await.unwrap();
    assert_eq!((acquired.next[&good], acquired.next[&bad]), (Some(20), None));
    let import = Import {
        log: write(&store, Table::TouchpointLog, log_rows(&bad, 0..28)).await,
        dead_letters: write(&store, Table::DeadLetters, dead_rows(&bad, 28..30, MARCH)).await,
        next: next(),
        ..Import::default()
    };
    let committed = store.commit_import(&owner(), import).await.unwrap();
    assert_eq!((committed.skipped_dead_letters, committed.dead_letters), (2, None));
    assert_eq!(log_count(&store).await, 48);
    assert_eq!(count(&store, "SELECT count(*) FROM dead_letters").await, 30);
    assert_eq!(next_of(&open(&dir).await, &bad).await, Some(30));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_personal_value_reaches_the_delta_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let at = calls(0);
    store.acquire(&owner(), &[at.clone()]).await.unwrap();
    let mut whole = cycle(&at, 0..50);
    whole.dead_letters = vec![dead_rows(&at, 0..20, MARCH)];
    whole.hcp_metrics = vec![metric_rows(20, MARCH + DAY)];
    let marks = store.acquire_alerts(&owner(), &[0].into()).await.unwrap();
    whole.alerts = vec![alert_rows(&[MARCH; 20])];
    whole.alerts_next = marks.into_keys().map(|mark| (mark, 1)).collect();
    commit(&store, whole).await.unwrap();
    for table in Table::ALL {
        let delta = store.newest(table).await.unwrap();
        deltalake::checkpoints::create_checkpoint(&delta, None).await.unwrap();
        let mut looked = 0;
        for entry in std::fs::read_dir(dir.path().join(table.name()).join("_delta_log")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
                assert!(!found, "{} holds a personal value", path.display());
                looked += 1;
            }
        }
        assert!(looked >= 3, "{table}: commits and a checkpoint were to be looked into");
    }
    let stats =
        std::fs::read_to_string(dir.path().join("touchpoint_log/_delta_log/00000000000000000001.json")).unwrap();
    assert!(stats.contains("occurred_at") && stats.contains("kafka_offset"), "the other columns do have statistics");
}
