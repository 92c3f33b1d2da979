//! How an import ends: done, with nothing new, with everything refused, or killed half-way and run again.

use crate::adversary;
use crate::imports::{Folder, nothing_known, query, simulated, table};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use store::commit::points;
use touchload::clock::SystemClock;
use touchpoint::time::DAY;
use touchpoint::{Clock, Kind};

fn run(folder: &Folder, files: &[(&str, &Path)], crash: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.args(["-q", "import", "--data"]).arg(folder.data());
    for (option, path) in files {
        command.arg(option).arg(path);
    }
    if let Some(point) = crash {
        command.env("FAILPOINTS", format!("{point}=panic"));
    }
    command.output().expect("touchload starts")
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn call(event: usize) -> String {
    format!(
        r#"{{"event_id":"e{event}","hcp_id":"h{}","occurred_at":"2025-03-0{}","status":"completed","channel":"video"}}"#,
        event % 4,
        event % 7 + 1
    )
}

async fn counts(folder: &Folder) -> Vec<Vec<String>> {
    let sql = "SELECT (SELECT count(*) FROM touchpoint_log) AS log, (SELECT count(*) FROM dead_letters) AS dead, \
               (SELECT count(*) FROM hcp_metrics) AS metrics";
    table(&folder.session().await, sql).await
}

#[tokio::test]
async fn a_repeated_import_says_so_and_still_knows_the_hcps() {
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(25, 20, 8));
    let first = folder.import(&files, &[]);
    assert!(!first.contains("nothing new"), "{first}");
    let again = folder.import(&files, &[]);
    assert!(again.starts_with("nothing new: all 4 files were imported before"), "{again}");
    let hcps = |told: &str| told.lines().find(|line| line.starts_with("HCPs")).map(str::to_owned);
    assert_eq!(hcps(&again), hcps(&first));
    // Old and new files together: the old ones are skipped.
    let more = folder.write("more.ndjson", [call(1).as_bytes()]);
    let mut mixed = files.clone();
    mixed.push((Kind::Calls, more));
    let before = counts(&folder).await;
    let told = folder.import(&mixed, &[]);
    assert!(told.contains("repeated_import") && !told.contains("nothing new"), "{told}");
    let (before, after) = (rows(&before), rows(&counts(&folder).await));
    assert_eq!((after[0], after[1]), (before[0] + 1, before[1]));
}

fn rows(counts: &[Vec<String>]) -> Vec<u64> {
    counts[0].iter().map(|count| count.parse().expect("a count")).collect()
}

#[tokio::test]
async fn files_given_as_another_kind_fail_and_can_be_given_again() {
    let folder = Folder::new(nothing_known());
    let lines: Vec<String> = (0..12).map(call).collect();
    let calls = folder.write("calls.ndjson", lines.iter().map(String::as_bytes));
    for _ in 0..2 {
        let output = run(&folder, &[("--emails", &calls)], None);
        assert_eq!(output.status.code(), Some(1));
        let (_, said) = told(&output);
        for part in ["nothing was imported", "calls.ndjson", "12 records", "bad_value 12", "dead_letters", "option"] {
            assert!(said.contains(part), "no {part} in: {said}");
        }
        assert_eq!(rows(&counts(&folder).await), [0, 12, 0], "the second time adds nothing");
    }
    // A refused file beside a good one: told, and no failure.
    let good = folder.write("good.ndjson", [call(99).as_bytes()]);
    let output = run(&folder, &[("--emails", &calls), ("--calls", &good)], None);
    let (out, said) = told(&output);
    assert!(output.status.success() && out.contains("nothing of") && out.contains("calls.ndjson"), "{out}{said}");
    assert_eq!(rows(&counts(&folder).await)[..2], [1, 12]);
    let output = run(&folder, &[("--calls", &calls)], None);
    assert!(output.status.success(), "{}", told(&output).1);
    assert_eq!(rows(&counts(&folder).await)[..2], [13, 12]);
    let (out, _) = told(&run(&folder, &[("--calls", &calls)], None));
    assert!(out.contains("nothing new"), "{out}");
}

#[tokio::test]
async fn files_that_cannot_be_read_are_bad_usage_and_nothing_is_done() {
    let folder = Folder::new(nothing_known());
    let good = folder.write("good.ndjson", [call(1).as_bytes()]);
    let (gone, lost) = (good.with_file_name("gone.ndjson"), good.with_file_name("lost.ndjson"));
    let output = run(&folder, &[("--calls", &good), ("--calls", &gone), ("--emails", &lost)], None);
    let (_, said) = told(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("gone.ndjson") && said.contains("lost.ndjson") && !said.contains("good.ndjson"), "{said}");
    let output = run(&folder, &[("--calls", &good)], None);
    assert!(output.status.success() && told(&output).0.contains("accepted"), "nothing was taken before");
    let (out, _) = told(&run(&folder, &[("--calls", &good)], None));
    assert!(out.starts_with("nothing new: the file was imported before"), "{out}");
}

#[tokio::test]
async fn day_rows_say_when_they_were_computed() {
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(25, 20, 8));
    let before = SystemClock.now();
    folder.import(&files, &["--daily"]);
    let after = SystemClock.now();
    let session = folder.session().await;
    let mut rows = 0;
    for batch in query(&session, "SELECT computed_at, as_of FROM hcp_metrics").await {
        let instants = |column: usize| batch.column(column).as_primitive::<TimestampMicrosecondType>().clone();
        for (computed, as_of) in instants(0).iter().zip(instants(1).iter()) {
            let (computed, as_of) = (computed.expect("an instant"), as_of.expect("a day"));
            assert!((before..=after).contains(&computed), "computed at {computed}");
            assert_eq!(as_of % DAY, 0);
            rows += 1;
        }
    }
    assert!(rows > 100, "{rows} rows");
}

/// What stands in the tables, without what tells one run from another.
async fn content(folder: &Folder) -> Vec<Vec<String>> {
    let session = folder.session().await;
    let mut rows = Vec::new();
    for sql in [
        "SELECT * EXCEPT (ingested_at) FROM touchpoint_log ORDER BY kafka_topic, kafka_offset",
        "SELECT * EXCEPT (rejected_at, kafka_timestamp) FROM dead_letters ORDER BY kafka_topic, kafka_offset",
        "SELECT * EXCEPT (computed_at) FROM hcp_metrics ORDER BY hcp_id, as_of, revision",
    ] {
        rows.extend(table(&session, sql).await);
    }
    rows
}

#[tokio::test]
async fn an_import_killed_at_any_commit_and_run_again_is_as_if_it_had_not_been_killed() {
    let sent = adversary::stream(17, 250);
    let later = adversary::stream(18, 150);
    let import = |folder: &mut Folder, crash: Option<&str>| {
        let first = folder.write_kinds("first", &sent);
        folder.import(&first, &["--daily"]);
        let second: Vec<(Kind, PathBuf)> = folder.write_kinds("second", &later);
        let options = ["--calls", "--emails", "--congress-invitations", "--medical-requests"];
        let files: Vec<(&str, &Path)> =
            options.into_iter().zip(second.iter().map(|(_, path)| path.as_path())).collect();
        if crash.is_some() {
            let killed = run(folder, &files, crash);
            assert!(!killed.status.success() && killed.status.code() != Some(1), "not killed at {crash:?}");
        }
        let output = run(folder, &files, None);
        assert!(output.status.success(), "{crash:?}: {}", told(&output).1);
    };
    let mut whole = Folder::new(nothing_known());
    import(&mut whole, None);
    let expected = content(&whole).await;
    assert!(expected.len() > 400, "{} rows", expected.len());
    for point in points::LANDING {
        let mut folder = Folder::new(nothing_known());
        import(&mut folder, Some(point));
        let found = content(&folder).await;
        assert_eq!(found.len(), expected.len(), "{point}");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{point}");
        }
    }
}
