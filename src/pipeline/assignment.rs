//! What the group gives and takes.
//!
//! Given: offsets are read from the tables, the state is restored, and only then reading starts. Taken: everything
//! pending is committed, or, when it already belongs to another, discarded; then the state is dropped.

use super::{Owned, Pipeline, PipelineError};
use ingest::kafka::{Ownership, PartitionCounts, SourceHandle};
use serve::metrics::placement::Strangers;
use serve::metrics::words::Rebalance;
use serve::{Assignment, Restore};
use std::collections::{BTreeMap, BTreeSet};
use store::CommitError;
use touchpoint::TopicPartition;

impl Pipeline {
    pub(super) fn assigned(
        &mut self,
        partitions: Vec<TopicPartition>,
        counts: &PartitionCounts,
        ownership: Ownership,
    ) -> Result<BTreeMap<TopicPartition, Option<i64>>, PipelineError> {
        let health = self.parts.observer.health().clone();
        health.assigned(Assignment::Assigned);
        self.parts.observer.rebalanced(Rebalance::Assigned);
        let started = self.parts.clock.now();
        self.owned = Some(Owned { partitions: partitions.clone(), ownership });
        let runtime = self.parts.runtime.clone();
        let acquired = runtime.block_on(self.parts.store.acquire(&self.parts.owner, &partitions))?;
        self.pending.clear();
        // A partition that was never read is committed as 0, and 0 means "from the beginning", wherever the broker has it.
        self.pending.next = acquired.next.iter().map(|(p, next)| (p.clone(), next.unwrap_or(0))).collect();
        self.watermark.reset();
        self.restore(&acquired, counts)?;
        let now = self.parts.clock.now();
        self.shards().turn(now);
        self.alert_from_start(now)?;
        self.parts.observer.restored(now - started);
        health.restored(Restore::Done);
        tracing::info!(
            partitions = partitions.len(),
            ?ownership,
            took_ms = (now - started) / 1_000,
            "assigned and restored"
        );
        Ok(acquired.next.into_iter().map(|(partition, next)| (partition, next.filter(|n| *n > 0))).collect())
    }

    pub(super) fn revoked(&mut self, source: &SourceHandle) -> Result<(), PipelineError> {
        self.commit_now(source)?;
        self.parts.observer.rebalanced(Rebalance::Revoked);
        self.give_back();
        Ok(())
    }

    pub(super) fn lost(&mut self) -> Result<(), PipelineError> {
        // The new owner may have fenced the commit on its way: that is what the fence is for.
        match self.settle(None) {
            Ok(()) => {}
            Err(PipelineError::Commit(fenced @ CommitError::OwnershipLost { .. })) => tracing::warn!(
                %fenced,
                "the fence stopped a commit: its partitions had moved to another process, and nothing was written over \
                 that one's work; it reads the records again. Look at why they moved: a pause of this process longer than \
                 session.timeout.ms or max.poll.interval.ms, or a second pipeline with the same pipeline.name and tables"
            ),
            Err(error) => return Err(error),
        }
        self.parts.observer.rebalanced(Rebalance::Lost);
        self.give_back();
        Ok(())
    }

    /// Partition numbers owned, each once.
    pub(super) fn owned_numbers(&self) -> BTreeSet<i32> {
        self.owned.iter().flat_map(|o| o.partitions.iter().map(|p| p.partition)).collect()
    }

    fn give_back(&mut self) {
        let Some(owned) = self.owned.take() else { return };
        self.parts.runtime.block_on(self.parts.store.release(&owned.partitions));
        self.pending.clear();
        self.shards().assign(processors::Ownership::Shared, []);
        (self.placing, self.doubt) = (None, None);
        self.parts.observer.strangers(Strangers::Denied);
        self.forget_alerts();
        self.parts.observer.released(&owned.partitions);
        self.parts.observer.health().assigned(Assignment::Waiting);
    }
}
