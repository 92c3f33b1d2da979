//! Lines are there when the call returns, a torn one harms no other, and a disk that refuses is an error.

use super::AuditLog;
use std::sync::Arc;
use touchpoint::time::{DAY, HOUR, Micros};

/// 2024-10-04.
const AT: Micros = 20_000 * DAY + HOUR;

fn text(folder: &std::path::Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("a file of the log")
}

#[tokio::test]
async fn each_day_has_its_file_and_lines_only_grow() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("below").join("audit");
    let log = AuditLog::start(folder.clone()).expect("a thread");
    log.write(AT, "{\"a\":1}\n".into()).await.expect("written");
    log.write(AT, "{\"a\":2}\n{\"a\":3}\n".into()).await.expect("written");
    log.write(AT + DAY, "{\"a\":4}\n".into()).await.expect("written");
    assert_eq!(text(&folder, "2024-10-04.ndjson"), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    assert_eq!(text(&folder, "2024-10-05.ndjson"), "{\"a\":4}\n");
    drop(log);
    let log = AuditLog::start(folder.clone()).expect("a thread");
    log.write(AT, "{\"a\":5}\n".into()).await.expect("written");
    assert!(text(&folder, "2024-10-04.ndjson").ends_with("{\"a\":3}\n{\"a\":5}\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_many_callers_stay_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Arc::new(AuditLog::start(dir.path().to_owned()).expect("a thread"));
    let writers = (0..200).map(|n| {
        let log = log.clone();
        tokio::spawn(async move { log.write(AT + (n % 2) * DAY, format!("{{\"n\":{n}}}\n")).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic").expect("written");
    }
    let all = text(dir.path(), "2024-10-04.ndjson") + &text(dir.path(), "2024-10-05.ndjson");
    let mut numbers: Vec<i64> = all
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a whole line")["n"].as_i64().expect("n"))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_torn_line_is_left_alone_and_the_next_begins_anew() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("2024-10-04.ndjson"), "{\"a\":1}\n{\"a\":").expect("written");
    let log = AuditLog::start(dir.path().to_owned()).expect("a thread");
    log.write(AT, "{\"a\":2}\n".into()).await.expect("written");
    assert_eq!(text(dir.path(), "2024-10-04.ndjson"), "{\"a\":1}\n{\"a\":\n{\"a\":2}\n");
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_an_error_and_another_try_may_do() {
    let dir = tempfile::tempdir().expect("a folder");
    let blocked = dir.path().join("audit");
    std::fs::write(&blocked, "no folder").expect("written");
    let log = AuditLog::start(blocked.clone()).expect("a thread");
    let error = log.write(AT, "{}\n".into()).await.expect_err("a file is no folder");
    assert!(error.to_string().contains("audit log"), "{error}");
    std::fs::remove_file(&blocked).expect("removed");
    log.write(AT, "{}\n".into()).await.expect("written");
    assert_eq!(text(&blocked, "2024-10-04.ndjson"), "{}\n");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let log = AuditLog::start(dir.path().to_owned()).expect("a thread");
    log.write(AT, "{}\n".into()).await.expect("written");
    let mode = std::fs::metadata(dir.path().join("2024-10-04.ndjson")).expect("there").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
