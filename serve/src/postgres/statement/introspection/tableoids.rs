//! `c.tableoid`: which catalogue a row of a catalogue is in. Every table of PostgreSQL has this column; here it is the oid of
//! the table that the statement itself names.

use super::relations::catalogue;
use crate::postgres::catalog::oid_of_catalogue;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Select, SelectItem, TableFactor, Value, VisitMut, VisitorMut};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

const COLUMN: &str = "tableoid";

/// Puts the numbers in place of those columns.
pub(super) fn numbered(select: &mut Select) {
    let mut tables = BTreeMap::new();
    for from in &select.from {
        let joined = from.joins.iter().map(|join| &join.relation);
        tables.extend(std::iter::once(&from.relation).chain(joined).filter_map(named));
    }
    if tables.is_empty() {
        return;
    }
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) = item
            && number(expr, &tables).is_some()
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::new(COLUMN) };
        }
    }
    let ControlFlow::<()>::Continue(()) = VisitMut::visit(select, &mut Numbers(tables)) else { return };
}

/// The name by which a statement knows a catalogue, and its oid.
fn named(factor: &TableFactor) -> Option<(String, i32)> {
    let TableFactor::Table { name, alias, args: None, .. } = factor else { return None };
    let table = catalogue(name)?;
    let known_as = alias.as_ref().map_or_else(|| table.clone(), |alias| alias.name.value.to_lowercase());
    Some((known_as, oid_of_catalogue(&table)?))
}

fn number(expr: &Expr, tables: &BTreeMap<String, i32>) -> Option<i32> {
    let Expr::CompoundIdentifier(parts) = expr else { return None };
    let [.., table, column] = parts.as_slice() else { return None };
    let is_asked = column.value.eq_ignore_ascii_case(COLUMN);
    is_asked.then(|| tables.get(&table.value.to_lowercase()).copied()).flatten()
}

struct Numbers(BTreeMap<String, i32>);

impl VisitorMut for Numbers {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(oid) = number(expr, &self.0) {
            *expr = Expr::Value(Value::Number(oid.to_string(), false).with_empty_span());
        }
        ControlFlow::Continue(())
    }
}
