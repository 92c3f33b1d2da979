//! The files that a SQL session can read: those below one folder.
//!
//! A session over local tables reads them through the object store of `file://`, which by itself opens every file of the
//! machine. Statements that name a file are refused before they are planned; should one get past that, it ends here.
//! Nothing is written through it.

use async_trait::async_trait;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use futures::StreamExt;
use futures::stream::{BoxStream, once};
use std::ops::Range;
use tokio_util::bytes::Bytes;

/// See the module.
#[derive(Debug)]
pub(super) struct Confined {
    files: LocalFileSystem,
    folder: Path,
}

impl Confined {
    /// What lies below `folder`, an absolute path.
    ///
    /// # Errors
    /// The path is not absolute, or no URL can hold it.
    pub(super) fn to(folder: &std::path::Path) -> Result<Self> {
        Ok(Self { files: LocalFileSystem::new(), folder: Path::from_absolute_path(folder)? })
    }

    fn readable(&self, path: Option<&Path>) -> Result<()> {
        if path.is_some_and(|path| path.prefix_matches(&self.folder)) {
            return Ok(());
        }
        Err(denied(path.unwrap_or(&Path::default()), "a SQL session reads no files outside its tables"))
    }
}

impl std::fmt::Display for Confined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "files below /{}", self.folder)
    }
}

fn denied(path: &Path, why: &'static str) -> Error {
    Error::PermissionDenied { path: path.to_string(), source: why.into() }
}

fn unwritable(path: &Path) -> Error {
    denied(path, "a SQL session writes no files")
}

#[async_trait]
impl ObjectStore for Confined {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.readable(Some(location))?;
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.readable(Some(location))?;
        self.files.get_ranges(location, ranges).await
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.readable(prefix) {
            Ok(()) => self.files.list(prefix),
            Err(error) => once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.readable(prefix)?;
        self.files.list_with_delimiter(prefix).await
    }

    async fn put_opts(&self, location: &Path, _payload: PutPayload, _options: PutOptions) -> Result<PutResult> {
        Err(unwritable(location))
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(unwritable(location))
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        locations.map(|location| Err(unwritable(&location?))).boxed()
    }

    async fn copy_opts(&self, _from: &Path, to: &Path, _options: CopyOptions) -> Result<()> {
        Err(unwritable(to))
    }
}

#[cfg(test)]
mod tests {
    use super::{Confined, Error, ObjectStore, Path};
    use datafusion::object_store::{ObjectStoreExt, PutPayload};
    use futures::TryStreamExt;

    fn is_denied<T>(result: Result<T, Error>) -> bool {
        matches!(result, Err(Error::PermissionDenied { .. }))
    }

    #[tokio::test]
    async fn what_lies_below_the_folder_is_read_and_nothing_else() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("data");
        std::fs::create_dir(&folder).unwrap();
        for file in [folder.join("in"), outer.path().join("out"), outer.path().join("data-not")] {
            std::fs::write(file, "12345").unwrap();
        }
        let store = Confined::to(&folder).unwrap();
        let path = |name: &str| Path::from_absolute_path(outer.path().join(name)).unwrap();

        assert_eq!(&store.get(&path("data/in")).await.unwrap().bytes().await.unwrap()[..], b"12345");
        assert_eq!(&store.get_ranges(&path("data/in"), &[1..3]).await.unwrap()[0][..], b"23");
        assert_eq!(store.list(Some(&path("data"))).try_collect::<Vec<_>>().await.unwrap().len(), 1);
        for outside in ["out", "data-not"] {
            assert!(is_denied(store.get(&path(outside)).await), "{outside}");
            assert!(is_denied(store.head(&path(outside)).await), "{outside}");
            assert!(is_denied(store.get_ranges(&path(outside), &[1..3]).await), "{outside}");
        }
        assert!(is_denied(store.list(None).try_collect::<Vec<_>>().await));
        assert!(is_denied(store.list_with_delimiter(Some(&path(""))).await));
        assert!(is_denied(store.put(&path("data/new"), PutPayload::from_static(b"1")).await));
        assert!(is_denied(store.put_multipart(&path("data/new")).await));
        assert!(is_denied(store.copy(&path("data/in"), &path("data/new")).await));
        assert!(is_denied(store.delete(&path("data/in")).await));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }
}
