//! The tables as DataFusion sees them: plans that were made once read what the tables hold when they run.

use super::{ChangedRows, ChangedTable};
use crate::sql::built_table::{BuildRows, BuiltTable, Wanted};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
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
            let table = One { which, schema: which.schema(), rows: self.rows.clone() };
            context.register_table(which.name(), Arc::new(BuiltTable(table)))?;
        }
        Ok(())
    }

    /// Replaces what the tables hold. Plans that run see the old rows to their end.
    pub fn fill(&self, rows: ChangedRows) {
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rows);
    }
}

/// One of the three.
#[derive(Debug, Clone)]
struct One {
    which: ChangedTable,
    schema: SchemaRef,
    rows: Arc<RwLock<Arc<ChangedRows>>>,
}

impl BuildRows for One {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn batches(self, _: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner).clone();
        rows.of(self.which).to_vec().into_iter().map(Ok)
    }
}
