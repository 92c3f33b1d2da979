//! A table behind a barrier: what lies inside is read, judged by a [`Lens`] and handed out; nothing of it shows outside.
//!
//! A view would not do. An optimizer moves predicates, and one that fails or counts would be put to rows that the reader
//! must not see; a plan shows files and row counts. So the inside is planned apart and executed as one leaf
//! ([`exec::SealedExec`]):
//!
//! - its plan has no children, no statistics but of what it has a row for, and one partition, whatever lies inside;
//! - a filter goes in only if it cannot fail and names open columns alone: comparisons of a column with a literal,
//!   `IN`, `IS NULL`, `BETWEEN`, and what `AND`, `OR` and `NOT` make of them. It is applied in full, after versions were
//!   resolved and rows that are not for the reader were dropped or in an order that gives the same rows, so that no count
//!   tells what was read for it;
//! - batches are made anew to one size, so that their number tells nothing either;
//! - an error from inside says that there was one. The log of the process says which.

mod exec;

use super::lens::{Lens, Treatment};
use super::visible::Visible;
use arrow::datatypes::{FieldRef, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Column, Result};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use exec::SealedExec;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(super) struct Sealed {
    visible: &'static Visible,
    inside: Arc<dyn TableProvider>,
    lens: Arc<Lens>,
    schema: SchemaRef,
}

impl Sealed {
    /// `inside` under its name, as a lens shows it.
    pub(super) fn new(visible: &'static Visible, inside: Arc<dyn TableProvider>, lens: Arc<Lens>) -> Self {
        let schema = lens.schema(&inside.schema());
        Self { visible, inside, lens, schema }
    }

    fn may_go_in(&self, filter: &Expr) -> bool {
        let is_open = |column: &Column| self.lens.treatment(&column.name) == Treatment::Open;
        cannot_fail(filter) && filter.column_refs().into_iter().all(is_open)
    }

    /// The columns of the inside that are read for `outside`, at least one.
    fn read_for(&self, outside: &SchemaRef) -> Vec<Expr> {
        let is_shown = |field: &&FieldRef| {
            let name = field.name().as_str();
            let is_wanted = outside.field_with_name(name).is_ok() && self.lens.treatment(name) != Treatment::Hidden;
            is_wanted || self.lens.judged_by().contains(&name)
        };
        let inside = self.inside.schema();
        let mut read: Vec<&FieldRef> = inside.fields().iter().filter(is_shown).collect();
        if read.is_empty() {
            // Rows are counted by some column.
            read.extend(inside.fields().first());
        }
        read.into_iter().map(|field| Expr::Column(Column::from_name(field.name()))).collect()
    }
}

/// Whether an expression over columns and literals has a value for every row whatever it holds.
fn cannot_fail(filter: &Expr) -> bool {
    let is_plain = |expr: &Expr| matches!(expr, Expr::Column(_) | Expr::Literal(..));
    match filter {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::BinaryExpr(binary) => match binary.op {
            Operator::And | Operator::Or => cannot_fail(&binary.left) && cannot_fail(&binary.right),
            Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom => is_plain(&binary.left) && is_plain(&binary.right),
            _ => false,
        },
        Expr::Not(inner) => cannot_fail(inner),
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => is_plain(inner),
        Expr::Between(between) => is_plain(&between.expr) && is_plain(&between.low) && is_plain(&between.high),
        Expr::InList(list) => is_plain(&list.expr) && list.list.iter().all(is_plain),
        _ => false,
    }
}

#[async_trait]
impl TableProvider for Sealed {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        self.inside.table_type()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let kind = |filter: &&Expr| match self.may_go_in(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(kind).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let outside = match projection {
            Some(kept) => Arc::new(self.schema.project(kept)?),
            None => self.schema.clone(),
        };
        let mut plan = LogicalPlanBuilder::scan(self.visible.name, provider_as_source(self.inside.clone()), None)?;
        for filter in filters.iter().filter(|filter| self.may_go_in(filter)) {
            plan = plan.filter(filter.clone())?;
        }
        let plan = plan.project(self.read_for(&outside))?.build()?;
        let inside =
            state.create_physical_plan(&plan).await.map_err(|error| exec::untold(self.visible.name, &error))?;
        Ok(Arc::new(SealedExec::new(self.visible, inside, self.lens.clone(), outside)))
    }
}

/// A table function whose tables are sealed.
#[derive(Debug)]
pub(super) struct SealedFunction {
    visible: &'static Visible,
    inside: Arc<dyn TableFunctionImpl>,
    lens: Arc<Lens>,
}

impl SealedFunction {
    /// `inside` under its name; its tables are as a lens shows them.
    pub(super) fn new(visible: &'static Visible, inside: Arc<dyn TableFunctionImpl>, lens: Arc<Lens>) -> Self {
        Self { visible, inside, lens }
    }
}

impl TableFunctionImpl for SealedFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        // Arguments are literals, so what is wrong with them is about nobody's rows and may be told.
        let table = self.inside.call_with_args(args)?;
        Ok(Arc::new(Sealed::new(self.visible, table, self.lens.clone())))
    }
}
