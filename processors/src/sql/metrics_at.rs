//! `hcp_metrics_at(timestamp [, audience])`: every HCP with a live record up to then × window, all columns.
//!
//! Arguments are literals or expressions of literals; parameters must be bound before planning. The timestamp may be text
//! (RFC 3339 or `YYYY-MM-DD`), a timestamp, or `now()`; the audience is `'full'` (default) or `'commercial'`.

use super::history_table::{AsOf, History, HistoryTable};
use super::layout::Layout;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::logical_expr::Expr;
use std::sync::Arc;
use touchpoint::record::instant_type;
use touchpoint::{Audience, Clock};

const USAGE: &str = "hcp_metrics_at takes an instant and, if wanted, an audience: \
     hcp_metrics_at('2026-03-01T00:00:00Z') or hcp_metrics_at(now(), 'commercial')";

/// The table function.
pub struct HcpMetricsAt {
    history: History,
    clock: Arc<dyn Clock>,
    widest: Audience,
}

impl std::fmt::Debug for HcpMetricsAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HcpMetricsAt").field("history", &self.history).finish_non_exhaustive()
    }
}

impl HcpMetricsAt {
    /// Over a log. `widest` is the audience of callers who name none, and the most that they may ask for.
    pub fn new(history: History, clock: Arc<dyn Clock>, widest: Audience) -> Self {
        Self { history, clock, widest }
    }

    fn instant(&self, expr: &Expr) -> Result<AsOf> {
        let value = match expr {
            Expr::Literal(value, _) => value.clone(),
            Expr::Cast(cast) => return self.instant(&cast.expr),
            Expr::ScalarFunction(f) if matches!(f.name(), "now" | "current_timestamp") => {
                return Ok(AsOf::Now(self.clock.clone()));
            }
            _ => return plan_err!("{USAGE}; the instant must be a literal"),
        };
        if value.is_null() {
            return plan_err!("{USAGE}; the instant is NULL");
        }
        let array = cast(&value.to_array()?, &instant_type()).map_err(|_| not_an_instant(&value))?;
        let instants = array.as_primitive::<TimestampMicrosecondType>();
        if instants.is_null(0) {
            return Err(not_an_instant(&value));
        }
        Ok(AsOf::Instant(instants.value(0)))
    }

    fn audience(&self, expr: Option<&Expr>) -> Result<Audience> {
        let Some(expr) = expr else { return Ok(self.widest) };
        let text = match expr {
            Expr::Literal(ScalarValue::Utf8(Some(t)) | ScalarValue::Utf8View(Some(t)), _) => t.as_str(),
            _ => return plan_err!("{USAGE}; the audience must be 'full' or 'commercial'"),
        };
        match Audience::parse(text) {
            Some(audience) if audience >= self.widest => Ok(audience),
            Some(_) => plan_err!("audience 'full' is not open to this role; use 'commercial'"),
            None => plan_err!("{USAGE}; the audience must be 'full' or 'commercial'"),
        }
    }
}

fn not_an_instant(value: &ScalarValue) -> datafusion::common::DataFusionError {
    plan_datafusion_err!("{USAGE}; {value} is not an instant")
}

impl TableFunctionImpl for HcpMetricsAt {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (instant, audience) = match args.exprs() {
            [instant] => (instant, None),
            [instant, audience] => (instant, Some(audience)),
            _ => return plan_err!("{USAGE}"),
        };
        let (as_of, audience) = (self.instant(instant)?, self.audience(audience)?);
        Ok(Arc::new(HistoryTable::new(self.history.clone(), as_of, audience, Layout::metrics_at())))
    }
}
