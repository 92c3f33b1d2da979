//! What must not leave: ids in labels and log lines, unknown fields and medical topics anywhere, personal values in the
//! Delta log.

use crate::embedded::Demo;
use crate::imports::table;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{OpenMode, Store};
use touchload::clock::SystemClock;
use touchload::session::{Facts, offline};
use touchpoint::{Policy, Reference};

/// Text that the simulator plants in fields that must not be kept.
const PLANTED: [&str; 3] = ["free-text-that-must-not-be-stored", "crm_note", "mtop-"];

/// Whether an id of the simulator is in `text`: its prefix and a digit.
fn names_somebody(text: &[u8]) -> Option<String> {
    ["hcp-", "rep-", "msl-"].into_iter().find_map(|prefix| {
        let hit = |w: &[u8]| w.starts_with(prefix.as_bytes()) && w[prefix.len()].is_ascii_digit();
        let at = text.windows(prefix.len() + 1).position(hit)?;
        Some(String::from_utf8_lossy(&text[at.saturating_sub(60)..text.len().min(at + 60)]).into_owned())
    })
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_under(&path, found) } else { found.push(path) }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn ids_are_recognised() {
    assert!(names_somebody(b"lag of rep-000017").is_some() && names_somebody(b"hcp-").is_none());
    assert!(names_somebody(b"touchload_hcps{rep-lay=\"1\"}").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_or_medical_leaks() {
    let (page, ended) = tokio::task::spawn_blocking(|| {
        let mut demo = Demo::start(3);
        let page = demo.wait_busy();
        (page, demo.stop())
    })
    .await
    .expect("the demo ran");
    assert_eq!(names_somebody(page.as_bytes()), None, "a label names somebody");
    assert!(!ended.log.is_empty(), "everything is logged");
    assert_eq!(names_somebody(ended.log.as_bytes()), None, "a log line names somebody");
    for planted in PLANTED {
        assert!(!page.contains(planted) && !ended.log.contains(planted), "{planted} in page or log");
    }
    let mut files = Vec::new();
    files_under(&ended.data(), &mut files);
    let logs: Vec<&PathBuf> = files.iter().filter(|f| f.components().any(|c| c.as_os_str() == "_delta_log")).collect();
    assert!(logs.len() >= 3, "{} files of Delta logs", logs.len());
    for file in logs {
        let bytes = std::fs::read(file).expect("a file");
        assert_eq!(names_somebody(&bytes), None, "{} names somebody", file.display());
    }
    for file in files.iter().filter(|f| !f.components().any(|c| c.as_os_str() == "dead_letters")) {
        let bytes = std::fs::read(file).expect("a file");
        for planted in PLANTED {
            assert!(!has(&bytes, planted), "{planted} in {}", file.display());
        }
    }
    assert_columns_are_clean(&ended.data()).await;
}

/// Parquet pages are compressed, so the columns themselves are read too.
async fn assert_columns_are_clean(data: &Path) {
    let store = Store::open(&data.display().to_string(), OpenMode::MustExist).await.expect("tables");
    let facts = Facts {
        policy: Arc::new(Policy::default()),
        reference: Arc::new(Reference::default()),
        clock: Arc::new(SystemClock),
    };
    let session = offline(Arc::new(store), &facts).await.expect("a session");
    let every =
        ["SELECT * FROM touchpoint_log", "SELECT * FROM hcp_metrics", "SELECT * EXCEPT (payload) FROM dead_letters"];
    for (sql, least) in every.into_iter().zip([1_000, 0, 10]) {
        let rows = table(&session, sql).await;
        assert!(rows.len() >= least, "{sql}: {} rows", rows.len());
        for cell in rows.iter().flatten() {
            assert!(!PLANTED.iter().any(|p| cell.contains(p)), "{sql}: {cell}");
        }
    }
    let medical = "SELECT count(*), count(payload), count(payload_sha256) FROM dead_letters WHERE kind = 'requests'";
    let counts = table(&session, medical).await.remove(0);
    assert_eq!(counts[1], "0", "a medical request's payload was kept");
    assert_eq!(counts[2], counts[0]);
}
