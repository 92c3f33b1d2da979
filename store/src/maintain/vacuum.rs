//! Deleting files that no version of the last days names, including orphans of crashed commits and imports.
//!
//! Seven days at least: a reader may still be at an old version, and a writer's files are not named until its commit.

use super::{MaintenanceSettings, TableReport};
use crate::error::StoreError;
use crate::open::Store;
use crate::table::Table;
use deltalake::kernel::transaction::CommitProperties;
use deltalake::operations::vacuum::{Clock, VacuumMode};
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::time::DAY;

#[derive(Debug)]
struct Now(Micros);

impl Clock for Now {
    fn current_timestamp_millis(&self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

pub(super) async fn vacuum(
    store: &Store,
    table: Table,
    settings: &MaintenanceSettings,
    now: Micros,
    done: &mut TableReport,
) -> Result<(), StoreError> {
    done.files_deleted = vacuum_older(store, table, settings.vacuum_retention.max(7 * DAY), now).await?;
    Ok(())
}

/// Deletes every file that no version of the last `retention` before `now` names, and gives their number. Less than seven
/// days is for whoever has the place alone.
pub(crate) async fn vacuum_older(
    store: &Store,
    table: Table,
    retention: Micros,
    now: Micros,
) -> Result<usize, StoreError> {
    let delta = store.newest(table).await?;
    let (_, metrics) = delta
        .vacuum()
        .with_mode(VacuumMode::Full)
        .with_retention_period(chrono::Duration::microseconds(retention))
        .with_enforce_retention_duration(false)
        .with_clock(Arc::new(Now(now)))
        .with_commit_properties(
            CommitProperties::default().with_create_checkpoint(false).with_cleanup_expired_logs(Some(false)),
        )
        .await
        .map_err(StoreError::storage(table, "deleting unnamed files"))?;
    Ok(metrics.files_deleted.len())
}
