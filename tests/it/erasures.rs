//! `touchload erase`: no byte of the id is left, nobody else's numbers change, and neither an import nor a kill brings the
//! person back.

use crate::adversary::{self, PRESENT};
use crate::imports::{Folder, assert_day_rows, contents, table, zones};
use datafusion::arrow::array::{Array, ArrayData};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use store::{FolderLock, FolderUse, Location, erase};
use touchpoint::Kind;
use touchpoint::time::DAY;

/// The person, one of five in every adversary's stream.
const PERSON: &str = "hcp-3";

/// Two imports, some of whose records are rejected and name the person in whatever way.
fn used(seed: u64) -> Folder {
    let mut folder = Folder::new(zones());
    for (name, seed) in [("first", seed), ("second", 500 + seed)] {
        let files = folder.write_kinds(name, &adversary::stream(seed, 200));
        folder.import(&files, &["--daily"]);
    }
    let bad = bad_lines(&folder, "bad");
    folder.import(&[bad], &[]);
    folder
}

fn bad_lines(folder: &Folder, name: &str) -> (Kind, PathBuf) {
    let lines: [String; 6] = [
        format!(r#"{{"event_id":"x-{name}","hcp_id":"{PERSON}","channel":"fax"}}"#),
        format!(r#"{{"event_id":"x-{name}","hcp_id":"hcp\u002d3","channel":"fax"}}"#),
        format!("{PERSON};2026-03-05;{name}"),
        format!(r#"{{"event_id":"x-{name}","hcp_id":"hcp-34","channel":"fax"}}"#),
        format!(
            r#"{{"event_id":"x-{name}","hcp_id":"hcp-4","occurred_at":"2026-03-05","status":"completed","channel":"chat"}}"#
        ),
        format!(
            r#"{{"event_id":"x-{name}","hcp_id":"{PERSON}","occurred_at":"2026-03-05","status":"completed","channel":"chat"}}"#
        ),
    ];
    (Kind::Calls, folder.write(&format!("{name}.ndjson"), lines.iter().map(String::as_bytes)))
}

fn erase_person(folder: &Folder, extra: &[&str], crash: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.args(["-q", "erase", "--hcp", PERSON, "--data"]).arg(folder.data()).args(extra);
    if let Some(point) = crash {
        command.env("FAILPOINTS", format!("{point}=panic"));
    }
    command.output().expect("touchload starts")
}

fn told(output: &Output, code: i32) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{out}{error}");
    out + &error
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// Whether the id stands there, and not as the beginning of a longer one.
fn holds(bytes: &[u8]) -> bool {
    let id = PERSON.as_bytes();
    let at = |from: usize| bytes[from..].starts_with(id) && !bytes.get(from + id.len()).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).any(at)
}

fn data_holds(data: &ArrayData) -> bool {
    data.buffers().iter().any(|buffer| holds(buffer.as_slice())) || data.child_data().iter().any(data_holds)
}

/// The files that name the person, Parquet decompressed; by other means than the product's.
fn naming(folder: &Folder) -> Vec<PathBuf> {
    let mut files = Vec::new();
    files_below(&folder.data(), &mut files);
    files.retain(|path| {
        if path.extension().is_none_or(|end| end != "parquet") {
            return holds(&std::fs::read(path).expect("a file"));
        }
        let file = std::fs::File::open(path).expect("a file");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
        let batches: Vec<_> = reader.map(|batch| batch.expect("a batch")).collect();
        batches.iter().any(|batch| batch.columns().iter().any(|column| data_holds(&column.to_data())))
    });
    files
}

/// How many rows tell of the person, or of anybody's dead letter.
async fn rows(folder: &Folder) -> Vec<Vec<String>> {
    let sql = format!(
        "SELECT (SELECT count(*) FROM touchpoint_log WHERE hcp_id = '{PERSON}') AS log, \
         (SELECT count(*) FROM hcp_metrics WHERE hcp_id = '{PERSON}') AS metrics, \
         (SELECT count(*) FROM dead_letters) AS dead, (SELECT count(payload) FROM dead_letters WHERE reason <> 'future_timestamp') AS payloads"
    );
    table(&folder.session().await, &sql).await
}

#[tokio::test]
async fn an_erased_person_is_gone_and_stays_gone() {
    let mut folder = used(3);
    let before = contents(&folder).await;
    assert!(naming(&folder).len() > 3, "the search finds what is there");
    let report = told(&erase_person(&folder, &[], None), 0);
    assert!(report.contains("dry run: nothing was changed"), "{report}");
    assert_eq!(contents(&folder).await, before);
    let dead = rows(&folder).await[0][2].clone();
    let report = told(&erase_person(&folder, &["--execute"], None), 0);
    assert!(report.contains("erased: nothing of the id is left") && !report.contains(PERSON), "{report}");
    assert_eq!(naming(&folder), Vec::<PathBuf>::new());
    let after = rows(&folder).await;
    assert_eq!(after[0], ["0", "0", dead.as_str(), "1"], "dead letters stay, without what named the person");
    folder.leave_out(|record| record.hcp_id == PERSON);
    folder.assert_equals_reference(&[PRESENT, PRESENT - 9 * DAY]).await;
    assert_day_rows(&folder, "after the erasure").await;
    // What comes again is skipped, or rejected without a trace; everybody else's is taken.
    let again = folder.write_kinds("again", &adversary::stream(900, 150));
    let report = folder.import(&again, &["--daily"]);
    assert!(report.contains("    erased"), "{report}");
    let bad = bad_lines(&folder, "worse");
    let report = folder.import(&[bad], &[]);
    assert!(report.lines().any(|line| line.split_whitespace().eq(["erased", "1"])), "{report}");
    assert_eq!(naming(&folder), Vec::<PathBuf>::new());
    let last = rows(&folder).await;
    assert_eq!((last[0][0].as_str(), last[0][1].as_str(), last[0][3].as_str()), ("0", "0", "2"));
    folder.assert_equals_reference(&[PRESENT]).await;
    told(&erase_person(&folder, &["--execute"], None), 0);
}

#[tokio::test]
async fn an_erasure_killed_at_any_point_is_finished_by_the_same_command() {
    for point in erase::POINTS {
        for spared in [0, 1] {
            let mut folder = used(5);
            let crash = format!("{point}={spared}*off->panic");
            let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
            command.args(["-q", "erase", "--execute", "--hcp", PERSON, "--data"]).arg(folder.data());
            let killed = command.env("FAILPOINTS", &crash).output().expect("touchload starts");
            // Some points are passed once only.
            let once = spared > 0 && ["erase::listed", "erase::swept"].contains(&point);
            assert!(once || killed.status.code().is_none(), "not killed at {crash}");
            told(&erase_person(&folder, &["--execute"], None), 0);
            assert_eq!(naming(&folder), Vec::<PathBuf>::new(), "{crash}");
            folder.leave_out(|record| record.hcp_id == PERSON);
            folder.assert_equals_reference(&[PRESENT]).await;
        }
    }
}

#[tokio::test]
async fn an_erasure_gives_way_to_a_pipeline() {
    let folder = used(6);
    let here = Location::parse(&folder.data().display().to_string()).expect("a folder");
    let lock = FolderLock::take(&here, FolderUse::Run).await.expect("free");
    assert!(told(&erase_person(&folder, &["--execute"], None), 1).contains("in use"));
    told(&erase_person(&folder, &[], None), 0);
    drop(lock);
}
