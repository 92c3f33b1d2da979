//! `affiliations_history`, `people_history`, `panels_history`, `targets_history`, `plans_history` and `plan_steps_history`: every row of reference
//! data as SQL tables. HCPs and accounts, of which more is known than their rows say, are
//! [`reference_table`](super::reference_table)'s.
//!
//! Columns are those of docs/REFERENCE.md. Rows are effective-dated: each holds in `[valid_from, valid_to)`, NULL meaning
//! from the beginning and without end, so a query that wants what holds at an instant says so. A table that was not given
//! is there and empty. `after` of a step joins the steps that may come before with `;` and is NULL where the next lower
//! position decides. A plan that enrols nobody is left out.
//!
//! Rows are built when a table is first read, in the order of its key, and kept for as long as the table is.

mod columns;
mod company;
mod customers;
mod planned;

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use async_trait::async_trait;
use columns::Columns;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use std::sync::{Arc, OnceLock};
use touchpoint::Reference;

/// Rows per batch.
const SLICE: usize = 8192;

/// The columns of a table and its rows.
type Build = fn(&Reference) -> Columns;

/// By name.
const TABLES: [(&str, Build); 6] = [
    ("affiliations_history", customers::affiliations),
    ("people_history", company::people),
    ("panels_history", company::panels),
    ("targets_history", company::targets),
    ("plans_history", planned::plans),
    ("plan_steps_history", planned::plan_steps),
];

/// One table of reference data.
#[derive(Debug)]
pub struct ReferenceTable {
    reference: Arc<Reference>,
    build: Build,
    schema: SchemaRef,
    rows: OnceLock<Vec<RecordBatch>>,
}

/// Every table by its name, over the reference data in force.
///
/// # Errors
/// Never in practice: the columns of an empty table are built to their schema.
pub fn reference_tables(reference: &Arc<Reference>) -> Result<Vec<(&'static str, Arc<dyn TableProvider>)>, ArrowError> {
    let empty = Reference::default();
    let table = |(name, build): (&'static str, Build)| {
        let schema = build(&empty).batch()?.schema();
        let table = ReferenceTable { reference: reference.clone(), build, schema, rows: OnceLock::new() };
        Ok((name, Arc::new(table) as Arc<dyn TableProvider>))
    };
    TABLES.into_iter().map(table).collect()
}

impl ReferenceTable {
    fn rows(&self) -> Result<Vec<RecordBatch>, ArrowError> {
        if let Some(rows) = self.rows.get() {
            return Ok(rows.clone());
        }
        let rows = sliced(&(self.build)(&self.reference).batch()?)?;
        Ok(self.rows.get_or_init(|| rows).clone())
    }
}

/// The rows in batches of their own: one that is a part of another counts, where bytes are estimated, as all of it.
fn sliced(rows: &RecordBatch) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut coalescer = BatchCoalescer::new(rows.schema(), SLICE);
    coalescer.push_batch(rows.clone())?;
    coalescer.finish_buffered_batch()?;
    Ok(std::iter::from_fn(|| coalescer.next_completed_batch()).collect())
}

#[async_trait]
impl TableProvider for ReferenceTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(MemorySourceConfig::try_new_exec(&[self.rows()?], self.schema.clone(), projection.cloned())?)
    }
}
