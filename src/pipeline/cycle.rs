//! What was accepted or rejected and not yet committed.

use super::{Pipeline, PipelineError};
use arrow::array::{Array, AsArray, RecordBatch};
use ingest::batch::{DecodedBatch, Seen};
use processors::{Applied, Applying};
use std::collections::BTreeMap;
use touchpoint::record::RecordColumns;
use touchpoint::time::RETENTION;
use touchpoint::{Kind, Micros, NextOffsets, Word};

/// Records that are applied before somebody who asks is let in: half a millisecond.
const SLICE: usize = 256;

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
    pub(super) too_late: BTreeMap<Kind, u64>,
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
        if self.owned.is_some() {
            self.place_targets(&batch.records)?;
        }
        let Some(applied) = self.apply(&batch, now, watermark)? else { return Ok(()) };
        for seen in &batch.seen {
            if let Some(event_time) = seen.event_time {
                self.watermark.observe(&seen.partition, event_time, now);
            }
        }
        self.parts.observer.applied(&batch);
        let pending = &mut self.pending;
        // Bytes of the messages, not of the columns: those count what was reserved, several times what is used.
        pending.bytes += batch.seen.iter().map(|s| usize::try_from(s.bytes).unwrap_or(0)).sum::<usize>();
        if applied.late > 0 {
            let late = applied.log.column_by_name("late").and_then(|c| c.as_boolean_opt());
            count_by_kind(&batch.records, &mut pending.ledger.late, |_, row| late.is_some_and(|l| l.value(row)))?;
        }
        if applied.too_late > 0 {
            let past = |columns: &RecordColumns<'_>, row: usize| {
                columns.occurred_at.is_valid(row) && columns.occurred_at.value(row) <= now - RETENTION
            };
            count_by_kind(&batch.records, &mut pending.ledger.too_late, past)?;
        }
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

    /// The records into their shard, slice by slice, so that nobody who asks waits for a whole batch. `None` when the
    /// partition is no longer owned.
    fn apply(
        &self,
        batch: &DecodedBatch,
        now: Micros,
        watermark: Option<Micros>,
    ) -> Result<Option<Applied>, PipelineError> {
        if self.owned.is_none() {
            return Ok(None);
        }
        let mut applying = Applying::new(&batch.records);
        self.shards().of_partition(batch.partition).into_iter().for_each(|shard| shard.advance(now));
        loop {
            let mut shards = self.shards();
            let Some(shard) = shards.of_partition(batch.partition) else { return Ok(None) };
            shard.apply_some(&mut applying, SLICE)?;
            drop(shards);
            if applying.is_done() {
                return Ok(Some(applying.finish(now, watermark)?));
            }
            self.parts.askers.let_in();
        }
    }
}

/// Adds the rows for which `counts` holds to `sums`, by kind.
fn count_by_kind(
    records: &RecordBatch,
    sums: &mut BTreeMap<Kind, u64>,
    counts: impl Fn(&RecordColumns<'_>, usize) -> bool,
) -> Result<(), PipelineError> {
    let columns = RecordColumns::try_new(records)?;
    for row in (0..records.num_rows()).filter(|row| counts(&columns, *row)) {
        if let Some(kind) = Kind::from_code(columns.kind.value(row)) {
            *sums.entry(kind).or_default() += 1;
        }
    }
    Ok(())
}
