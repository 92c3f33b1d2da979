//! `hcp_metrics_at(timestamp [, audience])`: every HCP with a live record up to then × window, all columns.
//!
//! Arguments are literals or expressions of literals; parameters must be bound before planning. The timestamp may be text
//! (RFC 3339 or `YYYY-MM-DD`), a timestamp, or `now()`; the audience is `'full'` (default) or `'commercial'`.

use super::arguments::{Arguments, When};
use super::history_table::{AsOf, History, HistoryTable};
use super::layout::Layout;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use std::sync::Arc;
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
}

impl TableFunctionImpl for HcpMetricsAt {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (instant, audience) = match args.exprs() {
            [instant] => (instant, None),
            [instant, audience] => (instant, Some(audience)),
            _ => return plan_err!("{USAGE}"),
        };
        let arguments = Arguments { usage: USAGE, widest: self.widest };
        let as_of = match arguments.instant(instant)? {
            When::Instant(at) => AsOf::Instant(at),
            When::Now => AsOf::Now(self.clock.clone()),
        };
        let audience = arguments.audience(audience)?;
        Ok(Arc::new(HistoryTable::new(self.history.clone(), as_of, audience, Layout::metrics_at())))
    }
}
