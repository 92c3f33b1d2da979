//! Where the source stands in the life of an assignment, and the steps from one state to the next.
//!
//! ```text
//! Seeking ─topics exist─► Joined ─assigned─► Counting ─counts known─► Restoring ─start offsets─► Reading
//!                           ▲                                                                      │ revoked
//!                           └───────── answered, too late, or lost ◄──────── Returning ◄───────────┘
//! ```
//! The group is answered (`assign`, `unassign`) only on entering `Reading` and on leaving `Returning`; until then the
//! group's next decision does not come. A stop passes through `Returning` too and ends the source from there.

use super::filling::Slot;
use super::turning::Source;
use crate::kafka::context::Rebalance;
use crate::kafka::error::IngestError;
use crate::kafka::event::{SourceEvent, StartOffsets};
use crate::kafka::ownership::{Keying, Ownership, PartitionCounts, judge};
use crate::kafka::partitioner::PartitionerCheck;
use crate::kafka::stats::add;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::collections::BTreeMap;
use std::time::Instant;
use touchpoint::TopicPartition;

/// What happens once everything is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    /// Take part in the next assignment.
    Rejoin,
    /// Leave the group and end.
    Leave,
}

/// See the module.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not in the group yet: a topic is missing or no broker has answered.
    Seeking,
    /// In the group, nothing assigned.
    Joined,
    /// Assigned; the numbers of partitions are being asked for, `since` names the ask whose answer is new enough.
    Counting { partitions: Vec<TopicPartition>, since: Option<u64> },
    /// The pipeline restores.
    Restoring {
        partitions: Vec<TopicPartition>,
        counts: PartitionCounts,
        ownership: Ownership,
        reply: Receiver<StartOffsets>,
    },
    /// Messages are read.
    Reading { partitions: Vec<TopicPartition> },
    /// The pipeline commits or discards.
    Returning { partitions: Vec<TopicPartition>, reply: Receiver<()>, deadline: Instant, then: Afterwards },
    /// Nothing is owned and nothing will be.
    Left,
}

impl Source {
    /// Takes up what the group decided.
    pub(super) fn decided(&mut self, decision: Rebalance) -> Result<(), IngestError> {
        match decision {
            Rebalance::Assign(partitions) => {
                tracing::info!(partitions = partitions.len(), "kafka: assigned");
                // The group takes back before it gives; should it ever not, what was held is void.
                self.forget();
                self.phase = Phase::Counting { partitions, since: None };
                Ok(())
            }
            Rebalance::Revoke => self.give_back(Afterwards::Rejoin),
            Rebalance::Lose => self.lose(Afterwards::Rejoin),
        }
    }

    /// Moves on when what the present state waits for has come.
    pub(super) fn advance(&mut self) -> Result<(), IngestError> {
        match &mut self.phase {
            Phase::Counting { since, .. } if since.is_none() => *since = self.watch.ask(),
            Phase::Restoring { reply, .. } => match reply.try_recv() {
                Ok(answer) => return self.begin(answer),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    return Err(IngestError::AssignmentRefused("the pipeline ended without an answer".to_owned()));
                }
            },
            Phase::Returning { reply, deadline, then, .. } => {
                let then = *then;
                match reply.try_recv() {
                    Ok(()) => return self.returned(then),
                    // The pipeline dropped the question: it has nothing to commit.
                    Err(TryRecvError::Disconnected) if !self.outbox.is_waiting() => return self.returned(then),
                    Err(_) if Instant::now() < *deadline && !self.member.lost() => {}
                    Err(_) => {
                        add(&self.counters.late_revocations, 1);
                        tracing::warn!("kafka: partitions were taken away before the pipeline had committed them");
                        return self.lose(then);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The four topics have these counts, as an answer to `ask`.
    pub(super) fn counted(&mut self, ask: u64, counts: PartitionCounts) -> Result<(), IngestError> {
        self.counters.set_partition_counts(counts.clone());
        match &mut self.phase {
            Phase::Seeking => {
                let topics: Vec<&str> = self.config.topics.iter().map(|(_, name)| name).collect();
                self.member.subscribe(&topics)?;
                self.phase = Phase::Joined;
            }
            Phase::Counting { partitions, since } if since.is_some_and(|since| ask >= since) => {
                // The group may know newer metadata than the broker that was asked; then a later look shows it.
                let known = |p: &TopicPartition| counts.get(&p.topic).is_some_and(|count| p.partition < *count);
                if partitions.iter().all(known) {
                    let partitions = std::mem::take(partitions);
                    self.assigned(partitions, counts.clone())?;
                }
            }
            _ => {}
        }
        let changed = self.counts.replace(counts.clone()).filter(|before| *before != counts);
        if let Some(before) = changed {
            add(&self.counters.partition_count_changes, 1);
            tracing::error!(?before, now = ?counts, "kafka: partition counts changed: keys move between partitions");
        }
        Ok(())
    }

    fn assigned(&mut self, partitions: Vec<TopicPartition>, counts: PartitionCounts) -> Result<(), IngestError> {
        let keying = if self.config.accept_unkeyed { Keying::Unkeyed } else { Keying::ByHcp };
        let ownership = judge(&partitions, &counts, keying)?;
        let (sender, reply) = bounded(1);
        self.outbox.push(SourceEvent::Assigned {
            partitions: partitions.clone(),
            counts: counts.clone(),
            ownership,
            reply: sender,
        });
        self.phase = Phase::Restoring { partitions, counts, ownership, reply };
        Ok(())
    }

    /// The pipeline has restored: reading begins.
    fn begin(&mut self, answer: StartOffsets) -> Result<(), IngestError> {
        let Phase::Restoring { partitions, counts, ownership, .. } = std::mem::replace(&mut self.phase, Phase::Joined)
        else {
            return Ok(());
        };
        let starts = answer.map_err(IngestError::AssignmentRefused)?;
        let slots = self.slots(&partitions, &counts, &starts)?;
        self.member.assign(&slots)?;
        let check = (ownership == Ownership::Partial).then(|| PartitionerCheck::new(self.config.partitioner));
        self.reading.begin(check);
        self.filling.own(slots);
        self.phase = Phase::Reading { partitions };
        Ok(())
    }

    fn slots(
        &self,
        partitions: &[TopicPartition],
        counts: &PartitionCounts,
        starts: &BTreeMap<TopicPartition, Option<i64>>,
    ) -> Result<Vec<Slot>, IngestError> {
        let slot = |partition: &TopicPartition| {
            let next = *starts.get(partition)?;
            let kind = self.config.topics.kind(&partition.topic)?;
            let count = *counts.get(&partition.topic)?;
            next.is_none_or(|next| next >= 0).then(|| Slot { partition: partition.clone(), kind, next, count })
        };
        let bad = |partition: &TopicPartition| IngestError::BadStartOffset { partition: partition.clone() };
        partitions.iter().map(|partition| slot(partition).ok_or_else(|| bad(partition))).collect()
    }

    /// Delivers what was read, then asks the pipeline to let go.
    pub(super) fn give_back(&mut self, then: Afterwards) -> Result<(), IngestError> {
        for batch in self.filling.all()? {
            self.outbox.push(SourceEvent::Batch(batch));
        }
        self.disown();
        match std::mem::replace(&mut self.phase, Phase::Joined) {
            Phase::Reading { partitions } | Phase::Restoring { partitions, .. } => {
                let (sender, reply) = bounded(1);
                self.outbox.push(SourceEvent::Revoked { partitions: partitions.clone(), reply: sender });
                let deadline = Instant::now() + self.config.revoke_deadline();
                self.phase = Phase::Returning { partitions, reply, deadline, then };
                Ok(())
            }
            Phase::Returning { partitions, reply, deadline, .. } => {
                self.phase = Phase::Returning { partitions, reply, deadline, then };
                Ok(())
            }
            // Nothing that the pipeline knows of.
            _ => self.returned(then),
        }
    }

    /// The partitions are no longer ours: nothing of them may be delivered any more.
    fn lose(&mut self, then: Afterwards) -> Result<(), IngestError> {
        self.forget();
        self.returned(then)
    }

    /// Forgets what was read of the partitions, and how far behind they were: both are their next owner's.
    fn disown(&mut self) {
        self.filling.disown();
        self.counters.set_lag(BTreeMap::new());
    }

    fn forget(&mut self) {
        self.disown();
        match std::mem::replace(&mut self.phase, Phase::Joined) {
            Phase::Reading { partitions }
            | Phase::Restoring { partitions, .. }
            | Phase::Returning { partitions, .. } => {
                self.outbox.discard();
                self.outbox.push(SourceEvent::Lost { partitions });
            }
            _ => {}
        }
    }

    /// Everything is given back: answer the group.
    fn returned(&mut self, then: Afterwards) -> Result<(), IngestError> {
        self.tell_group();
        self.member.unassign()?;
        self.phase = if then == Afterwards::Leave { Phase::Left } else { Phase::Joined };
        Ok(())
    }
}
