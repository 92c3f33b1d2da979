//! A stream of records as NDJSON files, one per kind, for `import`.
//!
//! Each file is written under a name of its own and renamed when it is complete, so a file with its final name is
//! never cut off. A bad record whose only fault is its key is left out: a file has no keys, it would be a good one.

use crate::produced::Produced;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use touchpoint::RejectReason;
use touchpoint::words::{Kind, Word};

/// Bytes buffered per file.
const BUFFER: usize = 1 << 20;
/// Records between two reports of progress.
const REPORT_EVERY: u64 = 10_000;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NdjsonCounts {
    /// Records by kind, bad ones included; every kind is there.
    pub records: BTreeMap<Kind, u64>,
    /// Bad records by the reason they have to be rejected for.
    pub expected: BTreeMap<RejectReason, u64>,
    /// Bytes, line breaks included.
    pub bytes: u64,
}

impl NdjsonCounts {
    /// All records.
    pub fn total(&self) -> u64 {
        self.records.values().sum()
    }
}

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; choose a folder that can be written and has room, then start again", .path.display())]
pub struct NdjsonError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The name of a kind's file.
pub fn file_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Calls => "calls.ndjson",
        Kind::Emails => "emails.ndjson",
        Kind::Congress => "congress-invitations.ndjson",
        Kind::Requests => "medical-requests.ndjson",
    }
}

/// Writes `items` into `dir`, which is made if it is missing; files of an earlier run are replaced. All four files are
/// written, empty ones too. `progress` is called every 10,000 records and at the end.
///
/// # Errors
/// [`NdjsonError`] names the file; what was written before it is left under the unfinished name.
pub fn write_ndjson(
    dir: &Path,
    items: impl Iterator<Item = Produced>,
    mut progress: impl FnMut(&NdjsonCounts),
) -> Result<NdjsonCounts, NdjsonError> {
    fs::create_dir_all(dir).map_err(|source| NdjsonError { path: dir.to_owned(), source })?;
    let mut files = Vec::with_capacity(Kind::ALL.len());
    let mut counts = NdjsonCounts::default();
    for kind in Kind::ALL {
        files.push(Unfinished::create(dir, file_name(*kind))?);
        counts.records.insert(*kind, 0);
    }
    for item in items.filter(|item| item.expected != Some(RejectReason::KeyMismatch)) {
        let Some(file) = files.get_mut(usize::from(item.kind.code())) else { continue };
        file.line(&item.payload)?;
        counts.bytes += item.payload.len() as u64 + 1;
        *counts.records.entry(item.kind).or_default() += 1;
        if let Some(reason) = item.expected {
            *counts.expected.entry(reason).or_default() += 1;
        }
        if counts.total().is_multiple_of(REPORT_EVERY) {
            progress(&counts);
        }
    }
    for file in files {
        file.finish()?;
    }
    progress(&counts);
    Ok(counts)
}

/// A file that has its final name only when it is complete.
#[derive(Debug)]
struct Unfinished {
    out: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
}

impl Unfinished {
    fn create(dir: &Path, name: &str) -> Result<Self, NdjsonError> {
        let (path, partial) = (dir.join(name), dir.join(format!("{name}.partial")));
        match File::create(&partial) {
            Ok(file) => Ok(Self { out: BufWriter::with_capacity(BUFFER, file), partial, path }),
            Err(source) => Err(NdjsonError { path: partial, source }),
        }
    }

    fn line(&mut self, payload: &[u8]) -> Result<(), NdjsonError> {
        let written = self.out.write_all(payload).and_then(|()| self.out.write_all(b"\n"));
        written.map_err(|source| NdjsonError { path: self.partial.clone(), source })
    }

    fn finish(self) -> Result<(), NdjsonError> {
        let Self { out, partial, path } = self;
        let finish = || {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            fs::rename(&partial, &path)
        };
        finish().map_err(|source| NdjsonError { path, source })
    }
}
