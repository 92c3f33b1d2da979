//! `forecast(timestamp [, days [, audience]])`: every planned touch of the days ahead, with what it would break and, of
//! each HCP that goes over, the one to move (docs/FORECAST.md).
//!
//! Over stored tables the instant may be any; the rows of an instant of the past have today's knowledge. Over the live
//! state `now()` is the present time of each shard.

use super::arguments::{Arguments, When};
use super::forecast_rows::ForecastRows;
use super::history_table::{AsOf, History, HistoryTable};
use super::live_forecasts::LiveForecasts;
use crate::forecast::{DAYS, DEFAULT_DAYS};
use crate::shards::SharedShards;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use std::sync::Arc;
use touchpoint::time::DAY;
use touchpoint::{Audience, Clock, Micros};

const USAGE: &str = "forecast takes an instant and, if wanted, a number of days and an audience: \
     forecast(now()), forecast(now(), 14) or forecast('2026-03-01T00:00:00Z', 14, 'commercial')";

/// What a forecast is computed from.
#[derive(Clone)]
pub enum Known {
    /// A log, and its now.
    Stored(History, Arc<dyn Clock>),
    /// The live state.
    Live(SharedShards),
}

/// The table function.
pub struct ForecastFunction {
    known: Known,
    widest: Audience,
}

impl std::fmt::Debug for ForecastFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForecastFunction").field("widest", &self.widest).finish_non_exhaustive()
    }
}

impl ForecastFunction {
    /// Over what is known. `widest` is the audience of callers who name none, and the most that they may ask for.
    pub fn new(known: Known, widest: Audience) -> Self {
        Self { known, widest }
    }
}

impl TableFunctionImpl for ForecastFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (instant, days, audience) = match args.exprs() {
            [instant] => (instant, None, None),
            [instant, days] => (instant, Some(days), None),
            [instant, days, audience] => (instant, Some(days), Some(audience)),
            _ => return plan_err!("{USAGE}"),
        };
        let arguments = Arguments { usage: USAGE, widest: self.widest };
        let when = arguments.instant(instant)?;
        let days = days.map_or(Ok(DEFAULT_DAYS), |days| arguments.days(days, &DAYS))?;
        let rows = ForecastRows::new(Micros::from(days) * DAY);
        let audience = arguments.audience(audience)?;
        Ok(match (&self.known, when) {
            (Known::Stored(history, _), When::Instant(at)) => {
                Arc::new(HistoryTable::new(history.clone(), AsOf::Instant(at), audience, rows))
            }
            (Known::Stored(history, clock), When::Now) => {
                Arc::new(HistoryTable::new(history.clone(), AsOf::Now(clock.clone()), audience, rows))
            }
            (Known::Live(shards), when) => Arc::new(LiveForecasts::table(shards.clone(), when, audience, rows)),
        })
    }
}
