//! Many metric functions over the same rows become fields of one `touch_metrics`.
//!
//! ```text
//! Aggregate: [hcp_id], [collisions(…), voices(…)]
//! =>
//! Projection: hcp_id, touch_metrics(…)['collisions'] AS collisions(…), touch_metrics(…)['voices'] AS voices(…)
//!   Aggregate: [hcp_id], [touch_metrics(…)]
//! ```
//!
//! Windows likewise. Names and types stay, so what stands above does not notice. Calls that differ in an argument, a
//! `FILTER` or a frame keep a list each.

use super::MetricFunction;
use super::columns::filled;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result, TableReference, internal_datafusion_err};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, LogicalPlan, Projection, Window, WindowFunctionDefinition,
};
use datafusion::optimizer::AnalyzerRule;
use std::sync::Arc;
use touchpoint::Audience;

/// See the module.
#[derive(Debug)]
pub struct ShareMetrics {
    /// The audience of calls that name none.
    pub widest: Audience,
}

impl AnalyzerRule for ShareMetrics {
    fn name(&self) -> &'static str {
        "share_metrics"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let shared = plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Aggregate(aggregate) if aggregate.aggr_expr.iter().any(is_metric) => self.aggregate(aggregate),
            LogicalPlan::Window(window) if window.window_expr.iter().any(is_metric) => self.window(window),
            node => Ok(Transformed::no(node)),
        })?;
        Ok(shared.data)
    }
}

impl ShareMetrics {
    fn aggregate(&self, old: Aggregate) -> Result<Transformed<LogicalPlan>> {
        let shared = self.share(&old.aggr_expr, old.input.schema())?;
        let new = Aggregate::try_new(old.input, old.group_expr, shared.calls.clone())?;
        Ok(Transformed::yes(shared.renamed(LogicalPlan::Aggregate(new), &old.schema)?))
    }

    fn window(&self, old: Window) -> Result<Transformed<LogicalPlan>> {
        let shared = self.share(&old.window_expr, old.input.schema())?;
        let new = Window::try_new(shared.calls.clone(), old.input)?;
        Ok(Transformed::yes(shared.renamed(LogicalPlan::Window(new), &old.schema)?))
    }

    fn share(&self, old: &[Expr], rows: &DFSchema) -> Result<Shared> {
        let mut shared = Shared { calls: Vec::new(), outcomes: Vec::new() };
        for expr in old {
            let (call, field) = self.call(expr, rows)?;
            let place = shared.calls.iter().position(|known| *known == call).unwrap_or_else(|| {
                shared.calls.push(call);
                shared.calls.len() - 1
            });
            shared.outcomes.push((place, field));
        }
        Ok(shared)
    }

    /// What `expr` becomes, and the field of it that is wanted.
    fn call(&self, expr: &Expr, rows: &DFSchema) -> Result<(Expr, Option<&'static str>)> {
        let bare = bare(expr);
        let Some((function, field)) = function_of(bare).and_then(common) else { return Ok((expr.clone(), None)) };
        let named = field.unwrap_or_else(|| function.name()).to_owned();
        let call = match bare.clone() {
            Expr::AggregateFunction(AggregateFunction { mut params, .. }) => {
                params.args = filled(&named, params.args, rows, self.widest)?;
                Expr::AggregateFunction(AggregateFunction { func: function, params })
            }
            Expr::WindowFunction(mut window) => {
                window.params.args = filled(&named, window.params.args, rows, self.widest)?;
                let fun = WindowFunctionDefinition::AggregateUDF(function);
                Expr::WindowFunction(Box::new(WindowFunction { fun, params: window.params }))
            }
            other => other,
        };
        Ok((call, field))
    }
}

/// The calls that are left, and of each old one which it is, with the field of its struct that is wanted.
struct Shared {
    calls: Vec<Expr>,
    outcomes: Vec<(usize, Option<&'static str>)>,
}

impl Shared {
    /// The columns of `old` over `plan`, which ends in one column per call and otherwise begins like `old`.
    fn renamed(&self, plan: LogicalPlan, old: &DFSchema) -> Result<LogicalPlan> {
        let kept = old.fields().len().saturating_sub(self.outcomes.len());
        let mut columns: Vec<Expr> = (0..kept).map(|place| column(plan.schema(), place)).collect::<Result<_>>()?;
        for (place, (call, field)) in self.outcomes.iter().enumerate() {
            let found = column(plan.schema(), kept + call)?;
            let found = field.map_or(found.clone(), |field| get_field(found, field));
            let (relation, field) = old.qualified_field(kept + place);
            columns.push(found.alias_qualified(relation.cloned(), field.name()));
        }
        Ok(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(plan))?))
    }
}

fn column(schema: &DFSchema, place: usize) -> Result<Expr> {
    let missing = || internal_datafusion_err!("a shared call has no column {place}");
    let (relation, field): (Option<&TableReference>, _) = schema.iter().nth(place).ok_or_else(missing)?;
    Ok(Expr::Column(Column::new(relation.cloned(), field.name())))
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        expr => expr,
    }
}

fn function_of(expr: &Expr) -> Option<&Arc<AggregateUDF>> {
    match expr {
        Expr::AggregateFunction(call) => Some(&call.func),
        Expr::WindowFunction(call) => match &call.fun {
            WindowFunctionDefinition::AggregateUDF(function) => Some(function),
            WindowFunctionDefinition::WindowUDF(_) => None,
        },
        _ => None,
    }
}

/// The function that `function` is a field of; `touch_metrics` itself has no field.
fn common(function: &Arc<AggregateUDF>) -> Option<(Arc<AggregateUDF>, Option<&'static str>)> {
    if let Some(one) = function.inner().downcast_ref::<MetricFunction>() {
        return Some((one.shared.clone(), Some(one.metric.name)));
    }
    (function.name() == "touch_metrics").then(|| (function.clone(), None))
}

fn is_metric(expr: &Expr) -> bool {
    function_of(bare(expr)).and_then(common).is_some()
}

#[cfg(test)]
mod tests;
