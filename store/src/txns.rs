//! Application transactions: reading the offsets that a table holds, at exactly the version of a snapshot.
//!
//! A failed read is an error, never "nothing yet": a checkpoint that reads as empty would count everything twice.

use deltalake::{DeltaTable, DeltaTableError};
use futures::{StreamExt, TryStreamExt};

/// Each read replays the log from its last checkpoint on; a few at a time keep an object store busy.
const CONCURRENT_READS: usize = 8;

/// The values of `app_ids` in the snapshot of `delta`, in their order; `None` where there never was one.
pub(crate) async fn read(delta: &DeltaTable, app_ids: Vec<String>) -> Result<Vec<Option<i64>>, DeltaTableError> {
    let state = delta.snapshot()?;
    let log_store = delta.log_store();
    futures::stream::iter(app_ids)
        .map(|app_id| {
            let log_store = log_store.clone();
            async move { state.transaction_version(log_store.as_ref(), app_id).await }
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await
}
