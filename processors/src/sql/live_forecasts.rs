//! Forecasts over the live state, a slice of HCPs under the lock at a time, so that the writer never waits for all.

use super::arguments::When;
use super::forecast_rows::ForecastRows;
use super::layout::Shared;
use crate::shards::{Shards, SharedShards};
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
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use touchpoint::Audience;

/// HCPs per batch.
const SLICE: u32 = 1024;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct LiveForecasts {
    shards: SharedShards,
    when: When,
    audience: Audience,
    rows: ForecastRows,
}

impl LiveForecasts {
    pub(super) fn new(shards: SharedShards, when: When, audience: Audience, rows: ForecastRows) -> Self {
        Self { shards, when, audience, rows }
    }

    fn read(&self) -> RwLockReadGuard<'_, Shards> {
        // A writer that panicked stops the process; until then its last consistent state may still be read.
        self.shards.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn batches(self) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        let slices: Vec<(i32, Shared, u32)> = {
            let shards = self.read();
            let shared = |now| {
                let as_of = if let When::Instant(at) = self.when { at } else { now };
                let (policy, reference) = (shards.policy().clone(), shards.reference().clone());
                Shared { as_of, audience: self.audience, policy, reference }
            };
            let of = |(number, shard): (i32, &crate::Shard)| {
                let (shared, count) = (shared(shard.now()), shard.hcp_count() as u32);
                (0..count).step_by(SLICE as usize).map(move |from| (number, shared.clone(), from)).collect::<Vec<_>>()
            };
            shards.iter().flat_map(of).collect()
        };
        slices.into_iter().map(move |(number, mut shared, from)| {
            let shards = self.read();
            // Rows name the policy that they were judged by, whatever was in force when the query began.
            (shared.policy, shared.reference) = (shards.policy().clone(), shards.reference().clone());
            let batch = match shards.get(number) {
                Some(shard) => {
                    let until = from.saturating_add(SLICE).min(shard.hcp_count() as u32);
                    self.rows.batch(shard, from..until, &shared)
                }
                // A shard that was given back meanwhile has no rows any more.
                None => Ok(RecordBatch::new_empty(self.rows.schema().clone())),
            };
            batch.map_err(DataFusionError::from)
        })
    }
}

#[async_trait]
impl TableProvider for LiveForecasts {
    fn schema(&self) -> SchemaRef {
        self.rows.schema().clone()
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
        let table = Self { rows: self.rows.project(projection), ..self.clone() };
        let schema = table.rows.schema().clone();
        let part: Arc<dyn PartitionStream> = Arc::new(Part { table });
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![part], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct Part {
    table: LiveForecasts,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        self.table.rows.schema()
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = self.table.rows.schema().clone();
        let batches = self.table.clone().batches();
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)))
    }
}
