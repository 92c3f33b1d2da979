//! How the source is doing, as plain numbers that anyone may read at any time.
//!
//! Counters only grow. Lag is the number of offsets between the next one to be read and the end of the partition as the
//! broker last told it (read-committed), refreshed every few seconds; a partition whose end is not yet known is absent.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use touchpoint::TopicPartition;

/// A snapshot of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceStats {
    /// Offsets not yet read, by owned partition.
    pub lag: BTreeMap<TopicPartition, i64>,
    /// Topics that do not exist or may not be described; reading waits for them.
    pub missing_topics: Vec<String>,
    /// Partitions of each topic, as they were last counted; empty before that.
    pub partition_counts: BTreeMap<String, i32>,
    /// Messages read and decoded.
    pub messages: u64,
    /// Bytes of key and payload read and decoded.
    pub bytes: u64,
    /// Messages thrown away because their partition was being taken away; its next owner reads them.
    pub discarded: u64,
    /// Turns of the loop.
    pub turns: u64,
    /// Time spent in all turns together, waiting for messages included.
    pub turn_time: Duration,
    /// The longest turn.
    pub longest_turn: Duration,
    /// Assignments and revocations by the group.
    pub rebalances: u64,
    /// Revocations that the pipeline did not answer in time.
    pub late_revocations: u64,
    /// Times that reading stopped because the pipeline had no room.
    pub stalls: u64,
    /// Errors that pass by themselves: a broker down, a coordinator that moves.
    pub transient_errors: u64,
    /// Group commits that failed; they only serve lag tools.
    pub commit_errors: u64,
    /// Times that a topic's number of partitions changed.
    pub partition_count_changes: u64,
}

/// The live counters behind [`SourceStats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) messages: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) discarded: AtomicU64,
    pub(crate) rebalances: AtomicU64,
    pub(crate) late_revocations: AtomicU64,
    pub(crate) stalls: AtomicU64,
    pub(crate) transient_errors: AtomicU64,
    pub(crate) commit_errors: AtomicU64,
    pub(crate) partition_count_changes: AtomicU64,
    turns: AtomicU64,
    turn_nanos: AtomicU64,
    longest_turn_nanos: AtomicU64,
    lag: Mutex<BTreeMap<TopicPartition, i64>>,
    missing_topics: Mutex<Vec<String>>,
    partition_counts: Mutex<BTreeMap<String, i32>>,
}

impl Counters {
    pub(crate) fn turned(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        add(&self.turns, 1);
        add(&self.turn_nanos, nanos);
        self.longest_turn_nanos.fetch_max(nanos, Ordering::Relaxed);
    }

    pub(crate) fn set_lag(&self, lag: BTreeMap<TopicPartition, i64>) {
        *held(&self.lag) = lag;
    }

    pub(crate) fn set_missing_topics(&self, topics: Vec<String>) {
        *held(&self.missing_topics) = topics;
    }

    pub(crate) fn set_partition_counts(&self, counts: BTreeMap<String, i32>) {
        *held(&self.partition_counts) = counts;
    }

    pub(crate) fn snapshot(&self) -> SourceStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SourceStats {
            lag: held(&self.lag).clone(),
            missing_topics: held(&self.missing_topics).clone(),
            partition_counts: held(&self.partition_counts).clone(),
            messages: read(&self.messages),
            bytes: read(&self.bytes),
            discarded: read(&self.discarded),
            turns: read(&self.turns),
            turn_time: Duration::from_nanos(read(&self.turn_nanos)),
            longest_turn: Duration::from_nanos(read(&self.longest_turn_nanos)),
            rebalances: read(&self.rebalances),
            late_revocations: read(&self.late_revocations),
            stalls: read(&self.stalls),
            transient_errors: read(&self.transient_errors),
            commit_errors: read(&self.commit_errors),
            partition_count_changes: read(&self.partition_count_changes),
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// Locks; what a panicking thread left behind is still whole, since every write is one assignment.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
