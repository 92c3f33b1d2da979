//! `TrailingCountExec`: counts over trailing windows of rows that come sorted by key and time.
//!
//! Columns, order and partitions are those of the operator in whose place it stands, and so is what it asks of its input.
//! Rows go out when their key is complete, since a row counts others of its own time that follow. A key whose rows fill
//! many batches is put together once.

use super::{Count, frames};
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches, partition};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::utils::memory::RecordBatchMemoryCounter;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use std::fmt;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(super) struct TrailingCountExec {
    /// In whose place it stands; it is never executed.
    window: Arc<dyn ExecutionPlan>,
    plan: Arc<Counting>,
    metrics: ExecutionPlanMetricsSet,
}

#[derive(Debug)]
struct Counting {
    keys: Vec<Arc<dyn PhysicalExpr>>,
    time: Arc<dyn PhysicalExpr>,
    counts: Vec<Count>,
}

impl TrailingCountExec {
    /// In place of `window`, whose columns are those of its input and then the counts.
    pub(super) fn new(
        window: Arc<dyn ExecutionPlan>,
        keys: Vec<Arc<dyn PhysicalExpr>>,
        time: Arc<dyn PhysicalExpr>,
        counts: Vec<Count>,
    ) -> Self {
        Self { window, plan: Arc::new(Counting { keys, time, counts }), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for TrailingCountExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans: Vec<String> = self.plan.counts.iter().map(|count| format!("{:?}", count.span)).collect();
        write!(f, "TrailingCountExec: order_by={}, spans=[{}]", self.plan.time, spans.join(", "))
    }
}

impl ExecutionPlan for TrailingCountExec {
    fn name(&self) -> &'static str {
        "TrailingCountExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.window.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.window.children()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.window.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.window.required_input_ordering()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.window.apply_expressions(f)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let window = replace_children_if_necessary(self.window.clone(), children)?;
        Ok(Arc::new(Self { window, plan: self.plan.clone(), metrics: ExecutionPlanMetricsSet::new() }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let [input] = self.window.children()[..] else { return internal_err!("TrailingCountExec has one child") };
        let keys = self.plan.keys.iter().map(|key| key.data_type(&input.schema()).map(SortField::new));
        let keys = RowConverter::new(keys.collect::<Result<_>>()?)?;
        let rows = Rows {
            input: input.execute(partition, context.clone())?,
            plan: self.plan.clone(),
            schema: self.schema(),
            keys,
            last: None,
            pending: Vec::new(),
            sizes: RecordBatchMemoryCounter::new(),
            memory: MemoryConsumer::new("trailing counts").register(context.memory_pool()),
            metrics: BaselineMetrics::new(&self.metrics, partition),
            batch_rows: context.session_config().batch_size().max(1),
        };
        let counted = stream::try_unfold(rows, |mut rows| async move {
            let counted = rows.next().await?;
            Ok::<_, datafusion::error::DataFusionError>(counted.map(|counted| (counted, rows)))
        });
        let counted = counted.map_ok(|batches| stream::iter(batches).map(Ok)).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), counted)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The rows of a partition on their way.
struct Rows {
    input: SendableRecordBatchStream,
    plan: Arc<Counting>,
    schema: SchemaRef,
    keys: RowConverter,
    /// The key whose rows may not be complete.
    last: Option<OwnedRow>,
    /// Its rows.
    pending: Vec<RecordBatch>,
    /// What these take, buffers that they share counted once.
    sizes: RecordBatchMemoryCounter,
    memory: MemoryReservation,
    metrics: BaselineMetrics,
    batch_rows: usize,
}

impl Rows {
    /// Rows of the next complete keys; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<RecordBatch>>> {
        loop {
            let Some(batch) = self.input.next().await else {
                let rest = std::mem::take(&mut self.pending);
                return if rest.is_empty() { Ok(None) } else { self.counted(&rest).map(Some) };
            };
            let batch = batch?;
            if batch.num_rows() > 0
                && let Some(complete) = self.completed(batch)?
            {
                let counted = self.counted(&complete)?;
                drop(complete);
                self.reserve()?;
                return Ok(Some(counted));
            }
        }
    }

    /// Takes a batch, and gives the rows of the keys that are complete by it.
    fn completed(&mut self, batch: RecordBatch) -> Result<Option<Vec<RecordBatch>>> {
        let rows = batch.num_rows();
        let border = if self.plan.keys.is_empty() {
            0
        } else {
            let keys = columns(&self.plan.keys, &batch)?;
            let keys = self.keys.convert_columns(&keys)?;
            let last = keys.row(rows - 1);
            let border = (0..rows).rev().find(|row| keys.row(*row) != last).map_or(0, |row| row + 1);
            let goes_on = self.last.as_ref().is_none_or(|before| before.row() == keys.row(0));
            self.last = Some(last.owned());
            if border == 0 && !goes_on {
                return Ok(Some(self.begin(batch)));
            }
            border
        };
        if border == 0 {
            self.sizes.count_batch(&batch);
            self.pending.push(batch);
            self.reserve()?;
            return Ok(None);
        }
        let mut complete = self.begin(batch.slice(border, rows - border));
        complete.push(batch.slice(0, border));
        Ok(Some(complete))
    }

    /// Begins the next key, and gives the rows of the one before.
    fn begin(&mut self, batch: RecordBatch) -> Vec<RecordBatch> {
        self.sizes = RecordBatchMemoryCounter::new();
        self.sizes.count_batch(&batch);
        std::mem::replace(&mut self.pending, vec![batch])
    }

    /// Rows that wait are there twice when they are put together.
    fn reserve(&self) -> Result<()> {
        self.memory.try_resize(2 * self.sizes.memory_usage())
    }

    fn counted(&self, rows: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
        let _timer = self.metrics.elapsed_compute().timer();
        let rows = concat_batches(&self.input.schema(), rows)?;
        let keys = columns(&self.plan.keys, &rows)?;
        let all = 0..rows.num_rows();
        let keys = if keys.is_empty() { Vec::from_iter([all]) } else { partition(&keys)?.ranges() };
        let times = self.plan.time.evaluate(&rows)?.into_array(rows.num_rows())?;
        let times = cast(&times, &DataType::Int64)?;
        let times = times.as_primitive::<Int64Type>();
        let mut out = rows.columns().to_vec();
        for count in &self.plan.counts {
            let of = count.of.as_ref().map(|of| of.evaluate(&rows)?.into_array(rows.num_rows())).transpose()?;
            let present = of.as_ref().map(|of| frames::present(of.as_ref()));
            out.push(Arc::new(frames::counts(times, &keys, count.span, present.as_ref())));
        }
        let rows = RecordBatch::try_new(self.schema.clone(), out)?;
        self.metrics.record_output(rows.num_rows());
        let pieces = (0..rows.num_rows()).step_by(self.batch_rows);
        Ok(pieces.map(|from| rows.slice(from, self.batch_rows.min(rows.num_rows() - from))).collect())
    }
}

fn columns(exprs: &[Arc<dyn PhysicalExpr>], rows: &RecordBatch) -> Result<Vec<ArrayRef>> {
    exprs.iter().map(|expr| expr.evaluate(rows)?.into_array(rows.num_rows())).collect()
}
