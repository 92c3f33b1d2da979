//! What is selected from a catalogue that never has rows is no rows, whatever is made of them.

use super::correlated::aggregates;
use super::relations::catalogue;
use crate::postgres::catalog::WITHOUT_ROWS;
use crate::postgres::rows::AGAIN;
use crate::postgres::statement::rewriting::item_name;
use datafusion::sql::sqlparser::ast::{
    Cte, GroupByExpr, JoinOperator, Query, Select, SelectItem, SetExpr, Statement, TableFactor, TableWithJoins,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use std::collections::BTreeMap;

/// A statement with the columns of `statement` and no rows, if it can have none.
pub(super) fn emptied(statement: &Statement) -> Option<Statement> {
    let Statement::Query(query) = statement else { return None };
    if !is_empty(query, &[]) {
        return None;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let names = first(&query.body)?.projection.iter().map(|item| match item {
        SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => None,
        item => item_name(item),
    });
    let columns = names.map(|name| {
        let name = name?;
        let again = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(0);
        let name = if *again == 0 { name } else { format!("{name}{AGAIN}{again}") };
        Some(format!("CAST(NULL AS TEXT) AS \"{}\"", name.replace('"', "\"\"")))
    });
    let text = format!("SELECT {} WHERE false", columns.collect::<Option<Vec<_>>>()?.join(", "));
    let parsed = Parser::parse_sql(&PostgreSqlDialect {}, &text).ok()?;
    parsed.into_iter().next()
}

/// Whether a query reads a catalogue without rows, and so has none.
pub(super) fn gives_nothing(query: &Query) -> bool {
    is_empty(query, &[])
}

fn first(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first(&query.body),
        SetExpr::SetOperation { left, .. } => first(left),
        _ => None,
    }
}

fn is_empty(query: &Query, outer: &[&Cte]) -> bool {
    let mut ctes: Vec<&Cte> = outer.to_vec();
    ctes.extend(query.with.iter().flat_map(|with| &with.cte_tables));
    body(&query.body, &ctes)
}

fn body(expr: &SetExpr, ctes: &[&Cte]) -> bool {
    match expr {
        SetExpr::Select(select) => selected(select, ctes),
        SetExpr::Query(query) => is_empty(query, ctes),
        SetExpr::SetOperation { left, right, .. } => body(left, ctes) && body(right, ctes),
        _ => false,
    }
}

fn selected(select: &Select, ctes: &[&Cte]) -> bool {
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let one_row = !grouped
        && select.projection.iter().any(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => aggregates(expr),
            _ => false,
        });
    !one_row && select.from.iter().any(|from| joined(from, ctes))
}

fn joined(from: &TableWithJoins, ctes: &[&Cte]) -> bool {
    from.joins.iter().fold(factor(&from.relation, ctes), |left, join| {
        let right = factor(&join.relation, ctes);
        match &join.join_operator {
            JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_) => left || right,
            JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => left,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right,
            _ => left && right,
        }
    })
}

fn factor(factor: &TableFactor, ctes: &[&Cte]) -> bool {
    match factor {
        TableFactor::Table { name, args: None, .. } => match catalogue(name) {
            Some(table) => WITHOUT_ROWS.contains(&table.as_str()),
            None => {
                ctes.iter().position(|cte| name.to_string().eq_ignore_ascii_case(&cte.alias.name.value)).is_some_and(
                    // A table expression sees those before it, and so ends what it refers to.
                    |at| is_empty(&ctes[at].query, &ctes[..at]),
                )
            }
        },
        TableFactor::Derived { subquery, .. } => is_empty(subquery, ctes),
        TableFactor::NestedJoin { table_with_joins, .. } => joined(table_with_joins, ctes),
        _ => false,
    }
}
