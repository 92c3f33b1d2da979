//! Reference data from files: ten tables, a file for each, all of them or every problem at once.
//!
//! `docs/REFERENCE.md` lists tables and columns; here they are declared once, in [`rows`], for all formats. A file is CSV,
//! NDJSON or Parquet by its ending. Columns come in any order, and every column that is not required may be missing.
//!
//! | value | in CSV | in NDJSON and Parquet |
//! |---|---|---|
//! | unknown | an empty cell | `null`, an empty text, a missing field |
//! | text | at most 128 bytes | text, as in CSV |
//! | word | one of a closed set, lower case | text |
//! | whole number, number | decimal digits | a number |
//! | `true`, `false` | that word | a boolean |
//! | instant | RFC 3339, or a date, which means 00:00 UTC | text as in CSV; in Parquet a timestamp or a date, too |
//!
//! White space around a text does not count. Loading either gives a whole [`Reference`] or every problem of every file;
//! nothing is loaded in part. A problem names file, line or row, column, and what was expected, never what a cell holds.
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
//! | [`planned`] | touches that are planned, which is no reference table but read the same way |
//! | [`problem`] | what is wrong, and where |

mod cell;
mod cells;
mod column;
mod csv_rows;
mod files;
mod ndjson_rows;
mod parquet_rows;
mod planned;
mod problem;
mod rows;
mod source;

pub use files::{ReferenceFiles, ReferenceTable};
pub use planned::{PlannedTouch, load_planned, planned_records};
pub use problem::{Place, PlannedError, Problem, ReferenceError};

use cells::Cells;
use problem::Found;
use rows::Shape;
use std::collections::BTreeMap;
use std::path::Path;
use touchpoint::Reference;
use touchpoint::reference::{Fault, Tables};

/// Whether a file of this name can hold a table: whether its ending is that of a format.
pub fn can_hold_table(path: &Path) -> bool {
    source::Format::of(path).is_some()
}

/// Loads the files.
///
/// # Errors
/// Every problem found, for the person who wrote the files; a retry without a change does not help.
pub fn load(files: &ReferenceFiles) -> Result<Reference, ReferenceError> {
    let mut load = Load { files, places: BTreeMap::new(), problems: files.problems().to_vec() };
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

/// Files on their way to tables.
struct Load<'f> {
    files: &'f ReferenceFiles,
    /// Of every row that was kept, where it stands.
    places: BTreeMap<ReferenceTable, Vec<Place>>,
    problems: Vec<Problem>,
}

impl Load<'_> {
    /// The good rows of a table; `None` when no file holds it.
    fn table<R>(&mut self, shape: &Shape<R>) -> Option<Vec<R>> {
        let path = self.files.path(shape.table)?;
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        let mut found = Found::new(path, &mut self.problems);
        if let Some(mut source) = source::open(path, shape.columns, &mut found) {
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
        match Reference::try_new(tables) {
            Ok(reference) if self.problems.is_empty() => return Ok(reference),
            Ok(_) => {}
            Err(faults) => {
                let problems: Vec<_> = faults.iter().map(|fault| self.problem(fault)).collect();
                self.problems.extend(problems);
            }
        }
        Err(ReferenceError { problems: self.problems })
    }

    fn problem(&self, fault: &Fault) -> Problem {
        let at = |table: Option<ReferenceTable>, row: usize| -> Option<Place> {
            self.places.get(&table?).and_then(|places| places.get(row).copied())
        };
        let (table, place, column, expected) = match fault {
            Fault::Overlap { table, first, second, at: when } => {
                let table = ReferenceTable::named(table);
                let earlier = at(table, *first).map_or_else(String::new, |place| format!(" with {place}"));
                let expected = format!(
                    "no overlap{earlier}, which describes the same key at {when}; let valid_from and valid_to meet"
                );
                (table, at(table, *second), "valid_from", expected)
            }
            Fault::Cycle { row, at: when } => {
                let table = Some(ReferenceTable::Accounts);
                let expected = format!("parents that lead to an account without one; at {when} they come back here");
                (table, at(table, *row), "parent_account_id", expected)
            }
        };
        let file = table.and_then(|table| self.files.path(table)).unwrap_or(Path::new("")).to_path_buf();
        Problem { file, place, column: Some(column), expected }
    }
}

#[cfg(test)]
mod tests;
