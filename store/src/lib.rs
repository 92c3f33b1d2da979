//! Delta tables: the log that is the checkpoint, and everything derived from it.
//!
//! One process per partition writes; any number of processes read. What never happens: a position of a source stands in
//! `touchpoint_log` twice; an offset is stored without the rows below it; a process whose partition has moved away
//! writes another row; a failed read of a checkpoint counts as "nothing committed yet"; a personal value reaches the
//! statistics of a Delta log.
//!
//! | module | one noun |
//! |---|---|
//! | [`table`] | the closed set of tables: schema, partitioning, statistics, properties |
//! | [`location`] | where the tables lie: a local folder or an object-store URL |
//! | [`options`] | how an object store is reached: endpoint, region, credentials |
//! | [`folder`] | who may write a location: lock and marker |
//! | [`settings`] | the table settings that would break the promise, refused when a table is opened |
//! | [`owner`] | whose offsets: the names under which Delta keeps them |
//! | [`open`] | the store: opening and creating its tables |
//! | [`acquire`] | taking over and giving back partitions |
//! | [`commit`] | the cycle: one commit per table, offsets inside, fenced |
//! | [`alerts`] | what table `alerts` holds, and who may write to it |
//! | [`import`] | a bounded history as one commit |
//! | [`writer`] | batches into Parquet files of bounded size, in bounded memory |
//! | [`arrange`] | small batches joined, months apart, before they are encoded |
//! | [`encoding`] | how rows are laid down in Parquet |
//! | [`read`] | rows back out: restore and catch-up |
//! | [`provider`] | a table as DataFusion sees it, pinned to one version |
//! | `files` | the files of one version, and which of them may hold a wanted row |
//! | [`schema`] | all tables under their names, refreshed together |
//! | [`maintain`] | compaction, checkpoints, clean-up, expiry |
//! | [`retracted`] | notes of retractions whose records went to Kafka |
//! | [`erase`] | an HCP is forgotten: rows, files, log entries, and a list that keeps them from coming back |

pub mod acquire;
pub mod alerts;
mod arrange;
pub mod commit;
mod conditional_put;
mod connect;
mod durable;
mod encoding;
pub mod erase;
pub mod error;
mod files;
pub mod folder;
mod handle;
pub mod import;
pub mod location;
pub mod maintain;
pub mod open;
pub mod options;
pub mod owner;
pub mod positions;
pub mod provider;
pub mod read;
mod retracted;
#[cfg(test)]
mod sample;
pub mod schema;
pub mod settings;
pub mod table;
mod txns;
pub mod writer;

pub use acquire::Acquired;
pub use alerts::AlertMarks;
pub use commit::{Committed, Cycle, Landed, Reply};
pub use erase::{ErasedList, Erasure, Mention};
pub use error::{CommitError, StoreError};
pub use folder::{FolderError, FolderLock, FolderMarker, FolderUse};
pub use import::Import;
pub use location::{Location, Service};
pub use maintain::{Maintenance, MaintenanceSettings, Report};
pub use open::{OpenMode, Store};
pub use options::StoreOptions;
pub use owner::Owner;
pub use positions::Positions;
pub use provider::PinnedTable;
pub use read::{Arrival, BatchStream, OffsetRange, OldEmails, ReadLog};
pub use schema::StoreSchema;
pub use settings::SettingError;
pub use table::Table;
pub use writer::{TableWriter, Written};
