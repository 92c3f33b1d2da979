//! The columns of its rows, for a call that names only what it asks: `collisions(as_of, width)`.

use crate::sql::touch_metrics::{ARGUMENTS, ASKED, arguments};
use datafusion::common::{Column, DFSchema, Result, TableReference, plan_err};
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

fn of_rows(function: &str, schema: &DFSchema) -> Result<Vec<Expr>> {
    let names = || ARGUMENTS.iter().take(ARGUMENTS.len() - ASKED).map(|(name, _)| *name);
    let places: BTreeSet<Option<&TableReference>> = schema.iter().map(|(place, _)| place).collect();
    let has = |place: &Option<&TableReference>, name: &str| schema.index_of_column_by_name(*place, name).is_some();
    let complete: Vec<_> = places.iter().filter(|place| names().all(|name| has(place, name))).collect();
    let [place] = complete.as_slice() else {
        if complete.is_empty() {
            // The columns of several tables do not add up to a touchpoint: what the nearest one lacks is told.
            let lacking = places.iter().map(|place| names().filter(|name| !has(place, name)).collect::<Vec<_>>());
            let lacking = lacking.min_by_key(Vec::len).unwrap_or_else(|| names().collect());
            return plan_err!(
                "{function}(as_of, width) takes the columns of touchpoints from its rows, and these have no {}; select \
                 them too, or name every argument",
                lacking.join(", ")
            );
        }
        return plan_err!(
            "{function}(as_of, width) takes the columns of touchpoints from its rows, and several tables here have \
             them; name every argument"
        );
    };
    let column = |(name, wanted)| {
        let column = Column::new(place.cloned(), name);
        let found = schema.field_from_column(&column)?.data_type().clone();
        let column = Expr::Column(column);
        Ok(if found == wanted { column } else { cast(column, wanted) })
    };
    names().zip(arguments::types()).map(column).collect()
}
