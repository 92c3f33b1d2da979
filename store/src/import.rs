//! A bounded history as one commit per table: files are written while it is read, and become rows all at once.
//!
//! An imported file is the partition `import:<sha256>[0]`, its lines are offsets. `acquire` tells whether its content
//! is in the table already (an offset is there: nothing is to do). Ending between the tables leaves `dead_letters`
//! ahead of the log; the import is then simply run again, and skips what is there.
//!
//! A file of which nothing was accepted leaves its dead letters and no offset in the log: it was likely given as another
//! kind than it is, and must be importable once that is put right.

use crate::commit::{Committed, Staged, prepare};
use crate::error::CommitError;
use crate::open::Store;
use crate::owner::Owner;
use crate::writer::Written;
use touchpoint::{NextOffsets, TopicPartition};

/// Everything an import has written, and the offsets it covers.
#[derive(Debug, Default)]
pub struct Import {
    /// Accepted records.
    pub log: Written,
    /// Rejected records.
    pub dead_letters: Written,
    /// Metric rows.
    pub hcp_metrics: Written,
    /// For every acquired file, the number of its lines.
    pub next: NextOffsets,
    /// The files among them of which every record was rejected.
    pub refused: Vec<TopicPartition>,
    /// Further transactions of `hcp_metrics`.
    pub extra_metrics_txns: Vec<(String, i64)>,
}

impl Store {
    /// Commits an import; `owner` is the one that acquired the files.
    ///
    /// # Errors
    /// See [`CommitError`]. After an error run the import again from [`Store::acquire`] on.
    pub async fn commit_import(&self, owner: &Owner, import: Import) -> Result<Committed, CommitError> {
        let mut writers = self.writers.lock().await;
        prepare(&mut writers, owner, &import.next).await?;
        for file in &import.refused {
            writers.log.release(file);
            writers.hcp_metrics.release(file);
        }
        let Import { log, dead_letters, hcp_metrics, next, extra_metrics_txns, .. } = import;
        let staged = Staged { log, dead_letters, hcp_metrics, next, extra_metrics_txns, ..Staged::default() };
        crate::commit::land(&mut writers, staged).await
    }
}
