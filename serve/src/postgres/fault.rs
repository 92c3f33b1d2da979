//! What a client is told when a statement does not run: a SQLSTATE, a message and where in the statement it went wrong.
//!
//! Drivers act on the state alone: pools retry by its class, tools print the rest. The message says what was expected; what
//! a retry changes is in the class: 53 and 57 may go away by themselves, 22, 28 and 42 do not. Errors of the server itself
//! (XX000) say what failed and nothing of its files or its source.

mod from_datafusion;
mod state;
#[cfg(test)]
mod tests;

pub use state::SqlState;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .state.code())]
pub struct Fault {
    /// The class of the fault.
    pub state: SqlState,
    /// What went wrong; one line.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Which character of the statement's text, from 1.
    pub position: Option<u32>,
}

impl Fault {
    /// A fault that is all said by its message.
    pub fn new(state: SqlState, message: impl Into<String>) -> Self {
        Self { state, message: message.into(), detail: None, hint: None, position: None }
    }

    /// With more about it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// At a character of the statement's text, from 1.
    #[must_use]
    pub fn at(mut self, position: u32) -> Self {
        self.position = Some(position);
        self
    }

    /// At a line and a column of `sql`, both from 1, as parsers count; without a position if there is no such place.
    #[must_use]
    pub fn at_place(mut self, sql: &str, line: u64, column: u64) -> Self {
        self.position = position(sql, line, column);
        self
    }

    /// A statement that this server does not run.
    pub fn unsupported(what: &str) -> Self {
        Self::new(SqlState::FeatureNotSupported, format!("{what} is not supported"))
    }

    /// A statement that would change something.
    pub fn read_only(what: &str) -> Self {
        Self::new(SqlState::ReadOnlySqlTransaction, format!("cannot execute {what} in a read-only transaction"))
    }
}

fn position(sql: &str, line: u64, column: u64) -> Option<u32> {
    let before = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut chars = 0_usize;
    for text in sql.split('\n').take(before) {
        chars += text.chars().count() + 1;
    }
    let place = chars + usize::try_from(column).ok()?;
    (place >= 1 && place <= sql.chars().count() + 1).then(|| u32::try_from(place).ok())?
}
