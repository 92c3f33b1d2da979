//! Replacing files of a table by others, safely beside appends and beside another process's rewrite.

use crate::error::StoreError;
use crate::table::Table;
use crate::writer::Written;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError};
use deltalake::kernel::{Action, Remove, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableError};
use std::collections::HashSet;
use touchpoint::Micros;

/// The application transaction that every rewrite carries, so that two of them conflict.
const REWRITE_ID: &str = "touchload/rewrite";

/// A file of a table's version.
#[derive(Debug, Clone)]
pub(crate) struct DataFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    /// Its partition values, as one text.
    pub(crate) partition: String,
    /// Its statistics, as in the log.
    pub(crate) stats: Option<String>,
    remove: Remove,
}

/// What a rewrite means to readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The same rows in other files.
    Layout,
    /// Other rows.
    Rows,
}

/// How a rewrite ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Landed,
    /// The files are no longer the table's, or another rewrite came first: nothing was changed.
    Superseded,
}

/// The files of the table's version, each with the removal that would take it out at `now`.
pub(crate) fn files(table: Table, delta: &DeltaTable, now: Micros) -> Result<Vec<DataFile>, StoreError> {
    let state = delta.snapshot().map_err(StoreError::storage(table, "listing files"))?;
    let files = state.log_data().into_iter().map(|view| {
        let mut values: Vec<_> = view.partition_values_map().into_iter().collect();
        values.sort();
        let remove = Remove { deletion_timestamp: Some(now.div_euclid(1_000)), ..view.remove_action(false) };
        DataFile {
            path: view.path().into_owned(),
            size: u64::try_from(view.size()).unwrap_or_default(),
            partition: format!("{values:?}"),
            stats: view.stats(),
            remove,
        }
    });
    Ok(files.collect())
}

/// Puts `written` in the place of `old`.
pub(crate) async fn replace(
    table: Table,
    delta: &DeltaTable,
    old: &[DataFile],
    written: &Written,
    change: Change,
) -> Result<Outcome, StoreError> {
    let mut fresh = delta.clone();
    fresh.update_state().await.map_err(StoreError::storage(table, "refreshing"))?;
    let state = fresh.snapshot().map_err(StoreError::storage(table, "refreshing"))?;
    let active: HashSet<String> = state.log_data().iter().map(|view| view.path().into_owned()).collect();
    if !old.iter().all(|file| active.contains(&file.path)) {
        written.discard(delta).await;
        return Ok(Outcome::Superseded);
    }
    let data_change = change == Change::Rows;
    let removes = old.iter().map(|file| Action::Remove(Remove { data_change, ..file.remove.clone() }));
    let adds = written.adds.iter().cloned().map(|mut add| {
        add.data_change = data_change;
        Action::Add(add)
    });
    let version = i64::try_from(state.version()).unwrap_or(i64::MAX);
    let properties = CommitProperties::default()
        .with_application_transaction(Transaction::new(REWRITE_ID, version))
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false));
    let state: &dyn TableReference = state;
    let committed = CommitBuilder::from(properties)
        .with_actions(removes.chain(adds).collect())
        .build(Some(state), fresh.log_store(), operation(change))
        .await;
    match committed {
        Ok(_) => Ok(Outcome::Landed),
        // The files stay: the conflict may be with our own commit whose reply was lost.
        Err(DeltaTableError::Transaction { source: TransactionError::CommitConflict(_) }) => Ok(Outcome::Superseded),
        Err(error) => Err(StoreError::storage(table, "rewriting files")(error)),
    }
}

fn operation(change: Change) -> DeltaOperation {
    match change {
        Change::Layout => DeltaOperation::Optimize { predicate: None, target_size: 0 },
        Change::Rows => DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None },
    }
}
