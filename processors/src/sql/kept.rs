//! Parts of a statement that it names more than once, computed once.
//!
//! DataFusion plans a `WITH` query anew wherever it is named: two names, two scans, two joins. A [`KeptTable`] stands in
//! place of each name instead. Whoever is executed first computes the rows ([`rows`]), and all read them; what has no room
//! in memory goes to the disk, as that of a sort does. One execution is told from another by its task context, so that a
//! plan that is prepared once and run often computes them each time.
//!
//! Filters do not reach into what others read as well. One that names somebody by an id is worth more than what sharing
//! saves: there the rows of that name are computed apart, with the filter in them. [`super::reading`] decides which queries
//! are worth keeping.

mod exec;
mod rows;
#[cfg(test)]
mod tests;

pub(super) use exec::KeptExec;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableProviderFilterPushDown, TableType,
};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use exec::Runs;
use std::sync::{Arc, OnceLock};

/// See the module.
#[derive(Debug)]
pub(super) struct KeptTable {
    name: String,
    schema: SchemaRef,
    plan: OnceLock<LogicalPlan>,
    runs: Arc<Runs>,
}

impl KeptTable {
    /// A table of that schema; [`KeptTable::of`] says what is in it.
    pub(super) fn new(name: &str, schema: SchemaRef) -> Self {
        Self { name: name.to_owned(), schema, plan: OnceLock::new(), runs: Arc::default() }
    }

    /// What it holds. Only the first call counts.
    pub(super) fn of(&self, plan: LogicalPlan) {
        self.plan.get_or_init(|| plan);
    }

    fn plan(&self) -> Result<&LogicalPlan> {
        self.plan.get().ok_or_else(|| internal_datafusion_err!("nobody said what {} holds", self.name))
    }

    /// The rows that pass, computed for one name alone.
    async fn apart(
        &self,
        session: &dyn Session,
        filters: &[Expr],
        projection: Option<&Vec<usize>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plan = LogicalPlanBuilder::from(self.plan()?.clone());
        if let Some(filter) = conjunction(filters.to_vec()) {
            plan = plan.filter(filter)?;
        }
        if let Some(projection) = projection {
            plan = plan.select(projection.iter().copied())?;
        }
        session.create_physical_plan(&plan.build()?).await
    }
}

#[async_trait]
impl TableProvider for KeptTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let kind = |filter: &&Expr| match names_somebody(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(kind).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if !filters.is_empty() {
            return self.apart(session, filters, projection).await;
        }
        let input = session.create_physical_plan(self.plan()?).await?;
        let kept: Arc<dyn ExecutionPlan> = Arc::new(KeptExec::new(&self.name, input, self.runs.clone()));
        let Some(projection) = projection else { return Ok(kept) };
        let columns = ProjectionExprs::from_indices(projection, &kept.schema());
        Ok(Arc::new(ProjectionExec::try_new(columns.iter().cloned(), kept)?))
    }
}

/// Whether a filter is an id and one or more constants that it may be.
fn names_somebody(filter: &Expr) -> bool {
    let is_id = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name.ends_with("_id"));
    let is_constant = |expr: &Expr| matches!(expr, Expr::Literal(..));
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            is_id(left) && is_constant(right) || is_constant(left) && is_id(right)
        }
        Expr::InList(InList { expr, list, negated: false }) => is_id(expr) && list.iter().all(is_constant),
        _ => false,
    }
}
