//! SQL statements over a `SessionContext`: from a script, or typed at a prompt.
//!
//! Statements end with `;` (the last one of a script may lack it); quotes and comments are understood. Statements read
//! ([`plan_reading`]); settings live as long as the session. Over [`StoredTables`] each statement sees one version of
//! every table, the newest but for [`STALENESS`]. Results go to the writer handed in.
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
pub use processors::sql::reading::plan_reading;

use crate::format::{Delivered, FormatError, OutputFormat, write_results};
use crate::session::StoredTables;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use processors::sql::reading::ReadingError;
use std::io::Write;
use touchpoint::Micros;
use touchpoint::time::SECOND;

/// How old the tables of a statement may be.
pub const STALENESS: Micros = SECOND;

/// A statement that failed.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// It asks for something other than reading. The author's to leave.
    #[error(
        "only reading is possible here: SELECT (WITH, VALUES), EXPLAIN, DESCRIBE, SHOW, and SET or RESET of \
         datafusion.execution.time_zone and datafusion.explain.*; tables and views are never made or changed, and files \
         are neither read nor written"
    )]
    Refused,
    /// It does not parse or names something unknown, which is the author's to mend; or a table cannot be read, which a
    /// retry may mend.
    #[error("{}", told(.0))]
    Plan(DataFusionError),
    /// It failed while it ran or while its result was written.
    #[error(transparent)]
    Run(#[from] FormatError),
}

// Not as a source: what the author is told of it stands in the message already, in other words.
impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        Self::Plan(error)
    }
}

impl From<ReadingError> for SqlError {
    fn from(error: ReadingError) -> Self {
        match error {
            ReadingError::Refused => Self::Refused,
            ReadingError::Plan(error) => Self::Plan(error),
        }
    }
}

/// What the author of a statement can use of the error.
fn told(error: &DataFusionError) -> String {
    match error {
        DataFusionError::SQL(parser, _) => parser.to_string(),
        DataFusionError::External(cause) => cause.to_string(),
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

/// One session: a context, where its tables come from, and how its results are written.
pub struct SqlSession {
    context: SessionContext,
    tables: Option<StoredTables>,
    format: OutputFormat,
}

impl SqlSession {
    /// A session over what `context` holds.
    pub fn new(context: SessionContext, format: OutputFormat) -> Self {
        Self { context, tables: None, format }
    }

    /// A session that is given these tables anew before each statement.
    ///
    /// # Errors
    /// As [`StoredTables::session`].
    pub fn over(tables: StoredTables, format: OutputFormat) -> Result<Self, SqlError> {
        Ok(Self { context: tables.session()?, tables: Some(tables), format })
    }

    /// Runs one statement and writes its result. Dropping the future cancels it.
    ///
    /// # Errors
    /// [`SqlError::Refused`] or [`SqlError::Plan`] before anything ran, [`SqlError::Run`] afterwards.
    pub async fn run_statement(&self, sql: &str, out: &mut dyn Write) -> Result<Delivered, SqlError> {
        self.begin_statement().await?;
        let plan = plan_reading(&self.context, sql).await?;
        let results = self.context.execute_logical_plan(plan).await?.execute_stream().await?;
        Ok(write_results(results, self.format, out).await?)
    }

    async fn begin_statement(&self) -> Result<(), SqlError> {
        match &self.tables {
            Some(tables) => Ok(tables.begin_statement(&self.context).await?),
            None => Ok(()),
        }
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
