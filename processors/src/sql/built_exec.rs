//! A [`BuiltTable`](super::built_table::BuiltTable) in a plan: rows built as they are asked for.
//!
//! All partitions are parts of one reading, taken when the first of them is executed, so that a statement sees one
//! snapshot. A partition that is executed again, as by a join that repeats one of its sides, belongs to the next reading.
//!
//! Where the table takes filters, this takes those of the operators above as well: an `ORDER BY … LIMIT k` tells while it
//! runs what is too small to be among its k, and of those rows nothing more is built than the column it orders by.

use super::built_table::{Batches, BuildRows, Wanted, narrowed};
use super::sieve::Sieve;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::TableProviderFilterPushDown;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation, PushedDown,
};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// See the module.
#[derive(Debug)]
pub(super) struct BuiltExec<T> {
    table: T,
    kept: Option<Vec<usize>>,
    predicates: Vec<Arc<dyn PhysicalExpr>>,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    readings: Readings,
}

/// Parts that were read and not taken yet: a queue for each partition, the oldest reading first.
#[derive(Default)]
struct Readings(Mutex<Vec<VecDeque<Batches>>>);

impl fmt::Debug for Readings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readings").finish_non_exhaustive()
    }
}

impl Readings {
    /// The next part of this partition, by a new reading of `partitions` if none is left.
    fn next(
        &self,
        partition: usize,
        partitions: usize,
        read: impl FnOnce() -> Result<Vec<Batches>>,
    ) -> Result<Batches> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.resize_with(partitions, VecDeque::new);
        if queues.get(partition).is_some_and(VecDeque::is_empty) {
            let parts = read()?.into_iter().chain(std::iter::repeat_with(|| Box::new(std::iter::empty()) as Batches));
            for (queue, part) in queues.iter_mut().zip(parts) {
                queue.push_back(part);
            }
        }
        match queues.get_mut(partition).and_then(VecDeque::pop_front) {
            Some(part) => Ok(part),
            None => internal_err!("BuiltExec has {partitions} partitions, none of number {partition}"),
        }
    }
}

impl<T: BuildRows> BuiltExec<T> {
    /// The columns `kept` of the rows that pass all of `predicates`, which name columns of the whole table.
    ///
    /// # Errors
    /// `kept` names a place that the table lacks: a bug of the planner.
    pub(super) fn try_new(
        table: T,
        kept: Option<Vec<usize>>,
        predicates: Vec<Arc<dyn PhysicalExpr>>,
        partitions: usize,
    ) -> Result<Self> {
        let schema = match &kept {
            Some(kept) => Arc::new(table.schema().project(kept)?),
            None => table.schema(),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let (properties, readings) = (Arc::new(properties), Readings::default());
        Ok(Self { table, kept, predicates, limit: None, properties, readings })
    }

    /// At most so many rows of each partition.
    pub(super) fn limited(self, limit: Option<usize>) -> Self {
        Self { limit, ..self }
    }

    /// The same, not read yet.
    fn unread(&self) -> Self {
        Self {
            table: self.table.clone(),
            kept: self.kept.clone(),
            predicates: self.predicates.clone(),
            limit: self.limit,
            properties: self.properties.clone(),
            readings: Readings::default(),
        }
    }

    fn read(&self, partitions: usize) -> Result<Vec<Batches>> {
        let sieve = Sieve::try_new(&self.predicates, &self.table.schema())?;
        let wanted = Wanted { kept: self.kept.clone(), sieve };
        Ok(self.table.clone().parts(wanted, partitions))
    }
}

impl<T: BuildRows> DisplayAs for BuiltExec<T> {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "BuiltExec: columns=[{}]", columns.join(", "))?;
        for predicate in &self.predicates {
            write!(f, ", filter={predicate}")?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }
}

impl<T: BuildRows> ExecutionPlan for BuiltExec<T> {
    fn name(&self) -> &'static str {
        "BuiltExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for predicate in &self.predicates {
            recursion = f(predicate)?;
            if recursion == TreeNodeRecursion::Stop {
                break;
            }
        }
        Ok(recursion)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("BuiltExec has no children") }
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let partitions = self.properties.partitioning.partition_count();
        let batches = self.readings.next(partition, partitions, || self.read(partitions))?;
        let rows = first_rows(batches, self.schema(), self.limit);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), futures::stream::iter(rows))))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.num_rows = self.table.about().map_or(Precision::Absent, Precision::Inexact);
        Ok(Arc::new(statistics))
    }

    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(self.unread()))
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(self.unread().limited(limit)))
    }

    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        asked: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        // Whoever asks still filters by itself: what is left out here is a start. After a limit rows cannot be left out.
        if T::FILTERS == TableProviderFilterPushDown::Unsupported || self.limit.is_some() {
            return Ok(FilterPushdownPropagation::all_unsupported(asked));
        }
        let answers = vec![PushedDown::No; asked.parent_filters.len()];
        let mut sifting = self.unread();
        sifting.predicates.extend(asked.parent_filters.into_iter().map(|asked| asked.filter));
        let updated: Arc<dyn ExecutionPlan> = Arc::new(sifting);
        Ok(FilterPushdownPropagation::with_parent_pushdown_result(answers).with_updated_node(updated))
    }
}

/// Rows of exactly `schema` until `limit` is reached; batches without rows are passed over.
fn first_rows(
    batches: impl Iterator<Item = Result<RecordBatch>> + Send + 'static,
    schema: SchemaRef,
    limit: Option<usize>,
) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
    let mut left = limit.unwrap_or(usize::MAX);
    let mut batches = batches.fuse();
    std::iter::from_fn(move || {
        loop {
            let batch = if left == 0 { None } else { batches.next() };
            match batch?.and_then(|batch| narrowed(&batch, &schema)) {
                Ok(batch) if batch.num_rows() == 0 => {}
                Ok(batch) => {
                    let batch = batch.slice(0, batch.num_rows().min(left));
                    left -= batch.num_rows();
                    return Some(Ok(batch));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    })
}
