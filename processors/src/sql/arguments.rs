//! The arguments of table functions over HCPs: an instant, an audience, days. They are literals at planning, or casts of
//! such; bind parameters before.

use super::history_table::AsOf;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::logical_expr::Expr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use touchpoint::record::instant_type;
use touchpoint::{Audience, Clock, Micros};

/// An instant as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// This one.
    Instant(Micros),
    /// The present, whenever the query runs.
    Now,
}

/// How arguments of one function are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arguments {
    /// What the function takes: the beginning of every error.
    pub(super) usage: &'static str,
    /// The audience of callers who name none, and the most that they may ask for.
    pub(super) widest: Audience,
}

impl Arguments {
    /// What `f(timestamp [, audience])` is asked for; `clock` says what `now()` is.
    ///
    /// # Errors
    /// There are more arguments or none, or one is not as [`Arguments::instant`] and [`Arguments::audience`] take it.
    pub(super) fn as_of(&self, exprs: &[Expr], clock: &Arc<dyn Clock>) -> Result<(AsOf, Audience)> {
        let (instant, audience) = match exprs {
            [instant] => (instant, None),
            [instant, audience] => (instant, Some(audience)),
            _ => return plan_err!("{}", self.usage),
        };
        let as_of = match self.instant(instant)? {
            When::Instant(at) => AsOf::Instant(at),
            When::Now => AsOf::Now(clock.clone()),
        };
        Ok((as_of, self.audience(audience)?))
    }

    /// Text (RFC 3339 or a date), a timestamp, or `now()`.
    ///
    /// # Errors
    /// It is none of these, or NULL.
    pub(super) fn instant(&self, expr: &Expr) -> Result<When> {
        let usage = self.usage;
        let value = match expr {
            Expr::Literal(value, _) => value.clone(),
            Expr::Cast(cast) => return self.instant(&cast.expr),
            Expr::ScalarFunction(f) if matches!(f.name(), "now" | "current_timestamp") => return Ok(When::Now),
            _ => return plan_err!("{usage}; the instant must be a literal"),
        };
        if value.is_null() {
            return plan_err!("{usage}; the instant is NULL");
        }
        let array = cast(&value.to_array()?, &instant_type()).map_err(|_| self.not_an_instant(&value))?;
        let instants = array.as_primitive::<TimestampMicrosecondType>();
        if instants.is_null(0) {
            return Err(self.not_an_instant(&value));
        }
        Ok(When::Instant(instants.value(0)))
    }

    fn not_an_instant(&self, value: &ScalarValue) -> DataFusionError {
        let usage = self.usage;
        plan_datafusion_err!("{usage}; {value} is not an instant")
    }

    /// `'full'` or `'commercial'`; left out: the widest.
    ///
    /// # Errors
    /// It is neither, or wider than the caller may see.
    pub(super) fn audience(&self, expr: Option<&Expr>) -> Result<Audience> {
        let (Some(expr), usage) = (expr, self.usage) else { return Ok(self.widest) };
        let text = match expr {
            Expr::Literal(ScalarValue::Utf8(Some(t)) | ScalarValue::Utf8View(Some(t)), _) => t.as_str(),
            _ => return plan_err!("{usage}; the audience must be 'full' or 'commercial'"),
        };
        match Audience::parse(text) {
            Some(audience) if audience >= self.widest => Ok(audience),
            Some(_) => plan_err!("audience 'full' is not open to this role; use 'commercial'"),
            None => plan_err!("{usage}; the audience must be 'full' or 'commercial'"),
        }
    }

    /// A whole number within `range`.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn days(&self, expr: &Expr, range: &RangeInclusive<u32>) -> Result<u32> {
        let (usage, first, last) = (self.usage, range.start(), range.end());
        let wrong = || plan_datafusion_err!("{usage}; the days must be a whole number from {first} to {last}");
        let Expr::Literal(value, _) = expr else { return Err(wrong()) };
        if !value.data_type().is_integer() || value.is_null() {
            return Err(wrong());
        }
        let days = cast(&value.to_array()?, &DataType::Int64)?;
        let days = days.as_primitive_opt::<Int64Type>().filter(|days| days.is_valid(0)).map(|days| days.value(0));
        days.and_then(|days| u32::try_from(days).ok()).filter(|days| range.contains(days)).ok_or_else(wrong)
    }
}
