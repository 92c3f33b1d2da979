//! `KeptExec`: the rows of a query that others read as well.
//!
//! Each place has a plan of its own for them, all alike, and only that of the place which is executed first runs. It is no
//! child that other rules may change: of plans that no longer are alike, one could not read what the other computed. For
//! the same reason nothing is promised of order or partitions.

use super::rows::Computation;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The computations of one query, one for each execution that still runs.
#[derive(Debug, Default)]
pub(super) struct Runs(Mutex<Vec<(Weak<TaskContext>, Weak<Computation>)>>);

impl Runs {
    /// That of this execution, begun if there is none.
    fn of(&self, context: &Arc<TaskContext>, begin: impl FnOnce() -> Arc<Computation>) -> Arc<Computation> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A context that is held here cannot share its address with a later one.
        runs.retain(|(context, computation)| context.strong_count() > 0 && computation.strong_count() > 0);
        let same = runs.iter().find(|(known, _)| std::ptr::eq(known.as_ptr(), Arc::as_ptr(context)));
        if let Some(computation) = same.and_then(|(_, computation)| computation.upgrade()) {
            return computation;
        }
        let computation = begin();
        runs.push((Arc::downgrade(context), Arc::downgrade(&computation)));
        computation
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct KeptExec {
    name: String,
    input: Arc<dyn ExecutionPlan>,
    runs: Arc<Runs>,
    /// Others may come after all of these rows were read: they stay as long as the plan.
    held: Mutex<Option<Arc<Computation>>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl KeptExec {
    pub(super) fn new(name: &str, input: Arc<dyn ExecutionPlan>, runs: Arc<Runs>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            name: name.to_owned(),
            input,
            runs,
            held: Mutex::default(),
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    /// The plan of the rows.
    pub(crate) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }

    /// The same rows by a plan that gives the same, partition by partition.
    pub(crate) fn with_input(&self, input: Arc<dyn ExecutionPlan>) -> Self {
        Self::new(&self.name, input, self.runs.clone())
    }
}

impl DisplayAs for KeptExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptExec: {}", self.name)
    }
}

impl ExecutionPlan for KeptExec {
    fn name(&self) -> &'static str {
        "KeptExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("KeptExec has no child") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let begin = || Arc::new(Computation::new(&self.name, self.input.clone(), context.clone(), &self.metrics));
        let computation = self.runs.of(&context, begin);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(computation.clone());
        let partitions = self.properties.output_partitioning().partition_count();
        computation.read(self.input.schema(), (partition, partitions))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
