//! `generate_series` and `range` as table functions, bounded: no statement makes more rows of nothing than tables have.

use crate::postgres::{Fault, SqlState};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use std::sync::Arc;

/// Most numbers of one series.
const MOST: i128 = 10_000_000;

/// Puts the bounded ones in place of those that the session has.
pub(super) fn install(context: &SessionContext) {
    for name in ["generate_series", "range"] {
        let inner = context.state().table_functions().get(name).map(|function| Arc::clone(function.function()));
        if let Some(inner) = inner {
            context.register_udtf(name, Arc::new(Bounded { inner }));
        }
    }
}

#[derive(Debug)]
struct Bounded {
    inner: Arc<dyn TableFunctionImpl>,
}

impl TableFunctionImpl for Bounded {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        // Catalogues count in 32 bits, the series in 64.
        let exprs: Vec<Expr> = args.exprs().iter().map(wide).collect();
        if count(&exprs).is_some_and(|count| count > MOST) {
            let message = format!("a series may have at most {MOST} numbers");
            let fault = Fault::new(SqlState::ProgramLimitExceeded, message);
            return Err(DataFusionError::External(Box::new(fault)));
        }
        self.inner.call_with_args(TableFunctionArgs::new(&exprs, args.session()))
    }
}

fn wide(expr: &Expr) -> Expr {
    match expr {
        Expr::Literal(value, metadata) if value.data_type().is_integer() => {
            let wide = value.cast_to(&datafusion::arrow::datatypes::DataType::Int64);
            wide.map_or_else(|_| expr.clone(), |wide| Expr::Literal(wide, metadata.clone()))
        }
        other => other.clone(),
    }
}

/// How many numbers there are; `None` if the arguments are no numbers: a series of times is made as it is read, and ends
/// with the time of its statement.
fn count(exprs: &[Expr]) -> Option<i128> {
    let number = |at: usize| match exprs.get(at) {
        Some(Expr::Literal(ScalarValue::Int64(Some(number)), _)) => Some(i128::from(*number)),
        _ => None,
    };
    let (first, last) = match exprs.len() {
        1 => (0, number(0)?),
        _ => (number(0)?, number(1)?),
    };
    let step = if exprs.len() > 2 { number(2)?.abs().max(1) } else { 1 };
    Some((last - first).abs() / step + 1)
}
