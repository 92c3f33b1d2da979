//! Who may write a location: an operating-system lock on a local folder, and a marker that says what made the place.
//!
//! | use | lock of a folder | starts when |
//! |---|---|---|
//! | run | shared: processes of one group own different partitions | no import and no demo holds the folder |
//! | demo | exclusive | nobody holds it, and it is empty or was made by a demo |
//! | import | exclusive | nobody holds it |
//! | amend | exclusive | nobody holds it, and it is there; its marker stays as it is |
//!
//! The lock goes with the process, however it ends. The marker stays; a run or an import in a place made by a demo
//! makes it theirs, so that no later demo mixes simulated traffic into it. Readers take no lock.
//!
//! An object store has the marker, as an object, and no lock: nothing there goes with a process. The fence of the
//! offsets keeps a partition from being written twice; that no import runs beside a pipeline is up to who starts it.

use crate::conditional_put::OWN_PREFIX;
use crate::connect::{root_path, root_store};
use crate::durable;
use crate::error::StoreError;
use crate::location::Location;
use deltalake::logstore::ObjectStoreRef;
use deltalake::logstore::object_store::{ObjectStoreExt, PutPayload};
use deltalake::{ObjectStoreError, Path as ObjectPath};
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

/// The file that is locked.
pub const LOCK_FILE: &str = ".touchload-lock";
/// The file or object that says what made the place.
pub const MARKER_FILE: &str = ".touchload-made-by";

/// What a process wants the folder for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderUse {
    /// A pipeline.
    Run,
    /// A demonstration.
    Demo,
    /// An import.
    Import,
    /// A change to what was stored before: a feed is taken back, or an HCP is erased.
    Amend,
}

/// What made a folder or prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderMarker {
    /// A pipeline.
    Run,
    /// A demonstration: its rows are simulated.
    Demo,
    /// An import.
    Import,
}

/// The folder cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds it.
    #[error("{folder} is in use by another touchload process: stop it, or use another folder")]
    InUse {
        /// The folder.
        folder: String,
    },
    /// A demo would mix simulated traffic into it.
    #[error("{folder} was not made by a demo and is not empty: a demo starts only in an empty or demo-made folder")]
    NotForDemo {
        /// The folder.
        folder: String,
    },
    /// The object store cannot be reached, or its options do not fit.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be written.
    #[error("{folder} cannot be used: {source}")]
    Io {
        /// The folder.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Holds the folder until dropped; of an object store there is nothing to hold.
#[derive(Debug)]
pub struct FolderLock {
    _file: Option<File>,
}

impl FolderUse {
    /// What it makes of a place, `None` when it makes nothing of it.
    fn marker(self) -> Option<FolderMarker> {
        match self {
            Self::Run => Some(FolderMarker::Run),
            Self::Demo => Some(FolderMarker::Demo),
            Self::Import => Some(FolderMarker::Import),
            Self::Amend => None,
        }
    }
}

impl FolderMarker {
    const ALL: [Self; 3] = [Self::Run, Self::Demo, Self::Import];

    fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Demo => "demo",
            Self::Import => "import",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|marker| marker.as_str() == text.trim())
    }

    /// The marker of a local folder, `None` where there is none.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, FolderError> {
        let mut text = String::new();
        match File::open(folder.join(MARKER_FILE)).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FolderError::Io { folder: folder.display().to_string(), source }),
        }
    }

    /// Written beside and renamed, so that a marker is whole or absent.
    fn write(self, folder: &Path) -> std::io::Result<()> {
        let beside = folder.join(format!("{MARKER_FILE}.{}", std::process::id()));
        let mut file = File::create(&beside)?;
        file.write_all(self.as_str().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, folder.join(MARKER_FILE))
    }
}

/// The marker that a place with this one must get from `intent`, if it must get another.
fn remark(marker: Option<FolderMarker>, intent: FolderUse) -> Option<FolderMarker> {
    let is_remarked = match intent {
        FolderUse::Demo => marker != Some(FolderMarker::Demo),
        FolderUse::Run | FolderUse::Import => marker.is_none_or(|found| found == FolderMarker::Demo),
        FolderUse::Amend => false,
    };
    intent.marker().filter(|_| is_remarked)
}

impl FolderLock {
    /// Takes the place, creating a folder where it is missing.
    ///
    /// # Errors
    /// It is in use, not fit for a demo, not writable, or an object store that fails.
    pub async fn take(location: &Location, intent: FolderUse) -> Result<Self, FolderError> {
        match location.local_path() {
            Some(folder) => Self::take_folder(&folder, intent),
            None => {
                mark_prefix(location, intent).await?;
                Ok(Self { _file: None })
            }
        }
    }

    fn take_folder(folder: &Path, intent: FolderUse) -> Result<Self, FolderError> {
        let named = || folder.display().to_string();
        let io = |source| FolderError::Io { folder: named(), source };
        if intent != FolderUse::Amend {
            durable::create_folder(folder).map_err(io)?;
        }
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(folder.join(LOCK_FILE)).map_err(io)?;
        let locked = match intent {
            FolderUse::Run => file.try_lock_shared(),
            FolderUse::Demo | FolderUse::Import | FolderUse::Amend => file.try_lock(),
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { folder: named() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let marker = FolderMarker::read(folder)?;
        if intent == FolderUse::Demo && marker != Some(FolderMarker::Demo) && !is_empty(folder).map_err(io)? {
            return Err(FolderError::NotForDemo { folder: named() });
        }
        if let Some(marker) = remark(marker, intent) {
            marker.write(folder).map_err(io)?;
        }
        Ok(Self { _file: Some(file) })
    }
}

/// What [`FolderLock::take`] does on an object store.
async fn mark_prefix(location: &Location, intent: FolderUse) -> Result<(), FolderError> {
    let store = root_store(location)?;
    let prefix = root_path(location)?;
    let path = prefix.clone().join(MARKER_FILE);
    let failed = |source: ObjectStoreError| {
        FolderError::Store(StoreError::remote(location, "finding out what made it")(source.into()))
    };
    let marker = match store.get(&path).await {
        Ok(found) => FolderMarker::parse(&String::from_utf8_lossy(&found.bytes().await.map_err(failed)?)),
        Err(ObjectStoreError::NotFound { .. }) => None,
        Err(error) => return Err(failed(error)),
    };
    let unfit = intent == FolderUse::Demo && marker != Some(FolderMarker::Demo);
    if unfit && !is_empty_prefix(&store, &prefix).await.map_err(failed)? {
        return Err(FolderError::NotForDemo { folder: location.to_string() });
    }
    if let Some(marker) = remark(marker, intent) {
        store.put(&path, PutPayload::from_static(marker.as_str().as_bytes())).await.map_err(failed)?;
    }
    Ok(())
}

async fn is_empty_prefix(store: &ObjectStoreRef, prefix: &ObjectPath) -> Result<bool, ObjectStoreError> {
    let found = store.list_with_delimiter(Some(prefix)).await?;
    let own = |path: &ObjectPath| path.filename().is_some_and(|name| name.starts_with(OWN_PREFIX));
    Ok(found.common_prefixes.is_empty() && found.objects.iter().all(|object| own(&object.location)))
}

fn is_empty(folder: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.to_string_lossy().starts_with(OWN_PREFIX) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{FolderError, FolderLock, FolderMarker, FolderUse};
    use crate::location::Location;

    #[tokio::test]
    async fn runs_share_a_folder_and_an_import_or_demo_has_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        let here = Location::parse(dir.path().to_str().unwrap()).unwrap();
        let first = FolderLock::take(&here, FolderUse::Run).await.unwrap();
        let second = FolderLock::take(&here, FolderUse::Run).await.unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Import).await, Err(FolderError::InUse { .. })));
        drop((first, second));
        let import = FolderLock::take(&here, FolderUse::Import).await.unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Run).await, Err(FolderError::InUse { .. })));
        drop(import);
        FolderLock::take(&here, FolderUse::Run).await.unwrap();
        assert_eq!(FolderMarker::read(dir.path()).unwrap(), Some(FolderMarker::Run));
    }

    #[tokio::test]
    async fn a_demo_starts_in_an_empty_or_demo_made_folder_only() {
        let dir = tempfile::tempdir().unwrap();
        let here = Location::parse(dir.path().to_str().unwrap()).unwrap();
        FolderLock::take(&here, FolderUse::Demo).await.unwrap();
        std::fs::create_dir(dir.path().join("touchpoint_log")).unwrap();
        FolderLock::take(&here, FolderUse::Demo).await.unwrap();
        FolderLock::take(&here, FolderUse::Import).await.unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Demo).await, Err(FolderError::NotForDemo { .. })));
    }

    #[tokio::test]
    async fn an_amendment_has_an_existing_folder_alone_and_leaves_it_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let here = Location::parse(dir.path().to_str().unwrap()).unwrap();
        let demo = FolderLock::take(&here, FolderUse::Demo).await.unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Amend).await, Err(FolderError::InUse { .. })));
        drop(demo);
        let amendment = FolderLock::take(&here, FolderUse::Amend).await.unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Run).await, Err(FolderError::InUse { .. })));
        drop(amendment);
        assert_eq!(FolderMarker::read(dir.path()).unwrap(), Some(FolderMarker::Demo));
        let absent = Location::parse(dir.path().join("absent").to_str().unwrap()).unwrap();
        assert!(matches!(FolderLock::take(&absent, FolderUse::Amend).await, Err(FolderError::Io { .. })));
        assert!(!dir.path().join("absent").exists());
    }
}
