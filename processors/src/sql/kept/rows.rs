//! The rows of a query, computed by whoever comes first and read by all.
//!
//! They are computed whole before the first is given away, by tasks of their own: those who read may stop early and at
//! different places. A quarter of the memory of a statement is for them, and what is more goes to the disk. Batches are
//! copied together: a slice of a large one would hold all of it, and count as all of it.

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::common::{DataFusionError, Result, internal_datafusion_err, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, SpillMetrics};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, SpillManager};
use futures::future::{BoxFuture, Shared, try_join_all};
use futures::{FutureExt, StreamExt, TryFutureExt, stream};
use std::fmt;
use std::sync::Arc;

/// Of the memory of a statement.
const SHARE: usize = 4;

type Computed = Result<Arc<Rows>, Arc<DataFusionError>>;

/// Rows that are computed when the first reader waits for them. Dropping it ends what still computes.
pub(super) struct Computation(Shared<BoxFuture<'static, Computed>>);

impl fmt::Debug for Computation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computation").finish_non_exhaustive()
    }
}

impl Computation {
    pub(super) fn new(
        name: &str,
        input: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Self {
        let keeper = Arc::new(Keeper::new(name, &input, &context, metrics));
        // Readers come and go: none of them is the one whose end may stop it.
        let computed = async move { SpawnedTask::spawn(compute(input, context, keeper)).join_unwind().await };
        let computed = computed.map(|joined| match joined {
            Ok(rows) => rows.map(Arc::new).map_err(Arc::new),
            Err(ended) => Err(Arc::new(DataFusionError::ExecutionJoin(Box::new(ended)))),
        });
        Self(computed.boxed().shared())
    }

    /// The rows of a partition, of as many as the reader believes there are.
    pub(super) fn read(
        &self,
        schema: SchemaRef,
        (partition, partitions): (usize, usize),
    ) -> Result<SendableRecordBatchStream> {
        let computed = self.0.clone().map_err(DataFusionError::Shared);
        let rows = computed.and_then(move |rows| async move {
            if rows.parts.len() != partitions {
                return internal_err!("{} kept partitions are read as {partitions}", rows.parts.len());
            }
            rows.read(partition)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows.try_flatten_stream())))
    }
}

/// What was computed.
struct Rows {
    parts: Vec<Part>,
    keeper: Arc<Keeper>,
}

/// The rows of a partition: first those in memory, then those on the disk.
#[derive(Default)]
struct Part {
    batches: Vec<RecordBatch>,
    spilled: Option<Arc<dyn datafusion::execution::SpillFile>>,
}

impl Rows {
    fn read(&self, partition: usize) -> Result<SendableRecordBatchStream> {
        let part = self.parts.get(partition);
        let part = part.ok_or_else(|| internal_datafusion_err!("there is no kept partition {partition}"))?;
        let schema = self.keeper.spills.schema().clone();
        // The reservation goes with the last reader.
        let keeper = self.keeper.clone();
        let batches = stream::iter(part.batches.clone()).map(move |batch| {
            let _held = &keeper;
            Ok(batch)
        });
        let Some(spilled) = &part.spilled else {
            return Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)));
        };
        let rest = self.keeper.spills.read_spill_as_stream(spilled.clone(), None)?;
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches.chain(rest))))
    }
}

/// Where rows go.
struct Keeper {
    name: String,
    memory: MemoryReservation,
    most: usize,
    spills: SpillManager,
}

impl Keeper {
    fn new(
        name: &str,
        input: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Self {
        let pool = context.memory_pool();
        let most = match pool.memory_limit() {
            MemoryLimit::Finite(bytes) => bytes / SHARE,
            MemoryLimit::Infinite | MemoryLimit::Unknown => usize::MAX,
        };
        let spills = SpillManager::new(context.runtime_env(), SpillMetrics::new(metrics, 0), input.schema())
            .with_compression_type(context.session_config().spill_compression());
        Self {
            name: name.to_owned(),
            memory: MemoryConsumer::new(format!("kept rows of {name}")).register(pool),
            most,
            spills,
        }
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.memory.size().saturating_add(bytes) <= self.most && self.memory.try_grow(bytes).is_ok()
    }

    async fn part(&self, mut input: SendableRecordBatchStream, batch_rows: usize) -> Result<Part> {
        let mut whole = BatchCoalescer::new(input.schema(), batch_rows);
        let (mut batches, mut spilling) = (Vec::new(), None);
        let mut keep = |batch: RecordBatch| -> Result<()> {
            let bytes = get_record_batch_memory_size(&batch);
            if spilling.is_none() && self.has_room(bytes) {
                batches.push(batch);
                return Ok(());
            }
            let file = match &mut spilling {
                Some(file) => file,
                none => none.insert(self.spills.create_in_progress_file(&self.name)?),
            };
            file.append_batch(&batch).map(drop)
        };
        while let Some(batch) = input.next().await {
            whole.push_batch(batch?)?;
            while let Some(batch) = whole.next_completed_batch() {
                keep(batch)?;
            }
        }
        whole.finish_buffered_batch()?;
        while let Some(batch) = whole.next_completed_batch() {
            keep(batch)?;
        }
        let spilled = spilling.map(|mut file| file.finish()).transpose()?.flatten();
        Ok(Part { batches, spilled })
    }
}

async fn compute(input: Arc<dyn ExecutionPlan>, context: Arc<TaskContext>, keeper: Arc<Keeper>) -> Result<Rows> {
    let batch_rows = context.session_config().batch_size();
    let partitions = input.output_partitioning().partition_count();
    let part = |partition: usize| {
        let (rows, keeper) = (input.execute(partition, context.clone()), keeper.clone());
        async move { SpawnedTask::spawn(async move { keeper.part(rows?, batch_rows).await }).join_unwind().await }
    };
    let parts = try_join_all((0..partitions).map(part)).await;
    let parts = parts.map_err(|ended| DataFusionError::ExecutionJoin(Box::new(ended)))?;
    Ok(Rows { parts: parts.into_iter().collect::<Result<_>>()?, keeper })
}
