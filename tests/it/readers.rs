//! Readers that share no code with Touchload (`deltalake`, `polars`, `duckdb`) see in its tables what it sees itself.

use crate::embedded::Demo;
use crate::imports::{Folder, nothing_known, simulated, table};
use crate::python_readers::PythonReaders;
use datafusion::prelude::SessionContext;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use store::{OpenMode, Store};
use touchload::clock::SystemClock;
use touchload::session::{Facts, offline};
use touchpoint::Policy;

const TABLES: [(&str, &str); 3] = [("touchpoint_log", "kind"), ("dead_letters", "reason"), ("hcp_metrics", "window")];

/// Rows, and rows by group, of every table as each reader counts them.
async fn assert_agree(session: &SessionContext, seen: &Value) {
    for (name, group) in TABLES {
        let rows = table(session, &format!("SELECT count(*) FROM {name}")).await[0][0].clone();
        let groups = table(session, &format!("SELECT \"{group}\", count(*) FROM {name} GROUP BY 1")).await;
        for reader in ["deltalake", "polars", "duckdb"] {
            let said = &seen[name][reader];
            assert_eq!(said["rows"].to_string(), rows, "{reader} counts {name}");
            assert_eq!(said["positions"], said["rows"], "{reader}: a key of {name} stands twice");
            for found in &groups {
                assert_eq!(said["groups"][&found[0]]["rows"].to_string(), found[1], "{reader}: {} of {name}", found[0]);
            }
            assert_eq!(said["groups"].as_object().map(serde_json::Map::len), Some(groups.len()));
        }
    }
    let sum = table(session, "SELECT sum(touches), sum(unsolicited) FROM hcp_metrics WHERE \"window\" = '28d'").await;
    let said = &seen["hcp_metrics"]["duckdb"]["groups"]["28d"];
    if sum[0].iter().all(|s| !s.is_empty()) {
        assert_eq!([said["touches"].to_string(), said["unsolicited"].to_string()], *sum[0]);
    }
}

async fn session_of(data: &Path) -> SessionContext {
    let store = Store::open(&data.display().to_string(), OpenMode::MustExist).await.expect("tables");
    let facts = Facts { policy: Arc::new(Policy::default()), reference: nothing_known(), clock: Arc::new(SystemClock) };
    offline(Arc::new(store), &facts).await.expect("a session")
}

/// The cells of what a query over stored tables gives.
pub(crate) fn rows(data: &Path, sql: &str) -> Vec<Vec<String>> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { table(&session_of(data).await, sql).await })
}

#[tokio::test]
async fn independent_readers_agree_on_an_import() {
    let Some(readers) = PythonReaders::find() else { return };
    let mut folder = Folder::new(nothing_known());
    let mut files = folder.write_kinds("all", &simulated(60, 30, 6));
    files.push((touchpoint::Kind::Calls, folder.write("bad.ndjson", [&b"no JSON"[..], b"{}", b"[]"])));
    folder.import(&files, &["--daily"]);
    let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    let seen = readers.read_tables(&folder.data(), &names);
    assert!(seen["hcp_metrics"]["polars"]["rows"].as_i64() > Some(100));
    assert_eq!(seen["dead_letters"]["polars"]["rows"], 3);
    assert_agree(&folder.session().await, &seen).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn independent_readers_agree_on_a_run() {
    let Some(readers) = PythonReaders::find() else { return };
    let ended = tokio::task::spawn_blocking(|| {
        let mut demo = Demo::start(4);
        demo.wait_busy();
        demo.stop()
    })
    .await
    .expect("the demo ran");
    let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    let seen = readers.read_tables(&ended.data(), &names);
    assert!(seen["touchpoint_log"]["polars"]["rows"].as_i64() > Some(1_000));
    assert_agree(&session_of(&ended.data()).await, &seen).await;
}
