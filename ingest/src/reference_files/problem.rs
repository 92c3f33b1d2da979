//! What is wrong with reference files: a list, so that they can be put right in one go.

use std::fmt;
use std::path::{Path, PathBuf};

/// How many problems are written out; the rest is counted.
const SHOWN: usize = 50;

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of a text: the line, from 1; a header is a line too.
    Line(u64),
    /// Of a Parquet file: the row, from 1.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// One thing that is wrong with a file. The content of the cell is never quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Where in it; `None` when the file as a whole is at fault.
    pub place: Option<Place>,
    /// The column at fault; `None` when the line as a whole is.
    pub column: Option<&'static str>,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(place) = self.place {
            write!(f, ", {place}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": expected {}", self.expected)
    }
}

/// All that is wrong with the reference files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl std::error::Error for ReferenceError {}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "reference data cannot be loaded; put right and start again ({count} found):")?;
        list(&self.problems, f)
    }
}

/// All that is wrong with a file of planned touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl std::error::Error for PlannedError {}

impl fmt::Display for PlannedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "planned touches cannot be loaded; put right and start again ({count} found):")?;
        list(&self.problems, f)
    }
}

fn list(problems: &[Problem], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for problem in problems.iter().take(SHOWN) {
        write!(f, "\n  {problem}")?;
    }
    if problems.len() > SHOWN {
        write!(f, "\n  and {} more", problems.len() - SHOWN)?;
    }
    Ok(())
}

/// The problems of one file, as they are found.
#[derive(Debug)]
pub(super) struct Found<'p> {
    file: &'p Path,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Found<'p> {
    pub(super) fn new(file: &'p Path, problems: &'p mut Vec<Problem>) -> Self {
        Self { file, problems }
    }

    /// Notes a problem at a place, or of the whole file.
    pub(super) fn note(&mut self, place: Option<Place>, column: Option<&'static str>, expected: impl Into<String>) {
        self.problems.push(Problem { file: self.file.to_path_buf(), place, column, expected: expected.into() });
    }

    /// How many were noted so far, in all files.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// Notes that the system does not let the file be read.
    pub(super) fn unreadable(&mut self, error: &std::io::Error) {
        self.note(None, None, format!("a file that can be read ({error})"));
    }
}
