//! What can go wrong with a table, whose fault it is, and whether trying again helps.
//!
//! No message quotes a row: tables, partitions, offsets and settings only.

use crate::connect;
use crate::location::Location;
use crate::settings::SettingError;
use crate::table::Table;
use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use deltalake::{DeltaTableError, ObjectStoreError};
use touchpoint::TopicPartition;

/// Opening, reading or maintaining a table failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The location, or an option to reach it, cannot be meant: the user's to mend, before anything was done.
    #[error("cannot keep tables at {location}: {reason}")]
    Location {
        /// As it was given.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A table's folder cannot be created.
    #[error("the folder {folder} cannot be created: {source}")]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// Hashes of erased persons are there, and their key is not: it cannot be told who was erased.
    #[error(
        "{location} holds hashes of erased persons but not their key, so erased persons could come back: put erased/key \
         back from a backup"
    )]
    NoErasureKey {
        /// The location.
        location: String,
    },
    /// The tables were to exist already.
    #[error("table {table} does not exist at {location}: check the folder, or create it by a run, a demo or an import")]
    Missing {
        /// The missing table.
        table: Table,
        /// Where it was looked for.
        location: String,
    },
    /// A table has a setting under which the store cannot keep its promise.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The object store gives two writers the same log entry, so no commit on it is safe.
    #[error(
        "the object store of {location} lets two creations of one object both succeed, or knows no condition at all; \
         exactly-once commits need conditional puts (If-None-Match): use a store, or a store setting, that has them"
    )]
    NoConditionalPut {
        /// The location.
        location: String,
    },
    /// An object store failed while its tables were being opened.
    #[error("{location}: {doing} failed: {source}; {}", connect::advice(.source))]
    Remote {
        /// The location.
        location: String,
        /// What was being done.
        doing: String,
        /// The library's reason.
        source: Box<DeltaTableError>,
    },
    /// The storage or the Delta log failed.
    #[error("table {table}: {doing} failed: {source}")]
    Storage {
        /// The table.
        table: Table,
        /// What was being done.
        doing: &'static str,
        /// The library's reason.
        source: Box<DeltaTableError>,
    },
    /// A scan failed.
    #[error("table {table}: reading rows failed: {source}")]
    Scan {
        /// The table.
        table: Table,
        /// The engine's reason.
        source: Box<DataFusionError>,
    },
    /// Rows do not have the table's columns.
    #[error("table {table}: {source}")]
    Rows {
        /// The table.
        table: Table,
        /// What does not fit.
        source: ArrowError,
    },
    /// A row of a partition that this process has not acquired.
    #[error("table {table}: a row of {partition}, which this process has not acquired: a fault of the pipeline")]
    NotAcquired {
        /// The table.
        table: Table,
        /// The row's partition.
        partition: TopicPartition,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anybody's help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Storage { source, .. } | Self::Remote { source, .. } => is_transient(source),
            Self::Scan { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn remote(location: &Location, doing: impl Into<String>) -> impl FnOnce(DeltaTableError) -> Self {
        let (location, doing) = (location.to_string(), doing.into());
        move |source| Self::Remote { location, doing, source: Box::new(source) }
    }

    pub(crate) fn storage(table: Table, doing: &'static str) -> impl FnOnce(DeltaTableError) -> Self {
        move |source| Self::Storage { table, doing, source: Box::new(source) }
    }

    pub(crate) fn scan(table: Table) -> impl FnOnce(DataFusionError) -> Self {
        move |source| Self::Scan { table, source: Box::new(source) }
    }

    pub(crate) fn rows(table: Table) -> impl FnOnce(ArrowError) -> Self {
        move |source| Self::Rows { table, source }
    }
}

/// A commit, or the taking over of a partition, failed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another process has written offsets of a partition since this one last read or wrote them. Never retry: stop,
    /// let the partition go, and acquire again what is assigned.
    #[error(
        "table {table}: ownership of {partition} is lost: this process last saw offset {ours:?}, the table holds \
         {found:?}; another process writes this partition"
    )]
    OwnershipLost {
        /// The table that showed it.
        table: Table,
        /// The partition.
        partition: TopicPartition,
        /// The last value this process read or wrote.
        ours: Option<i64>,
        /// The value in the table.
        found: Option<i64>,
    },
    /// The cycle speaks of a partition that was not acquired. A fault of the pipeline.
    #[error("{partition} was not acquired by this process: acquire it before committing its offsets")]
    NotAcquired {
        /// The partition.
        partition: TopicPartition,
    },
    /// The cycle leaves out an acquired partition. A fault of the pipeline.
    #[error("{partition} is acquired but has no next offset in the cycle: give the offset of every owned partition")]
    NotCovered {
        /// The partition.
        partition: TopicPartition,
    },
    /// An offset would go back. A fault of the pipeline.
    #[error("{partition} would go back from offset {held} to {next}")]
    Backwards {
        /// The partition.
        partition: TopicPartition,
        /// The offset in the table.
        held: i64,
        /// The offset in the cycle.
        next: i64,
    },
    /// A row lies at or beyond the next offset of its partition. A fault of the pipeline.
    #[error("table {table}: a row of {partition} has offset {offset}, at or beyond the cycle's next offset {next}")]
    BeyondNext {
        /// The table.
        table: Table,
        /// The partition.
        partition: TopicPartition,
        /// The row's offset.
        offset: i64,
        /// The cycle's next offset.
        next: i64,
    },
    /// Whether a commit landed could not be found out. Calling again with the same cycle finds out and goes on.
    #[error("table {table}: whether the commit landed is not known, since the table cannot be read: {source}")]
    Unresolved {
        /// The table.
        table: Table,
        /// Why it cannot be read.
        source: Box<DeltaTableError>,
    },
    /// The table or its storage failed; nothing of this table's commit landed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// Whether calling again with the same cycle may succeed. Ownership lost never is.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unresolved { .. } => true,
            Self::Store(error) => error.is_retryable(),
            _ => false,
        }
    }
}

/// Whether a storage failure may pass by itself: anything but a refusal.
pub(crate) fn is_transient(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::ObjectStore { source } => !matches!(
            source,
            ObjectStoreError::PermissionDenied { .. }
                | ObjectStoreError::Unauthenticated { .. }
                | ObjectStoreError::NotImplemented { .. }
                | ObjectStoreError::NotSupported { .. }
                | ObjectStoreError::UnknownConfigurationKey { .. }
                | ObjectStoreError::InvalidPath { .. }
        ),
        DeltaTableError::Io { source } => source.kind() != std::io::ErrorKind::PermissionDenied,
        DeltaTableError::SchemaMismatch { .. }
        | DeltaTableError::Arrow { .. }
        | DeltaTableError::Parquet { .. }
        | DeltaTableError::MissingFeature { .. }
        | DeltaTableError::UnsupportedColumnMapping { .. }
        | DeltaTableError::CommitValidation { .. } => false,
        _ => true,
    }
}
