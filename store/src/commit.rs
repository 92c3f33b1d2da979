//! The cycle: dead letters, then the log with the next offsets, then the metric rows, then transitions of alerts, each in
//! one fenced commit.
//!
//! Order and idempotence carry the promise. A process that dies between two of the commits leaves the later tables
//! behind; the next owner seeks to the log's offsets, so `dead_letters` meets rows it has (they are skipped), and
//! `hcp_metrics` lacks some (they are caught up from the log). Committing the same cycle again writes only what a table
//! does not have: rows below a table's own offset are dropped, and counted as skipped.
//!
//! | table | committed when |
//! |---|---|
//! | `dead_letters` | it has rows |
//! | `touchpoint_log` | an offset moved, also without a row: bad records move it too |
//! | `hcp_metrics` | it has rows, or a transaction beside the offsets moved, or its offsets fall far behind |
//! | `alerts` | it has rows; its own marks fence it ([`crate::alerts`]) |

mod coverage;
mod land;
pub mod points;

pub use crate::handle::Reply;
pub(crate) use coverage::Coverage;
pub(crate) use land::{Staged, land};

use crate::arrange::joined;
use crate::error::{CommitError, StoreError};
use crate::handle::{Handle, Writers};
use crate::open::Store;
use crate::owner::Owner;
use crate::writer::{TableWriter, Written};
use arrow::array::RecordBatch;
use std::time::Duration;
use touchpoint::NextOffsets;

/// What one turn of the pipeline has to store.
#[derive(Debug, Clone, Default)]
pub struct Cycle {
    /// Accepted records, in `touchpoint_log`'s columns.
    pub log: Vec<RecordBatch>,
    /// Rejected records, in `dead_letters`' columns.
    pub dead_letters: Vec<RecordBatch>,
    /// Metric rows, in `hcp_metrics`' columns.
    pub hcp_metrics: Vec<RecordBatch>,
    /// The next offset of *every* acquired partition, also of those that did not move.
    pub next: NextOffsets,
    /// Further transactions of `hcp_metrics`, such as [`Owner::day_id`] with its last midnight.
    pub extra_metrics_txns: Vec<(String, i64)>,
    /// Transitions, in `alerts`' columns.
    pub alerts: Vec<RecordBatch>,
    /// With them: the next value of every mark that [`Store::acquire_alerts`] gave, greater than the last.
    pub alerts_next: NextOffsets,
}

/// One table's commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// The table's version.
    pub version: u64,
    /// Rows written.
    pub rows: usize,
    /// Files written.
    pub files: usize,
    /// Bytes of these files.
    pub bytes: u64,
    /// Attempts lost to commits of others, or to failures.
    pub conflicts: u64,
    /// Whether the storage answered.
    pub reply: Reply,
    /// Time spent encoding and uploading files.
    pub write_time: Duration,
    /// Time spent on the commit itself.
    pub commit_time: Duration,
}

/// What a cycle, or an import, did; `None` where a table had nothing to commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// `dead_letters`.
    pub dead_letters: Option<Landed>,
    /// `touchpoint_log`.
    pub log: Option<Landed>,
    /// `hcp_metrics`.
    pub hcp_metrics: Option<Landed>,
    /// `alerts`.
    pub alerts: Option<Landed>,
    /// Log rows that the table had already.
    pub skipped_log_rows: usize,
    /// Dead letters that the table had already.
    pub skipped_dead_letters: usize,
}

impl Store {
    /// Stores a cycle; `owner` is the one that acquired the partitions.
    ///
    /// # Errors
    /// See [`CommitError`]; where [`CommitError::is_retryable`] says so, call again with the same cycle.
    pub async fn commit(&self, owner: &Owner, cycle: Cycle) -> Result<Committed, CommitError> {
        let mut writers = self.writers.lock().await;
        prepare(&mut writers, owner, &cycle.next).await?;
        crate::alerts::prepare(&mut writers, &cycle).await?;
        let log = write_covered(&writers.log, &cycle.log, &cycle.next).await?;
        let dead_letters = write_covered(&writers.dead_letters, &cycle.dead_letters, &cycle.next).await?;
        let hcp_metrics = write_all(&writers.hcp_metrics, &cycle.hcp_metrics).await?;
        let alerts = write_all(&writers.alerts, &cycle.alerts).await?;
        fail::fail_point!("commit::parquet_written");
        let Cycle { next, extra_metrics_txns, alerts_next, .. } = cycle;
        let staged = Staged { log, dead_letters, hcp_metrics, alerts, next, extra_metrics_txns, alerts_next };
        land(&mut writers, staged).await
    }
}

/// Settles what is unknown, and checks that the cycle speaks of exactly the acquired partitions, and goes forward.
pub(crate) async fn prepare(writers: &mut Writers, owner: &Owner, next: &NextOffsets) -> Result<(), CommitError> {
    for handle in writers.all() {
        handle.settle().await?;
    }
    let held = &writers.log.held;
    for (partition, next) in next {
        match held.get(partition) {
            Some(known) if known.app_id == owner.app_id(partition) => {
                if let Some(held) = known.next.filter(|held| held > next) {
                    return Err(CommitError::Backwards { partition: partition.clone(), held, next: *next });
                }
            }
            _ => return Err(CommitError::NotAcquired { partition: partition.clone() }),
        }
    }
    match held.keys().find(|partition| !next.contains_key(*partition)) {
        Some(partition) => Err(CommitError::NotCovered { partition: partition.clone() }),
        None => Ok(()),
    }
}

async fn write_all(handle: &Handle, batches: &[RecordBatch]) -> Result<Written, CommitError> {
    let mut writer = TableWriter::plain(handle);
    for batch in batches {
        writer.write(batch.clone()).await?;
    }
    Ok(writer.finish().await?)
}

/// Writes the rows that the table does not have yet.
async fn write_covered(handle: &Handle, batches: &[RecordBatch], next: &NextOffsets) -> Result<Written, CommitError> {
    let coverage = Coverage::until(handle, next);
    let mut kept = Vec::with_capacity(batches.len());
    let mut skipped = 0;
    for batch in batches {
        let rest = coverage.keep(batch)?;
        skipped += batch.num_rows() - rest.num_rows();
        kept.push(rest);
    }
    let mut writer = TableWriter::plain(handle);
    for batch in joined(kept).map_err(StoreError::rows(handle.table))? {
        writer.write(batch).await?;
    }
    let mut written = writer.finish().await?;
    written.skipped += skipped;
    Ok(written)
}

#[cfg(test)]
mod tests;
