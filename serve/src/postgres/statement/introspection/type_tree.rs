//! asyncpg's look-up of types that it does not know.
//!
//! It walks from a type to its parts by a recursive query whose inner queries are recursive themselves, which this engine
//! does not plan. Here a type has one kind of part, the items of an array, so that the same rows come without recursion.
//! The statement is known by the name of its table expression; its columns are those that asyncpg reads.

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

const NAME: &str = "typeinfo_tree";

const INSTEAD: &str = "SELECT t.oid, n.nspname AS ns, t.typname AS name, t.typtype AS kind, CAST(NULL AS INTEGER) AS basetype, \
    t.typelem AS elemtype, e.typdelim AS elemdelim, r.rngsubtype AS range_subtype, pg_no_oids() AS attrtypoids, \
    CAST(NULL AS TEXT[]) AS attrnames, CASE WHEN t.oid = ANY ($1::oid[]) THEN 0 ELSE 1 END AS depth, \
    CAST(NULL AS TEXT) AS basetype_name, format_type(t.typelem, NULL) AS elemtype_name, \
    format_type(r.rngsubtype, NULL) AS range_subtype_name \
    FROM pg_catalog.pg_type t \
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
    LEFT JOIN pg_catalog.pg_type e ON t.typlen = -1 AND t.typelem <> 0 AND e.oid = t.typelem \
    LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid \
    WHERE t.oid = ANY ($1::oid[]) OR t.oid IN (SELECT a.typelem FROM pg_catalog.pg_type a WHERE a.oid = ANY ($1::oid[])) \
    ORDER BY depth DESC";

/// The statement without recursion, if `statement` is that look-up.
pub(super) fn flat(statement: &Statement) -> Option<Statement> {
    let Statement::Query(query) = statement else { return None };
    let with = query.with.as_ref().filter(|with| with.recursive)?;
    with.cte_tables.first().filter(|table| table.alias.name.value.eq_ignore_ascii_case(NAME))?;
    Parser::parse_sql(&PostgreSqlDialect {}, INSTEAD).ok()?.into_iter().next()
}
