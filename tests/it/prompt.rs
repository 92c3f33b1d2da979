//! A SQL prompt that stays open while somebody else writes the tables.

use crate::imports::{Folder, nothing_known};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{OpenMode, Store};
use touchload::format::OutputFormat;
use touchload::prompt::SqlSession;
use touchload::session::{Facts, StoredTables};
use touchpoint::time::{DAY, SECOND};
use touchpoint::{Clock, Kind, Micros, Policy};

/// 2026-03-12T00:00:00Z.
const NOW: Micros = 20_524 * DAY;

/// Everything that speaks of the stored rows, in one statement.
const COUNTS: &str = "SELECT (SELECT count(*) FROM touchpoint_log) AS log, (SELECT count(*) FROM touchpoints) AS live,
    (SELECT count(*) FROM hcp_now) AS now, (SELECT count(DISTINCT hcp_id) FROM hcp_metrics_at('2026-03-11')) AS at";

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}

fn import_a_call(folder: &mut Folder, hcp: &str) {
    let call = format!(
        r#"{{"event_id":"{hcp}","hcp_id":"{hcp}","occurred_at":"2026-03-10T09:00:00Z","status":"completed","channel":"phone"}}"#
    );
    let file = folder.write(&format!("{hcp}.ndjson"), [call.as_bytes()]);
    folder.import(&[(Kind::Calls, file)], &[]);
}

async fn answer(session: &SqlSession) -> String {
    let mut out = Vec::new();
    session.run_script(COUNTS, &mut out).await.expect("an answer");
    String::from_utf8(out).expect("UTF-8").lines().last().expect("a row").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_prompt_sees_what_is_committed_meanwhile_all_of_it_at_once() {
    let mut folder = Folder::new(nothing_known());
    import_a_call(&mut folder, "h1");
    let clock = Arc::new(HandClock(AtomicI64::new(NOW)));
    let store = Arc::new(Store::open(&folder.data().display().to_string(), OpenMode::MustExist).await.expect("tables"));
    let facts = Facts { policy: Arc::new(Policy::default()), reference: nothing_known(), clock: clock.clone() };
    let tables = StoredTables::new(store, facts, SECOND);
    let session = SqlSession::over(tables, OutputFormat::Csv).expect("a session");

    assert_eq!(answer(&session).await, "1,1,1,1");
    import_a_call(&mut folder, "h2");
    clock.0.store(NOW + SECOND, Ordering::Relaxed);
    assert_eq!(answer(&session).await, "1,1,1,1", "a second old is fresh enough");
    clock.0.store(NOW + SECOND + 1, Ordering::Relaxed);
    assert_eq!(answer(&session).await, "2,2,2,2");

    // `hcp_now` speaks of the clock's now.
    clock.0.store(NOW - 3 * DAY, Ordering::Relaxed);
    assert_eq!(answer(&session).await, "2,2,0,2", "neither call had happened by then");
}

/// The statements that a prompt refuses, run as if it did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_plan_reads_or_writes_a_file_outside_the_tables() {
    let mut folder = Folder::new(nothing_known());
    import_a_call(&mut folder, "h1");
    let outside = folder.write("outside.csv", [&b"name"[..], b"secret"]);
    let session = folder.session().await;
    let external = format!("CREATE EXTERNAL TABLE stolen STORED AS CSV LOCATION '{}'", outside.display());
    let told = session.sql(&external).await.expect_err("a file is read").to_string();
    assert!(told.contains("reads no files outside its tables"), "{told}");
    let copied = folder.data().join("copied.csv");
    let copy = format!("COPY touchpoint_log TO '{}' STORED AS CSV", copied.display());
    assert!(session.sql(&copy).await.expect("a plan").collect().await.is_err());
    assert!(!copied.exists());
    let rows = session.sql("SELECT * FROM touchpoint_log").await.expect("a plan").count().await.expect("rows");
    assert_eq!(rows, 1, "the tables themselves are read");
}
