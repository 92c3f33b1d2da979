//! `HcpWindowExec`: the kernel as an operator over log rows partitioned by HCP.
//!
//! Reads rows of `touchpoint_log` in any order, hash-partitioned by `hcp_id` so that a partition sees every version of
//! its HCPs; resolves versions exactly as the live state does (it is the same struct), and at the end of its input gives
//! HCP × window rows as of T, or rows of forecasts. A second input names the targets at T, partitioned alike: they have rows though the log
//! knows nothing of them. Memory is that of the state: about 100 bytes per row, reserved from the query's pool.

use super::layout::Shared;
use super::output::Output;
use crate::kernel::Scratch;
use crate::state::Shard;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::col;
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

/// Place of the log among the inputs.
const LOG: usize = 0;

/// HCPs per output batch.
const SLICE: u32 = 2048;

/// See the module.
#[derive(Debug)]
pub struct HcpWindowExec {
    /// The log, and the targets if there are any.
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    /// The key of each input.
    keys: Vec<Arc<dyn PhysicalExpr>>,
    output: Output,
    shared: Shared,
    properties: Arc<PlanProperties>,
}

impl HcpWindowExec {
    /// Over the log, which has the columns of `touchpoint_log` (any text encoding), and, if wanted, over targets: a column
    /// `hcp_id` in the same encoding.
    ///
    /// # Errors
    /// There is no input or more than two, or one has no `hcp_id`.
    pub fn try_new(inputs: Vec<Arc<dyn ExecutionPlan>>, output: Output, shared: Shared) -> Result<Self> {
        let ([log] | [log, _]) = inputs.as_slice() else {
            return internal_err!("HcpWindowExec has the log and at most targets as children");
        };
        let partitions = log.output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(output.schema().clone()),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        let key = |input: &Arc<dyn ExecutionPlan>| col("hcp_id", &input.schema());
        let keys = inputs.iter().map(key).collect::<Result<Vec<_>>>()?;
        Ok(Self { inputs, keys, output, shared, properties: Arc::new(properties) })
    }
}

impl DisplayAs for HcpWindowExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HcpWindowExec: audience={}, {}", self.shared.audience.as_str(), self.output)
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
        let by_hcp = self.keys.iter().map(|key| Distribution::KeyPartitioned(vec![key.clone()])).collect();
        if self.inputs.len() > 1 {
            InputDistributionRequirements::co_partitioned(by_hcp)
        } else {
            InputDistributionRequirements::new(by_hcp)
        }
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for key in &self.keys {
            recursion = f(key)?;
            if recursion == TreeNodeRecursion::Stop {
                break;
            }
        }
        Ok(recursion)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::try_new(children, self.output.clone(), self.shared.clone())?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let inputs = self.inputs.iter().map(|input| input.execute(partition, context.clone()));
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        let reservation = MemoryConsumer::new(format!("HcpWindowExec[{partition}]")).register(context.memory_pool());
        let (output, shared) = (self.output.clone(), self.shared.clone());
        let schema = output.schema().clone();
        let rows = futures::stream::once(async move {
            let (shard, reservation) = collect(inputs, &shared, reservation).await?;
            Ok::<_, DataFusionError>(futures::stream::iter(batches(shard, reservation, output, shared)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows.try_flatten().boxed())))
    }
}

/// The state of a partition: its log rows, and its targets.
async fn collect(
    inputs: Vec<SendableRecordBatchStream>,
    shared: &Shared,
    reservation: MemoryReservation,
) -> Result<(Shard, MemoryReservation)> {
    let mut shard = Shard::new(shared.policy.clone(), shared.reference.clone());
    let mut rows = 0_usize;
    for (place, mut input) in inputs.into_iter().enumerate() {
        while let Some(batch) = input.next().await {
            let batch = batch?;
            rows += batch.num_rows();
            match place {
                LOG => restore(&mut shard, &batch)?,
                _ => make_known(&mut shard, &batch)?,
            }
            // Asking the shard walks every HCP, so the reservation follows rows and is made exact once at the end.
            reservation.try_resize(rows * 128)?;
        }
    }
    reservation.try_resize(shard.bytes())?;
    Ok((shard, reservation))
}

fn batches(
    shard: Shard,
    reservation: MemoryReservation,
    output: Output,
    shared: Shared,
) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    let count = shard.hcp_count() as u32;
    let mut scratch = Scratch::default();
    (0..count).step_by(SLICE as usize).map(move |from| {
        let _held_until_the_last_batch = &reservation;
        let hcps = from..from.saturating_add(SLICE).min(count);
        output.batch(&shard, hcps, &shared, &mut scratch).map_err(DataFusionError::from)
    })
}

fn restore(shard: &mut Shard, rows: &RecordBatch) -> Result<()> {
    shard.restore(&to_log(rows)?).map_err(|e| DataFusionError::External(Box::new(e)))?;
    Ok(())
}

fn make_known(shard: &mut Shard, targets: &RecordBatch) -> Result<()> {
    let ids = cast(targets.column(0), &DataType::Utf8)?;
    ids.as_string::<i32>().iter().flatten().for_each(|hcp_id| shard.make_known(hcp_id));
    Ok(())
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
