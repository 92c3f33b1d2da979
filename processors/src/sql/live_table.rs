//! `hcp_now` and `hcp_now_windows`: the live state as tables.
//!
//! `hcp_now` reads cached headline values from a snapshot taken when the query starts; `hcp_now_windows` evaluates every
//! window on the fly, a slice of HCPs under the lock at a time. Columns that a query does not ask for are not built, and
//! a limit stops early. Both hold only HCPs that have a row for the table's audience.

use super::layout::{Layout, RowBuilder, Shared};
use crate::kernel::Scratch;
use crate::shards::{Shards, SharedShards};
use crate::state::LiveSnapshot;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use std::sync::{Arc, PoisonError};
use touchpoint::{Audience, Micros, WindowLength};

/// HCPs per batch.
const SLICE: usize = 4096;

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
    pub fn new(shards: SharedShards, audience: Audience, windows: Windows) -> Self {
        let layout = match windows {
            Windows::Headline => Layout::now(),
            Windows::All => Layout::now_windows(),
        };
        Self { shards, audience, windows, layout }
    }
}

#[async_trait]
impl TableProvider for LiveTable {
    fn schema(&self) -> SchemaRef {
        self.layout.schema().clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let layout = self.layout.project(projection);
        let schema = layout.schema().clone();
        let part: Arc<dyn PartitionStream> = Arc::new(Part { table: Self { layout, ..self.clone() } });
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![part], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct Part {
    table: LiveTable,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        self.table.layout.schema()
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let table = self.table.clone();
        let schema = table.layout.schema().clone();
        let batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> = match table.windows {
            Windows::Headline => Box::new(headline_batches(table)),
            Windows::All => Box::new(window_batches(table)),
        };
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)))
    }
}

fn read<T>(shards: &SharedShards, f: impl FnOnce(&Shards) -> T) -> T {
    // A writer that panicked stops the process; until then its last consistent state may still be read.
    f(&shards.read().unwrap_or_else(PoisonError::into_inner))
}

fn shared(shards: &Shards, as_of: Micros, audience: Audience) -> Shared {
    Shared { as_of, audience, policy: shards.policy().clone(), reference: shards.reference().clone() }
}

fn headline_batches(table: LiveTable) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    let (snapshots, template) = read(&table.shards, |s| (s.snapshots(), shared(s, 0, table.audience)));
    let slices = snapshots.into_iter().flat_map(|snapshot| {
        let as_of = snapshot.as_of;
        let groups: Vec<LiveSnapshot> =
            snapshot.chunks.chunks(SLICE / 256).map(|chunks| LiveSnapshot { as_of, chunks: chunks.to_vec() }).collect();
        groups
    });
    slices.map(move |slice| {
        let shared = Shared { as_of: slice.as_of, ..template.clone() };
        let mut rows = RowBuilder::new(&table.layout, &shared);
        let half_life = shared.policy.half_life;
        for cell in slice.cells() {
            if let Some(headline) = cell.headline(table.audience) {
                let overall = headline.overall(slice.as_of, half_life);
                rows.push(&cell.id, WindowLength::HEADLINE, &headline.values, overall);
            }
        }
        rows.finish().map_err(DataFusionError::from)
    })
}

fn window_batches(table: LiveTable) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    let slices: Vec<(i32, Micros, u32)> = read(&table.shards, |shards| {
        let of = |(number, shard): (i32, &crate::Shard)| {
            let (now, count) = (shard.now(), shard.hcp_count() as u32);
            (0..count).step_by(SLICE).map(move |from| (number, now, from)).collect::<Vec<_>>()
        };
        shards.iter().flat_map(of).collect()
    });
    slices.into_iter().map(move |(number, at, from)| {
        read(&table.shards, |shards| {
            let shared = shared(shards, at, table.audience);
            let mut rows = RowBuilder::new(&table.layout, &shared);
            let mut scratch = Scratch::default();
            // A shard that was given back meanwhile has no rows any more.
            if let Some(shard) = shards.get(number) {
                for hcp in from..from.saturating_add(SLICE as u32).min(shard.hcp_count() as u32) {
                    let evaluation = shard.evaluate_at(hcp, table.audience, at, &mut scratch);
                    if let (Some(evaluation), Some(hcp)) = (evaluation, shard.hcp(hcp)) {
                        rows.push_evaluation(&hcp.id, &evaluation);
                    }
                }
            }
            rows.finish().map_err(DataFusionError::from)
        })
    })
}
