//! Table functions of an instant over history, `f(timestamp [, audience])`.
//!
//! | function | rows |
//! |---|---|
//! | `hcp_metrics_at` | every HCP with a live record up to then × window, all columns |
//! | `budget_shares` | of every HCP and budget, how many touches each owner or product has in it; those that `budget_use` counts (metrics.md §5) |
//!
//! Arguments are literals or expressions of literals; parameters must be bound before planning. The timestamp may be text
//! (RFC 3339 or `YYYY-MM-DD`), a timestamp, or `now()`; the audience is `'full'` (default) or `'commercial'`. What is known
//! today of the instant.

use super::arguments::Arguments;
use super::history_table::{History, HistoryTable};
use super::layout::Layout;
use super::output::Output;
use super::share_rows::ShareRows;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::Result;
use std::sync::Arc;
use touchpoint::{Audience, Clock};

const HCP_METRICS_AT: &str = "hcp_metrics_at takes an instant and, if wanted, an audience: \
     hcp_metrics_at('2026-03-01T00:00:00Z') or hcp_metrics_at(now(), 'commercial')";
const BUDGET_SHARES: &str = "budget_shares takes an instant and, if wanted, an audience: budget_shares(now()) or \
     budget_shares('2026-03-01T00:00:00Z', 'commercial')";

/// One of the table functions.
pub struct HistoryFunction {
    arguments: Arguments,
    output: Output,
    history: History,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for HistoryFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryFunction").field("history", &self.history).finish_non_exhaustive()
    }
}

impl HistoryFunction {
    /// `hcp_metrics_at` over a log and its now. `widest` is the audience of callers who name none, and the most that they may
    /// ask for.
    pub fn hcp_metrics_at(history: History, clock: Arc<dyn Clock>, widest: Audience) -> Self {
        let arguments = Arguments { usage: HCP_METRICS_AT, widest };
        Self { arguments, output: Layout::metrics_at().into(), history, clock }
    }

    /// `budget_shares`, as [`HistoryFunction::hcp_metrics_at`].
    pub fn budget_shares(history: History, clock: Arc<dyn Clock>, widest: Audience) -> Self {
        let arguments = Arguments { usage: BUDGET_SHARES, widest };
        Self { arguments, output: ShareRows::default().into(), history, clock }
    }
}

impl TableFunctionImpl for HistoryFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (as_of, audience) = self.arguments.as_of(args.exprs(), &self.clock)?;
        Ok(Arc::new(HistoryTable::new(self.history.clone(), as_of, audience, self.output.clone())))
    }
}
