//! Correlated scalar subqueries over catalogues: each row has at most one value, which the engine must be told.

use super::relations::last;
use crate::postgres::statement::rewriting::call;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, Query, Select, SelectItem, SetExpr, Statement, TableFactor, Value, Visit, VisitMut, Visitor,
    VisitorMut,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Each takes the largest of its values, of which there is at most one.
pub(super) fn single(mut statement: Statement) -> Statement {
    let ControlFlow::<()>::Continue(()) = VisitMut::visit(&mut statement, &mut Single) else { return statement };
    statement
}

/// Each that is shown is NULL.
pub(super) fn absent(mut statement: Statement) -> Statement {
    let ControlFlow::<()>::Continue(()) = VisitMut::visit(&mut statement, &mut Columns) else { return statement };
    single(statement)
}

struct Single;

impl VisitorMut for Single {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Subquery(query) = expr
            && query.limit_clause.is_none()
            && is_correlated(query)
            && let SetExpr::Select(select) = query.body.as_mut()
            && let [SelectItem::UnnamedExpr(shown) | SelectItem::ExprWithAlias { expr: shown, .. }] =
                select.projection.as_mut_slice()
            && !aggregates(shown)
        {
            *shown = call("max", vec![shown.clone()]);
            query.order_by = None;
        }
        ControlFlow::Continue(())
    }
}

struct Columns;

impl VisitorMut for Columns {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                expr.visit(&mut Absent)?;
            }
        }
        ControlFlow::Continue(())
    }
}

struct Absent;

impl VisitorMut for Absent {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Subquery(query) = expr
            && is_correlated(query)
        {
            *expr = Expr::Value(Value::Null.with_empty_span());
        }
        ControlFlow::Continue(())
    }
}

/// Whether an expression is an aggregate, or holds one that is not a subquery's.
pub(super) fn aggregates(expr: &Expr) -> bool {
    const AGGREGATES: [&str; 9] =
        ["count", "max", "min", "sum", "avg", "array_agg", "string_agg", "bool_and", "bool_or"];
    #[derive(Default)]
    struct Finding {
        inside: usize,
    }
    impl Visitor for Finding {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.inside += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.inside -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Function(Function { name, .. })
                    if self.inside == 0
                        && last(name).is_some_and(|name| AGGREGATES.contains(&name.value.to_lowercase().as_str())) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Finding::default()).is_break()
}

/// Whether a query names a table that it does not read itself.
fn is_correlated(query: &Query) -> bool {
    let mut names = Names::default();
    query.visit(&mut names).is_break() || names.used.iter().any(|used| !names.read.contains(used))
}

#[derive(Default)]
struct Names {
    read: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.read.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let (name, alias) = match factor {
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => (last(name), alias),
            TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } => (None, alias),
            _ => return ControlFlow::Continue(()),
        };
        let named = alias.as_ref().map(|alias| &alias.name).or(name);
        self.read.extend(named.map(|ident| ident.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(idents) = expr
            && let [.., table, _] = idents.as_slice()
        {
            self.used.insert(table.value.to_lowercase());
        }
        ControlFlow::Continue(())
    }
}
