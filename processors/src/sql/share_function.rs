//! `budget_shares(timestamp [, audience])`: of every HCP and budget, how many touches each owner or product has in it.
//!
//! The rules are those of `budget_use` (metrics.md §5): the same touches count. What is known today of the instant.

use super::arguments::{Arguments, When};
use super::history_table::{AsOf, History, HistoryTable};
use super::share_rows::ShareRows;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use std::sync::Arc;
use touchpoint::{Audience, Clock};

const USAGE: &str = "budget_shares takes an instant and, if wanted, an audience: budget_shares(now()) or \
     budget_shares('2026-03-01T00:00:00Z', 'commercial')";

/// The table function.
pub struct BudgetShares {
    history: History,
    clock: Arc<dyn Clock>,
    widest: Audience,
}

impl std::fmt::Debug for BudgetShares {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BudgetShares").field("widest", &self.widest).finish_non_exhaustive()
    }
}

impl BudgetShares {
    /// Over a log and its now. `widest` is the audience of callers who name none, and the most that they may ask for.
    pub fn new(history: History, clock: Arc<dyn Clock>, widest: Audience) -> Self {
        Self { history, clock, widest }
    }
}

impl TableFunctionImpl for BudgetShares {
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
        Ok(Arc::new(HistoryTable::new(self.history.clone(), as_of, audience, ShareRows::default())))
    }
}
