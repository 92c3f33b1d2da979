//! What rows leave behind when they go: files that no version names any more, log entries, unfinished files.

use crate::error::StoreError;
use crate::location::Location;
use crate::maintain::vacuum::vacuum_older;
use crate::open::Store;
use crate::table::Table;
use deltalake::protocol::checkpoints::{cleanup_expired_logs_for, create_checkpoint};
use std::path::{Path, PathBuf};
use touchpoint::Micros;
use touchpoint::time::DAY;

/// What was removed beside the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TracesReport {
    /// Data files deleted.
    pub files: usize,
    /// Log entries deleted.
    pub log_entries: usize,
}

/// Deletes every file that the newest version does not name, and every log entry that a new checkpoint replaces.
pub(super) async fn remove(store: &Store, table: Table, now: Micros) -> Result<TracesReport, StoreError> {
    // Later than any file: the clocks of a store and of this machine may differ.
    let later = now + DAY;
    let files = vacuum_older(store, table, 0, later).await?;
    fail::fail_point!("erase::vacuumed");
    let delta = store.newest(table).await?;
    create_checkpoint(&delta, None).await.map_err(StoreError::storage(table, "writing a checkpoint"))?;
    let version = delta.version().unwrap_or_default();
    let cutoff = later.div_euclid(1_000);
    let log_entries = cleanup_expired_logs_for(version, delta.log_store().as_ref(), cutoff, None)
        .await
        .map_err(StoreError::storage(table, "cleaning its log"))?;
    fail::fail_point!("erase::cleaned");
    Ok(TracesReport { files, log_entries })
}

/// Deletes the files of a folder that a process was killed over: `name#1`, which listings leave out and vacuum never sees.
pub(super) fn sweep(location: &Location) -> Result<usize, StoreError> {
    let Some(folder) = location.local_path() else { return Ok(0) };
    let failed = |source| StoreError::Folder { folder: folder.display().to_string(), source };
    let mut unfinished = Vec::new();
    find_unfinished(&folder, &mut unfinished).map_err(failed)?;
    unfinished.iter().try_for_each(std::fs::remove_file).map_err(failed)?;
    Ok(unfinished.len())
}

fn find_unfinished(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find_unfinished(&entry.path(), found)?;
        } else if is_unfinished(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn is_unfinished(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
