//! Files named by their content: the SHA-256 of every byte, read through once before anything is decoded.

use super::{FileError, read_some};
use crate::digest;
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;
use touchpoint::Kind;

/// Bytes per read.
const CHUNK: usize = 1 << 20;

/// Endings of compressed files.
const COMPRESSED: &[&str] = &["gz", "zst", "bz2", "xz", "zip", "lz4"];

/// A file that is known by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The feed its records belong to.
    pub kind: Kind,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
    modified: Option<SystemTime>,
}

impl ImportFile {
    /// Reads the file through once.
    ///
    /// # Errors
    /// [`FileError::Read`], or [`FileError::Compressed`] judged by its ending or by its first bytes.
    pub fn open(path: impl Into<PathBuf>, kind: Kind) -> Result<Self, FileError> {
        Self::read_through(path.into(), kind, &|_| {})
    }

    /// Reads files through, several at a time, and gives them in their order. `read` is told how many further bytes
    /// have been read, from any thread.
    ///
    /// # Errors
    /// That of the first file, in their order, that has one.
    pub fn open_all(
        files: &[(Kind, PathBuf)],
        threads: NonZeroUsize,
        read: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<Self>, FileError> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let (place, Some((kind, path))) = take(&next, files) {
                done.push((place, Self::read_through(path.clone(), *kind, read)));
            }
            done
        };
        let mut opened: Vec<(usize, Result<Self, FileError>)> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.get().min(files.len())).map(|_| scope.spawn(work)).collect();
            let mut opened = work();
            for other in others {
                opened.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            opened
        });
        opened.sort_by_key(|(place, _)| *place);
        opened.into_iter().map(|(_, file)| file).collect()
    }

    fn read_through(path: PathBuf, kind: Kind, read: &(dyn Fn(u64) + Sync)) -> Result<Self, FileError> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if COMPRESSED.contains(&ending.as_str()) {
            return Err(FileError::Compressed { path });
        }
        let failed = |source| FileError::Read { path: path.clone(), source };
        let mut file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let (mut hasher, mut bytes, mut chunk) = (Sha256::new(), 0u64, vec![0; CHUNK]);
        loop {
            let length = read_some(&mut file, &mut chunk).map_err(failed)?;
            let Some(content) = chunk.get(..length).filter(|content| !content.is_empty()) else { break };
            if bytes == 0 && is_compressed(content) {
                return Err(FileError::Compressed { path });
            }
            bytes += content.len() as u64;
            hasher.update(content);
            read(content.len() as u64);
        }
        Ok(Self { modified: modified(&metadata), path, kind, sha256: digest::hex(hasher), bytes })
    }

    /// The topic its records stand under: `import:<sha256>`.
    pub fn topic(&self) -> String {
        format!("import:{}", self.sha256)
    }

    /// Whether the opened file, of which `read` bytes were read, is still what was hashed, as far as its length and
    /// time tell.
    pub(super) fn is_unchanged(&self, file: &File, read: u64) -> io::Result<bool> {
        let metadata = file.metadata()?;
        Ok(read == self.bytes && metadata.len() == self.bytes && modified(&metadata) == self.modified)
    }
}

fn take<'f, T>(next: &AtomicUsize, files: &'f [T]) -> (usize, Option<&'f T>) {
    let place = next.fetch_add(1, Ordering::Relaxed);
    (place, files.get(place))
}

/// The first bytes of gzip, Zstandard, bzip2, xz and zip: none of them can begin a line of JSON.
fn is_compressed(content: &[u8]) -> bool {
    let magics: [&[u8]; 5] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"PK\x03\x04"];
    magics.iter().any(|magic| content.starts_with(magic))
}

fn modified(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}
