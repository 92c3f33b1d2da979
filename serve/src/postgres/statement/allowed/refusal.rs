//! How a statement that is not let in is refused: 25006 for what would change something, 42501 for what nobody may do here,
//! 0A000 for what is not done.

use crate::postgres::{Fault, SqlState};
use datafusion::sql::sqlparser::ast::{CopyTarget, Statement};

/// The fault of `statement`, which is named by its first words and by nothing that it names itself.
pub(super) fn refused(statement: &Statement) -> Fault {
    let words = words(statement);
    match statement {
        Statement::LISTEN { .. } | Statement::NOTIFY { .. } => {
            Fault::unsupported(&words).with_hint("Nothing is announced here; ask again for what is new.")
        }
        Statement::Copy { target: CopyTarget::File { .. } | CopyTarget::Program { .. }, .. } => {
            Fault::new(SqlState::InsufficientPrivilege, "permission denied to COPY to or from a file or a program")
                .with_hint("Use COPY (query) TO STDOUT; psql's \\copy writes it to a file of the client.")
        }
        Statement::Grant(_) | Statement::Revoke(_) => {
            Fault::new(SqlState::InsufficientPrivilege, format!("permission denied: {words}"))
                .with_hint("Rights follow from the role that a user has in the users file.")
        }
        Statement::Query(_) => Fault::unsupported("a query at this place"),
        Statement::Execute { .. } | Statement::Call(_) | Statement::Kill { .. } | Statement::Fetch { .. } => {
            Fault::unsupported(&words)
        }
        _ if CHANGING.iter().any(|verb| words.starts_with(verb)) => {
            Fault::read_only(&words).with_hint("Everything here is read-only: SELECT, EXPLAIN and SHOW.")
        }
        _ => Fault::unsupported(&words),
    }
}

/// Beginnings of what changes something.
const CHANGING: [&str; 20] = [
    "ALTER", "ANALYZE", "ATTACH", "CACHE", "CLUSTER", "COMMENT", "COPY", "CREATE", "DELETE", "DETACH", "DROP",
    "INSERT", "LOAD", "LOCK", "MERGE", "REINDEX", "RENAME", "TRUNCATE", "UPDATE", "VACUUM",
];

/// Its first words that are keywords: two for what is made or dropped, one for the rest.
fn words(statement: &Statement) -> String {
    let text = statement.to_string();
    let mut words = text.split_whitespace().map(str::to_uppercase);
    let first = words.next().unwrap_or_default();
    let kinds = ["TABLE", "VIEW", "SCHEMA", "DATABASE", "FUNCTION", "INDEX", "ROLE", "EXTENSION", "MATERIALIZED"];
    match words.find(|word| !["OR", "REPLACE", "EXTERNAL", "TEMPORARY"].contains(&word.as_str())) {
        Some(second) if kinds.contains(&second.as_str()) => format!("{first} {second}"),
        _ => first,
    }
}
