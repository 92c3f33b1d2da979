//! What is wrong with reference data: a list, so that it can be put right in one go.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// How many problems of one file or topic are kept and written out; the rest is counted.
const MOST: u64 = 20;

/// Where a table comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file, or the folder of one.
    File(PathBuf),
    /// A Kafka topic, by its name.
    Topic(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Topic(name) => write!(f, "topic {name}"),
        }
    }
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of a text: the line, from 1; a header is a line too.
    Line(u64),
    /// Of a Parquet file: the row, from 1.
    Row(u64),
    /// Of a topic.
    Message {
        /// The partition.
        partition: i32,
        /// The offset in it.
        offset: i64,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
            Self::Message { partition, offset } => write!(f, "partition {partition}, offset {offset}"),
        }
    }
}

/// One thing that is wrong with a file or topic. The content of the cell is never quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file or topic.
    pub origin: Origin,
    /// Where in it; `None` when it is at fault as a whole.
    pub place: Option<Place>,
    /// The column at fault; `None` when the row as a whole is.
    pub column: Option<&'static str>,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if let Some(place) = self.place {
            write!(f, ", {place}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": expected {}", self.expected)
    }
}

/// Whether reading the same files again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
    /// No: what they say is wrong.
    #[default]
    Useless,
    /// Perhaps: the system did not let one be read.
    MayHelp,
}

/// All that is wrong with the reference data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// At least one; of each file or topic the first ones.
    pub problems: Vec<Problem>,
    /// By file and topic, how many problems there are beyond those.
    pub left_out: BTreeMap<Origin, u64>,
    /// Whether they may be read again without a change.
    pub retry: Retry,
}

impl ReferenceError {
    /// How many problems there are, those that are not kept too.
    pub fn count(&self) -> u64 {
        self.problems.len() as u64 + self.left_out.values().sum::<u64>()
    }

    /// A line for each problem that is kept, and one for each file or topic that has more.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = |(origin, count): (&Origin, &u64)| format!("{origin}: and {count} more");
        self.problems.iter().map(ToString::to_string).chain(self.left_out.iter().map(more))
    }
}

impl std::error::Error for ReferenceError {}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reference data cannot be loaded; put right and start again ({} found):", self.count())?;
        self.lines().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// Problems as they are found, so many of each file or topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    of_origin: BTreeMap<Origin, u64>,
    retry: Retry,
}

impl Problems {
    /// Keeps or counts one.
    pub(super) fn push(&mut self, problem: Problem) {
        let count = match self.of_origin.get_mut(&problem.origin) {
            Some(count) => count,
            None => self.of_origin.entry(problem.origin.clone()).or_default(),
        };
        *count += 1;
        if *count <= MOST {
            self.kept.push(problem);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.of_origin.values().sum()
    }

    /// All of them; `None` when there are none.
    pub(super) fn into_error(self) -> Option<ReferenceError> {
        let more = |(origin, count): (Origin, u64)| Some((origin, count.checked_sub(MOST).filter(|more| *more > 0)?));
        let left_out = self.of_origin.into_iter().filter_map(more).collect();
        (!self.kept.is_empty()).then_some(ReferenceError { problems: self.kept, left_out, retry: self.retry })
    }
}

/// All that is wrong with a file of planned touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedError(pub ReferenceError);

impl std::error::Error for PlannedError {}

impl fmt::Display for PlannedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "planned touches cannot be loaded; put right and start again ({} found):", self.0.count())?;
        self.0.lines().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// The problems of one file or topic, as they are found.
#[derive(Debug)]
pub(super) struct Found<'p> {
    origin: Origin,
    problems: &'p mut Problems,
}

impl<'p> Found<'p> {
    pub(super) fn new(origin: Origin, problems: &'p mut Problems) -> Self {
        Self { origin, problems }
    }

    /// Notes a problem at a place, or of the whole file.
    pub(super) fn note(&mut self, place: Option<Place>, column: Option<&'static str>, expected: impl Into<String>) {
        self.problems.push(Problem { origin: self.origin.clone(), place, column, expected: expected.into() });
    }

    /// How many were noted so far, of everything.
    pub(super) fn count(&self) -> u64 {
        self.problems.count()
    }

    /// Notes that the system does not let the file be read.
    pub(super) fn unreadable(&mut self, error: &std::io::Error) {
        self.problems.retry = Retry::MayHelp;
        self.note(None, None, format!("a file that can be read ({error})"));
    }
}
