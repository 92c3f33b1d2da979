//! Reference data from files and topics: ten tables, a file or a topic for each, all of them or every problem at once.
//!
//! `docs/REFERENCE.md` lists tables and columns; here they are declared once, in [`rows`], for all formats. A file is CSV,
//! NDJSON or Parquet by its ending; the values of a topic are as lines of NDJSON. Columns come in any order, and every
//! column that is not required may be missing.
//!
//! | value | in CSV | in NDJSON, topics and Parquet |
//! |---|---|---|
//! | unknown | an empty cell | `null`, an empty text, a missing field |
//! | text | at most 128 bytes | text, as in CSV |
//! | word | one of a closed set, lower case | text |
//! | whole number, number | decimal digits | a number |
//! | `true`, `false` | that word | a boolean |
//! | instant | RFC 3339, or a date, which means 00:00 UTC | text as in CSV; in Parquet a timestamp or a date, too |
//!
//! White space around a text does not count. Loading either gives a whole [`Reference`] or every problem of every file;
//! nothing is loaded in part. A problem names file and line or row, or topic, partition and offset, then column and what
//! was expected, never what a cell holds. Of each file or topic so many problems are kept, and the rest is counted.
//!
//! | module | one noun |
//! |---|---|
//! | [`files`] | which file holds which table |
//! | [`rows`] | the tables: their columns, and a row of each |
//! | [`column`] | a column as it is declared |
//! | [`cell`] | a value as its format gives it |
//! | [`cells`] | the values of a row as their columns want them |
//! | [`source`] | the rows of a file, whatever its format |
//! | [`csv_rows`], [`ndjson_rows`], [`parquet_rows`] | the rows of a file of that format |
//! | [`topic_table`], [`topic_rows`] | what a topic holds, and the rows of it |
//! | [`json_object`] | a row as NDJSON and topics have it |
//! | [`planned`] | touches that are planned, which is no reference table but read the same way |
//! | [`problem`] | what is wrong, and where |

mod cell;
mod cells;
mod column;
mod csv_rows;
mod files;
mod json_object;
mod ndjson_rows;
mod parquet_rows;
mod planned;
mod problem;
mod rows;
mod source;
mod topic_rows;
mod topic_table;

pub use files::{ReferenceFiles, ReferenceTable};
pub use planned::{PlannedTouch, load_planned, planned_records};
pub use problem::{Origin, Place, PlannedError, Problem, ReferenceError, Retry};
pub use topic_table::{RowOfHcp, Taken, TopicMessage, TopicTable};

use cells::Cells;
use problem::{Found, Problems};
use rows::Shape;
use source::RowSource;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use topic_rows::TopicRows;
use touchpoint::Reference;
use touchpoint::reference::{Fault, Tables};

/// Whether a file of this name can hold a table: whether its ending is that of a format.
pub fn can_hold_table(path: &Path) -> bool {
    source::Format::of(path).is_some()
}

/// What topics hold, by table.
pub type TopicTables = BTreeMap<ReferenceTable, TopicTable>;

/// Loads the files.
///
/// # Errors
/// Every problem found, for the person who wrote the files; a retry without a change does not help, unless
/// [`ReferenceError::retry`] says that it may.
pub fn load(files: &ReferenceFiles) -> Result<Reference, ReferenceError> {
    load_all(files, &TopicTables::new())
}

/// Loads files, and what was read of topics. A table that has both is that of the file.
///
/// # Errors
/// As [`load`].
pub fn load_all(files: &ReferenceFiles, topics: &TopicTables) -> Result<Reference, ReferenceError> {
    let mut load = Load { files, topics, places: BTreeMap::new(), problems: files.problems().clone() };
    let tables = Tables {
        hcps: load.table(&rows::HCPS),
        accounts: load.table(&rows::ACCOUNTS),
        affiliations: load.table(&rows::AFFILIATIONS),
        people: load.table(&rows::PEOPLE),
        panels: load.table(&rows::PANELS),
        plans: load.table(&rows::PLANS),
        plan_steps: load.table(&rows::PLAN_STEPS),
        consents: load.table(&rows::CONSENTS),
        consent_rules: load.table(&rows::CONSENT_RULES),
        preferences: load.table(&rows::PREFERENCES),
    };
    load.finish(tables)
}

/// Files and topics on their way to tables.
struct Load<'f> {
    files: &'f ReferenceFiles,
    topics: &'f TopicTables,
    /// Of every row that was kept, where it stands.
    places: BTreeMap<ReferenceTable, Vec<Place>>,
    problems: Problems,
}

impl<'f> Load<'f> {
    /// Where a table comes from; `None` when nothing holds it.
    fn origin(&self, table: ReferenceTable) -> Option<Origin> {
        let file = self.files.path(table).map(|path| Origin::File(path.to_owned()));
        file.or_else(|| self.topics.get(&table).map(|held| Origin::Topic(held.topic().to_owned())))
    }

    /// The good rows of a table; `None` when nothing holds it.
    fn table<R>(&mut self, shape: &Shape<R>) -> Option<Vec<R>> {
        let mut found = Found::new(self.origin(shape.table)?, &mut self.problems);
        let source: Option<Box<dyn RowSource + 'f>> = match self.files.path(shape.table) {
            Some(path) => source::open(path, shape.columns, &mut found),
            None => self
                .topics
                .get(&shape.table)
                .map(|held| -> Box<dyn RowSource + 'f> { Box::new(TopicRows::new(held, shape)) }),
        };
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        if let Some(mut source) = source {
            while source.advance(&mut found) {
                let mut cells = Cells::new(shape.columns, &*source, &mut found);
                let row = (shape.make)(&mut cells);
                if cells.are_sound() {
                    rows.push(row);
                    places.push(source.place());
                }
            }
        }
        self.places.insert(shape.table, places);
        Some(rows)
    }

    /// Faults between rows are looked for even when there are other problems: all at once.
    fn finish(mut self, tables: Tables) -> Result<Reference, ReferenceError> {
        let made = Reference::try_new(tables);
        for fault in made.as_ref().err().into_iter().flatten() {
            let problem = self.problem(fault);
            self.problems.push(problem);
        }
        match (self.problems.into_error(), made) {
            (None, Ok(reference)) => Ok(reference),
            (Some(error), _) => Err(error),
            // Faults are problems, so there is an error where there are any.
            (None, Err(_)) => Ok(Reference::default()),
        }
    }

    fn problem(&self, fault: &Fault) -> Problem {
        let at = |table: Option<ReferenceTable>, row: usize| -> Option<Place> {
            self.places.get(&table?).and_then(|places| places.get(row).copied())
        };
        let (table, place, column, expected) = match fault {
            Fault::Overlap { table, clash, first, second, at: when } => {
                let table = ReferenceTable::named(table);
                let earlier = at(table, *first).map_or_else(String::new, |place| format!(" with {place}"));
                let expected =
                    format!("no overlap{earlier}, which {clash} at {when}; let valid_from and valid_to meet");
                (table, at(table, *second), "valid_from", expected)
            }
            Fault::Cycle { row, at: when } => {
                let table = Some(ReferenceTable::Accounts);
                let expected = format!("parents that lead to an account without one; at {when} they come back here");
                (table, at(table, *row), "parent_account_id", expected)
            }
        };
        let origin = table.and_then(|table| self.origin(table)).unwrap_or(Origin::File(PathBuf::new()));
        Problem { origin, place, column: Some(column), expected }
    }
}

#[cfg(test)]
mod tests;
