//! Erasing an HCP: no byte of the id stays below the location, in rows, files, logs or what a killed process left behind.
//!
//! | step | what it does |
//! |---|---|
//! | [`list`] | enters the person into the list that keeps a replay or an import from bringing them back |
//! | [`rows`] | rewrites every file of every table that names them |
//! | [`traces`] | deletes old files, old log entries, and unfinished files |
//! | [`scan`] | looks into every file that is left, and counts |
//!
//! Every step can be done again, so an erasure that was killed anywhere is finished by running it again. It wants the
//! place for itself ([`crate::FolderUse::Amend`]): files that no version names are deleted whatever their age, and readers
//! of old versions lose them.
//!
//! The rows of the person go from `touchpoint_log`, `hcp_metrics` and `alerts`. A dead letter that names them loses key, payload and
//! hash; the row stays, so that counts reconcile. What names them in a row of somebody else, as an `event_id` made of two
//! people's ids would, is not removed: the scan tells where it stands.

mod list;
mod name;
mod rows;
mod scan;
mod traces;

pub use list::ErasedList;
pub use rows::RowsReport;
pub use scan::{Mention, ScanReport};
pub use traces::TracesReport;

use crate::error::StoreError;
use crate::open::Store;
use crate::table::Table;
use name::Name;
use std::collections::BTreeMap;
use touchpoint::Micros;

/// The points at which a fault test stops an erasure, in the order in which they are passed.
pub const POINTS: [&str; 5] =
    ["erase::listed", "erase::rewritten", "erase::vacuumed", "erase::cleaned", "erase::swept"];

/// What an erasure did to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableErased {
    /// Rows.
    pub rows: RowsReport,
    /// Files and log entries.
    pub traces: TracesReport,
}

/// What an erasure did, and what it found afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    /// By table.
    pub tables: BTreeMap<Table, TableErased>,
    /// Files that killed processes had not finished.
    pub unfinished_files: usize,
    /// What is left.
    pub scan: ScanReport,
}

impl Store {
    /// What an erasure of `hcp_id` would rewrite, by table; changes nothing.
    ///
    /// # Errors
    /// A table cannot be read.
    pub async fn named(&self, hcp_id: &str, now: Micros) -> Result<BTreeMap<Table, RowsReport>, StoreError> {
        let mut found = BTreeMap::new();
        for table in self.tables() {
            found.insert(table, rows::named(self, table, &Name::new(hcp_id), now).await?);
        }
        Ok(found)
    }

    /// Erases `hcp_id`, who was entered into the list before ([`Store::enter_erased`]), and looks for what is left.
    ///
    /// # Errors
    /// A table cannot be read or written, or another process rewrites it. What was done stays done: call it again.
    pub async fn erase(&self, hcp_id: &str, now: Micros) -> Result<Erasure, StoreError> {
        let (name, mut done) = (Name::new(hcp_id), Erasure::default());
        for table in self.tables() {
            done.tables.entry(table).or_default().rows = rows::rewrite(self, table, &name, now).await?;
        }
        for table in self.tables() {
            done.tables.entry(table).or_default().traces = traces::remove(self, table, now).await?;
        }
        done.unfinished_files = traces::sweep(self.location())?;
        fail::fail_point!("erase::swept");
        done.scan = scan::scan(self.location(), &name).await?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests;
