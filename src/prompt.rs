//! SQL statements over stored tables or a server: from a script, or typed at a prompt.
//!
//! Statements end with `;` (the last one of a script may lack it); quotes and comments are understood. Over tables they
//! read ([`plan_reading`]), settings live as long as the session, and over [`StoredTables`] each statement sees one version
//! of every table, the newest but for [`STALENESS`]. What a [`Server`] lets run is its own affair. Results go to a
//! [`Screen`].
//!
//! | module | one noun |
//! |---|---|
//! | `tables`, `server` | where statements run |
//! | `running` | a statement on the threads of the runtime, which ends when nobody wants its rows |
//! | `conversation`, `orders` | the loop of the prompt, and what begins with `\` |
//! | `editor`, `completion`, `vocabulary`, `words` | lines with editing, history and completion |
//! | `screen` | the terminal: its size, its pager |
//! | `place` | where in a statement an error is |
//! | `statements` | a text split into statements |
//!
//! A script stops at its first error. At the prompt an error is shown and the prompt returns. A reader that went away
//! (broken pipe) ends either quietly.

mod catalog;
mod completion;
mod conversation;
mod editor;
mod functions;
mod orders;
mod place;
mod running;
mod screen;
pub mod server;
mod statements;
mod tables;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

pub use conversation::{Interrupt, LineSource, TypedLine, converse, ctrl_c};
pub use editor::{EditorError, TerminalLines};
pub use processors::sql::reading::plan_reading;
pub use screen::{Pager, Screen, Terminal};
pub use server::Server;
pub use vocabulary::Vocabulary;

use crate::format::{Delivered, FormatError, OutputFormat, Style};
use crate::session::StoredTables;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use processors::sql::reading::ReadingError;
use server::ServerError;
use std::io::Write;
use std::sync::Arc;
use tables::Tables;
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
    /// The server refused it or cannot be reached.
    #[error(transparent)]
    Server(#[from] ServerError),
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
        DataFusionError::SQL(parser, _) => place::without_place(&parser.to_string()).to_owned(),
        DataFusionError::External(cause) => cause.to_string(),
        DataFusionError::Diagnostic(_, cause) => told(cause),
        other => other.strip_backtrace(),
    }
}

/// A script that stopped.
#[derive(Debug, thiserror::Error)]
#[error("statement {number}: {source}{}", .place.as_ref().map(|place| format!("\n{place}")).unwrap_or_default())]
pub struct ScriptError {
    /// Which statement of the script, from 1.
    pub number: usize,
    /// The line of the statement that is wrong, and a mark below the word, if the place is known.
    pub place: Option<String>,
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

/// Where statements run. Clones are the same.
#[derive(Clone)]
enum Source {
    Tables(Tables),
    Server(Server),
}

/// One session: where its statements run, and how results are written unless told otherwise.
pub struct SqlSession {
    source: Source,
    style: Style,
}

impl SqlSession {
    /// A session over what `context` holds.
    pub fn new(context: SessionContext, format: OutputFormat) -> Self {
        Self { source: Source::Tables(Tables::new(context, None)), style: format.into() }
    }

    /// A session that is given these tables anew before each statement.
    ///
    /// # Errors
    /// As [`StoredTables::session`].
    pub fn over(tables: StoredTables, format: OutputFormat) -> Result<Self, SqlError> {
        let source = Tables::new(tables.session()?, Some(Arc::new(tables)));
        Ok(Self { source: Source::Tables(source), style: format.into() })
    }

    /// A session with a server.
    pub fn with(server: Server, format: OutputFormat) -> Self {
        Self { source: Source::Server(server), style: format.into() }
    }

    /// The same, with tables of this look.
    #[must_use]
    pub fn in_style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Begins one statement; its rows come while they are taken. Dropping the future or the stream stops it.
    ///
    /// # Errors
    /// [`SqlError::Refused`], [`SqlError::Plan`] or [`SqlError::Server`] before anything ran.
    pub async fn start(&self, sql: &str) -> Result<SendableRecordBatchStream, SqlError> {
        match &self.source {
            Source::Tables(tables) => running::apart(|held| tables.clone().run(sql.to_owned(), held)).await,
            Source::Server(server) => running::apart(|_| server.clone().run(sql.to_owned())).await,
        }
    }

    /// Tells a server to stop the statement whose future or stream was dropped. Over tables that is done already.
    pub async fn cancel(&self) {
        match &self.source {
            Source::Tables(_) => {}
            Source::Server(server) => server.cancel().await,
        }
    }

    /// Runs the statements of a text in order and writes their results one after another.
    ///
    /// # Errors
    /// The first statement that fails, with its number; those behind it do not run.
    pub async fn run_script(&self, text: &str, out: &mut dyn Write) -> Result<SessionEnd, ScriptError> {
        self.run_script_on(text, &mut Screen::plain(out)).await
    }

    /// Runs the statements of a text in order and shows their results.
    ///
    /// # Errors
    /// As [`SqlSession::run_script`]; also the second result of a format that holds one.
    pub async fn run_script_on(&self, text: &str, screen: &mut Screen<'_>) -> Result<SessionEnd, ScriptError> {
        let split = statements::split(text);
        let mut results = 0;
        for (index, statement) in split.complete.iter().chain(split.unfinished.iter()).enumerate() {
            match self.run_one(statement, &mut results, screen).await {
                Ok(Delivered::Closed) => return Ok(SessionEnd::Closed),
                Ok(Delivered::Complete(_) | Delivered::Cut(_) | Delivered::Left) => {}
                Err(source) => {
                    let place = place::shown(statement, &source);
                    return Err(ScriptError { number: index + 1, place, source });
                }
            }
        }
        Ok(SessionEnd::Complete)
    }

    async fn run_one(
        &self,
        statement: &str,
        results: &mut usize,
        screen: &mut Screen<'_>,
    ) -> Result<Delivered, SqlError> {
        let rows = self.start(statement).await?;
        *results += usize::from(!rows.schema().fields().is_empty());
        if self.style.format == OutputFormat::Parquet && *results > 1 {
            return Err(FormatError::SecondResult.into());
        }
        Ok(screen.show(rows, self.style).await?)
    }
}
