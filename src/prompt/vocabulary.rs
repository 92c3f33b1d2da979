//! The names that can be completed: tables with their columns, functions and table functions.

use crate::prompt::{Source, SqlError};
use std::sync::OnceLock;

/// A table or view and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedTable {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

/// See the module. Sorted by name.
#[derive(Debug, Default)]
pub struct Vocabulary {
    pub(super) tables: Vec<NamedTable>,
    pub(super) functions: Vec<String>,
    pub(super) table_functions: Vec<String>,
}

impl Vocabulary {
    /// These names.
    pub(super) fn new(mut tables: Vec<NamedTable>, mut functions: Vec<String>, table_functions: Vec<String>) -> Self {
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        functions.sort();
        functions.dedup();
        let mut table_functions = table_functions;
        table_functions.sort();
        Self { tables, functions, table_functions }
    }

    /// The columns of a table.
    pub(super) fn columns(&self, table: &str) -> Option<&[String]> {
        let named = self.tables.iter().find(|t| t.name.eq_ignore_ascii_case(table));
        named.map(|table| table.columns.as_slice())
    }
}

/// Looks up what can be completed and puts it into `known`. Without it, keywords are completed all the same.
pub(super) async fn learn(source: &Source, known: &OnceLock<Vocabulary>) {
    let vocabulary: Result<Vocabulary, SqlError> = match source {
        Source::Tables(tables) => tables.vocabulary().await,
        Source::Server(server) => server.vocabulary().await,
    };
    match vocabulary {
        Ok(vocabulary) => drop(known.set(vocabulary)),
        Err(error) => tracing::debug!(%error, "no names for completion"),
    }
}
