//! Who was erased, so that nobody comes back: keyed hashes, never ids.
//!
//! Below the location lies `erased/key`, made at the first erasure, and for each person an object
//! `erased/hmac-sha256/<hex>`: the keyed hash of the `hcp_id`, which says nothing without the key and cannot be turned
//! round with it; its content is the instant of the erasure. One object for each, so that no erasure overwrites another.
//! Whoever decodes records asks this list first. Losing the key loses the list.

use crate::connect::{root_path, root_store};
use crate::error::StoreError;
use crate::location::Location;
use crate::open::Store;
use bytes::Bytes;
use deltalake::logstore::ObjectStoreRef;
use deltalake::logstore::object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use deltalake::{ObjectStoreError, Path};
use futures::TryStreamExt;

const FOLDER: &str = "erased";
const KEY: &str = "key";
const HASHES: &str = "hmac-sha256";

/// The list as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ErasedList {
    /// The key of the hashes.
    pub key: Vec<u8>,
    /// Lower-case hex.
    pub hashes: Vec<String>,
}

/// Without the key.
impl std::fmt::Debug for ErasedList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErasedList").field("hashes", &self.hashes.len()).finish_non_exhaustive()
    }
}

struct Place<'a> {
    location: &'a Location,
    store: ObjectStoreRef,
    folder: Path,
}

impl<'a> Place<'a> {
    fn of(location: &'a Location) -> Result<Self, StoreError> {
        Ok(Self { location, store: root_store(location)?, folder: root_path(location)?.join(FOLDER) })
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(ObjectStoreError) -> StoreError {
        let location = self.location.clone();
        move |source| StoreError::remote(&location, doing)(source.into())
    }

    async fn key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.store.get(&self.folder.clone().join(KEY)).await {
            Ok(found) => {
                let key = found.bytes().await.map_err(self.failed("reading the key of erasures"))?;
                Ok(Some(key.trim_ascii().to_vec()))
            }
            Err(ObjectStoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("reading the key of erasures")(error)),
        }
    }

    async fn create(&self, path: Path, content: Vec<u8>) -> Result<(), StoreError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&path, PutPayload::from(Bytes::from(content)), options).await {
            Ok(_) | Err(ObjectStoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(self.failed("entering an erasure")(error)),
        }
    }
}

impl Store {
    /// Who was erased; `None` while nobody was.
    ///
    /// # Errors
    /// The place cannot be read, or holds hashes without their key: restore `erased/key` from a backup.
    pub async fn erased(&self) -> Result<Option<ErasedList>, StoreError> {
        let place = Place::of(self.location())?;
        let folder = place.folder.clone().join(HASHES);
        let files: Vec<_> =
            place.store.list(Some(&folder)).try_collect().await.map_err(place.failed("reading who was erased"))?;
        let hashes: Vec<String> = files.iter().filter_map(|file| file.location.filename().map(str::to_owned)).collect();
        match (place.key().await?, hashes.is_empty()) {
            (Some(key), _) => Ok(Some(ErasedList { key, hashes })),
            (None, true) => Ok(None),
            (None, false) => Err(StoreError::NoErasureKey { location: self.location().to_string() }),
        }
    }

    /// The key of the hashes: the one that is there, else `fresh`, which is then kept. A key is text without blanks.
    ///
    /// # Errors
    /// The place cannot be read or written, or holds hashes without their key.
    pub async fn erasure_key(&self, fresh: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        if let Some(list) = self.erased().await? {
            return Ok(list.key);
        }
        let place = Place::of(self.location())?;
        place.create(place.folder.clone().join(KEY), fresh.clone()).await?;
        // Of two that make one together, one has won.
        Ok(place.key().await?.unwrap_or(fresh))
    }

    /// Enters a hash; `at` is an instant for people to read. Once more changes nothing.
    ///
    /// # Errors
    /// The place cannot be written.
    pub async fn enter_erased(&self, hash: &str, at: &str) -> Result<(), StoreError> {
        let place = Place::of(self.location())?;
        place.create(place.folder.clone().join(HASHES).join(hash), format!("{at}\n").into_bytes()).await?;
        fail::fail_point!("erase::listed");
        Ok(())
    }
}
