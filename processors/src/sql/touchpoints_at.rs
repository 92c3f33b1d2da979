//! `touchpoints_at(timestamp)`: the rows of `touchpoints` that had happened by then, as they are known today.

use super::arguments::{Arguments, When};
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Column, Result, ScalarValue, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use std::sync::Arc;
use touchpoint::{Audience, Clock};

const USAGE: &str = "touchpoints_at takes an instant: touchpoints_at('2026-03-01T00:00:00Z') or touchpoints_at(now())";

/// The table function.
pub struct TouchpointsAt {
    touchpoints: LogicalPlan,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for TouchpointsAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TouchpointsAt").finish_non_exhaustive()
    }
}

impl TouchpointsAt {
    /// Over the rows of `touchpoints`; `clock` says what `now()` is.
    pub fn new(touchpoints: LogicalPlan, clock: Arc<dyn Clock>) -> Self {
        Self { touchpoints, clock }
    }
}

impl TableFunctionImpl for TouchpointsAt {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [instant] = args.exprs() else { return plan_err!("{USAGE}") };
        let arguments = Arguments { usage: USAGE, widest: Audience::Commercial };
        let at = match arguments.instant(instant)? {
            When::Instant(at) => at,
            When::Now => self.clock.now(),
        };
        let at = lit(ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into())));
        let happened = Expr::Column(Column::from_name("occurred_at")).lt_eq(at);
        let rows = LogicalPlanBuilder::from(self.touchpoints.clone()).filter(happened)?.build()?;
        Ok(Arc::new(ViewTable::new(rows, None)))
    }
}
