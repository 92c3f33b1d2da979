//! Arrays that catalogues are asked for, in what this engine has of them.
//!
//! | PostgreSQL | here |
//! |---|---|
//! | `array_to_string(ARRAY(SELECT x …), ',')` | `(SELECT string_agg(x, ',') …)`; `''` over a catalogue without rows |
//! | `ARRAY(SELECT x …)` | `(SELECT array_agg(x) …)` |
//! | `coalesce(x, '{}')` | `coalesce(x, ARRAY[])` |

use super::emptied::gives_nothing;
use super::relations::last;
use crate::postgres::statement::rewriting::call;
use datafusion::sql::sqlparser::ast::{
    Array, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, SelectItem,
    SetExpr, Value, ValueWithSpan,
};

/// An expression before those inside of it are looked at.
pub(super) fn joined(expr: &mut Expr) {
    let Some([FunctionArg::Unnamed(FunctionArgExpr::Expr(list)), separator]) = arguments(expr, "array_to_string")
    else {
        return;
    };
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(separator)) = separator else { return };
    let Some(query) = selected(list) else { return };
    let separator = separator.clone();
    let instead = match gives_nothing(query) {
        true => Some(text("")),
        false => aggregated(query.clone(), |item| {
            let item = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(item),
                data_type: DataType::Text,
                array: false,
                format: None,
            };
            call("string_agg", vec![item, separator])
        }),
    };
    if let Some(instead) = instead {
        *expr = instead;
    }
}

/// The same after those inside of it.
pub(super) fn gathered(expr: &mut Expr) {
    if let Some(query) = selected(expr)
        && let Some(instead) = aggregated(query.clone(), |item| call("array_agg", vec![item]))
    {
        *expr = instead;
    }
    if arguments(expr, "coalesce").is_some()
        && let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = expr
        && let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(last))] = list.args.as_mut_slice()
        && is_empty_array(last)
    {
        *last = Expr::Array(Array { elem: Vec::new(), named: true });
    }
}

/// The arguments of a call of `name`.
fn arguments<'a>(expr: &'a Expr, name: &str) -> Option<&'a [FunctionArg]> {
    match expr {
        Expr::Function(Function { name: called, args: FunctionArguments::List(list), .. })
            if last(called).is_some_and(|called| called.value.eq_ignore_ascii_case(name)) =>
        {
            Some(&list.args)
        }
        _ => None,
    }
}

/// The query of `ARRAY(SELECT …)`.
fn selected(expr: &Expr) -> Option<&Query> {
    match expr {
        Expr::Function(Function { name, args: FunctionArguments::Subquery(query), .. })
            if last(name).is_some_and(|name| name.value.eq_ignore_ascii_case("array")) =>
        {
            Some(query)
        }
        _ => None,
    }
}

/// One value of all rows of a query of one column.
fn aggregated(mut query: Query, of: impl FnOnce(Expr) -> Expr) -> Option<Expr> {
    query.order_by = None;
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] = select.projection.as_mut_slice()
    else {
        return None;
    };
    *expr = of(expr.clone());
    Some(Expr::Subquery(Box::new(query)))
}

fn is_empty_array(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) if text == "{}")
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span())
}
