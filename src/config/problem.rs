//! What is wrong with a configuration: one problem per line, with its place and what to do.

use std::fmt;

/// One problem. `Display` gives `LINE: KEY: what`, without the line where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1; `None` for what is missing or came from the command line.
    pub line: Option<usize>,
    /// Dotted path of the key; empty for a syntax error.
    pub path: String,
    /// What was expected, what was found (never a secret), and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.what)
    }
}

/// A configuration that cannot be used. The user's to mend; a retry does not help. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {file}: {source}; check its name, and that this user may read it")]
    Unreadable {
        /// Its name as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file says what it may not; every problem is listed, in the order of the file.
    #[error("{}", list_problems(&format!("the configuration {file}"), problems))]
    Problems {
        /// Its name as given.
        file: String,
        /// At least one.
        problems: Vec<Problem>,
    },
}

/// All of them under the name of what has them.
pub(crate) fn list_problems(of: &str, problems: &[Problem]) -> String {
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    problems.iter().fold(format!("{of} has {count}:"), |text, p| format!("{text}\n  - {p}"))
}
