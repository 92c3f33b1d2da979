//! `hcp_now` and `hcp_now_windows`: the live state as tables.
//!
//! `hcp_now` reads cached headline values from a snapshot taken when the query starts; `hcp_now_windows` evaluates every
//! window on the fly, a slice of HCPs under the lock at a time. HCPs that a statement names are looked up by their ids, and
//! the others are shared out among the threads of a statement. Columns that a query does not ask for are not built, of rows
//! that its filters drop only those that the filters look at, and a limit stops early. Both hold only HCPs that have a row
//! for the table's audience.

use super::built_table::{Batches, BuildRows, BuiltTable, Wanted};
use super::kept_side::ABOUT_ENTITIES;
use super::layout::{Layout, Shared};
use super::live_rows::{MetricRow, Sifted, Slice, read, shared, slices, slices_of};
use crate::kernel::{Evaluation, Scratch};
use crate::shards::{Shards, SharedShards};
use crate::state::{Cell, LiveSnapshot};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::logical_expr::TableProviderFilterPushDown;
use std::sync::Arc;
use touchpoint::{Audience, WindowLength};

/// Chunks of cells per batch of `hcp_now`: 1024 HCPs, whose rows stay in the cache until they are built.
const CHUNKS: usize = 4;

/// HCPs per batch of `hcp_now_windows`: as many are evaluated under the lock, in some two milliseconds.
const SLICE: u32 = 128;

/// Which windows a live table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Windows {
    /// The headline window, cached.
    Headline,
    /// Every window, evaluated when read.
    All,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct LiveTable {
    shards: SharedShards,
    audience: Audience,
    windows: Windows,
    layout: Layout,
}

impl LiveTable {
    /// `hcp_now` or `hcp_now_windows` for an audience.
    pub fn table(shards: SharedShards, audience: Audience, windows: Windows) -> BuiltTable<Self> {
        let layout = match windows {
            Windows::Headline => Layout::now(),
            Windows::All => Layout::now_windows(),
        };
        BuiltTable(Self { shards, audience, windows, layout })
    }

    fn headlines(self, sifted: &Sifted, parts: usize) -> Vec<Batches> {
        let taken = |shards: &Shards| match sifted.named() {
            Some(ids) => shards.snapshots_of(ids),
            None => shards.snapshots(),
        };
        let (snapshots, shared) = read(&self.shards, |s| (taken(s), shared(s, 0, self.audience)));
        let slices = snapshots.into_iter().flat_map(|LiveSnapshot { as_of, chunks }| {
            let slices: Vec<Vec<Arc<Vec<Cell>>>> = chunks.chunks(CHUNKS).map(<[_]>::to_vec).collect();
            slices.into_iter().map(move |chunks| LiveSnapshot { as_of, chunks })
        });
        let part = |slices: Vec<LiveSnapshot>| Box::new(headline_batches(slices, shared.clone(), sifted.clone())) as _;
        dealt(slices, parts).into_iter().map(part).collect()
    }

    fn evaluations(self, sifted: &Sifted, parts: usize) -> Vec<Batches> {
        let slices = match sifted.named() {
            Some(ids) => slices_of(&self.shards, ids),
            None => slices(&self.shards, SLICE),
        };
        let part = |slices| Box::new(self.clone().evaluated_batches(slices, sifted.clone())) as _;
        dealt(slices.into_iter(), parts).into_iter().map(part).collect()
    }

    fn evaluated_batches(self, slices: Vec<Slice>, sifted: Sifted) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        let mut scratch = Scratch::default();
        slices.into_iter().map(move |slice| {
            read(&self.shards, |shards| {
                let shared = shared(shards, slice.now, self.audience);
                // A shard that was given back meanwhile has no rows any more.
                let Some(shard) = shards.get(slice.shard) else { return sifted.batch(&[], &shared) };
                let evaluate = |hcp| shard.evaluate_at(hcp, shared.audience, shared.as_of, &mut scratch);
                let found: Vec<Option<Evaluation>> = slice.hcps.clone().map(evaluate).collect();
                let of_hcp = |(hcp, found): (u32, &'_ Option<Evaluation>)| Some((shard.hcp(hcp)?, *found.as_ref()?));
                let known: Vec<_> = slice.hcps.zip(&found).filter_map(of_hcp).collect();
                let mut rows = Vec::with_capacity(known.len() * WindowLength::ALL.len());
                for (hcp, evaluation) in &known {
                    rows.extend(WindowLength::ALL.iter().zip(&evaluation.windows).map(|(window, values)| MetricRow {
                        hcp_id: &hcp.id,
                        window: *window,
                        values,
                        overall: evaluation.overall,
                    }));
                }
                sifted.batch(&rows, &shared)
            })
        })
    }
}

/// Items in turn to so many hands.
fn dealt<T>(items: impl Iterator<Item = T>, hands: usize) -> Vec<Vec<T>> {
    let mut dealt: Vec<Vec<T>> = std::iter::repeat_with(Vec::new).take(hands).collect();
    for (item, hand) in items.zip((0..hands).cycle()) {
        dealt[hand].push(item);
    }
    dealt
}

fn headline_batches(
    slices: Vec<LiveSnapshot>,
    template: Shared,
    sifted: Sifted,
) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    slices.into_iter().map(move |slice| {
        let shared = Shared { as_of: slice.as_of, ..template.clone() };
        let row = |cell| headline_row(cell, &shared);
        let rows: Vec<MetricRow<'_>> = slice.cells().filter_map(row).collect();
        sifted.batch(&rows, &shared)
    })
}

fn headline_row<'c>(cell: &'c Cell, shared: &Shared) -> Option<MetricRow<'c>> {
    let headline = cell.headline(shared.audience)?;
    let overall = headline.overall(shared.as_of, shared.policy.half_life);
    Some(MetricRow { hcp_id: &cell.id, window: WindowLength::HEADLINE, values: &headline.values, overall })
}

impl BuildRows for LiveTable {
    const FILTERS: TableProviderFilterPushDown = TableProviderFilterPushDown::Exact;

    fn schema(&self) -> SchemaRef {
        self.layout.schema().clone()
    }

    fn about(&self) -> Option<usize> {
        Some(ABOUT_ENTITIES)
    }

    fn batches(self, wanted: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        self.parts(wanted, 1).into_iter().flatten()
    }

    const SIDE_BY_SIDE: bool = true;

    fn parts(self, wanted: Wanted, at_most: usize) -> Vec<Batches> {
        let sifted = Sifted::new(&self.layout, wanted.kept.as_ref(), wanted.sieve);
        match self.windows {
            Windows::Headline => self.headlines(&sifted, at_most),
            Windows::All => self.evaluations(&sifted, at_most),
        }
    }
}
