//! What the plans of a desk read of the tables, so that nothing else is built.

use super::ChangedTable;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Operator};
use std::collections::BTreeSet;
use touchpoint::WindowLength;

/// The columns and rows that plans read; a table that none reads is not built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    pub(super) now: Option<BTreeSet<usize>>,
    pub(super) windows: Option<WindowsRead>,
    pub(super) touches: Option<TouchesRead>,
    pub(super) forecasts: Option<ForecastsRead>,
}

/// Columns and windows of `changed_windows`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WindowsRead {
    pub(super) columns: BTreeSet<usize>,
    pub(super) windows: BTreeSet<WindowLength>,
}

/// Rows of `changed_touches`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TouchesRead {
    /// Those whose record carries the id of a request.
    CarryingRequests,
    /// All.
    All,
}

/// Rows of `changed_forecast`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForecastsRead {
    /// Those of HCPs of whom a budget goes over.
    GoingOver,
    /// All.
    All,
}

/// Which rows of a table pass the filter right above it, as far as the filter says so plainly; others may be among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passing {
    windows: Option<BTreeSet<WindowLength>>,
    carrying_requests: bool,
    going_over: bool,
}

impl Passing {
    /// Those of which `filter` is true.
    pub fn of(filter: &Expr) -> Self {
        let mut passing = Self::default();
        for part in split_conjunction(filter) {
            if let Some(windows) = windows(part) {
                passing.windows = Some(match passing.windows {
                    Some(known) => known.intersection(&windows).copied().collect(),
                    None => windows,
                });
            }
            passing.carrying_requests |= is_column(part, "carries_request");
            passing.going_over |= is_above_zero(part, "excess");
        }
        passing
    }
}

impl Needs {
    /// `table` is read: these columns of it, or all, and those of its rows that are `passing`.
    pub fn add(&mut self, table: ChangedTable, columns: Option<&[usize]>, passing: &Passing) {
        let columns = columns.map_or_else(|| (0..table.schema().fields().len()).collect(), <[usize]>::to_vec);
        match table {
            ChangedTable::Now => self.now.get_or_insert_default().extend(columns),
            ChangedTable::Windows => {
                let read = self.windows.get_or_insert_default();
                read.columns.extend(columns);
                let all = || WindowLength::ALL.into_iter().collect();
                read.windows.extend(passing.windows.clone().unwrap_or_else(all));
            }
            ChangedTable::Touches if passing.carrying_requests => {
                self.touches.get_or_insert(TouchesRead::CarryingRequests);
            }
            ChangedTable::Touches => self.touches = Some(TouchesRead::All),
            ChangedTable::Forecast if passing.going_over => {
                self.forecasts.get_or_insert(ForecastsRead::GoingOver);
            }
            ChangedTable::Forecast => self.forecasts = Some(ForecastsRead::All),
        }
    }
}

/// The windows of `"window" = '7d'`, whichever way round, and of `"window" IN ('24h', '7d')`. A text that names no window is
/// that of no row.
fn windows(condition: &Expr) -> Option<BTreeSet<WindowLength>> {
    let texts: Vec<&Expr> = match condition {
        Expr::BinaryExpr(compared) if compared.op == Operator::Eq => match (&*compared.left, &*compared.right) {
            (column, text) | (text, column) if is_column(column, "window") => vec![text],
            _ => return None,
        },
        Expr::InList(list) if !list.negated && is_column(&list.expr, "window") => list.list.iter().collect(),
        _ => return None,
    };
    let text = |expr: &Expr| match expr {
        Expr::Literal(value, _) => ScalarValue::try_as_str(value).flatten().map(str::to_owned),
        _ => None,
    };
    let texts = texts.into_iter().map(text).collect::<Option<Vec<_>>>()?;
    Some(texts.iter().filter_map(|text| WindowLength::parse(text)).collect())
}

/// Whether the condition holds of no row whose column is 0 or less: `excess > 0`, whichever way round.
fn is_above_zero(condition: &Expr, name: &str) -> bool {
    let Expr::BinaryExpr(compared) = condition else { return false };
    let (column, number) = match compared.op {
        Operator::Gt => (&*compared.left, &*compared.right),
        Operator::Lt => (&*compared.right, &*compared.left),
        _ => return false,
    };
    let is_no_less = |expr: &Expr| matches!(expr, Expr::Literal(ScalarValue::Int64(Some(number)), _) if *number >= 0);
    is_column(column, name) && is_no_less(number)
}

fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.name == name)
}

#[cfg(test)]
mod tests {
    use super::Passing;
    use datafusion::logical_expr::{Expr, col, lit};
    use touchpoint::WindowLength;

    fn windows(filter: &Expr) -> Option<Vec<WindowLength>> {
        Passing::of(filter).windows.map(|windows| windows.into_iter().collect())
    }

    #[test]
    fn windows_are_those_that_the_filter_names() {
        let window = || col("window");
        let many = || col("collisions").gt(lit(2));
        assert_eq!(windows(&window().eq(lit("7d")).and(many())), Some(vec![WindowLength::Week]));
        assert_eq!(windows(&many().and(lit("7d").eq(window()))), Some(vec![WindowLength::Week]));
        let two = window().in_list(vec![lit("90d"), lit("24h")], false);
        assert_eq!(windows(&two), Some(vec![WindowLength::Day, WindowLength::Quarter]));
        assert_eq!(windows(&two.and(window().eq(lit("7d")))), Some(vec![]));
        assert_eq!(windows(&window().eq(lit("8d"))), Some(vec![]), "no row has such a window");
        for any in [window().eq(lit("7d")).or(many()), window().not_eq(lit("7d")), window().eq(col("hcp_id")), many()] {
            assert_eq!(windows(&any), None, "{any}");
        }
        assert_eq!(windows(&window().in_list(vec![lit("7d")], true)), None);
    }

    #[test]
    fn touches_are_those_that_carry_requests_only_where_all_have_to() {
        let carries = || col("carries_request");
        let function = || col("business_function").eq(lit("sales"));
        assert!(Passing::of(&carries().and(function())).carrying_requests);
        for any in [carries().or(function()), function(), Expr::Not(Box::new(carries()))] {
            assert!(!Passing::of(&any).carrying_requests, "{any}");
        }
    }

    #[test]
    fn forecasts_are_those_of_whom_something_goes_over_only_where_all_have_to() {
        let excess = || col("excess");
        let acts = || col("act").is_not_null();
        for over in [excess().gt(lit(0_i64)).and(acts()), lit(0_i64).lt(excess()), excess().gt(lit(2_i64))] {
            assert!(Passing::of(&over).going_over, "{over}");
        }
        let may_be_zero = [excess().gt(lit(-1_i64)), excess().gt_eq(lit(0_i64)), excess().lt(lit(0_i64))];
        for any in
            may_be_zero.into_iter().chain([excess().gt(lit(0_i64)).or(acts()), acts(), col("planned").gt(lit(0_i64))])
        {
            assert!(!Passing::of(&any).going_over, "{any}");
        }
    }
}
