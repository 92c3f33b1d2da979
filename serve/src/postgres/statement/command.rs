//! What a client says about its connection. Nothing here touches a table or another connection.

use super::Query;
use datafusion::arrow::datatypes::DataType;
use datafusion::sql::sqlparser::ast::Expr;

/// See the module.
#[derive(Debug, Clone)]
pub enum Command {
    /// `SET name = value`; without a value: to its default.
    Set {
        /// Name of the setting, as it was written.
        name: String,
        /// The value as text.
        value: Option<String>,
        /// For how long.
        extent: Extent,
    },
    /// `SET TRANSACTION …`, `SET SESSION CHARACTERISTICS …`, `UNLISTEN`: taken, without effect.
    Noted {
        /// What is answered.
        tag: &'static str,
    },
    /// `RESET name`, or of all.
    Reset(Option<String>),
    /// `SHOW name`, or of all: a row per setting.
    Show(Option<String>),
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`; whether another one begins at once.
    Commit(Next),
    /// `ROLLBACK`, `ABORT`; whether another one begins at once.
    Rollback(Next),
    /// `SAVEPOINT name`.
    Savepoint(String),
    /// `RELEASE name`.
    Release(String),
    /// `ROLLBACK TO name`: a failed transaction goes on.
    RollbackTo(String),
    /// `DISCARD ALL`: settings, statements and cursors are gone.
    DiscardAll,
    /// `DISCARD PLANS|SEQUENCES|TEMP`: nothing to discard.
    DiscardOther,
    /// `DEALLOCATE name`, or of all.
    Deallocate(Option<String>),
    /// `PREPARE name (types) AS query`.
    Prepare {
        /// Name of the statement.
        name: String,
        /// Types of its parameters as far as they were given.
        types: Vec<Option<DataType>>,
        /// What it asks.
        query: Box<Query>,
    },
    /// `EXECUTE name (values)`.
    Execute {
        /// Name of the statement.
        name: String,
        /// Its parameters as they were written.
        values: Vec<Expr>,
    },
    /// `DECLARE name CURSOR FOR query`.
    Declare(Cursor),
    /// `FETCH … FROM name`.
    Fetch {
        /// Name of the cursor.
        cursor: String,
        /// How many rows.
        rows: Fetched,
    },
    /// `CLOSE name`, or of all.
    Close(Option<String>),
    /// `COPY (query) TO STDOUT`.
    Copy(CopyOut),
}

/// How long a `SET` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Until the connection ends.
    Session,
    /// Until the transaction ends.
    Transaction,
}

/// What follows the end of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Idle,
    /// Another transaction (`AND CHAIN`).
    Another,
}

/// A cursor that is declared.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub query: Box<Query>,
    /// Format of its values.
    pub format: CursorFormat,
    /// Whether it outlives its transaction.
    pub life: Extent,
}

/// Format of the values of a cursor in a simple query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorFormat {
    /// Text.
    Text,
    /// Binary.
    Binary,
}

/// How many rows a `FETCH` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// So many, or what is left.
    Count(usize),
    /// All that are left.
    All,
}

/// A query whose rows are copied out.
#[derive(Debug, Clone)]
pub struct CopyOut {
    /// What it asks.
    pub query: Box<Query>,
    /// How rows are written.
    pub format: CopyFormat,
}

/// How rows are copied out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFormat {
    /// Tab-separated lines with backslash escapes.
    Text(CopyText),
    /// Comma-separated values.
    Csv(CopyText),
    /// PostgreSQL's binary format.
    Binary,
}

/// What may be chosen of the text formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyText {
    /// Between values.
    pub delimiter: char,
    /// What NULL is.
    pub null: String,
    /// Whether the names of the columns come first.
    pub header: Header,
}

/// Whether the names of the columns come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// They do.
    Names,
    /// They do not.
    None,
}

impl Command {
    /// What is answered when it is done; queries are counted by the server.
    pub fn tag(&self) -> &'static str {
        match self {
            Self::Set { .. } => "SET",
            Self::Noted { tag } => tag,
            Self::Reset(_) => "RESET",
            Self::Show(_) => "SHOW",
            Self::Begin => "BEGIN",
            Self::Commit(_) => "COMMIT",
            Self::Rollback(_) | Self::RollbackTo(_) => "ROLLBACK",
            Self::Savepoint(_) => "SAVEPOINT",
            Self::Release(_) => "RELEASE",
            Self::DiscardAll => "DISCARD ALL",
            Self::DiscardOther => "DISCARD",
            Self::Deallocate(None) => "DEALLOCATE ALL",
            Self::Deallocate(Some(_)) => "DEALLOCATE",
            Self::Prepare { .. } => "PREPARE",
            Self::Execute { .. } => "EXECUTE",
            Self::Declare(_) => "DECLARE CURSOR",
            Self::Fetch { .. } => "FETCH",
            Self::Close(None) => "CLOSE CURSOR ALL",
            Self::Close(Some(_)) => "CLOSE CURSOR",
            Self::Copy(_) => "COPY",
        }
    }
}
