//! Where the columns of a query come from: whether an output could carry a personal id.
//!
//! The walk goes bottom-up over the logical plan. A scanned column is personal when its name (or a field inside its
//! type) is one of [`touchpoint::log::PERSONAL_COLUMNS`] or holds a dead letter's content; what is computed from a
//! personal column is personal, through aliases, casts, functions, windows, set operations, views and subqueries. Only
//! counting takes the identity away: a count of ids is [`Lineage::Counted`], good as a value, still no label.
//!
//! In doubt it is personal: an unknown plan node or a recursive query mixes all columns of its inputs, an outer
//! reference is personal wherever it is computed with, and a column that cannot be traced is too. Rows chosen by an id
//! (`WHERE`, join conditions) are not tracked: they decide which rows count, not what a label says.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Aggregate, Distinct, Expr, Join, LogicalPlan, Subquery, TableScan};
use touchpoint::log::PERSONAL_COLUMNS;

use arrow::datatypes::{DataType, Field};

/// What a column that could not be traced is called in refusals.
pub(crate) const UNTRACED: &str = "a column that could not be traced";
/// The columns of `dead_letters` that hold what a producer sent.
const CONTENT_COLUMNS: [&str; 3] = ["key", "payload", "payload_sha256"];
/// Aggregates whose result says how many, not which.
const COUNTS: [&str; 2] = ["count", "approx_distinct"];

/// Where one output column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lineage {
    /// From no personal column.
    Clean,
    /// A count over this personal column.
    Counted(String),
    /// Computed from this personal column.
    Personal(String),
}

impl Lineage {
    fn rank(&self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Counted(_) => 1,
            Self::Personal(_) => 2,
        }
    }

    /// Of two origins the graver.
    fn or(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    fn counted(self) -> Self {
        match self {
            Self::Personal(column) => Self::Counted(column),
            other => other,
        }
    }

    fn untraced() -> Self {
        Self::Personal(UNTRACED.to_owned())
    }
}

/// The personal column that `name` is, if it is one.
pub(crate) fn personal_name(name: &str) -> Option<String> {
    let mut known = PERSONAL_COLUMNS.iter().chain(&CONTENT_COLUMNS);
    known.find(|known| known.eq_ignore_ascii_case(name)).map(|known| (*known).to_owned())
}

/// The lineage of every output column of `plan`, in order.
pub(crate) fn of_plan(plan: &LogicalPlan) -> Vec<Lineage> {
    let width = plan.schema().fields().len();
    let columns = match plan {
        LogicalPlan::TableScan(scan) => of_scan(scan),
        LogicalPlan::Projection(node) => Scope::of(&node.input).exprs(&node.expr),
        LogicalPlan::Aggregate(node) => of_aggregate(node),
        LogicalPlan::Window(node) => {
            let scope = Scope::of(&node.input);
            let computed = scope.exprs(&node.window_expr);
            scope.columns.into_iter().chain(computed).collect()
        }
        LogicalPlan::Filter(node) => of_plan(&node.input),
        LogicalPlan::Sort(node) => of_plan(&node.input),
        LogicalPlan::Limit(node) => of_plan(&node.input),
        LogicalPlan::Repartition(node) => of_plan(&node.input),
        LogicalPlan::SubqueryAlias(node) => of_plan(&node.input),
        LogicalPlan::Subquery(node) => of_plan(&node.subquery),
        LogicalPlan::Distinct(Distinct::All(input)) => of_plan(input),
        LogicalPlan::Distinct(Distinct::On(node)) => Scope::of(&node.input).exprs(&node.select_expr),
        LogicalPlan::Join(node) => of_join(node),
        LogicalPlan::Union(node) => of_union(node.inputs.iter().map(AsRef::as_ref), width),
        LogicalPlan::Values(node) => {
            let scope = Scope { schema: &node.schema, columns: vec![Lineage::untraced(); width] };
            let rows = node.values.iter().map(|row| scope.exprs(row));
            rows.reduce(either).unwrap_or_default()
        }
        LogicalPlan::EmptyRelation(_) => vec![Lineage::Clean; width],
        _ => mixed(plan, width),
    };
    if columns.len() == width { columns } else { mixed(plan, width) }
}

/// Every output may come from every column of every input. A node without inputs cannot be traced at all.
fn mixed(plan: &LogicalPlan, width: usize) -> Vec<Lineage> {
    let inputs = plan.inputs();
    let worst = inputs.iter().flat_map(|input| of_plan(input)).reduce(Lineage::or);
    vec![worst.unwrap_or_else(Lineage::untraced); width]
}

fn either(left: Vec<Lineage>, right: Vec<Lineage>) -> Vec<Lineage> {
    left.into_iter().zip(right).map(|(left, right)| left.or(right)).collect()
}

fn of_union<'a>(inputs: impl Iterator<Item = &'a LogicalPlan>, width: usize) -> Vec<Lineage> {
    let columns = inputs.map(of_plan).filter(|columns| columns.len() == width);
    columns.reduce(either).unwrap_or_default()
}

fn of_scan(scan: &TableScan) -> Vec<Lineage> {
    let by_name = scan.projected_schema.fields().iter().map(|field| of_field(field));
    let Some(view) = scan.source.get_logical_plan() else { return by_name.collect() };
    let inner = of_plan(&view);
    let source = |output: usize| match &scan.projection {
        Some(projection) => projection.get(output).copied(),
        None => Some(output),
    };
    let traced = |output: usize| source(output).and_then(|i| inner.get(i).cloned()).unwrap_or_else(Lineage::untraced);
    by_name.enumerate().map(|(output, named)| named.or(traced(output))).collect()
}

fn of_field(field: &Field) -> Lineage {
    match personal_name(field.name()) {
        Some(column) => Lineage::Personal(column),
        None => of_type(field.data_type()),
    }
}

fn of_type(data_type: &DataType) -> Lineage {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| of_field(field)).fold(Lineage::Clean, Lineage::or),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => match item.data_type() {
            // The entries of a map are named key and value by convention; that name says nothing.
            DataType::Struct(entries) if matches!(data_type, DataType::Map(..)) => {
                entries.iter().map(|entry| of_type(entry.data_type())).fold(Lineage::Clean, Lineage::or)
            }
            _ => of_field(item),
        },
        DataType::Dictionary(_, values) => of_type(values),
        _ => Lineage::Clean,
    }
}

fn of_aggregate(node: &Aggregate) -> Vec<Lineage> {
    let scope = Scope::of(&node.input);
    let groups = scope.exprs(&node.group_expr);
    let aggregates = scope.exprs(&node.aggr_expr);
    let width = node.schema.fields().len().saturating_sub(aggregates.len());
    let groups = if groups.len() == width && !node.group_expr.iter().any(|e| matches!(e, Expr::GroupingSet(_))) {
        groups
    } else {
        // Grouping sets expand to other columns than they are written with.
        vec![groups.into_iter().fold(Lineage::Clean, Lineage::or); width]
    };
    groups.into_iter().chain(aggregates).collect()
}

fn of_join(node: &Join) -> Vec<Lineage> {
    let (left, right) = (of_plan(&node.left), of_plan(&node.right));
    let width = node.schema.fields().len();
    use datafusion::logical_expr::JoinType as J;
    match node.join_type {
        J::Inner | J::Left | J::Right | J::Full => left.into_iter().chain(right).collect(),
        J::LeftSemi | J::LeftAnti => left,
        J::RightSemi | J::RightAnti => right,
        _ => vec![left.into_iter().chain(right).fold(Lineage::Clean, Lineage::or); width],
    }
}

/// The columns that expressions of a node can name.
struct Scope<'a> {
    schema: &'a DFSchema,
    columns: Vec<Lineage>,
}

impl<'a> Scope<'a> {
    fn of(input: &'a LogicalPlan) -> Self {
        Self { schema: input.schema(), columns: of_plan(input) }
    }

    fn exprs(&self, exprs: &[Expr]) -> Vec<Lineage> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&self, expr: &Expr) -> Lineage {
        match expr {
            Expr::Column(column) => self.column(column),
            Expr::OuterReferenceColumn(_, column) => Lineage::Personal(column.name.clone()),
            Expr::ScalarSubquery(subquery) => self.subquery(subquery),
            Expr::Exists(exists) => self.subquery(&exists.subquery),
            Expr::InSubquery(within) => self.expr(&within.expr).or(self.subquery(&within.subquery)),
            Expr::SetComparison(set) => self.expr(&set.expr).or(self.subquery(&set.subquery)),
            Expr::AggregateFunction(function) if COUNTS.contains(&function.func.name()) => self.parts(expr).counted(),
            _ => self.parts(expr),
        }
    }

    fn parts(&self, expr: &Expr) -> Lineage {
        let mut worst = Lineage::Clean;
        let walked = expr.apply_children(|part| {
            let lineage = self.expr(part);
            worst = std::mem::replace(&mut worst, Lineage::Clean).or(lineage);
            Ok(TreeNodeRecursion::Continue)
        });
        if walked.is_ok() { worst } else { Lineage::untraced() }
    }

    /// What a subquery gives, and the columns of this scope that it depends on.
    fn subquery(&self, subquery: &Subquery) -> Lineage {
        let outer = subquery.outer_ref_columns.iter().map(|reference| match reference {
            Expr::OuterReferenceColumn(_, column) => self.column(column),
            other => self.expr(other),
        });
        of_plan(&subquery.subquery).into_iter().chain(outer).fold(Lineage::Clean, Lineage::or)
    }

    fn column(&self, column: &Column) -> Lineage {
        let found = self.schema.maybe_index_of_column(column).and_then(|i| self.columns.get(i).cloned());
        found.unwrap_or_else(|| Lineage::Personal(column.name.clone()))
    }
}

#[cfg(test)]
mod tests;
