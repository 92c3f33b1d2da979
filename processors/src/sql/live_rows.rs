//! Reading the live state for SQL: under the lock for a slice of HCPs at a time, so that the writer never waits for all.

use super::layout::{Layout, RowBuilder, Shared};
use super::sieve::Sieve;
use crate::kernel::{Overall, WindowValues};
use crate::shards::{Shards, SharedShards};
use arrow::array::RecordBatch;
use datafusion::common::Result;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::PoisonError;
use touchpoint::{Audience, Micros, WindowLength};

/// Calls `f` under the lock.
pub(super) fn read<T>(shards: &SharedShards, f: impl FnOnce(&Shards) -> T) -> T {
    // A writer that panicked stops the process; until then its last consistent state may still be read.
    f(&shards.read().unwrap_or_else(PoisonError::into_inner))
}

/// What rows of one instant share, as of what is in force now.
pub(super) fn shared(shards: &Shards, as_of: Micros, audience: Audience) -> Shared {
    Shared { as_of, audience, policy: shards.policy().clone(), reference: shards.reference().clone() }
}

/// Some HCPs of a shard, and the shard's T when the query began.
#[derive(Debug, Clone)]
pub(super) struct Slice {
    /// Number of the shard.
    pub(super) shard: i32,
    /// T.
    pub(super) now: Micros,
    /// Numbers of the HCPs.
    pub(super) hcps: Range<u32>,
}

/// All HCPs, in slices of at most `size`.
pub(super) fn slices(shards: &SharedShards, size: u32) -> Vec<Slice> {
    let of = |(shard, held): (i32, &crate::Shard)| {
        let (now, count) = (held.now(), held.hcp_count() as u32);
        (0..count).step_by(size as usize).map(move |from| Slice {
            shard,
            now,
            hcps: from..from.saturating_add(size).min(count),
        })
    };
    read(shards, |shards| shards.iter().flat_map(of).collect())
}

/// The HCPs of these ids, a slice each.
pub(super) fn slices_of(shards: &SharedShards, ids: &BTreeSet<String>) -> Vec<Slice> {
    let of = |(number, held): (i32, &crate::Shard)| {
        let slice = |hcp: u32| Slice { shard: number, now: held.now(), hcps: hcp..hcp.saturating_add(1) };
        ids.iter().filter_map(|id| held.number_of(id)).map(slice).collect::<Vec<_>>()
    };
    read(shards, |shards| shards.iter().flat_map(of).collect())
}

/// A row of a metric table, not built yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct MetricRow<'a> {
    pub(super) hcp_id: &'a str,
    pub(super) window: WindowLength,
    pub(super) values: &'a WindowValues,
    pub(super) overall: Overall,
}

/// The layouts of a plan: what it reads, and what its sieve looks at.
#[derive(Debug, Clone)]
pub(super) struct Sifted {
    output: Layout,
    /// Of a slice of which nobody passes, as of most slices of a query for the top few: many columns, made once.
    nobody: RecordBatch,
    looked_at: Layout,
    sieve: Sieve,
}

impl Sifted {
    /// Of a table with all columns of `layout`.
    pub(super) fn new(layout: &Layout, kept: Option<&Vec<usize>>, sieve: Sieve) -> Self {
        let looked_at = layout.project(Some(sieve.columns().unwrap_or(&Vec::new())));
        let output = layout.project(kept);
        Self { nobody: RecordBatch::new_empty(output.schema().clone()), output, looked_at, sieve }
    }

    /// The HCPs of whom alone rows can pass; `None` when those of any can.
    pub(super) fn named(&self) -> Option<&BTreeSet<String>> {
        self.sieve.named()
    }

    /// The batch of those rows that pass.
    pub(super) fn batch(&self, rows: &[MetricRow<'_>], shared: &Shared) -> Result<RecordBatch> {
        if self.sieve.columns().is_none() {
            return built(&self.output, rows.iter(), shared);
        }
        let passing = self.sieve.passing(&built(&self.looked_at, rows.iter(), shared)?)?;
        if passing.true_count() == 0 {
            return Ok(self.nobody.clone());
        }
        let kept = rows.iter().zip(passing.values().iter()).filter_map(|(row, passes)| passes.then_some(row));
        built(&self.output, kept, shared)
    }
}

fn built<'r>(layout: &Layout, rows: impl Iterator<Item = &'r MetricRow<'r>>, shared: &Shared) -> Result<RecordBatch> {
    let mut builder = RowBuilder::new(layout, shared);
    for row in rows {
        builder.push(row.hcp_id, row.window, row.values, row.overall);
    }
    Ok(builder.finish()?)
}
