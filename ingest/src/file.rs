//! NDJSON files for the bounded import: one record per line, read in bounded memory, decoded like messages.
//!
//! A line ends with `\n` or `\r\n`; the last one needs no end, and an end makes no further line. Lines of nothing but
//! white space are no records, yet count in line numbers. The place of a record is the topic `import:<sha256 of the
//! file>`, partition 0, and its line from 0; its timestamp and `ingested_at` are the start of the import. Keys do not
//! exist. A byte order mark at the start of the file is passed over.
//!
//! [`ImportFile::open`] reads the file once to name it by its content; [`FileBatches`] reads it again to decode it, and
//! fails at the end if the file has changed in between, so that no row stands under a name that is not its file's.

mod lines;

use crate::batch::{BatchBuilder, DecodedBatch, Message};
use crate::decode::{Decoder, KeyRule};
use crate::digest;
use lines::{Line, Lines};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use touchpoint::{Kind, Micros};

/// Lines per batch.
pub const BATCH_ROWS: usize = 1 << 16;
/// Payload bytes per batch.
pub const BATCH_BYTES: usize = 64 << 20;
/// Bytes per read.
const CHUNK: usize = 1 << 20;

/// Endings of compressed files.
const COMPRESSED: &[&str] = &["gz", "zst", "bz2", "xz", "zip", "lz4"];

/// Why a file cannot be imported. Nothing of it is to be kept; each is for the person who started the import.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {source}; check that this user may read it, then import again", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is compressed.
    #[error("{} is compressed; decompress it first and import the .ndjson file", path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
    },
    /// It changed while it was read.
    #[error("{} changed while it was read; import it again once nothing writes to it", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Columns do not fit their schema: a defect of this program, and a retry does not help.
    #[error("the columns decoded from {} do not fit their schema, a defect of this program: {source}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// What Arrow said.
        source: arrow::error::ArrowError,
    },
}

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
        let path = path.into();
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if COMPRESSED.contains(&ending.as_str()) {
            return Err(FileError::Compressed { path });
        }
        let read = |source| FileError::Read { path: path.clone(), source };
        let mut file = File::open(&path).map_err(read)?;
        let metadata = file.metadata().map_err(read)?;
        let (mut hasher, mut bytes, mut chunk) = (Sha256::new(), 0u64, vec![0; CHUNK]);
        loop {
            let length = read_some(&mut file, &mut chunk).map_err(read)?;
            let Some(content) = chunk.get(..length).filter(|content| !content.is_empty()) else { break };
            if bytes == 0 && is_compressed(content) {
                return Err(FileError::Compressed { path });
            }
            bytes += content.len() as u64;
            hasher.update(content);
        }
        Ok(Self { modified: modified(&metadata), path, kind, sha256: digest::hex(hasher), bytes })
    }

    /// The topic its records stand under: `import:<sha256>`.
    pub fn topic(&self) -> String {
        format!("import:{}", self.sha256)
    }

    fn is_unchanged(&self, file: &File, read: u64) -> io::Result<bool> {
        let metadata = file.metadata()?;
        Ok(read == self.bytes && metadata.len() == self.bytes && modified(&metadata) == self.modified)
    }
}

/// The first bytes of gzip, Zstandard, bzip2, xz and zip: none of them can begin a line of JSON.
fn is_compressed(content: &[u8]) -> bool {
    let magics: [&[u8]; 5] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"PK\x03\x04"];
    magics.iter().any(|magic| content.starts_with(magic))
}

fn modified(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

/// `read`, again when a signal interrupted it.
fn read_some(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// The batches of one file, in the order of its lines. After an error it ends.
#[derive(Debug)]
pub struct FileBatches {
    file: ImportFile,
    topic: String,
    lines: Lines<File>,
    builder: BatchBuilder,
    started_at: Micros,
    ended: bool,
}

impl FileBatches {
    /// Starts to read. `decoder` gives options and reference data; its key rule is set aside. `started_at` is the start
    /// of the import.
    ///
    /// # Errors
    /// [`FileError::Read`].
    pub fn new(file: ImportFile, decoder: &Decoder, started_at: Micros) -> Result<Self, FileError> {
        let opened = File::open(&file.path).map_err(|source| FileError::Read { path: file.path.clone(), source })?;
        let decoder = decoder.with_key_rule(KeyRule::AcceptAny);
        let lines = Lines::new(opened, decoder.options().max_bytes);
        let builder = BatchBuilder::new(Arc::new(decoder), 0);
        Ok(Self { topic: file.topic(), file, lines, builder, started_at, ended: false })
    }

    /// Bytes read so far, for progress.
    pub fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    fn batch(&mut self) -> Result<Option<DecodedBatch>, FileError> {
        while self.builder.len() < BATCH_ROWS && self.builder.bytes() < BATCH_BYTES {
            if !self.push_line().map_err(|source| FileError::Read { path: self.file.path.clone(), source })? {
                self.ended = true;
                self.check_unchanged()?;
                break;
            }
        }
        if self.builder.is_empty() {
            return Ok(None);
        }
        let batch = self.builder.finish();
        batch.map(Some).map_err(|source| FileError::Columns { path: self.file.path.clone(), source })
    }

    /// Whether there was a line.
    fn push_line(&mut self) -> io::Result<bool> {
        let Some((number, line)) = self.lines.advance()? else { return Ok(false) };
        let payload = match &line {
            Line::Whole(range) => Some(self.lines.content(range)),
            Line::Oversized(_) => None,
        };
        let message = Message {
            kind: self.file.kind,
            topic: &self.topic,
            partition: 0,
            offset: number,
            timestamp: Some(self.started_at),
            key: None,
            headers: &[],
            payload,
        };
        match line {
            Line::Whole(_) => self.builder.push(&message, self.started_at),
            Line::Oversized(oversized) => self.builder.push_oversized(&message, oversized, self.started_at),
        }
        Ok(true)
    }

    fn check_unchanged(&self) -> Result<(), FileError> {
        let path = || self.file.path.clone();
        match self.file.is_unchanged(self.lines.source(), self.lines.bytes_read()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(FileError::Changed { path: path() }),
            Err(source) => Err(FileError::Read { path: path(), source }),
        }
    }
}

impl Iterator for FileBatches {
    type Item = Result<DecodedBatch, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let batch = self.batch().transpose();
        self.ended |= matches!(batch, Some(Err(_)) | None);
        batch
    }
}

#[cfg(test)]
mod tests;
