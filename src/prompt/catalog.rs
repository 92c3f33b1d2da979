//! What `\d` shows: tables, views and table functions, and the columns of one.

use crate::prompt::{Source, SqlError, SqlSession};
use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;
use std::sync::Arc;

/// A table, a view or a table function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// `table`, `view`, `table function`, or what a server calls it.
    pub(super) kind: String,
    /// What its author says of it; empty if nothing.
    pub(super) comment: String,
}

/// The columns of a table or view.
#[derive(Debug, Clone, Default)]
pub(super) struct Described {
    /// What its author says of the table; empty if nothing.
    pub(super) comment: String,
    columns: [Vec<String>; 4],
}

impl Described {
    /// A table without columns so far.
    pub(super) fn of(comment: &str) -> Self {
        Self { comment: comment.to_owned(), ..Self::default() }
    }

    /// One more column.
    pub(super) fn add(&mut self, name: &str, type_name: &str, null: &str, comment: &str) {
        for (column, text) in self.columns.iter_mut().zip([name, type_name, null, comment]) {
            column.push(text.to_owned());
        }
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> Vec<[&str; 4]> {
        (0..self.columns[0].len()).map(|row| [0, 1, 2, 3].map(|column| self.columns[column][row].as_str())).collect()
    }
}

/// Everything that can be named behind FROM, with its kind.
pub(super) async fn names(session: &SqlSession) -> Result<SendableRecordBatchStream, SqlError> {
    let listed = match &session.source {
        Source::Tables(tables) => tables.list().await?,
        Source::Server(server) => server.list().await?,
    };
    let text = |of: fn(&Listed) -> &str| listed.iter().map(|l| of(l).to_owned()).collect();
    rows(vec![("name", text(|l| &l.name)), ("kind", text(|l| &l.kind)), ("comment", text(|l| &l.comment))])
}

/// What the author of a table says of it, and its columns.
pub(super) async fn columns(session: &SqlSession, name: &str) -> Result<(String, SendableRecordBatchStream), SqlError> {
    let described = match &session.source {
        Source::Tables(tables) => tables.describe(name).await?,
        Source::Server(server) => server.describe(name).await?,
    };
    let named = ["column", "type", "null", "comment"].into_iter().zip(described.columns).collect();
    Ok((described.comment, rows(named)?))
}

/// Columns of text as a result.
pub(super) fn rows(columns: Vec<(&str, Vec<String>)>) -> Result<SendableRecordBatchStream, SqlError> {
    let fields: Vec<Field> = columns.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.into_iter().map(|(_, texts)| Arc::new(StringArray::from(texts)) as ArrayRef).collect();
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(DataFusionError::from)?;
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter([Ok(batch)]))))
}
