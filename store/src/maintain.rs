//! Maintenance: beside the commits, never in their path, in bounded memory, by one elected process.
//!
//! | step | what it does |
//! |---|---|
//! | [`expire`] | NULLs the payload of dead letters after 30 days; the rows stay, so that counts reconcile |
//! | [`compact`] | merges small files of a partition; changes layout, never rows |
//! | [`checkpoint`] | writes a checkpoint every so many commits, then removes log entries older than the table keeps |
//! | [`vacuum`] | deletes files that no version of the last 7 days names, also those of crashed commits and imports |
//!
//! A rewrite carries its own application transaction. Without it Delta would accept two rewrites of the same files, and
//! count their rows twice: it does not compare removals that change no rows. No other tool may optimise these tables
//! while a pipeline maintains them. A rewrite that meets another one gives up and is counted as superseded.

mod checkpoint;
mod compact;
mod expire;
pub(crate) mod rewrite;
pub(crate) mod vacuum;

use crate::error::StoreError;
use crate::open::Store;
use crate::table::Table;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::time::{DAY, HOUR};

/// How often and how much. Retentions below their floor are raised to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaintenanceSettings {
    /// Commits between checkpoints.
    pub checkpoint_commits: u64,
    /// Small files of one partition that are worth merging.
    pub small_files: usize,
    /// Size up to which files are merged, in bytes.
    pub target_bytes: u64,
    /// Merges per table and turn: bounds one turn.
    pub merges_per_turn: usize,
    /// Time between vacuums, in microseconds.
    pub vacuum_every: Micros,
    /// How long files that are no longer named are kept; at least 7 days.
    pub vacuum_retention: Micros,
    /// How long the payload of a dead letter is kept.
    pub payload_retention: Micros,
}

impl Default for MaintenanceSettings {
    fn default() -> Self {
        Self {
            checkpoint_commits: 100,
            small_files: 8,
            target_bytes: 128 * 1024 * 1024,
            merges_per_turn: 8,
            vacuum_every: 6 * HOUR,
            vacuum_retention: 7 * DAY,
            payload_retention: 30 * DAY,
        }
    }
}

/// What one turn did to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableReport {
    /// Files merged away.
    pub files_merged: usize,
    /// Files written instead.
    pub files_written: usize,
    /// Dead letters whose payload was removed.
    pub payloads_expired: usize,
    /// Rewrites given up because another one came first.
    pub superseded: usize,
    /// The version of the checkpoint written.
    pub checkpoint: Option<u64>,
    /// Log entries removed.
    pub log_entries_removed: usize,
    /// Files deleted.
    pub files_deleted: usize,
}

/// What one turn did.
pub type Report = BTreeMap<Table, TableReport>;

/// Maintains the tables of a store.
#[derive(Debug)]
pub struct Maintenance {
    store: Arc<Store>,
    settings: MaintenanceSettings,
    vacuumed_at: Option<Micros>,
}

impl Maintenance {
    /// For a store.
    pub fn new(store: Arc<Store>, settings: MaintenanceSettings) -> Self {
        Self { store, settings, vacuumed_at: None }
    }

    /// One turn over all tables; call it every minute or so.
    ///
    /// # Errors
    /// A table cannot be read or written. What was done stays done; the next turn goes on.
    pub async fn run_once(&mut self, now: Micros) -> Result<Report, StoreError> {
        let vacuum_due = self.vacuumed_at.is_none_or(|at| now - at >= self.settings.vacuum_every);
        let mut report = Report::new();
        for table in self.store.tables().collect::<Vec<_>>() {
            let done = report.entry(table).or_default();
            if table == Table::DeadLetters {
                expire::expire(&self.store, &self.settings, now, done).await?;
            }
            compact::compact(&self.store, table, &self.settings, now, done).await?;
            checkpoint::checkpoint(&self.store, table, &self.settings, now, done).await?;
            if vacuum_due {
                vacuum::vacuum(&self.store, table, &self.settings, now, done).await?;
            }
        }
        if vacuum_due {
            self.vacuumed_at = Some(now);
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
