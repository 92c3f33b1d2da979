//! The columns of its rows, for a call that names only what it asks: `collisions(as_of, width)`.

use crate::sql::touch_metrics::{ARGUMENTS, ASKED, arguments};
use arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, ExprSchema, Result, TableReference, plan_err};
use datafusion::logical_expr::{Expr, cast, lit};
use std::collections::BTreeSet;
use touchpoint::Audience;

/// All arguments of a call of `function` over rows of `schema`: as they are given, or with the columns of the rows before
/// them and the audience behind.
///
/// # Errors
/// The rows lack a column, or come from several tables that have them all.
pub(super) fn filled(function: &str, given: Vec<Expr>, schema: &DFSchema, widest: Audience) -> Result<Vec<Expr>> {
    if given.len() > ASKED {
        return Ok(given);
    }
    let mut all = of_rows(function, schema)?;
    all.extend(given);
    if all.len() < ARGUMENTS.len() {
        all.push(lit(widest.as_str()));
    }
    Ok(all)
}

/// A column where each name stands once, whatever table it is of; else those of the one table that has them all.
fn of_rows(function: &str, schema: &DFSchema) -> Result<Vec<Expr>> {
    let names = || ARGUMENTS.iter().take(ARGUMENTS.len() - ASKED).map(|(name, _)| *name);
    let places = |name: &str| -> BTreeSet<Option<TableReference>> {
        schema.iter().filter(|(_, field)| field.name() == name).map(|(place, _)| place.cloned()).collect()
    };
    let lacking: Vec<&str> = names().filter(|name| places(name).is_empty()).collect();
    if !lacking.is_empty() {
        return plan_err!(
            "{function}(as_of, width) takes the columns of touchpoints from its rows, and these have no {}; select them \
             too, or name every argument",
            lacking.join(", ")
        );
    }
    let found: Vec<BTreeSet<Option<TableReference>>> = names().map(places).collect();
    let common = found.iter().skip(1).fold(found.first().cloned().unwrap_or_default(), |all, some| &all & some);
    let of_one = (common.len() == 1).then(|| common.first().cloned().flatten());
    let column = |((name, wanted), places): ((&str, DataType), &BTreeSet<Option<TableReference>>)| {
        let place = match (places.len(), &of_one) {
            (1, _) => places.first().cloned().flatten(),
            (_, Some(place)) => place.clone(),
            _ => {
                return plan_err!(
                    "{function}(as_of, width) takes the columns of touchpoints from its rows, and several tables here \
                     have {name}; name every argument"
                );
            }
        };
        let column = Column::new(place, name);
        let found = schema.field_from_column(&column)?.data_type().clone();
        let column = Expr::Column(column);
        Ok(if found == wanted { column } else { cast(column, wanted) })
    };
    names().zip(arguments::types()).zip(&found).map(column).collect()
}
