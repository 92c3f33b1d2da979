//! SQL statements over a `SessionContext`: from a script, or typed at a prompt.
//!
//! Statements end with `;` (the last one of a script may lack it); quotes and comments are understood. Tables are never
//! changed: DML and COPY are refused, views and settings live as long as the session. Results go to the writer handed
//! in.
//!
//! | at the prompt | |
//! |---|---|
//! | `\d`, `\d NAME` | tables, views and table functions; the columns of one |
//! | `\timing` | show how long each statement took, or stop showing |
//! | `\?`, `\q` | help; quit |
//! | Ctrl-C | cancels the running statement, or drops the half-typed one |
//! | Ctrl-D | quits |
//!
//! A script stops at its first error. At the prompt an error is shown and the prompt returns. A reader that went away
//! (broken pipe) ends either quietly.

mod catalog;
mod conversation;
mod editor;
mod statements;
#[cfg(test)]
mod tests;

pub use conversation::{Interrupt, LineSource, TypedLine, converse, ctrl_c};
pub use editor::{EditorError, TerminalLines};

use crate::format::{Delivered, FormatError, OutputFormat, write_results};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::SessionContext;
use std::io::Write;

/// A statement that failed.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// It does not parse, names something unknown, or asks for a change. The author's to mend.
    #[error("{}", told(.0))]
    Plan(DataFusionError),
    /// It failed while it ran or while its result was written.
    #[error(transparent)]
    Run(#[from] FormatError),
}

/// What the author of a statement can use of the error.
fn told(error: &DataFusionError) -> String {
    match error {
        DataFusionError::SQL(parser, _) => parser.to_string(),
        DataFusionError::Plan(text) if text.starts_with("DML not supported") => {
            format!("tables are only read here ({text})")
        }
        other => other.strip_backtrace(),
    }
}

/// A script that stopped.
#[derive(Debug, thiserror::Error)]
#[error("statement {number}: {source}")]
pub struct ScriptError {
    /// Which statement of the script, from 1.
    pub number: usize,
    /// What went wrong; statements before it have run.
    #[source]
    pub source: SqlError,
}

/// How a script or a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// Everything ran, or the user quit.
    Complete,
    /// The reader of the output went away; stop without a word.
    Closed,
}

/// One session: a context, and how its results are written.
pub struct SqlSession {
    context: SessionContext,
    format: OutputFormat,
}

impl SqlSession {
    /// A session over `context`.
    pub fn new(context: SessionContext, format: OutputFormat) -> Self {
        Self { context, format }
    }

    /// Runs one statement and writes its result. Dropping the future cancels it.
    ///
    /// # Errors
    /// [`SqlError::Plan`] before anything ran, [`SqlError::Run`] afterwards.
    pub async fn run_statement(&self, sql: &str, out: &mut dyn Write) -> Result<Delivered, SqlError> {
        let options = SQLOptions::new().with_allow_dml(false);
        let frame = self.context.sql_with_options(sql, options).await.map_err(SqlError::Plan)?;
        let results = frame.execute_stream().await.map_err(SqlError::Plan)?;
        Ok(write_results(results, self.format, out).await?)
    }

    /// Runs the statements of a text in order.
    ///
    /// # Errors
    /// The first statement that fails, with its number; those behind it do not run.
    pub async fn run_script(&self, text: &str, out: &mut dyn Write) -> Result<SessionEnd, ScriptError> {
        let split = statements::split(text);
        for (index, statement) in split.complete.iter().chain(split.unfinished.iter()).enumerate() {
            let delivered = self.run_statement(statement, out).await;
            match delivered.map_err(|source| ScriptError { number: index + 1, source })? {
                Delivered::Closed => return Ok(SessionEnd::Closed),
                Delivered::Complete(_) | Delivered::Cut(_) => {}
            }
        }
        Ok(SessionEnd::Complete)
    }
}
