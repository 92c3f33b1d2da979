//! Local files that outlive a power cut: nothing is visible under its name before its bytes are on the disk, and no
//! write is reported done before its name is.
//!
//! `LocalFileSystem` of the `object_store` crate writes beside the target and renames or links, which survives the death
//! of a process; it never calls fsync. After a power cut a log entry could stand there empty, or be there while the data
//! files that it names are not, and such a table cannot be read. Here every write is: bytes into `name#n` (a name that
//! listings leave out), fsync, link or rename to the name, fsync of the folder. A commit waits for its data files, so
//! they are durable before the log entry that names them is visible. Everything else is `LocalFileSystem`.
//!
//! Deleting is not synced: what comes back after a power cut is deleted again by the next maintenance.

use async_trait::async_trait;
use bytes::Bytes;
use deltalake::logstore::object_store::local::LocalFileSystem;
use deltalake::logstore::object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use deltalake::{ObjectStoreError, Path as ObjectPath};
use futures::FutureExt;
use futures::stream::BoxStream;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The root of the local file system; paths are absolute.
#[derive(Debug, Default)]
pub(crate) struct DurableFiles {
    files: LocalFileSystem,
}

impl std::fmt::Display for DurableFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Durable{}", self.files)
    }
}

/// Creates a folder and those above it, and makes their names durable.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(above) = folder.parent() else { return fs::create_dir(folder) };
    create_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        // Another process was first, and may not have synced yet.
        _ => sync_folder(above),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened, and names are durable with their files.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A file that is being written beside its target; removed when it is dropped before it took the target's name.
#[derive(Debug)]
struct Staged {
    file: Mutex<File>,
    beside: PathBuf,
    target: PathBuf,
    in_place: bool,
}

impl Staged {
    fn beside(target: PathBuf) -> io::Result<Self> {
        let folder = target.parent().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let mut number = 1_u32;
        loop {
            let beside = folder.join(format!("{name}#{number}"));
            match File::options().write(true).create_new(true).open(&beside) {
                Ok(file) => return Ok(Self { file: Mutex::new(file), beside, target, in_place: false }),
                Err(error) => match error.kind() {
                    ErrorKind::AlreadyExists => number += 1,
                    ErrorKind::NotFound => create_folder(folder)?,
                    _ => return Err(error),
                },
            }
        }
    }

    fn write_at(&self, offset: u64, payload: &PutPayload) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        payload.iter().try_for_each(|bytes| file.write_all(bytes))
    }

    /// Takes the target's name: with [`PutMode::Create`] only if nobody has it.
    fn publish(&mut self, mode: &PutMode) -> io::Result<()> {
        self.file.get_mut().unwrap_or_else(PoisonError::into_inner).sync_all()?;
        match mode {
            PutMode::Create => fs::hard_link(&self.beside, &self.target)?,
            PutMode::Overwrite | PutMode::Update(_) => {
                fs::rename(&self.beside, &self.target)?;
                self.in_place = true;
            }
        }
        match self.target.parent() {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.in_place {
            // What stays is left out of listings, and is not the table's.
            fs::remove_file(&self.beside).unwrap_or_default();
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ObjectStoreError {
    let path = path.display().to_string();
    move |error| match error.kind() {
        ErrorKind::AlreadyExists => ObjectStoreError::AlreadyExists { path, source: Box::new(error) },
        ErrorKind::PermissionDenied => ObjectStoreError::PermissionDenied { path, source: Box::new(error) },
        _ => {
            let source = Box::new(io::Error::new(error.kind(), format!("writing {path}: {error}")));
            ObjectStoreError::Generic { store: "files", source }
        }
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

/// Neither files nor folders have attributes or tags, and a conditional replacement is not theirs either.
fn unsupported(what: &str) -> ObjectStoreError {
    ObjectStoreError::NotImplemented { operation: what.to_owned(), implementer: "files".to_owned() }
}

#[async_trait]
impl ObjectStore for DurableFiles {
    async fn put_opts(&self, location: &ObjectPath, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if matches!(options.mode, PutMode::Update(_)) {
            return Err(unsupported("a conditional replacement"));
        }
        if !options.attributes.is_empty() {
            return Err(unsupported("attributes of a file"));
        }
        let path = self.files.path_to_filesystem(location)?;
        on_disk(move || {
            let write = || -> io::Result<()> {
                let mut staged = Staged::beside(path.clone())?;
                staged.write_at(0, &payload)?;
                staged.publish(&options.mode)
            };
            write().map_err(failed(&path))?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &ObjectPath,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !options.attributes.is_empty() {
            return Err(unsupported("attributes of a file"));
        }
        let path = self.files.path_to_filesystem(location)?;
        let staged = on_disk(move || Staged::beside(path.clone()).map_err(failed(&path))).await?;
        Ok(Box::new(Upload { staged: Some(Arc::new(staged)), offset: 0 }))
    }

    async fn get_opts(&self, location: &ObjectPath, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &ObjectPath, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<ObjectPath>>,
    ) -> BoxStream<'static, Result<ObjectPath>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&ObjectPath>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&ObjectPath>,
        offset: &ObjectPath,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&ObjectPath>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &ObjectPath, to: &ObjectPath, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await?;
        self.sync(to).await
    }

    async fn rename_opts(&self, from: &ObjectPath, to: &ObjectPath, options: RenameOptions) -> Result<()> {
        self.files.rename_opts(from, to, options).await?;
        self.sync(to).await
    }
}

impl DurableFiles {
    /// Makes a file that was linked or renamed, and its name, durable.
    async fn sync(&self, location: &ObjectPath) -> Result<()> {
        let path = self.files.path_to_filesystem(location)?;
        on_disk(move || {
            let sync = || -> io::Result<()> {
                File::open(&path)?.sync_all()?;
                path.parent().map_or(Ok(()), sync_folder)
            };
            sync().map_err(failed(&path))
        })
        .await
    }
}

/// A file that grows by parts.
#[derive(Debug)]
struct Upload {
    /// `None` after its end.
    staged: Option<Arc<Staged>>,
    offset: u64,
}

fn misused(what: &'static str) -> ObjectStoreError {
    ObjectStoreError::Generic { store: "files", source: what.into() }
}

const ENDED: &str = "the upload has ended: a fault of the program";
const UNFINISHED: &str = "parts of the upload are still being written: a fault of the program";

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        let offset = self.offset;
        self.offset += payload.content_length() as u64;
        let Some(staged) = self.staged.clone() else { return futures::future::ready(Err(misused(ENDED))).boxed() };
        on_disk(move || staged.write_at(offset, &payload).map_err(failed(&staged.target))).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.take().ok_or_else(|| misused(ENDED))?;
        on_disk(move || {
            let mut staged = Arc::into_inner(staged).ok_or_else(|| misused(UNFINISHED))?;
            let target = staged.target.clone();
            staged.publish(&PutMode::Overwrite).map_err(failed(&target))?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn abort(&mut self) -> Result<()> {
        let staged = self.staged.take().ok_or_else(|| misused(ENDED))?;
        on_disk(move || {
            drop(staged);
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests;
