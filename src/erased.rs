//! Who was erased, from the tables to whoever decodes records.

use ingest::erased::Erased;
use std::sync::Arc;
use store::Store;

/// The list as it is now; an erasure wants the place alone, so it does not change while records are read.
///
/// # Errors
/// The list cannot be read, its key is missing, or it holds what is no hash.
pub(crate) async fn erased(store: &Store) -> anyhow::Result<Arc<Erased>> {
    let Some(list) = store.erased().await? else { return Ok(Arc::default()) };
    Ok(Arc::new(Erased::keyed(&list.key).with(&list.hashes)?))
}
