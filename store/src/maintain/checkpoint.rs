//! Checkpoints of the Delta log, and the removal of entries that they replace.
//!
//! Offsets are part of a checkpoint, and never expire (see [`crate::settings`]). Entries are removed only below a
//! checkpoint that is older than what the table keeps.

use super::{MaintenanceSettings, TableReport};
use crate::error::StoreError;
use crate::open::Store;
use crate::table::Table;
use deltalake::logstore::object_store::ObjectStoreExt;
use deltalake::protocol::checkpoints::{cleanup_expired_logs_for, create_checkpoint};
use deltalake::table::config::TablePropertiesExt;
use deltalake::{DeltaTable, DeltaTableError, ObjectStoreError, Path};
use touchpoint::Micros;

pub(super) async fn checkpoint(
    store: &Store,
    table: Table,
    settings: &MaintenanceSettings,
    now: Micros,
    done: &mut TableReport,
) -> Result<(), StoreError> {
    let delta = store.newest(table).await?;
    let version = delta.version().unwrap_or_default();
    let last = last_checkpoint(&delta).await.map_err(StoreError::storage(table, "reading the last checkpoint"))?;
    if version.saturating_sub(last.unwrap_or_default()) < settings.checkpoint_commits {
        return Ok(());
    }
    create_checkpoint(&delta, None).await.map_err(StoreError::storage(table, "writing a checkpoint"))?;
    done.checkpoint = Some(version);
    let state = delta.snapshot().map_err(StoreError::storage(table, "cleaning its log"))?;
    if !state.table_config().enable_expired_log_cleanup() {
        return Ok(());
    }
    let kept = i64::try_from(state.table_config().log_retention_duration().as_millis()).unwrap_or(i64::MAX);
    let cutoff = now.div_euclid(1_000).saturating_sub(kept);
    done.log_entries_removed = cleanup_expired_logs_for(version, delta.log_store().as_ref(), cutoff, None)
        .await
        .map_err(StoreError::storage(table, "cleaning its log"))?;
    Ok(())
}

/// The version of the last checkpoint, `None` where there is none or its hint cannot be understood.
async fn last_checkpoint(delta: &DeltaTable) -> Result<Option<u64>, DeltaTableError> {
    let hint = match delta.object_store().get(&Path::from("_delta_log/_last_checkpoint")).await {
        Ok(found) => found.bytes().await?,
        Err(ObjectStoreError::NotFound { .. }) => return Ok(None),
        Err(source) => return Err(DeltaTableError::ObjectStore { source }),
    };
    let hint: Option<serde_json::Value> = serde_json::from_slice(&hint).ok();
    Ok(hint.and_then(|hint| hint.get("version")?.as_u64()))
}
