//! Counts over trailing windows: `count(…) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN i PRECEDING AND CURRENT ROW)`.
//!
//! DataFusion looks for the borders of such a frame value by value, with a calendar's arithmetic at every step, and keeps a
//! state for each key: ten microseconds per row. Over rows that are sorted already a count is the distance of two places
//! that only move forward ([`frames`]). A rule puts [`exec::TrailingCountExec`] in place of the operator wherever all that
//! it computes are such counts: ascending times, a span of fixed length or no limit before, nothing after the present row.
//! Everything else stays as it is.

mod exec;
mod frames;
#[cfg(test)]
mod tests;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, WindowExpr};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::expressions::Literal;
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};
use exec::TrailingCountExec;
use std::sync::Arc;

/// A session whose plans count so.
pub(super) fn trailing(builder: SessionStateBuilder) -> SessionStateBuilder {
    builder.with_physical_optimizer_rule(Arc::new(Trailing))
}

#[derive(Debug)]
struct Trailing;

impl PhysicalOptimizerRule for Trailing {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let told = plan.transform_up(|operator| match counting(&operator)? {
            Some(counting) => Ok(Transformed::yes(Arc::new(counting) as Arc<dyn ExecutionPlan>)),
            None => Ok(Transformed::no(operator)),
        })?;
        Ok(told.data)
    }

    fn name(&self) -> &'static str {
        "trailing"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A count over a trailing window.
#[derive(Debug, Clone)]
struct Count {
    /// What has to be there for a row to count; `None` counts every row.
    of: Option<Arc<dyn PhysicalExpr>>,
    /// In units of the column that orders; `None` reaches back to the first row.
    span: Option<i64>,
}

/// The operator in place of another, where it gives the same.
fn counting(operator: &Arc<dyn ExecutionPlan>) -> Result<Option<TrailingCountExec>> {
    let Some(window) = operator.downcast_ref::<BoundedWindowAggExec>() else { return Ok(None) };
    let is_a_stream = window.properties().boundedness.is_unbounded() || window.state_observer().is_some();
    if is_a_stream || !matches!(window.input_order_mode, InputOrderMode::Sorted) {
        return Ok(None);
    }
    let Some(first) = window.window_expr().first() else { return Ok(None) };
    let [PhysicalSortExpr { expr: time, options }] = first.order_by() else { return Ok(None) };
    let time_type = time.data_type(&window.input().schema())?;
    // Frames without a span come with orders of any type, of which only instants are numbers one to one.
    if options.descending || !matches!(time_type, DataType::Timestamp(..)) {
        return Ok(None);
    }
    let counts = window.window_expr().iter().map(|expr| count(expr.as_ref(), &time_type)).collect::<Option<Vec<_>>>();
    let keys = first.partition_by().to_vec();
    Ok(counts.map(|counts| TrailingCountExec::new(operator.clone(), keys, time.clone(), counts)))
}

fn count(expr: &dyn WindowExpr, time: &DataType) -> Option<Count> {
    let frame = expr.get_window_frame();
    if frame.units != WindowFrameUnits::Range || !matches!(frame.end_bound, WindowFrameBound::CurrentRow) {
        return None;
    }
    let span = match &frame.start_bound {
        WindowFrameBound::CurrentRow => Some(0),
        WindowFrameBound::Preceding(span) if span.is_null() => None,
        WindowFrameBound::Preceding(span) => Some(units(span, time)?),
        WindowFrameBound::Following(_) => return None,
    };
    let aggregate = aggregate(expr)?;
    let is_plain = !aggregate.is_distinct() && !aggregate.is_reversed() && !aggregate.ignore_nulls();
    if aggregate.fun().name() != "count" || !is_plain {
        return None;
    }
    let [argument] = <[_; 1]>::try_from(aggregate.expressions()).ok()?;
    let is_every_row = argument.downcast_ref::<Literal>().is_some_and(|literal| !literal.value().is_null());
    Some(Count { of: (!is_every_row).then_some(argument), span })
}

/// The aggregate of an expression without a `FILTER`. Whether it has one is nothing that it tells but when it is printed.
fn aggregate(expr: &dyn WindowExpr) -> Option<&AggregateFunctionExpr> {
    let sliding = expr.as_any().downcast_ref::<SlidingAggregateWindowExpr>();
    let plain = expr.as_any().downcast_ref::<PlainAggregateWindowExpr>();
    let printed = format!("{expr:?}");
    if printed.matches("filter: ").count() != 1 || !printed.contains("filter: None") {
        return None;
    }
    sliding.map(|expr| expr.get_aggregate_expr()).or_else(|| plain.map(|expr| expr.get_aggregate_expr()))
}

/// A span in units of the column, if it is whole, of fixed length, and not negative.
fn units(span: &ScalarValue, time: &DataType) -> Option<i64> {
    let DataType::Timestamp(unit, zone) = time else { return None };
    // Elsewhere a day can have 23 hours.
    let has_even_days = zone.as_deref().is_none_or(|zone| zone == "UTC" || zone == "+00:00");
    let (days, nanos) = match span {
        ScalarValue::IntervalMonthDayNano(Some(span)) if span.months == 0 => (span.days, span.nanoseconds),
        ScalarValue::IntervalDayTime(Some(span)) => (span.days, i64::from(span.milliseconds) * 1_000_000),
        _ => return None,
    };
    if days != 0 && !has_even_days {
        return None;
    }
    let nanos = i128::from(days) * 86_400_000_000_000 + i128::from(nanos);
    let unit = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    (nanos >= 0 && nanos % unit == 0).then(|| i64::try_from(nanos / unit).ok()).flatten()
}
