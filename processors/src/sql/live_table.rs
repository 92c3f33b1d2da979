//! `hcp_now` and `hcp_now_windows`: the live state as tables.
//!
//! `hcp_now` reads cached headline values from a snapshot taken when the query starts; `hcp_now_windows` evaluates every
//! window on the fly, a slice of HCPs under the lock at a time. HCPs that a statement names are looked up by their ids. Columns that a query does not ask for are not built, of
//! rows that its filters drop only those that the filters look at, and a limit stops early. Both hold only HCPs that have
//! a row for the table's audience.

use super::built_table::{BuildRows, BuiltTable, Wanted};
use super::layout::Layout;
use super::live_rows::{MetricRow, Sifted, read, shared, slices, slices_of};
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

    fn headlines(self, sifted: Sifted) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        let taken = |shards: &Shards| match sifted.named() {
            Some(ids) => shards.snapshots_of(ids),
            None => shards.snapshots(),
        };
        let (snapshots, template) = read(&self.shards, |s| (taken(s), shared(s, 0, self.audience)));
        let slices = snapshots.into_iter().flat_map(|LiveSnapshot { as_of, chunks }| {
            let slices: Vec<Vec<Arc<Vec<Cell>>>> = chunks.chunks(CHUNKS).map(<[_]>::to_vec).collect();
            slices.into_iter().map(move |chunks| LiveSnapshot { as_of, chunks })
        });
        slices.map(move |slice| {
            let shared = super::layout::Shared { as_of: slice.as_of, ..template.clone() };
            let row = |cell| headline_row(cell, &shared);
            let rows: Vec<MetricRow<'_>> = slice.cells().filter_map(row).collect();
            sifted.batch(&rows, &shared)
        })
    }

    fn evaluations(self, sifted: Sifted) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        let mut scratch = Scratch::default();
        let slices = match sifted.named() {
            Some(ids) => slices_of(&self.shards, ids),
            None => slices(&self.shards, SLICE),
        };
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

fn headline_row<'c>(cell: &'c Cell, shared: &super::layout::Shared) -> Option<MetricRow<'c>> {
    let headline = cell.headline(shared.audience)?;
    let overall = headline.overall(shared.as_of, shared.policy.half_life);
    Some(MetricRow { hcp_id: &cell.id, window: WindowLength::HEADLINE, values: &headline.values, overall })
}

impl BuildRows for LiveTable {
    const FILTERS: TableProviderFilterPushDown = TableProviderFilterPushDown::Exact;

    fn schema(&self) -> SchemaRef {
        self.layout.schema().clone()
    }

    fn batches(self, wanted: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        let sifted = Sifted::new(&self.layout, wanted.kept.as_ref(), wanted.sieve);
        let batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> = match self.windows {
            Windows::Headline => Box::new(self.headlines(sifted)),
            Windows::All => Box::new(self.evaluations(sifted)),
        };
        batches
    }
}
