//! The tables as DataFusion sees them: plans that were made once read what the tables hold when they run.

use super::{ChangedRows, ChangedTable};
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
use datafusion::prelude::SessionContext;
use std::sync::{Arc, PoisonError, RwLock};

/// The tables of one audience, and what they hold at present.
#[derive(Debug, Clone, Default)]
pub struct ChangedTables {
    rows: Arc<RwLock<Arc<ChangedRows>>>,
}

impl ChangedTables {
    /// Makes the tables known to a session.
    ///
    /// # Errors
    /// It knows a table of such a name already.
    pub fn register(&self, context: &SessionContext) -> Result<()> {
        for which in ChangedTable::ALL {
            let table = Provider { which, schema: which.schema(), rows: self.rows.clone() };
            context.register_table(which.name(), Arc::new(table))?;
        }
        Ok(())
    }

    /// Replaces what the tables hold. Plans that run see the old rows to their end.
    pub fn fill(&self, rows: ChangedRows) {
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rows);
    }
}

#[derive(Debug)]
struct Provider {
    which: ChangedTable,
    schema: SchemaRef,
    rows: Arc<RwLock<Arc<ChangedRows>>>,
}

#[async_trait]
impl TableProvider for Provider {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
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
            Some(kept) => Arc::new(self.schema.project(kept)?),
            None => self.schema.clone(),
        };
        let part: Arc<dyn PartitionStream> =
            Arc::new(Part { which: self.which, schema: schema.clone(), rows: self.rows.clone() });
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![part], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct Part {
    which: ChangedTable,
    schema: SchemaRef,
    rows: Arc<RwLock<Arc<ChangedRows>>>,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (which, schema) = (self.which, self.schema.clone());
        let batches: Vec<Result<RecordBatch>> =
            rows.of(which).iter().map(|batch| narrowed(batch, &schema).map_err(DataFusionError::from)).collect();
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
