//! What local files promise: a name is taken once, whole, and nothing half-written is ever listed.

use super::{DurableFiles, create_folder};
use deltalake::logstore::object_store::{
    CopyMode, CopyOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RenameOptions,
};
use deltalake::{ObjectStoreError, Path as ObjectPath};
use futures::{StreamExt, TryStreamExt};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn at(dir: &tempfile::TempDir, name: &str) -> ObjectPath {
    ObjectPath::from_absolute_path(dir.path().join(name)).unwrap()
}

fn created() -> PutOptions {
    PutOptions { mode: PutMode::Create, ..PutOptions::default() }
}

/// Every file below a folder by its path there, those that listings leave out included.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_is_created_by_one_writer_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = at(&dir, "log/00.json");
    let writers = (0..16).map(|writer: u8| {
        let path = path.clone();
        tokio::spawn(async move {
            let payload = PutPayload::from(vec![writer; 10_000]);
            DurableFiles::default().put_opts(&path, payload, created()).await.map(|_| writer)
        })
    });
    let mut winner = None;
    for outcome in futures::future::join_all(writers).await {
        match outcome.unwrap() {
            Ok(writer) => assert_eq!(winner.replace(writer), None, "two winners"),
            Err(ObjectStoreError::AlreadyExists { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let bytes = DurableFiles::default().get(&path).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes, vec![winner.unwrap(); 10_000]);
    assert_eq!(files(dir.path()), ["log/00.json"], "nothing half-written stays");
}

#[tokio::test]
async fn a_replacement_is_whole_and_a_failed_one_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, path) = (DurableFiles::default(), at(&dir, "_last_checkpoint"));
    store.put(&path, PutPayload::from_static(b"old and long")).await.unwrap();
    store.put(&path, PutPayload::from_static(b"new")).await.unwrap();
    assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "new");
    assert!(store.put_opts(&path, PutPayload::from_static(b"x"), created()).await.is_err());
    let below_a_file = at(&dir, "_last_checkpoint/x");
    let error = store.put(&below_a_file, PutPayload::from_static(b"x")).await.unwrap_err();
    assert!(error.to_string().contains("_last_checkpoint/x"), "{error}");
    assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "new");
    assert_eq!(files(dir.path()), ["_last_checkpoint"]);
}

#[tokio::test]
async fn parts_become_one_file_at_the_end_and_nothing_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, path) = (DurableFiles::default(), at(&dir, "event_month=2026-01/part.parquet"));
    let mut upload = store.put_multipart(&path).await.unwrap();
    let first = upload.put_part(PutPayload::from(vec![1; 5_000]));
    let second = upload.put_part(PutPayload::from(vec![2; 70]));
    let (second, first) = (second.await, first.await);
    first.and(second).unwrap();
    assert_eq!(store.list(Some(&at(&dir, ""))).count().await, 0, "not listed while it grows");
    upload.complete().await.unwrap();
    assert!(upload.complete().await.is_err() && upload.put_part(PutPayload::default()).await.is_err());
    let bytes = store.get(&path).await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes, [vec![1; 5_000], vec![2; 70]].concat());
    assert_eq!(store.get_ranges(&path, &[4_999..5_001, 0..1]).await.unwrap(), [vec![1, 2], vec![1]]);
    let listed: Vec<_> = store.list(Some(&at(&dir, ""))).try_collect().await.unwrap();
    assert_eq!((listed.len(), listed[0].size), (1, 5_070));
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = DurableFiles::default();
    let mut aborted = store.put_multipart(&at(&dir, "aborted")).await.unwrap();
    aborted.put_part(PutPayload::from_static(b"x")).await.unwrap();
    aborted.abort().await.unwrap();
    let mut dropped = store.put_multipart(&at(&dir, "dropped")).await.unwrap();
    dropped.put_part(PutPayload::from_static(b"x")).await.unwrap();
    assert_eq!(files(dir.path()), ["dropped#1"]);
    drop(dropped);
    assert_eq!(files(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn copies_and_renames_keep_the_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(DurableFiles::default());
    let [a, b, c] = ["a", "b", "c"].map(|name| at(&dir, name));
    store.put(&a, PutPayload::from_static(b"x")).await.unwrap();
    store.copy(&a, &b).await.unwrap();
    let once = CopyOptions { mode: CopyMode::Create, ..CopyOptions::default() };
    assert!(matches!(store.copy_opts(&a, &b, once).await, Err(ObjectStoreError::AlreadyExists { .. })));
    store.rename_opts(&b, &c, RenameOptions::default()).await.unwrap();
    assert_eq!(store.get(&c).await.unwrap().bytes().await.unwrap(), "x");
    store.delete(&a).await.unwrap();
    assert_eq!(files(dir.path()), ["c"]);
}

#[test]
fn folders_are_made_down_to_the_last_and_files_are_not_taken_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b/c");
    create_folder(&deep).unwrap();
    create_folder(&deep).unwrap();
    assert!(deep.is_dir());
    fs::write(dir.path().join("file"), "x").unwrap();
    assert!(create_folder(&dir.path().join("file/d")).is_err());
}
