//! Notes of retractions whose records went to Kafka, below the location: `retracted/<name>.json`, each written once.
//!
//! What a note says is its writer's business ([`Store::enter_retraction`] keeps bytes). It names no person.

use crate::connect::{root_path, root_store};
use crate::error::StoreError;
use crate::open::Store;
use bytes::Bytes;
use deltalake::logstore::object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use futures::TryStreamExt;

const FOLDER: &str = "retracted";

impl Store {
    /// Every note.
    ///
    /// # Errors
    /// The place cannot be read.
    pub async fn retractions(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let failed = |error: deltalake::ObjectStoreError| {
            StoreError::remote(self.location(), "reading the notes of retractions")(error.into())
        };
        let (store, folder) = (root_store(self.location())?, root_path(self.location())?.join(FOLDER));
        let files: Vec<_> = store.list(Some(&folder)).try_collect().await.map_err(failed)?;
        let mut notes = Vec::new();
        for file in files.iter().filter(|file| file.location.extension() == Some("json")) {
            let content = store.get(&file.location).await.map_err(failed)?;
            notes.push(content.bytes().await.map_err(failed)?.to_vec());
        }
        Ok(notes)
    }

    /// Keeps a note under a name that no other has.
    ///
    /// # Errors
    /// The place cannot be written.
    pub async fn enter_retraction(&self, name: &str, note: Vec<u8>) -> Result<(), StoreError> {
        let path = root_path(self.location())?.join(FOLDER).join(format!("{name}.json"));
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let payload = PutPayload::from(Bytes::from(note));
        let stored = root_store(self.location())?.put_opts(&path, payload, options).await;
        let doing = "writing the note of a retraction";
        stored.map(drop).map_err(|error| StoreError::remote(self.location(), doing)(error.into()))
    }
}
