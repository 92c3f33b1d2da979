//! The leaf of a plan behind which a sealed table is read.

use super::super::lens::Lens;
use super::super::visible::{Rows, Visible};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::BatchCoalescer;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::StreamExt;
use processors::sql::kept_side::ABOUT_ENTITIES;
use std::fmt;
use std::sync::Arc;

/// See the module.
pub(super) struct SealedExec {
    visible: &'static Visible,
    inside: Arc<dyn ExecutionPlan>,
    lens: Arc<Lens>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl SealedExec {
    pub(super) fn new(
        visible: &'static Visible,
        inside: Arc<dyn ExecutionPlan>,
        lens: Arc<Lens>,
        outside: SchemaRef,
    ) -> Self {
        // One partition, however the inside is split: how many files there are is knowledge, too.
        let inside: Arc<dyn ExecutionPlan> = match inside.output_partitioning().partition_count() {
            1 => inside,
            _ => Arc::new(CoalescePartitionsExec::new(inside)),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(outside),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { visible, inside, lens, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl fmt::Debug for SealedExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What lies inside stays there.
        f.debug_struct("SealedExec").field("table", &self.visible.name).finish_non_exhaustive()
    }
}

impl DisplayAs for SealedExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.properties.eq_properties.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "SealedExec: table={}, columns=[{}]", self.visible.name, columns.join(", "))
    }
}

impl ExecutionPlan for SealedExec {
    fn name(&self) -> &'static str {
        "SealedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("SealedExec has no children") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("SealedExec has one partition");
        }
        let size = context.session_config().batch_size();
        let name = self.visible.name;
        let inside = self.inside.execute(0, context).map_err(|error| untold(name, &error))?;
        let outside = self.properties.eq_properties.schema().clone();
        let rows = MetricBuilder::new(&self.metrics).output_rows(partition);
        let packing = Packing::new(self.lens.clone(), (outside.clone(), self.inside.schema()), size, rows);
        let batches = futures::stream::try_unfold((inside, packing), move |(mut inside, mut packing)| async move {
            let next = packing.next(&mut inside).await.map_err(|error| untold(name, &error))?;
            Ok(next.map(|batch| (batch, (inside, packing))))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(outside, batches.boxed())))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        // A number that is the same whatever lies inside.
        statistics.num_rows = match self.visible.rows {
            Rows::Entities => Precision::Inexact(ABOUT_ENTITIES),
            Rows::Events => Precision::Absent,
        };
        Ok(Arc::new(statistics))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Batches that went through the lens, made to one size.
struct Packing {
    lens: Arc<Lens>,
    outside: SchemaRef,
    /// Of what is packed: the columns outside, or where a query asks for none, one by which rows are counted.
    packed: SchemaRef,
    batches: BatchCoalescer,
    rows: Count,
    has_ended: bool,
}

impl Packing {
    fn new(lens: Arc<Lens>, (outside, inside): (SchemaRef, SchemaRef), size: usize, rows: Count) -> Self {
        let packed = match outside.fields().first() {
            Some(_) => outside.clone(),
            None => {
                Arc::new(Schema::new(lens.schema(&inside).fields().first().cloned().into_iter().collect::<Vec<_>>()))
            }
        };
        let batches = BatchCoalescer::new(packed.clone(), size);
        Self { lens, outside, packed, batches, rows, has_ended: false }
    }

    async fn next(&mut self, inside: &mut SendableRecordBatchStream) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.batches.next_completed_batch() {
                self.rows.add(batch.num_rows());
                return Ok(Some(self.unpacked(&batch)?));
            }
            if self.has_ended {
                return Ok(None);
            }
            match inside.next().await {
                Some(batch) => self.batches.push_batch(self.lens.through(&batch?, &self.packed)?)?,
                None => {
                    self.has_ended = true;
                    self.batches.finish_buffered_batch()?;
                }
            }
        }
    }

    fn unpacked(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if !self.outside.fields().is_empty() {
            return Ok(batch.clone());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.outside.clone(), Vec::new(), &options)?)
    }
}

/// What is told outside of an error inside: that the table could not be read, or that memory ran out, and no more.
pub(super) fn untold(name: &str, error: &DataFusionError) -> DataFusionError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            DataFusionError::ResourcesExhausted(format!("reading {name} takes more memory than the statement may use"))
        }
        root => {
            // An error of Arrow may quote a value, and values are people.
            let told =
                if matches!(root, DataFusionError::ArrowError(..)) { "of Arrow".into() } else { root.to_string() };
            tracing::error!(table = name, error = %told, "a sealed table could not be read");
            let message = format!("{name} could not be read; the server's log says why, and a retry may help");
            DataFusionError::Execution(message)
        }
    }
}
