//! Reference data from CSV files: effective-dated facts about HCPs and accounts, one file for each.
//!
//! A file is UTF-8 with a header row; columns come in any order, and every column but the key may be missing.
//!
//! | file | key | other columns, `valid_from` and `valid_to` among them |
//! |---|---|---|
//! | `hcps` | `hcp_id` | `specialty`, `segment`, `territory`, `country`, `time_zone`, `account_id` |
//! | `accounts` | `account_id` | `kind`, `territory`, `country`, `parent_account_id` |
//!
//! An empty cell is unknown. Ids and texts have at most 128 bytes; `time_zone` is an IANA name. `valid_from`
//! (inclusive, empty: from the beginning) and `valid_to` (exclusive, empty: without end) are RFC 3339 instants, or
//! dates, which mean 00:00 UTC. A row of `valid_from >= valid_to` and rows of one key that overlap are problems.
//!
//! Loading either gives a whole [`Reference`] or every problem of every file at once; nothing is loaded in part. A
//! problem names file, line and column and what was expected, never the cell's content.

mod problem;
mod rows;
mod table;

pub use problem::{Problem, ReferenceError};

use problem::Found;
use rows::{account_row, hcp_row};
use std::fs::File;
use std::path::{Path, PathBuf};
use table::Table;
use touchpoint::Reference;
use touchpoint::reference::Overlap;

/// The files to load; without a file nothing is known of its subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceFiles {
    /// Facts about HCPs.
    pub hcps: Option<PathBuf>,
    /// Facts about accounts.
    pub accounts: Option<PathBuf>,
}

/// Loads the files.
///
/// # Errors
/// Every problem found, for the person who wrote the files; a retry without a change does not help.
pub fn load(files: &ReferenceFiles) -> Result<Reference, ReferenceError> {
    let mut problems = Vec::new();
    let hcps = files.hcps.as_deref().map(|path| read(path, rows::HCP_COLUMNS, hcp_row, &mut problems));
    let accounts = files.accounts.as_deref().map(|path| read(path, rows::ACCOUNT_COLUMNS, account_row, &mut problems));
    let (hcps, accounts) = (hcps.unwrap_or_default(), accounts.unwrap_or_default());
    // Overlaps are looked for even when there are other problems: all at once.
    match Reference::try_new(hcps.rows, accounts.rows) {
        Ok(reference) if problems.is_empty() => Ok(reference),
        Ok(_) => Err(ReferenceError { problems }),
        Err(overlaps) => {
            let (hcps, accounts) = ((files.hcps.as_deref(), hcps.lines), (files.accounts.as_deref(), accounts.lines));
            problems.extend(overlaps.into_iter().map(|overlap| match overlap.table {
                "accounts" => of_overlap(&overlap, accounts.0, &accounts.1),
                _ => of_overlap(&overlap, hcps.0, &hcps.1),
            }));
            Err(ReferenceError { problems })
        }
    }
}

/// The good rows of a file, and the line each stands on.
struct Rows<T> {
    rows: Vec<T>,
    lines: Vec<u64>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), lines: Vec::new() }
    }
}

/// Makes a row, or nothing once it has noted what is wrong.
type MakeRow<T> = fn(&mut table::Cells<'_, '_>) -> Option<T>;

fn read<T>(path: &Path, columns: &'static [&'static str], make: MakeRow<T>, problems: &mut Vec<Problem>) -> Rows<T> {
    let mut rows = Rows::default();
    let mut found = Found::new(path, problems);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            found.unreadable(&error);
            return rows;
        }
    };
    let Some(mut table) = Table::open(file, columns, &mut found) else { return rows };
    while let Some(mut cells) = table.advance(&mut found) {
        let line = cells.line();
        if let Some(row) = make(&mut cells) {
            rows.rows.push(row);
            rows.lines.push(line);
        }
    }
    rows
}

fn of_overlap(overlap: &Overlap, path: Option<&Path>, lines: &[u64]) -> Problem {
    let line = |row: usize| lines.get(row).copied().unwrap_or(0);
    Problem {
        file: path.unwrap_or(Path::new(overlap.table)).to_path_buf(),
        line: Some(line(overlap.second)),
        column: Some("valid_from"),
        expected: format!(
            "no overlap with line {}, which describes the same key at {}; let valid_from and valid_to meet",
            line(overlap.first),
            overlap.at
        ),
    }
}

#[cfg(test)]
mod tests;
