//! Application transactions: reading the offsets that a table holds, at exactly the version of a snapshot.
//!
//! A failed read is an error, never "nothing yet": a checkpoint that reads as empty would count everything twice.
//!
//! Every commit of an owner carries all its offsets, so the newest commits mostly tell everything: they are read first,
//! newest to oldest, and the newest mention of an app id is its value. What they do not mention is read by replaying
//! the log, once per app id.

use deltalake::{DeltaTable, DeltaTableError};
use futures::{StreamExt, TryStreamExt};
use std::collections::HashMap;

/// How many of the newest commits are looked into.
pub(crate) const NEWEST_COMMITS: u64 = 32;
/// A few replays at a time keep an object store busy.
const CONCURRENT_REPLAYS: usize = 8;

/// The values of `app_ids` in the snapshot of `delta`, in their order; `None` where there never was one.
pub(crate) async fn read(delta: &DeltaTable, app_ids: Vec<String>) -> Result<Vec<Option<i64>>, DeltaTableError> {
    let state = delta.snapshot()?;
    let log_store = delta.log_store();
    let mut newest: HashMap<String, i64> = HashMap::new();
    for back in 0..NEWEST_COMMITS {
        let all_found = app_ids.iter().all(|app_id| newest.contains_key(app_id));
        let Some(version) = state.version().checked_sub(back).filter(|_| !all_found) else { break };
        // An entry that a checkpoint has replaced may be gone; the replay knows what it held.
        let Some(commit) = log_store.read_commit_entry(version).await? else { break };
        for (app_id, value) in transactions(&commit)? {
            newest.entry(app_id).or_insert(value);
        }
    }
    futures::stream::iter(app_ids)
        .map(|app_id| {
            let (log_store, known) = (log_store.clone(), newest.get(&app_id).copied());
            async move {
                match known {
                    Some(value) => Ok(Some(value)),
                    None => state.transaction_version(log_store.as_ref(), app_id).await,
                }
            }
        })
        .buffered(CONCURRENT_REPLAYS)
        .try_collect()
        .await
}

/// The transactions of the newest commits of the snapshot of `delta` with the version of each commit, newest first.
pub(crate) async fn newest(delta: &DeltaTable) -> Result<Vec<(String, i64, u64)>, DeltaTableError> {
    let (version, log_store) = (delta.snapshot()?.version(), delta.log_store());
    let mut found = Vec::new();
    for back in 0..NEWEST_COMMITS {
        let Some(version) = version.checked_sub(back) else { break };
        let Some(commit) = log_store.read_commit_entry(version).await? else { break };
        found.extend(transactions(&commit)?.into_iter().map(|(app_id, value)| (app_id, value, version)));
    }
    Ok(found)
}

/// The application transactions of one commit.
fn transactions(commit: &[u8]) -> Result<Vec<(String, i64)>, DeltaTableError> {
    const WORD: &[u8] = b"\"txn\"";
    let lines = commit.split(|byte| *byte == b'\n');
    let mut found = Vec::new();
    for line in lines.filter(|line| line.windows(WORD.len()).any(|window| window == WORD)) {
        let unreadable = || DeltaTableError::generic("a commit of the Delta log has an unreadable transaction");
        let action: serde_json::Value = serde_json::from_slice(line).map_err(|_| unreadable())?;
        let Some(txn) = action.get("txn").filter(|txn| !txn.is_null()) else { continue };
        let app_id = txn.get("appId").and_then(serde_json::Value::as_str).ok_or_else(unreadable)?;
        let version = txn.get("version").and_then(serde_json::Value::as_i64).ok_or_else(unreadable)?;
        found.push((app_id.to_owned(), version));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{read, transactions};
    use crate::commit::Cycle;
    use crate::sample::{calls, log_rows, open, owner};
    use crate::table::Table;
    use touchpoint::NextOffsets;

    #[test]
    fn transactions_are_told_from_other_actions_and_broken_ones_are_errors() {
        let commit = br#"{"commitInfo":{"note":"txn","txn":null}}
{"txn":{"appId":"a/1","version":7}}
{"add":{"path":"x"}}"#;
        assert_eq!(transactions(commit).unwrap(), [("a/1".to_owned(), 7)]);
        assert!(transactions(b"{\"txn\":{\"appId\":\"a/1\"}}").is_err());
        assert!(transactions(b"{\"txn\":{\"appId\"").is_err());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn commits_and_replay_agree_at_every_version() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await;
        // Partition 1 is written once, and is then too far back for the newest commits.
        store.acquire(&owner(), &[calls(1)]).await.unwrap();
        let quiet = Cycle { next: NextOffsets::from([(calls(1), 3)]), ..Cycle::default() };
        store.commit(&owner(), quiet).await.unwrap();
        store.release(&[calls(1)]).await;
        store.acquire(&owner(), &[calls(0)]).await.unwrap();
        for i in 0..40 {
            let next = NextOffsets::from([(calls(0), i + 1)]);
            let cycle = Cycle { log: vec![log_rows(&calls(0), i..i + 1)], next, ..Cycle::default() };
            store.commit(&owner(), cycle).await.unwrap();
        }
        let mut delta = store.newest(Table::TouchpointLog).await.unwrap();
        let ids: Vec<String> = [calls(0), calls(1), calls(2)].iter().map(|at| owner().app_id(at)).collect();
        assert_eq!(read(&delta, ids.clone()).await.unwrap(), [Some(40), Some(3), None]);
        delta.load_version(20).await.unwrap();
        assert_eq!(read(&delta, ids.clone()).await.unwrap(), [Some(19), Some(3), None]);
        std::fs::remove_file(dir.path().join("touchpoint_log/_delta_log/00000000000000000020.json")).unwrap();
        assert!(read(&delta, ids).await.is_err(), "what cannot be read is an error, not None");
    }
}
