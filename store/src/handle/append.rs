//! One commit of files with their offsets: retried where that is safe, and never by guess.
//!
//! | the attempt ends with | what is known | what follows |
//! |---|---|---|
//! | success | landed | the snapshot moves to it |
//! | a conflict on our app ids | somebody wrote them | equal to ours: our own reply was lost; else ownership is |
//! | any other failure | nothing | the newest version is read, see below |
//! | failure, and reading fails too | nothing | `pending` stays, the next call settles it |
//!
//! In the newest version our app ids equal what was to be written: it landed. They equal what was held: it did not, and
//! is tried again on that version with the same files. Neither: ownership is lost.
//!
//! A commit of another owner, or of the maintenance, does not get this far: delta-rs finds no conflict and writes the
//! next version by itself. Files are never deleted here: after an unknown outcome they may be part of the table.

use super::{Handle, Mark, is_applied};
use crate::error::{CommitError, StoreError, is_transient};
use deltalake::kernel::transaction::{
    CommitBuilder, CommitConflictError, CommitProperties, FinalizedCommit, TableReference, TransactionError,
};
use deltalake::kernel::{Action, Add, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableError};
use std::time::Duration;

/// Attempts of one commit beside the library's own retries on versions taken by others.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Whether the storage answered the commit that landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It answered.
    Received,
    /// The answer was lost; the table showed that the commit had landed.
    Lost,
}

/// A commit that landed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appended {
    pub(crate) version: u64,
    pub(crate) conflicts: u64,
    pub(crate) reply: Reply,
}

enum Fate {
    Applied,
    Absent,
}

impl Handle {
    /// Commits `adds` with `marks` as application transactions.
    pub(crate) async fn append(&mut self, adds: &[Add], marks: Vec<Mark>) -> Result<Appended, CommitError> {
        let mut conflicts = 0;
        let mut pause = FIRST_PAUSE;
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.pending = Some(marks.clone());
            let error = match self.attempt(adds, &marks).await {
                Ok(done) => {
                    conflicts += done.metrics.num_retries;
                    let mut delta = self.delta.clone();
                    delta.state = Some(done.snapshot());
                    self.landed(delta, &marks);
                    return Ok(Appended { version: done.version(), conflicts, reply: Reply::Received });
                }
                Err(error) => error,
            };
            conflicts += 1;
            tracing::debug!(table = %self.table, attempt, %error, "a commit attempt failed");
            match self.fate(&marks, &error).await? {
                Fate::Applied => {
                    let version = self.delta.version().unwrap_or_default();
                    return Ok(Appended { version, conflicts, reply: Reply::Lost });
                }
                Fate::Absent if attempt < ATTEMPTS && is_transient(&error) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Fate::Absent => {
                    self.pending = None;
                    return Err(StoreError::storage(self.table, "committing")(error).into());
                }
            }
        }
    }

    async fn attempt(&self, adds: &[Add], marks: &[Mark]) -> Result<FinalizedCommit, DeltaTableError> {
        fail::fail_point!("commit::request_lost", |_| Err(injected("request lost")));
        let state: &dyn TableReference = self.delta.snapshot()?;
        let partition_columns = self.table.partition_columns();
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: (!partition_columns.is_empty())
                .then(|| partition_columns.iter().map(|column| (*column).to_owned()).collect()),
            predicate: None,
        };
        let properties = CommitProperties::default()
            .with_application_transactions(marks.iter().map(|m| Transaction::new(&m.app_id, m.to)).collect())
            .with_create_checkpoint(false)
            .with_cleanup_expired_logs(Some(false));
        let done = CommitBuilder::from(properties)
            .with_actions(adds.iter().cloned().map(Action::Add).collect())
            .build(Some(state), self.delta.log_store(), operation)
            .await?;
        fail::fail_point!("commit::reply_lost", |_| Err(injected("reply lost")));
        Ok(done)
    }

    /// Finds out what became of a failed attempt; moves the snapshot when it did not land and nobody interfered.
    async fn fate(&mut self, marks: &[Mark], error: &DeltaTableError) -> Result<Fate, CommitError> {
        let (fresh, found) = self.look(marks).await?;
        if is_applied(marks, &found) {
            self.landed(fresh, marks);
            return Ok(Fate::Applied);
        }
        // Before `verify`, which would take an equal value for ours although somebody else has just written it.
        if is_txn_conflict(error) {
            self.pending = None;
            return Err(self.lost(marks, &found));
        }
        if let Err(lost) = self.verify(&fresh).await {
            self.pending.take_if(|_| matches!(lost, CommitError::OwnershipLost { .. }));
            return Err(lost);
        }
        self.delta = fresh;
        Ok(Fate::Absent)
    }

    /// The newest version and the marks' values in it; tries for a while, since without it nothing is known.
    async fn look(&self, marks: &[Mark]) -> Result<(DeltaTable, Vec<Option<i64>>), CommitError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let looked = match self.newest().await {
                Ok(fresh) => self.read_marks(&fresh, marks).await.map(|found| (fresh, found)),
                Err(error) => Err(error),
            };
            match looked {
                Ok(looked) => return Ok(looked),
                Err(StoreError::Storage { source, .. }) if attempt >= ATTEMPTS => {
                    return Err(CommitError::Unresolved { table: self.table, source });
                }
                Err(error) if attempt >= ATTEMPTS || !error.is_retryable() => return Err(error.into()),
                Err(_) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
    }

    fn lost(&self, marks: &[Mark], found: &[Option<i64>]) -> CommitError {
        let interfered = |(mark, found): &(&Mark, &Option<i64>)| **found != mark.from && **found != Some(mark.to);
        let pairs = || marks.iter().zip(found).filter(|(mark, _)| mark.partition.is_some());
        let culprit = pairs().find(interfered).or_else(|| pairs().find(|(mark, found)| **found != Some(mark.to)));
        match culprit.and_then(|(mark, found)| Some((mark.partition.clone()?, mark.from, *found))) {
            Some((partition, ours, found)) => CommitError::OwnershipLost { table: self.table, partition, ours, found },
            None => StoreError::storage(self.table, "committing")(DeltaTableError::generic(
                "a transaction that is no offset was written by another process",
            ))
            .into(),
        }
    }
}

fn is_txn_conflict(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::Transaction {
            source: TransactionError::CommitConflict(CommitConflictError::ConcurrentTransaction)
        }
    )
}

#[cfg(feature = "failpoints")]
fn injected(what: &str) -> DeltaTableError {
    DeltaTableError::generic(format!("injected: {what}"))
}
