//! Constants that a statement names are constants where it uses them.
//!
//! `WITH params AS (SELECT now() AS at, INTERVAL '90 days' AS width) … FROM params p CROSS JOIN touchpoints t WHERE
//! t.occurred_at > p.at - p.width` is how a question says its parameters once. To DataFusion that is a join: every
//! touchpoint is paired with the one row before any is left out, and no filter reaches the files. Here an inner join with
//! one row of constants becomes columns beside the other side, and filters, conditions of joins and computed columns hold
//! the constants themselves, so that what follows sees `t.occurred_at > '2026-08-24T…'`.
//!
//! A constant is an expression without columns that has one value per statement (`now()` has). In the condition of an
//! outer join it stands for the value of the row that is compared; above, only the side without NULLs keeps its constants.

#[cfg(test)]
mod tests;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, JoinType, NullEquality, Result, TableReference};
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, Filter, Join, LogicalPlan, Projection};
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use std::collections::HashMap;
use std::sync::Arc;

/// A session whose plans hold constants. The rule is the first, so that the others see them.
pub(super) fn constants(builder: SessionStateBuilder) -> SessionStateBuilder {
    let mut rules = Optimizer::new().rules;
    rules.insert(0, Arc::new(Constants));
    builder.with_optimizer_rules(rules)
}

#[derive(Debug)]
struct Constants;

impl OptimizerRule for Constants {
    fn name(&self) -> &str {
        "constants"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Join(join) if join.join_type == JoinType::Inner && has_constant_row(&join) => {
                beside(join).map(Transformed::yes)
            }
            LogicalPlan::Join(_) | LogicalPlan::Filter(_) | LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) => {
                held(plan)
            }
            plan => Ok(Transformed::no(plan)),
        }
    }
}

/// Expressions by the columns that have their value in every row.
type Known = HashMap<Column, Expr>;

fn has_constant_row(join: &Join) -> bool {
    let is_plain = join.null_equality == NullEquality::NullEqualsNothing && !join.null_aware;
    is_plain && (constant_row(&join.left).is_some() || constant_row(&join.right).is_some())
}

/// The columns of a plan that is one row of constants.
fn constant_row(plan: &LogicalPlan) -> Option<Known> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => {
            Some(renamed(&constant_row(&alias.input)?, alias.input.schema(), &alias.schema))
        }
        LogicalPlan::Projection(projection) => match projection.input.as_ref() {
            LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => {
                let columns = projected(projection, &Known::new());
                (columns.len() == projection.expr.len()).then_some(columns)
            }
            input => {
                let columns = projected(projection, &constant_row(input)?);
                (columns.len() == projection.expr.len()).then_some(columns)
            }
        },
        _ => None,
    }
}

/// An inner join with a row of constants: they are columns beside those of the other side, and its conditions a filter.
fn beside(join: Join) -> Result<LogicalPlan> {
    let (row, other) = match constant_row(&join.left) {
        Some(row) => (row, join.right),
        None => (constant_row(&join.right).unwrap_or_default(), join.left),
    };
    let column = |(table, field): (Option<&TableReference>, &Arc<_>)| {
        let column = Column::from((table, field));
        match row.get(&column) {
            Some(constant) => constant.clone().alias_qualified(column.relation, column.name),
            None => Expr::Column(column),
        }
    };
    let columns = join.schema.iter().map(column).collect();
    let plan = LogicalPlan::Projection(Projection::try_new_with_schema(columns, other, join.schema)?);
    let equal = join.on.into_iter().map(|(left, right)| left.eq(right));
    match conjunction(equal.chain(join.filter)) {
        Some(condition) => {
            let condition = replaced(condition, &row)?.data;
            Ok(LogicalPlan::Filter(Filter::try_new(condition, Arc::new(plan))?))
        }
        None => Ok(plan),
    }
}

/// The plan with constants in its own expressions.
fn held(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let known: Known = plan.inputs().into_iter().flat_map(known).collect();
    if known.is_empty() {
        return Ok(Transformed::no(plan));
    }
    // The keys of a join stay columns: what is no column there is no key.
    if let LogicalPlan::Join(mut join) = plan {
        let Some(filter) = join.filter.take() else { return Ok(Transformed::no(LogicalPlan::Join(join))) };
        let filter = replaced(filter, &known)?;
        join.filter = Some(filter.data);
        return Ok(Transformed::new_transformed(LogicalPlan::Join(join), filter.transformed));
    }
    let names = NamePreserver::new(&plan);
    let is_aggregate = matches!(plan, LogicalPlan::Aggregate(_));
    plan.map_expressions(|expr| {
        // By a constant alone one groups as by no column, which other rules have to tell from a group of everything; and a
        // list of groupings has no name to be kept.
        if is_aggregate && matches!(expr, Expr::Column(_) | Expr::GroupingSet(_)) {
            return Ok(Transformed::no(expr));
        }
        let name = names.save(&expr);
        Ok(replaced(expr, &known)?.update_data(|expr| name.restore(expr)))
    })
}

fn replaced(expr: Expr, known: &Known) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| match &expr {
        Expr::Column(column) => Ok(match known.get(column) {
            Some(constant) => Transformed::yes(constant.clone()),
            None => Transformed::no(expr),
        }),
        _ => Ok(Transformed::no(expr)),
    })
}

/// The constant columns of a plan's rows.
fn known(plan: &LogicalPlan) -> Known {
    match plan {
        LogicalPlan::Projection(projection) => projected(projection, &known(&projection.input)),
        LogicalPlan::SubqueryAlias(alias) => renamed(&known(&alias.input), alias.input.schema(), &alias.schema),
        LogicalPlan::Filter(filter) => known(&filter.input),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::Inner => known(&join.left).into_iter().chain(known(&join.right)).collect(),
            JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti => known(&join.left),
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti => known(&join.right),
            JoinType::Full | JoinType::LeftMark | JoinType::RightMark => Known::new(),
        },
        _ => Known::new(),
    }
}

/// The constants among the columns of a projection over constants `below`.
fn projected(projection: &Projection, below: &Known) -> Known {
    let columns = projection.schema.columns().into_iter().zip(&projection.expr);
    let constant = |expr: &Expr| match expr.clone().unalias_nested().data {
        Expr::Column(column) => below.get(&column).cloned(),
        expr => is_constant(&expr).then_some(expr),
    };
    columns.filter_map(|(column, expr)| Some((column, constant(expr)?))).collect()
}

/// The same under the names of an alias, whose columns are those of its input in order.
fn renamed(known: &Known, from: &DFSchema, to: &DFSchema) -> Known {
    let columns = from.columns().into_iter().zip(to.columns());
    columns.filter_map(|(inner, outer)| Some((outer, known.get(&inner)?.clone()))).collect()
}

/// One value per statement, whatever the rows.
fn is_constant(expr: &Expr) -> bool {
    let depends = |expr: &Expr| {
        Ok(match expr {
            Expr::Literal(..)
            | Expr::BinaryExpr(_)
            | Expr::Cast(_)
            | Expr::TryCast(_)
            | Expr::Negative(_)
            | Expr::Not(_) => false,
            Expr::ScalarFunction(_) => expr.is_volatile_node(),
            _ => true,
        })
    };
    !expr.exists(depends).unwrap_or(true)
}
