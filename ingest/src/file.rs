//! NDJSON files for the bounded import: one record per line, read in bounded memory, decoded like messages.
//!
//! A line ends with `\n` or `\r\n`; the last one needs no end, and an end makes no further line. Lines of nothing but
//! white space are no records, yet count in line numbers. The place of a record is the topic `import:<sha256 of the
//! file>`, partition 0, and its line from 0; its timestamp and `ingested_at` are the start of the import. Keys do not
//! exist. A byte order mark at the start of the file is passed over.
//!
//! [`ImportFile`] reads a file once to name it by its content; [`FileReader`] reads it again to decode it, and fails at
//! the end if the file has changed in between, so that no row stands under a name that is not its file's.
//!
//! | module | one noun |
//! |---|---|
//! | [`naming`] | a file known by its content |
//! | [`blocks`] | a byte source cut at line ends |
//! | [`reader`] | files into batches, by several threads, in order |

mod blocks;
mod naming;
mod reader;

pub use naming::ImportFile;
pub use reader::{FileBatch, FileReader};

use std::io::{self, Read};
use std::path::PathBuf;

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

/// `read`, again when a signal interrupted it.
fn read_some(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests;
