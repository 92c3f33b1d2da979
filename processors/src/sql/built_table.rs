//! The frame of a table whose rows are built anew whenever a plan runs: one partition, no filters of its own.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use std::fmt::Debug;
use std::sync::Arc;

/// What a table holds when it is read.
pub trait BuildRows: Debug + Clone + Send + Sync + 'static {
    /// Every column.
    fn schema(&self) -> SchemaRef;

    /// The rows as of now, with every column that a plan reads.
    ///
    /// # Errors
    /// Never in practice: columns are built to the schema.
    fn rows(&self) -> Result<Vec<RecordBatch>, ArrowError>;
}

/// See the module.
#[derive(Debug, Clone)]
pub struct BuiltTable<T>(pub(super) T);

#[async_trait]
impl<T: BuildRows> TableProvider for BuiltTable<T> {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
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
        let schema = match projection {
            Some(kept) => Arc::new(self.0.schema().project(kept)?),
            None => self.0.schema(),
        };
        let part: Arc<dyn PartitionStream> = Arc::new(Part { table: self.0.clone(), schema: schema.clone() });
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![part], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct Part<T> {
    table: T,
    schema: SchemaRef,
}

impl<T: BuildRows> PartitionStream for Part<T> {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let narrow = |rows: Vec<RecordBatch>| rows.iter().map(|batch| narrowed(batch, &self.schema)).collect();
        let batches: Result<Vec<RecordBatch>, ArrowError> = self.table.rows().and_then(narrow);
        let batches = match batches {
            Ok(batches) => batches.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(DataFusionError::from(error))],
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter(batches)))
    }
}

/// The columns of `schema`, which are among those that were built.
fn narrowed(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |name: &String| {
        let missing = || ArrowError::SchemaError(format!("column {name} was not built: no plan was known to read it"));
        batch.column_by_name(name).cloned().ok_or_else(missing)
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
}
