//! `sql/cookbook`: every question over a world in which the truth is planted.
//!
//! The answers are golden files (`tests/golden/cookbook`), and they are checked: what was planted is found again, what was
//! not planted is not found, `tests/python/cookbook_peer.py` computes most of them a second time by loops over the records,
//! and DuckDB answers the same text alike. Questions take their instant from `now()`, in whose place the tests put [`world::NOW`].

pub(crate) mod planted;
mod roles;
pub(crate) mod world;

use crate::python_readers::PythonReaders;
use datafusion::arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray, new_null_array};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::record_batch::RecordBatch;
use planted::AlertRow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use store::{Cycle, OpenMode, Owner, Store};
use touchpoint::NextOffsets;
use touchpoint::alert::alerts_schema;
use touchpoint::time::{DAY, SECOND};
use world::{CookbookWorld, INSTANT, NOW};

/// What the header of a question says, in this order.
const HEADER: [&str; 7] = ["Question: ", "Answer: ", "Misleads: ", "Ask: ", "Parameters: ", "Thin support: ", "Cost: "];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every question of the cookbook by its name, as it is written.
pub(crate) fn questions() -> BTreeMap<String, String> {
    let mut questions = BTreeMap::new();
    for entry in fs::read_dir(root("sql/cookbook")).expect("sql/cookbook") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        questions.insert(name, fs::read_to_string(&path).expect("text"));
    }
    questions
}

/// A question at the instant of the world.
pub(crate) fn at_the_instant(question: &str) -> String {
    question.replace("now()", NOW)
}

/// The golden answer of a question, as CSV.
pub(crate) fn golden(name: &str) -> PathBuf {
    root("tests/golden/cookbook").join(format!("{name}.csv"))
}

/// The world with its alerts, below a folder of its own.
pub(crate) async fn world() -> (tempfile::TempDir, CookbookWorld) {
    let dir = tempfile::tempdir().expect("a folder");
    let world = CookbookWorld::build(dir.path());
    let store = Store::open(&world.data().display().to_string(), OpenMode::MustExist).await.expect("tables");
    let owner = Owner::new("cookbook", "cluster");
    let marks = store.acquire_alerts(&owner, &BTreeSet::from([0])).await.expect("marks");
    let alerts_next: NextOffsets = marks.into_keys().map(|mark| (mark, 1)).collect();
    let cycle = Cycle { alerts: vec![alert_rows()], alerts_next, ..Cycle::default() };
    assert_eq!(
        store.commit(&owner, cycle).await.expect("committed").alerts.expect("landed").rows,
        planted::ALERTS.len()
    );
    (dir, world)
}

fn alert_rows() -> RecordBatch {
    let schema = alerts_schema();
    let columns: Vec<ArrayRef> = schema.fields().iter().map(|field| alert_column(field)).collect();
    RecordBatch::try_new(schema.clone(), columns).expect("the columns of alerts")
}

fn alert_column(field: &Field) -> ArrayRef {
    let minutes = |before: fn(&AlertRow) -> i64| -> ArrayRef {
        let values = planted::ALERTS.iter().map(|row| Some(planted::TODAY * DAY - before(row) * 60 * SECOND));
        Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let text = |row: &AlertRow| {
        let value = match field.name().as_str() {
            "alert_id" => row.0,
            "rule" => row.1,
            "hcp_id" => row.2,
            "state" => row.3[0],
            "from_state" => row.3[1],
            "origin" => row.3[2],
            "resolution" => row.3[3],
            "audience" => "commercial",
            "subject_kind" => "hcp",
            _ if field.is_nullable() => "",
            _ => "-",
        };
        Some(value).filter(|value| !value.is_empty())
    };
    match (field.name().as_str(), field.data_type()) {
        ("since", _) => minutes(|row| row.4),
        ("at", _) => minutes(|row| row.5),
        (_, DataType::Utf8) => Arc::new(planted::ALERTS.iter().map(text).collect::<StringArray>()),
        (_, other) => new_null_array(other, planted::ALERTS.len()),
    }
}

/// What `touchload sql` answers, as CSV.
fn ask(world: &CookbookWorld, question: &str) -> String {
    let file = world.files().join("question.sql");
    fs::write(&file, at_the_instant(question)).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.args(["-q", "sql", "--format", "csv", "--data"]).arg(world.data());
    command.arg("--reference").arg(world.reference()).arg("--policy").arg(world.policy()).arg("-f").arg(&file);
    let output = command.output().expect("touchload starts");
    assert!(output.status.success(), "{question}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n")
}

/// The cell of the first row that begins with `key`; answers whose cells hold no comma.
fn cell(answer: &str, key: &str, column: &str) -> String {
    let mut lines = answer.lines();
    let place = lines.next().expect("a header").split(',').position(|name| name == column);
    let place = place.unwrap_or_else(|| panic!("no column {column}"));
    let row = lines.find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("no row {key} in\n{answer}"));
    row.split(',').nth(place).expect("as many cells as columns").to_owned()
}

fn number(answer: &str, key: &str, column: &str) -> f64 {
    let text = cell(answer, key, column);
    text.parse().unwrap_or_else(|_| panic!("{column} of {key} is no number: {text:?}"))
}

#[test]
fn every_question_says_what_it_means_and_stands_in_the_list() {
    let listed = fs::read_to_string(root("docs/COOKBOOK.md")).expect("docs/COOKBOOK.md");
    let questions = questions();
    assert!(questions.len() >= 20, "{} questions", questions.len());
    for (name, text) in &questions {
        let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("--")).collect();
        let said: Vec<&str> =
            header.iter().filter_map(|l| HEADER.into_iter().find(|h| l[3..].starts_with(h))).collect();
        assert_eq!(said, HEADER, "{name}");
        assert!(text.lines().nth(header.len()).is_some_and(|line| line == "WITH params AS ("), "{name}: params first");
        assert!(text.contains("now() AS at"), "{name}: the instant is a parameter");
        assert!(text.contains("\nORDER BY"), "{name}: rows in no order");
        assert!(listed.contains(&format!("(../sql/cookbook/{name}.sql)")), "{name} is not in docs/COOKBOOK.md");
    }
}

#[tokio::test]
async fn the_cookbook_answers_and_finds_what_was_planted() {
    let (_dir, world) = world().await;
    let answers = world.files().join("answers");
    fs::create_dir_all(&answers).expect("a folder");
    let mut differing = Vec::new();
    for (name, question) in questions() {
        let answer = ask(&world, &question);
        fs::write(answers.join(format!("{name}.csv")), &answer).expect("written");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(golden(&name), &answer).expect("written");
        }
        let kept = fs::read_to_string(golden(&name)).unwrap_or_default();
        if kept != answer {
            differing.push(format!("{name}: expected\n{kept}\nbut\n{answer}"));
        }
    }
    assert!(differing.is_empty(), "UPDATE_GOLDEN=1 writes them anew:\n{}", differing.join("\n"));
    planted_truths_are_found(&world, &answers);
    if let Some(python) = PythonReaders::find() {
        python.cookbook_peer(&world.files(), &answers, INSTANT);
        python.cookbook_duckdb([&world.data(), &world.reference(), &answers], INSTANT);
    }
}

fn planted_truths_are_found(world: &CookbookWorld, answers: &Path) {
    let read = |name: &str| fs::read_to_string(answers.join(format!("{name}.csv"))).expect("an answer");
    let waves = read("rep_mails_after_waves");
    assert_eq!([cell(&waves, "ter-wave", "rises"), cell(&waves, "ter-coverage", "rises")], ["true", "false"]);
    assert_eq!(
        [number(&waves, "ter-wave", "after_per_100"), number(&waves, "ter-wave", "before_per_100")],
        [80.0, 20.0]
    );
    let pilots = read("pilot_effect");
    assert_eq!(
        [cell(&pilots, "one-theme", "verdict"), cell(&pilots, "on-paper", "verdict")],
        ["better", "no_evidence"]
    );
    assert!(number(&pilots, "one-theme", "did") < -0.1 && number(&pilots, "on-paper", "did").abs() < 0.05, "{pilots}");
    let access = read("access_this_year_and_last");
    assert_eq!([number(&access, "ter-closed", "hcps_down"), number(&access, "ter-closed", "change")], [25.0, -1.0]);
    assert_eq!(cell(&access, "ter-silent", "reason"), "not_reported");
    assert_eq!(cell(&access, "ter-silent", "accessible_now"), "", "nobody knows");
    let late = read("late_sync");
    assert_eq!(number(&late, "ter-late,calls", "late_share"), 1.0);
    assert!(number(&late, "ter-coverage,calls", "late_share") < 0.1, "{late}");
    let alerts = read("alerts_overturned");
    assert_eq!(number(&alerts, "over_budget,ter-late", "overturned"), 1.0);
    assert_eq!(number(&alerts, "over_budget,ter-late", "raised_too_late"), 1.0);
    assert_eq!(number(&alerts, "over_budget,ter-over", "overturned"), 0.0);
    let refusals = read("refusals_by_load");
    assert_eq!(
        [cell(&refusals, "e-mail,2 and more", "rises"), cell(&refusals, "e-mail,1 to 2", "rises")],
        ["true", "false"]
    );
    let moved = read("going_over");
    assert_eq!(cell(&moved, "quiet-h04", "move_to"), "2026-06-20T10:00:00Z");
    let past = read("talked_past");
    assert_eq!(
        [number(&past, "ter-quiet,prd-01", "requests"), number(&past, "ter-quiet,prd-01", "touches")],
        [2.0, 4.0]
    );
    assert_eq!(number(&read("calls_per_prescriber"), "rep-over-1,", "most_calls"), 18.0);
    let untouched = read("untouched_targets");
    assert!(untouched.contains("\nquiet-h01,") && untouched.contains("\nquiet-h02,"), "{untouched}");
    assert!(!untouched.contains("quiet-h03"), "{untouched}");
    one_person_is_shown_to_their_line_alone(world, &read("who_causes_over_touching"));
}

/// The over-toucher is one of five: nobody sees a row about a single owner but those whom it reports to.
fn one_person_is_shown_to_their_line_alone(world: &CookbookWorld, pooled: &str) {
    assert!(!pooled.contains("rep-over") && !pooled.contains("ter-over"), "{pooled}");
    let question = &questions()["who_causes_over_touching"];
    let asked = |me: &str| ask(world, &question.replace("'' AS me", &format!("'{me}' AS me")));
    let line = asked("mgr-over");
    let own = "ter-over,sales,prd-01,rep-over-1";
    assert_eq!([cell(&line, own, "touches"), cell(&line, own, "beyond")], ["180", "true"]);
    assert_eq!(asked("mgr-late").matches("rep-over-1").count(), 0);
    assert_eq!(asked("rep-over-2").matches("rep-over-").count(), 1, "their own row");
}
