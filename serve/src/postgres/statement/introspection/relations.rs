//! Which tables a statement reads.

use crate::postgres::statement::qualified::TABLE_FUNCTIONS;
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, Query, Statement, TableFactor, Visit, Visitor};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Whether all tables of `statement` are catalogues, and there is one.
pub(super) fn are_catalogues(statement: &Statement) -> bool {
    let mut read = Read::default();
    if !matches!(statement, Statement::Query(_)) || statement.visit(&mut read).is_break() {
        return false;
    }
    let mut others = read.named.iter().filter(|name| !read.ctes.contains(*name));
    read.catalogues > 0 && others.next().is_none()
}

#[derive(Default)]
struct Read {
    catalogues: usize,
    named: BTreeSet<String>,
    ctes: BTreeSet<String>,
}

impl Visitor for Read {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.ctes.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let (name, is_function) = match factor {
            TableFactor::Table { name, args, .. } => (name, args.is_some()),
            TableFactor::Function { name, .. } => (name, true),
            _ => return ControlFlow::Continue(()),
        };
        match (catalogue(name), is_function) {
            (Some(_), false) => self.catalogues += 1,
            (_, true)
                if last(name).is_some_and(|name| TABLE_FUNCTIONS.contains(&name.value.to_lowercase().as_str())) => {}
            (Some(_), true) => {}
            (None, _) => {
                self.named.insert(name.to_string().to_lowercase());
            }
        }
        ControlFlow::Continue(())
    }
}

/// The name of a table of a catalogue, without its schema.
pub(super) fn catalogue(name: &ObjectName) -> Option<String> {
    let mut parts = name.0.iter().rev().filter_map(|part| part.as_ident()).map(|ident| ident.value.to_lowercase());
    let table = parts.next()?;
    let schema = parts.next()?;
    matches!(schema.as_str(), "pg_catalog" | "information_schema").then_some(table)
}

pub(super) fn last(name: &ObjectName) -> Option<&Ident> {
    name.0.last().and_then(|part| part.as_ident())
}
