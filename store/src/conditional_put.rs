//! The self-test of an object store: two creations of one object must never both succeed.
//!
//! Delta's log rests on it: a version belongs to the writer that created its entry. Some stores accept the condition and
//! ignore it, and on them two writers would each believe that they own a version, so the test is made before a table is
//! created, by whoever may write. Several creations race first, then one comes late; a reply that was lost can
//! make all of them fail, which is safe. The objects have names of their own, so that processes that start together do
//! not disturb each other, and are deleted again; one that a killed process left behind does no harm.

use crate::connect::root_path;
use crate::error::StoreError;
use crate::location::Location;
use deltalake::logstore::ObjectStoreRef;
use deltalake::logstore::object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload, Result};
use deltalake::{ObjectStoreError, Path};
use std::hash::{BuildHasher, RandomState};

/// What the names of objects that are not the tables' begin with.
pub(crate) const OWN_PREFIX: &str = ".touchload-";
const RACERS: usize = 4;

/// Tests the store of `location`.
///
/// # Errors
/// [`StoreError::NoConditionalPut`] if it lets two creations succeed or knows no condition; [`StoreError::Remote`] if
/// it cannot be asked.
pub(crate) async fn check(location: &Location, store: &ObjectStoreRef) -> Result<(), StoreError> {
    let random = RandomState::new().hash_one("conditional put");
    let path = root_path(location)?.join(format!("{OWN_PREFIX}test-{random:016x}"));
    let verdict = match created_once(store, &path).await {
        Ok(once) => store.delete(&path).await.map(|()| once),
        Err(error) => Err(error),
    };
    match verdict {
        Ok(true) => Ok(()),
        Ok(false) | Err(ObjectStoreError::NotImplemented { .. } | ObjectStoreError::NotSupported { .. }) => {
            Err(StoreError::NoConditionalPut { location: location.to_string() })
        }
        Err(error) => Err(StoreError::remote(location, "testing conditional puts")(error.into())),
    }
}

/// Whether at most one of some racing creations succeeds, and none after them.
async fn created_once(store: &ObjectStoreRef, path: &Path) -> Result<bool> {
    let race = futures::future::join_all((0..RACERS).map(|_| create(store, path))).await;
    let mut created = 0;
    for one in race {
        created += usize::from(one?);
    }
    Ok(created <= 1 && !create(store, path).await?)
}

/// Whether the object was created; `false` if it is there.
async fn create(store: &ObjectStoreRef, path: &Path) -> Result<bool> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(path, PutPayload::from_static(b"touchload"), options).await {
        Ok(_) => Ok(true),
        Err(ObjectStoreError::AlreadyExists { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::durable::DurableFiles;
    use crate::error::StoreError;
    use crate::location::Location;
    use async_trait::async_trait;
    use deltalake::Path;
    use deltalake::logstore::ObjectStoreRef;
    use deltalake::logstore::object_store::memory::InMemory;
    use deltalake::logstore::object_store::{
        CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
        PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    };
    use futures::StreamExt;
    use futures::stream::BoxStream;
    use std::sync::Arc;

    /// What a store does with the condition of a put.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Condition {
        Ignored,
        /// Looked at, and then forgotten while another one looks.
        NotAtomic,
        /// Kept, but the reply of every put is lost, as a client sees it that sent it again.
        ReplyLost,
    }

    #[derive(Debug)]
    struct Odd(InMemory, Condition);

    impl std::fmt::Display for Odd {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "Odd({:?})", self.1)
        }
    }

    #[async_trait]
    impl ObjectStore for Odd {
        async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
            let overwrite = PutOptions { mode: PutMode::Overwrite, ..options.clone() };
            match self.1 {
                Condition::Ignored => self.0.put_opts(path, payload, overwrite).await,
                Condition::NotAtomic => {
                    let absent = self.0.get_opts(path, GetOptions::default()).await.is_err();
                    tokio::task::yield_now().await;
                    self.0.put_opts(path, payload, if absent { overwrite } else { options }).await
                }
                Condition::ReplyLost => {
                    self.0.put_opts(path, payload.clone(), options.clone()).await.ok();
                    self.0.put_opts(path, payload, options).await
                }
            }
        }
        async fn put_multipart_opts(&self, path: &Path, o: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
            self.0.put_multipart_opts(path, o).await
        }
        async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
            self.0.get_opts(path, options).await
        }
        fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
            self.0.delete_stream(paths)
        }
        fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
            self.0.list(prefix)
        }
        async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
            self.0.list_with_delimiter(prefix).await
        }
        async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
            self.0.copy_opts(from, to, options).await
        }
    }

    async fn tested(store: impl ObjectStore) -> Result<usize, StoreError> {
        let store: ObjectStoreRef = Arc::new(store);
        check(&Location::parse("s3://bucket/prefix").unwrap(), &store).await?;
        Ok(store.list(None).count().await)
    }

    #[tokio::test]
    async fn stores_that_keep_the_condition_pass_and_nothing_is_left_behind() {
        assert_eq!(tested(InMemory::new()).await.unwrap(), 0);
        assert_eq!(tested(Odd(InMemory::new(), Condition::ReplyLost)).await.unwrap(), 0);
        let dir = tempfile::tempdir().unwrap();
        let files: ObjectStoreRef = Arc::new(DurableFiles::default());
        check(&Location::parse(dir.path().to_str().unwrap()).unwrap(), &files).await.unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn stores_that_do_not_keep_it_are_refused_by_name() {
        for condition in [Condition::Ignored, Condition::NotAtomic] {
            let error = tested(Odd(InMemory::new(), condition)).await.unwrap_err();
            assert!(matches!(error, StoreError::NoConditionalPut { .. }) && !error.is_retryable(), "{condition:?}");
            let message = error.to_string();
            assert!(message.contains("s3://bucket/prefix") && message.contains("If-None-Match"), "{message}");
        }
    }
}
