//! The frame of a table whose rows are built anew whenever a plan runs, slice by slice as they are asked for.
//!
//! Only the columns that a plan reads are built, and of tables that take filters ([`BuildRows::FILTERS`]) only the rows
//! that pass: those of the statement, and those that a plan finds out while it runs ([`super::built_exec`]).

use super::built_exec::BuiltExec;
use super::sieve::Sieve;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, plan_datafusion_err};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use std::fmt::Debug;
use std::sync::Arc;

/// What a table holds when it is read.
pub trait BuildRows: Debug + Clone + Send + Sync + 'static {
    /// Whether rows that the sieve of [`Wanted`] drops are left out; else they stay, and the plan above drops them.
    const FILTERS: TableProviderFilterPushDown = TableProviderFilterPushDown::Unsupported;

    /// Every column.
    fn schema(&self) -> SchemaRef;

    /// The rows as of now, of at least the wanted columns.
    fn batches(self, wanted: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static;

    /// About how many rows there are, by which a join chooses the side that it keeps; `None` when nobody knows without
    /// building them.
    fn about(&self) -> Option<usize> {
        None
    }

    /// Whether [`BuildRows::parts`] makes more than one part, which pays where rows are many and each costs.
    const SIDE_BY_SIDE: bool = false;

    /// [`BuildRows::batches`] in at most so many parts, for as many threads: every row is in one of them, and all of
    /// them are of the same instant.
    fn parts(self, wanted: Wanted, _at_most: usize) -> Vec<Batches> {
        vec![Box::new(self.batches(wanted))]
    }
}

/// Rows, built as they are asked for.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Which part of a table a plan reads.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Places of the columns, in the order of the plan; `None` for all.
    pub kept: Option<Vec<usize>>,
    /// What rows have to pass.
    pub sieve: Sieve,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct BuiltTable<T>(pub(super) T);

/// A filter of which every part can be evaluated over a row by itself.
fn of_a_row(filter: &Expr) -> bool {
    let apart = |expr: &Expr| {
        matches!(expr, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) | Expr::OuterReferenceColumn(..))
    };
    use datafusion::common::tree_node::TreeNode;
    !filter.exists(|expr| Ok(apart(expr))).unwrap_or(true)
}

#[async_trait]
impl<T: BuildRows> TableProvider for BuiltTable<T> {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let kind =
            |filter: &&Expr| if of_a_row(filter) { T::FILTERS } else { TableProviderFilterPushDown::Unsupported };
        Ok(filters.iter().map(kind).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = DFSchema::try_from(self.0.schema())?;
        let predicates = filters
            .iter()
            .map(|filter| session.create_physical_expr(filter.clone(), &schema))
            .collect::<Result<_>>()?;
        let partitions = if T::SIDE_BY_SIDE { session.config().target_partitions() } else { 1 };
        let rows = BuiltExec::try_new(self.0.clone(), projection.cloned(), predicates, partitions)?;
        Ok(Arc::new(rows.limited(limit)))
    }
}

/// The columns of `schema`, which are among those of `batch`.
pub(super) fn narrowed(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |name: &String| {
        let missing = || plan_datafusion_err!("column {name} was not built: no plan was known to read it");
        batch.column_by_name(name).cloned().ok_or_else(missing)
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
