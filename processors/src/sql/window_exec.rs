//! `HcpWindowExec`: the kernel as an operator over log rows partitioned by HCP.
//!
//! Reads rows of `touchpoint_log` in any order, hash-partitioned by `hcp_id` so that a partition sees every version of
//! its HCPs; resolves versions exactly as the live state does (it is the same struct), and at the end of its input gives
//! HCP × window rows as of T. Memory is that of the state: about 100 bytes per row, reserved from the query's pool.

use super::layout::{Layout, RowBuilder, Shared};
use crate::kernel::Scratch;
use crate::state::Shard;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    PlanProperties,
};
use futures::{StreamExt, TryStreamExt};
use std::fmt;
use std::sync::Arc;
use touchpoint::log::log_schema;

/// HCPs per output batch.
const SLICE: u32 = 2048;

/// See the module.
#[derive(Debug)]
pub struct HcpWindowExec {
    input: Arc<dyn ExecutionPlan>,
    hcp_id: Arc<dyn PhysicalExpr>,
    layout: Layout,
    shared: Shared,
    properties: Arc<PlanProperties>,
}

impl HcpWindowExec {
    /// Over `input`, which has the columns of `touchpoint_log` (any text encoding).
    ///
    /// # Errors
    /// The input has no `hcp_id`.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, layout: Layout, shared: Shared) -> Result<Self> {
        let hcp_id = datafusion::physical_expr::expressions::col("hcp_id", &input.schema())?;
        let partitions = input.output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(layout.schema().clone()),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Ok(Self { input, hcp_id, layout, shared, properties: Arc::new(properties) })
    }
}

impl DisplayAs for HcpWindowExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let windows: Vec<&str> = self.layout.windows().iter().map(|w| w.as_str()).collect();
        write!(f, "HcpWindowExec: audience={}, windows=[{}]", self.shared.audience.as_str(), windows.join(", "))
    }
}

impl ExecutionPlan for HcpWindowExec {
    fn name(&self) -> &'static str {
        "HcpWindowExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::KeyPartitioned(vec![self.hcp_id.clone()])])
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        f(&self.hcp_id)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = children.as_slice() else { return internal_err!("HcpWindowExec has one child") };
        Ok(Arc::new(Self::try_new(input.clone(), self.layout.clone(), self.shared.clone())?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context.clone())?;
        let reservation = MemoryConsumer::new(format!("HcpWindowExec[{partition}]")).register(context.memory_pool());
        let (layout, shared) = (self.layout.clone(), self.shared.clone());
        let schema = layout.schema().clone();
        let rows = futures::stream::once(async move {
            let (shard, reservation) = collect(input, &shared, reservation).await?;
            Ok::<_, DataFusionError>(futures::stream::iter(batches(shard, reservation, layout, shared)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows.try_flatten().boxed())))
    }
}

async fn collect(
    mut input: SendableRecordBatchStream,
    shared: &Shared,
    reservation: MemoryReservation,
) -> Result<(Shard, MemoryReservation)> {
    let mut shard = Shard::new(shared.policy.clone(), shared.reference.clone());
    let mut rows = 0_usize;
    while let Some(batch) = input.next().await {
        let batch = to_log(&batch?)?;
        rows += batch.num_rows();
        shard.restore(&batch).map_err(|e| DataFusionError::External(Box::new(e)))?;
        // Asking the shard walks every HCP, so the reservation follows rows and is made exact once at the end.
        reservation.try_resize(rows * 128)?;
    }
    reservation.try_resize(shard.bytes())?;
    Ok((shard, reservation))
}

fn batches(
    shard: Shard,
    reservation: MemoryReservation,
    layout: Layout,
    shared: Shared,
) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    let count = shard.hcp_count() as u32;
    let mut scratch = Scratch::default();
    (0..count).step_by(SLICE as usize).map(move |from| {
        let _held_until_the_last_batch = &reservation;
        let mut rows = RowBuilder::new(&layout, &shared);
        for number in from..from.saturating_add(SLICE).min(count) {
            let evaluation = shard.evaluate_at(number, shared.audience, shared.as_of, &mut scratch);
            if let (Some(evaluation), Some(hcp)) = (evaluation, shard.hcp(number)) {
                rows.push_evaluation(&hcp.id, &evaluation);
            }
        }
        rows.finish().map_err(DataFusionError::from)
    })
}

/// Brings scanned rows to the exact types of `touchpoint_log`: a scan may give views or dictionaries.
fn to_log(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema: SchemaRef = log_schema();
    let column = |field: &Arc<arrow::datatypes::Field>| -> Result<ArrayRef> {
        let found = batch
            .column_by_name(field.name())
            .ok_or_else(|| DataFusionError::Execution(format!("touchpoint_log has no column {}", field.name())))?;
        Ok(if found.data_type() == field.data_type() { found.clone() } else { cast(found, field.data_type())? })
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(schema, columns)?)
}
