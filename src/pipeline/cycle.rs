//! What was accepted or rejected and not yet committed.

use super::{Pipeline, PipelineError};
use arrow::array::RecordBatch;
use ingest::batch::{DecodedBatch, Seen};
use std::collections::BTreeMap;
use touchpoint::record::RecordColumns;
use touchpoint::{Kind, Micros, NextOffsets};

/// Rows since the last cycle, and the offsets of all owned partitions.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) log: Vec<RecordBatch>,
    pub(super) dead_letters: Vec<RecordBatch>,
    /// Next offsets of every owned partition, moved or not.
    pub(super) next: NextOffsets,
    pub(super) ledger: Ledger,
    pub(super) bytes: usize,
    /// When the first uncommitted message was taken; `None` when there is none.
    pub(super) since: Option<Micros>,
}

/// What a cycle holds, for metrics and summary once it is committed.
#[derive(Debug, Default, Clone)]
pub(super) struct Ledger {
    pub(super) seen: Vec<Seen>,
    pub(super) late: BTreeMap<Kind, u64>,
    pub(super) too_late: u64,
    pub(super) oldest: Option<Micros>,
}

impl Pending {
    /// Forgets rows and offsets: the partitions are another's now, or were given back.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Pipeline {
    /// Applies a batch and keeps its rows for the next commit. A batch of a partition that is no longer owned is
    /// dropped: its next owner reads it again.
    pub(super) fn take(&mut self, batch: DecodedBatch) -> Result<(), PipelineError> {
        let now = self.parts.clock.now();
        let watermark = self.watermark.value(now);
        let applied = {
            let mut shards = self.shards();
            let Some(shard) = shards.of_partition(batch.partition).filter(|_| self.owned.is_some()) else {
                return Ok(());
            };
            shard.advance(now);
            shard.apply(&batch.records, now, watermark)?
        };
        for seen in &batch.seen {
            if let Some(event_time) = seen.event_time {
                self.watermark.observe(&seen.partition, event_time, now);
            }
        }
        self.parts.observer.applied(&batch, &applied);
        let pending = &mut self.pending;
        pending.bytes += applied.log.get_array_memory_size() + batch.dead_letters.get_array_memory_size();
        if let Some(late) = late_by_kind(&batch.records, &applied.log)? {
            late.into_iter().for_each(|(kind, n)| *pending.ledger.late.entry(kind).or_default() += n);
        }
        pending.ledger.too_late += applied.too_late as u64;
        let timestamps = RecordColumns::try_new(&batch.records)?.kafka_timestamp;
        pending.ledger.oldest = pending.ledger.oldest.into_iter().chain(arrow::compute::min(timestamps)).min();
        pending.ledger.seen.extend(batch.seen);
        if applied.log.num_rows() > 0 {
            pending.log.push(applied.log);
        }
        if batch.dead_letters.num_rows() > 0 {
            pending.dead_letters.push(batch.dead_letters);
        }
        pending.next.extend(batch.next);
        pending.since.get_or_insert(now);
        Ok(())
    }
}

/// Late rows by kind, `None` when there are none.
fn late_by_kind(records: &RecordBatch, log: &RecordBatch) -> Result<Option<BTreeMap<Kind, u64>>, PipelineError> {
    use arrow::array::AsArray;
    use touchpoint::Word;
    let Some(late) = log.column_by_name("late").and_then(|c| c.as_boolean_opt()) else { return Ok(None) };
    if late.true_count() == 0 {
        return Ok(None);
    }
    let kinds = RecordColumns::try_new(records)?.kind;
    let mut found = BTreeMap::new();
    for row in (0..late.len()).filter(|row| late.value(*row)) {
        if let Some(kind) = Kind::from_code(kinds.value(row)) {
            *found.entry(kind).or_default() += 1;
        }
    }
    Ok(Some(found))
}
