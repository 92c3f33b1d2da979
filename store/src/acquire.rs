//! Taking over partitions and giving them back.
//!
//! What is read here is what the fence compares with from now on. Offsets are *next* offsets: `None` means that the
//! table never held the partition, and a consumer then starts at its own beginning. A failed read is an error, never
//! `None`.

use crate::error::{CommitError, StoreError};
use crate::handle::{Handle, Writers};
use crate::open::Store;
use crate::owner::Owner;
use crate::txns;
use std::collections::BTreeMap;
use touchpoint::TopicPartition;

/// The offsets of acquired partitions, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acquired {
    /// `touchpoint_log`: where to seek.
    pub next: BTreeMap<TopicPartition, Option<i64>>,
    /// `hcp_metrics`: from here up to `next` its rows have to be caught up from the log.
    pub metrics_next: BTreeMap<TopicPartition, Option<i64>>,
    /// The version of `touchpoint_log` these offsets stand in; [`Store::read_log`] reads this version.
    pub log_version: u64,
}

impl Store {
    /// Reads, at the newest version of each table, the offsets of `partitions`, and holds them.
    ///
    /// # Errors
    /// A table cannot be read, or a partition held before was written by another process
    /// ([`CommitError::OwnershipLost`]); then nothing is acquired.
    pub async fn acquire(&self, owner: &Owner, partitions: &[TopicPartition]) -> Result<Acquired, CommitError> {
        let mut writers = self.writers.lock().await;
        let ids: BTreeMap<_, _> = partitions.iter().map(|p| (p.clone(), owner.app_id(p))).collect();
        if let Err(error) = acquire_everywhere(&mut writers, &ids).await {
            // The last table to acquire tells which partitions were held before.
            let taken: Vec<_> = ids.into_keys().filter(|p| !writers.hcp_metrics.held.contains_key(p)).collect();
            for handle in writers.all() {
                taken.iter().for_each(|partition| handle.release(partition));
            }
            return Err(error);
        }
        let offsets = |handle: &Handle| {
            partitions.iter().map(|p| (p.clone(), handle.held.get(p).and_then(|held| held.next))).collect()
        };
        let acquired = Acquired {
            next: offsets(&writers.log),
            metrics_next: offsets(&writers.hcp_metrics),
            log_version: writers.log.delta.version().unwrap_or_default(),
        };
        writers.restore = Some(writers.log.delta.clone());
        Ok(acquired)
    }

    /// Gives partitions back: their offsets are neither written nor compared any more.
    pub async fn release(&self, partitions: &[TopicPartition]) {
        let mut writers = self.writers.lock().await;
        for handle in writers.all() {
            partitions.iter().for_each(|partition| handle.release(partition));
        }
    }

    /// The last midnight that `hcp_metrics` holds for each of the partition numbers, as days since 1970; `None` where
    /// there is none yet.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn last_midnights(
        &self,
        owner: &Owner,
        partitions: &[i32],
    ) -> Result<BTreeMap<i32, Option<i64>>, StoreError> {
        self.of_metrics(partitions, |partition| owner.day_id(partition)).await
    }

    /// What the last midnight of each of the partition numbers was written under, as it was given with
    /// [`Owner::facts_id`]; `None` where that is not known.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn last_facts(
        &self,
        owner: &Owner,
        partitions: &[i32],
    ) -> Result<BTreeMap<i32, Option<i64>>, StoreError> {
        self.of_metrics(partitions, |partition| owner.facts_id(partition)).await
    }

    async fn of_metrics(
        &self,
        partitions: &[i32],
        id: impl Fn(i32) -> String,
    ) -> Result<BTreeMap<i32, Option<i64>>, StoreError> {
        let writers = self.writers.lock().await;
        let handle = &writers.hcp_metrics;
        let ids = partitions.iter().map(|partition| id(*partition)).collect();
        let values = txns::read(&handle.delta, ids).await.map_err(|e| handle.snapshot_error(e))?;
        Ok(partitions.iter().copied().zip(values).collect())
    }
}

async fn acquire_everywhere(writers: &mut Writers, ids: &BTreeMap<TopicPartition, String>) -> Result<(), CommitError> {
    for handle in writers.all() {
        handle.acquire(ids.clone()).await?;
    }
    Ok(())
}
