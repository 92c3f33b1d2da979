//! The names that a server has, asked of its catalogue as any client does.

use super::{Server, ServerError};
use crate::prompt::SqlError;
use crate::prompt::catalog::{Described, Listed};
use crate::prompt::functions::{Documented, FunctionKind};
use crate::prompt::vocabulary::{NamedTable, Vocabulary};
use datafusion::arrow::array::Array;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::error::DataFusionError;
use futures::TryStreamExt;
use std::collections::BTreeMap;

const TABLES: &str = "SELECT table_name, table_type FROM information_schema.tables \
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY table_name";
const COLUMNS: &str = "SELECT table_name, column_name FROM information_schema.columns \
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY table_name, ordinal_position";
/// Names of a server of Touchload; others answer [`PROCEDURES`].
const FUNCTIONS: &str = "SHOW FUNCTIONS";
const PROCEDURES: &str = "SELECT DISTINCT proname AS function_name, CASE prokind WHEN 'a' THEN 'aggregate' \
    WHEN 'w' THEN 'window' ELSE 'scalar' END AS function_type, '' AS description, '' AS syntax_example \
    FROM pg_catalog.pg_proc";

/// A text of a statement; quotes in it are doubled.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn columns_of(table: &str) -> String {
    format!(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = {} \
         AND table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY ordinal_position",
        quoted(table)
    )
}

/// Comments of a table (column 0) and of its columns, by number.
fn comments_of(table: &str) -> String {
    format!(
        "SELECT d.objsubid, d.description FROM pg_catalog.pg_description d JOIN pg_catalog.pg_class c \
         ON c.oid = d.objoid WHERE c.relname = {}",
        quoted(table)
    )
}

/// Comments of tables.
const COMMENTS: &str = "SELECT c.relname, d.description FROM pg_catalog.pg_description d JOIN pg_catalog.pg_class c \
    ON c.oid = d.objoid WHERE d.objsubid = 0";

/// A result as texts, by column; NULL is empty.
struct Texts {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Texts {
    fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    fn cell<'a>(&self, row: &'a [String], name: &str) -> &'a str {
        self.column(name).and_then(|at| row.get(at)).map_or("", String::as_str)
    }
}

impl Server {
    /// Every table and view.
    pub(in crate::prompt) async fn list(&self) -> Result<Vec<Listed>, SqlError> {
        let comments = self.optional(COMMENTS).await?;
        let comments: BTreeMap<&str, &str> = pairs(&comments).collect();
        let tables = self.texts(TABLES).await?;
        let listed = pairs(&tables).map(|(name, kind)| Listed {
            name: name.to_owned(),
            kind: if kind == "BASE TABLE" { "table".to_owned() } else { kind.to_lowercase() },
            comment: comments.get(name).map_or_else(String::new, |&comment| comment.to_owned()),
        });
        Ok(listed.collect())
    }

    /// One table or view.
    pub(in crate::prompt) async fn describe(&self, name: &str) -> Result<Described, SqlError> {
        let name = name.rsplit_once('.').map_or(name, |(_, name)| name).trim_matches('"');
        let columns = self.texts(&columns_of(name)).await?;
        if columns.rows.is_empty() {
            let message = format!("there is no table or view {name}; \\d lists them");
            return Err(ServerError::Refused(Box::new(super::Refusal {
                code: "42P01".to_owned(),
                message,
                ..Default::default()
            }))
            .into());
        }
        let comments = self.optional(&comments_of(name)).await?;
        let comments: BTreeMap<&str, &str> = pairs(&comments).collect();
        let comment = |number: usize| comments.get(number.to_string().as_str()).copied().unwrap_or_default();
        let mut described = Described::of(comment(0));
        for (index, row) in columns.rows.iter().enumerate() {
            let null = if columns.cell(row, "is_nullable") == "NO" { "never" } else { "yes" };
            let (name, data_type) = (columns.cell(row, "column_name"), columns.cell(row, "data_type"));
            described.add(name, data_type, null, comment(index + 1));
        }
        Ok(described)
    }

    /// Every function, and what the server says of it.
    pub(in crate::prompt) async fn functions(&self) -> Result<Vec<Documented>, SqlError> {
        let told = match self.texts(FUNCTIONS).await {
            Err(SqlError::Server(ServerError::Refused(_))) => self.texts(PROCEDURES).await?,
            told => told?,
        };
        let mut functions = BTreeMap::new();
        for row in &told.rows {
            let name = told.cell(row, "function_name").to_owned();
            // One row per signature; what is said is the same.
            functions.entry(name.clone()).or_insert_with(|| Documented {
                kind: FunctionKind::named(told.cell(row, "function_type")),
                usage: Some(told.cell(row, "syntax_example").trim())
                    .filter(|usage| !usage.is_empty())
                    .map_or_else(|| format!("{name}(…)"), str::to_owned),
                description: told.cell(row, "description").trim().to_owned(),
                arguments: Vec::new(),
                example: String::new(),
                name,
            });
        }
        Ok(functions.into_values().collect())
    }

    /// What can be completed.
    pub(in crate::prompt) async fn vocabulary(&self) -> Result<Vocabulary, SqlError> {
        let columns = self.texts(COLUMNS).await?;
        let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (table, column) in pairs(&columns) {
            tables.entry(table).or_default().push(column.to_owned());
        }
        let tables = tables.into_iter().map(|(name, columns)| NamedTable { name: name.to_owned(), columns });
        let (in_tables, functions): (Vec<_>, Vec<_>) =
            self.functions().await?.into_iter().partition(|function| function.kind == FunctionKind::Table);
        let names = |functions: Vec<Documented>| functions.into_iter().map(|function| function.name).collect();
        Ok(Vocabulary::new(tables.collect(), names(functions), names(in_tables)))
    }

    /// What a server may not have.
    async fn optional(&self, sql: &str) -> Result<Texts, SqlError> {
        match self.texts(sql).await {
            Err(SqlError::Server(ServerError::Refused(refusal))) => {
                tracing::debug!(message = refusal.message, "the server tells no comments");
                Ok(Texts { names: Vec::new(), rows: Vec::new() })
            }
            told => told,
        }
    }

    async fn texts(&self, sql: &str) -> Result<Texts, SqlError> {
        let rows = self.clone().run(sql.to_owned()).await?;
        let names = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        let batches: Vec<_> = rows.try_collect().await.map_err(SqlError::Plan)?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cell = |column: &dyn Array| array_value_to_string(column, row).map_err(DataFusionError::from);
                let cells: Result<Vec<String>, DataFusionError> = batch.columns().iter().map(|c| cell(c)).collect();
                rows.push(cells?);
            }
        }
        Ok(Texts { names, rows })
    }
}

/// The first two columns.
fn pairs(texts: &Texts) -> impl Iterator<Item = (&str, &str)> {
    texts.rows.iter().filter_map(|row| match row.as_slice() {
        [first, second, ..] => Some((first.as_str(), second.as_str())),
        _ => None,
    })
}
