//! Who may write a local folder: an operating-system lock, and a marker that says what made it.
//!
//! | use | lock | starts when |
//! |---|---|---|
//! | run | shared: processes of one group own different partitions | no import and no demo holds the folder |
//! | demo | exclusive | nobody holds it, and it is empty or was made by a demo |
//! | import | exclusive | nobody holds it |
//!
//! The lock goes with the process, however it ends. The marker stays; a run or an import in a folder made by a demo
//! makes it theirs, so that no later demo mixes simulated traffic into it. Readers take no lock. An object store has
//! neither: there the fence of the offsets is the only guard.

use crate::location::Location;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file that is locked.
pub const LOCK_FILE: &str = ".touchload-lock";
/// The file that says what made the folder.
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
}

/// What made a folder.
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
        folder: PathBuf,
    },
    /// A demo would mix simulated traffic into it.
    #[error("{folder} was not made by a demo and is not empty: a demo starts only in an empty or demo-made folder")]
    NotForDemo {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be written.
    #[error("{folder} cannot be used: {source}")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Holds the folder until dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: Option<File>,
}

impl FolderUse {
    fn marker(self) -> FolderMarker {
        match self {
            Self::Run => FolderMarker::Run,
            Self::Demo => FolderMarker::Demo,
            Self::Import => FolderMarker::Import,
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

    /// The marker of a folder, `None` where there is none.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, FolderError> {
        let mut text = String::new();
        match File::open(folder.join(MARKER_FILE)).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => Ok(Self::ALL.into_iter().find(|marker| marker.as_str() == text.trim())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FolderError::Io { folder: folder.to_owned(), source }),
        }
    }

    /// Written beside and renamed, so that a marker is whole or absent.
    fn write(self, folder: &Path) -> std::io::Result<()> {
        let beside = folder.join(format!("{MARKER_FILE}.{}", std::process::id()));
        std::fs::write(&beside, self.as_str())?;
        std::fs::rename(&beside, folder.join(MARKER_FILE))
    }
}

impl FolderLock {
    /// Takes the folder, creating it where it is missing.
    ///
    /// # Errors
    /// It is in use, not fit for a demo, or not writable.
    pub fn take(location: &Location, intent: FolderUse) -> Result<Self, FolderError> {
        let Some(folder) = location.local_path() else { return Ok(Self { _file: None }) };
        let io = |source| FolderError::Io { folder: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(io)?;
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(folder.join(LOCK_FILE)).map_err(io)?;
        let locked = match intent {
            FolderUse::Run => file.try_lock_shared(),
            FolderUse::Demo | FolderUse::Import => file.try_lock(),
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { folder }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let marker = FolderMarker::read(&folder)?;
        if intent == FolderUse::Demo && marker != Some(FolderMarker::Demo) && !is_empty(&folder).map_err(io)? {
            return Err(FolderError::NotForDemo { folder });
        }
        let keeps = match intent {
            FolderUse::Demo => marker == Some(FolderMarker::Demo),
            FolderUse::Run | FolderUse::Import => marker.is_some_and(|found| found != FolderMarker::Demo),
        };
        if !keeps {
            intent.marker().write(&folder).map_err(io)?;
        }
        Ok(Self { _file: Some(file) })
    }
}

fn is_empty(folder: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.to_string_lossy().starts_with(".touchload-") {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{FolderError, FolderLock, FolderMarker, FolderUse};
    use crate::location::Location;

    #[test]
    fn runs_share_a_folder_and_an_import_or_demo_has_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        let here = Location::parse(dir.path().to_str().unwrap()).unwrap();
        let first = FolderLock::take(&here, FolderUse::Run).unwrap();
        let second = FolderLock::take(&here, FolderUse::Run).unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Import), Err(FolderError::InUse { .. })));
        drop((first, second));
        let import = FolderLock::take(&here, FolderUse::Import).unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Run), Err(FolderError::InUse { .. })));
        drop(import);
        FolderLock::take(&here, FolderUse::Run).unwrap();
        assert_eq!(FolderMarker::read(dir.path()).unwrap(), Some(FolderMarker::Run));
    }

    #[test]
    fn a_demo_starts_in_an_empty_or_demo_made_folder_only() {
        let dir = tempfile::tempdir().unwrap();
        let here = Location::parse(dir.path().to_str().unwrap()).unwrap();
        FolderLock::take(&here, FolderUse::Demo).unwrap();
        std::fs::create_dir(dir.path().join("touchpoint_log")).unwrap();
        FolderLock::take(&here, FolderUse::Demo).unwrap();
        FolderLock::take(&here, FolderUse::Import).unwrap();
        assert!(matches!(FolderLock::take(&here, FolderUse::Demo), Err(FolderError::NotForDemo { .. })));
    }
}
