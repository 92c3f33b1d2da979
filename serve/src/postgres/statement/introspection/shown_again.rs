//! A column that stands beside the wildcard of its table: `SELECT db.oid, db.* …`.
//!
//! PostgreSQL shows it twice under one name, the engine has each name once. So the one that is named gets a mark behind its
//! name, which clients are not told ([`AGAIN`]).

use crate::postgres::rows::AGAIN;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement,
};

/// Marks the columns of the outermost `SELECT`.
pub(super) fn marked(statement: &mut Statement) {
    if let Statement::Query(query) = statement
        && let SetExpr::Select(select) = query.body.as_mut()
    {
        mark(select);
    }
}

fn mark(select: &mut Select) {
    let wildcards: Vec<Wildcard> = select.projection.iter().filter_map(Wildcard::of).collect();
    for (at, item) in select.projection.iter_mut().enumerate() {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let (table, name) = match &*expr {
            Expr::Identifier(name) => (None, name),
            Expr::CompoundIdentifier(parts) => match parts.split_last() {
                Some((name, table)) => (Some(written(table)), name),
                None => continue,
            },
            _ => continue,
        };
        if wildcards.iter().any(|wildcard| wildcard.shows(table.as_deref())) {
            let alias = Ident::with_quote('"', format!("{}{AGAIN}{}", name.value, at + 1));
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}

/// `*` or `t.*`.
enum Wildcard {
    OfAll,
    Of(String),
}

impl Wildcard {
    fn of(item: &SelectItem) -> Option<Self> {
        match item {
            SelectItem::Wildcard(_) => Some(Self::OfAll),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident()).cloned().collect();
                Some(Self::Of(written(&parts)))
            }
            _ => None,
        }
    }

    /// Whether a column of that table is among those that it shows; one of no table may be.
    fn shows(&self, table: Option<&str>) -> bool {
        match (self, table) {
            (Self::OfAll, _) | (_, None) => true,
            (Self::Of(shown), Some(table)) => shown == table,
        }
    }
}

fn written(table: &[Ident]) -> String {
    table.iter().map(|part| part.value.to_lowercase()).collect::<Vec<_>>().join(".")
}
