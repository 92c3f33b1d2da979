//! What-if over stored history: under the policy in force it finds the alerts that fired, a stricter one holds touches,
//! and what is written can be read and names nobody.

use crate::imports::{END, Folder, nothing_known, simulated, text};
use datafusion::arrow::array::{BooleanArray, RecordBatch};
use futures::TryStreamExt;
use processors::alert::{Occasion, StormLimit, Turn};
use processors::what_if::{Fate, Scenario};
use processors::{Ownership, Shards, SharedShards};
use serde_json::Value;
use serve::alert_rule::shipped;
use serve::alert_watch::{AlertWatch, WatchSettings};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, RwLock};
use store::{Arrival, Cycle, OpenMode, Owner, ReadLog, Store};
use touchload::cli::AlertReplay;
use touchload::progress::ProgressChoice;
use touchload::what_if::alert_lane::{AlertHistory, AlertSpan};
use touchload::what_if::span::LogSpan;
use touchload::what_if::{Asked, Replayed, replay};
use touchpoint::policy::Budget;
use touchpoint::record::{RecordBuilder, RecordColumns, RecordRow};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::{
    Audience, BusinessFunction, Channel, Kind, Micros, NextOffsets, Op, Policy, Precision, Purpose, Reference,
    SecretKey, Status, TopicPartition, log,
};

fn key() -> SecretKey {
    SecretKey::new(&[7; 32]).expect("long enough")
}

fn capped(version: &str, cap: u32) -> Arc<Policy> {
    let budgets = vec![Budget::new("month", Some(cap), 28 * DAY)];
    Arc::new(Policy { version: version.into(), budgets, ..Policy::default() })
}

fn asked(policies: [&Arc<Policy>; 2], (from, to): (Micros, Micros)) -> Asked {
    let [baseline, other] = policies.map(Arc::clone);
    let scenario = Scenario {
        baseline,
        other,
        reference: Arc::new(Reference::default()),
        audience: Audience::Full,
        from,
        to,
        longest_wait: 14 * DAY,
    };
    Asked {
        scenario,
        planned: Vec::new(),
        arrival: Arrival::AsTaken,
        every: HOUR,
        alerts: AlertReplay::Both,
        memory: 1 << 30,
        key: key(),
        progress: ProgressChoice::Hidden,
    }
}

async fn replayed(store: &Store, asked: Asked) -> Replayed {
    let log = LogSpan::read(store).await.expect("a log");
    replay(store, &log, asked).await.expect("replayed")
}

/// Every record of the log, when it came in.
async fn records(store: &Store) -> Vec<(Micros, (String, i32, i64), RecordBatch)> {
    let rows: Vec<RecordBatch> =
        store.read_log(ReadLog::of_state(0)).await.expect("rows").try_collect().await.expect("rows");
    let mut records = Vec::new();
    for batch in rows {
        let batch = log::to_record(&batch).expect("records");
        let columns = RecordColumns::try_new(&batch).expect("columns");
        for place in 0..batch.num_rows() {
            let row = columns.row(place).expect("a row");
            let is_imported = row.kafka_topic.starts_with("import:");
            let at = if is_imported { row.occurred_at.unwrap_or(Micros::MIN) } else { row.ingested_at };
            let position = (row.kafka_topic.to_owned(), row.kafka_partition, row.kafka_offset);
            records.push((at, position, batch.slice(place, 1)));
        }
    }
    records.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    records
}

/// The alerts of a watch that is fed record by record, as a pipeline feeds it: time advances, records are applied, the
/// turn evaluates, the rules are asked.
async fn watched(store: &Store, policy: &Arc<Policy>, ticks: &[Micros]) -> AlertHistory {
    let shards: SharedShards = Arc::new(RwLock::new(Shards::new(policy.clone(), Arc::new(Reference::default()))));
    shards.write().expect("unpoisoned").assign(Ownership::Sole, [0]);
    let settings = WatchSettings { key: key(), storm: StormLimit { openings: 1_000_000, ..StormLimit::default() } };
    let mut watch = AlertWatch::load(&shipped().expect("sound"), &shards, policy, settings).await.expect("rules");
    let mut records = records(store).await.into_iter().peekable();
    let mut history = AlertHistory::default();
    for (n, now) in ticks.iter().copied().enumerate() {
        let changed = {
            let mut shards = shards.write().expect("unpoisoned");
            let shard = shards.of_partition(0).expect("sole");
            // The state of before the first turn is restored, and no time has passed in it.
            if n > 0 {
                shard.advance(now);
            }
            while let Some((_, _, record)) = records.next_if(|(at, ..)| *at <= now) {
                shard.apply(&record, now, None).expect("applied");
            }
            shards.turn(now)
        };
        let occasion = if n == 0 { Occasion::Start } else { Occasion::Stream };
        let turn = Turn { now, occasion, policy_version: policy.version.as_str().into() };
        let told = watch.turn(&shards, &turn, &changed).await;
        assert!(told.failures.is_empty(), "{:?}", told.failures);
        history.take(&told.transitions);
    }
    history
}

fn every(span: (Micros, Micros), every: Micros) -> Vec<Micros> {
    (span.0..span.1).step_by(every as usize).chain([span.1]).collect()
}

fn of(history: &AlertHistory) -> Vec<&AlertSpan> {
    history.spans().collect()
}

async fn imported(hcps: u32, days: i64, seed: u64) -> (Folder, Store) {
    let mut folder = Folder::new(nothing_known());
    let files = folder.write_kinds("all", &simulated(hcps, days, seed));
    folder.import(&files, &[]);
    let store = Store::open(&folder.data().display().to_string(), OpenMode::MustExist).await.expect("tables");
    (folder, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_in_force_gives_the_alerts_that_fired() {
    let (_folder, store) = imported(50, 60, 17).await;
    let policy = capped("in-force", 4);
    let span = (END - 20 * DAY, END);
    let replayed = replayed(&store, asked([&policy, &policy], span)).await;
    let alerts = replayed.alerts.expect("replayed");
    let expected = watched(&store, &policy, &every(span, HOUR)).await;
    assert!(of(&expected).len() > 10, "{} alerts say little", of(&expected).len());
    let ended = expected.spans().filter(|span| span.ended.is_some()).count();
    assert!(ended > 2, "{ended} ended");
    assert_eq!(of(&alerts.before), of(&expected));
    assert_eq!(of(&alerts.after), of(&expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_policy_gives_the_alerts_that_it_would_have_fired() {
    let (_folder, store) = imported(40, 50, 18).await;
    let (before, after) = (capped("in-force", 6), capped("stricter", 2));
    let span = (END - 12 * DAY, END);
    let replayed = replayed(&store, asked([&before, &after], span)).await;
    let alerts = replayed.alerts.expect("replayed");
    assert_eq!(of(&alerts.before), of(&watched(&store, &before, &every(span, HOUR)).await));
    assert_eq!(of(&alerts.after), of(&watched(&store, &after, &every(span, HOUR)).await));
    let over = |history: &AlertHistory| history.spans().filter(|span| &*span.rule == "over_budget").count();
    assert!(over(&alerts.after) > over(&alerts.before), "a stricter policy is broken more often");
}

/// A visit at `at` that came in at `taken`.
fn visit<'a>(event_id: &'a str, at: Micros, taken: Micros) -> RecordRow<'a> {
    RecordRow {
        event_id,
        hcp_id: "hcp-1",
        source: "crm",
        op: Op::Upsert,
        status: Some(Status::Completed),
        occurred_at: Some(at),
        precision: Some(Precision::Instant),
        channel: Some(Channel::FaceToFace),
        business_function: Some(BusinessFunction::Sales),
        purpose: Some(Purpose::Promotional),
        ingested_at: taken,
        kafka_timestamp: taken,
        kafka_topic: Kind::Calls.default_topic(),
        ..RecordRow::BARE
    }
}

/// A folder with these rows, as a pipeline stored them.
async fn stored(rows: &[RecordRow<'_>]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data").display().to_string();
    let store = Store::open(&data, OpenMode::CreateIfMissing).await.expect("tables");
    let owner = Owner::new("pipeline", "cluster");
    let partition = TopicPartition::new(Kind::Calls.default_topic(), 0);
    store.acquire(&owner, std::slice::from_ref(&partition)).await.expect("acquired");
    let mut builder = RecordBuilder::default();
    for (offset, row) in (0..).zip(rows) {
        builder.push(&RecordRow { kafka_offset: offset, ..*row });
    }
    let batch = builder.finish().expect("a batch");
    let no = BooleanArray::from(vec![false; rows.len()]);
    let log = vec![log::from_record(&batch, no.clone(), no).expect("rows")];
    let next = NextOffsets::from([(partition, rows.len() as i64)]);
    store.commit(&owner, Cycle { log, next, ..Cycle::default() }).await.expect("committed");
    // Who acquired reads what was there then; who only reads, what is there now.
    (dir, Store::open(&data, OpenMode::MustExist).await.expect("tables"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_late_is_late_again_unless_it_is_told_on_time() {
    let day = |n: i64| END + n * DAY;
    // The third visit breaks the budget on day 2 and is known on day 12; a delete takes the second back on day 20.
    let gone = RecordRow {
        op: Op::Delete,
        status: None,
        occurred_at: None,
        precision: None,
        channel: None,
        ..visit("b", day(1), day(20))
    };
    let rows = [
        visit("a", day(0), day(0) + SECOND),
        visit("b", day(1), day(1) + SECOND),
        visit("c", day(2), day(12)),
        gone,
        visit("d", day(29), day(29)),
    ];
    let (_dir, store) = stored(&rows).await;
    let policy = capped("in-force", 2);
    let span = (day(0), day(30));
    let asked = asked([&policy, &policy], span);
    let alerts = replayed(&store, asked.clone()).await.alerts.expect("replayed").before;
    assert_eq!(of(&alerts), of(&watched(&store, &policy, &every(span, HOUR)).await));
    let over: Vec<_> = alerts.spans().filter(|span| &*span.rule == "over_budget").collect();
    let [over] = over[..] else { panic!("one alert: {over:?}") };
    assert_eq!((over.since, over.told_at, over.ended), (day(2), day(12), Some(day(20))));
    // With a delete that was always known, the budget is never broken.
    let on_time = replayed(&store, Asked { arrival: Arrival::OnTime, ..asked }).await;
    let alerts = on_time.alerts.expect("replayed").before;
    assert_eq!(alerts.spans().filter(|span| &*span.rule == "over_budget").count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_are_the_same_however_many_passes_the_tables_are_read_in() {
    let (_folder, store) = imported(40, 50, 19).await;
    let (before, after) = (capped("in-force", 9), capped("stricter", 2));
    let asked = Asked { alerts: AlertReplay::Skipped, ..asked([&before, &after], (END - 20 * DAY, END)) };
    let one = replayed(&store, asked.clone()).await.outcome;
    let many = replayed(&store, Asked { memory: 40_000, ..asked.clone() }).await.outcome;
    assert!(one.held.len() > 100, "{}", one.held.len());
    assert!(one.held.iter().any(|held| held.fate == Fate::Never));
    assert_eq!(one.held, many.held);
    assert_eq!((one.hcps, one.hcps_held, &one.rules), (many.hcps, many.hcps_held, &many.rules));
    for (one, many) in one.weeks.iter().zip(&many.weeks) {
        for share in [0.1, 0.5, 0.9, 1.0] {
            assert_eq!(one.after.visits.quantile(share), many.after.visits.quantile(share));
        }
    }
    let nothing = Arc::new(Policy { version: "nothing".into(), ..(*capped("nothing", 0)).clone() });
    let none =
        replayed(&store, Asked { scenario: Scenario { other: nothing, ..asked.scenario.clone() }, ..asked }).await;
    let totals = none.outcome.channels.values().fold((0, 0, 0), |(unsolicited, later, never), channel| {
        (unsolicited + channel.unsolicited, later + channel.later, never + channel.never)
    });
    // Service and safety count as solicited, so what is unsolicited is what a cap of 0 takes.
    assert_eq!((totals.0, 0), (totals.2, totals.1), "cap 0 holds everything, for ever");
}

fn what_if(data: &Path, extra: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.args(["-q", "what-if", "--data"]).arg(data).args(extra);
    command.output().expect("touchload starts")
}

fn said(output: &Output) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{out}{error}");
    out
}

struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn stricter(&self) -> String {
        self.write(
            "stricter.toml",
            "version = \"stricter\"\n[[budgets]]\nname = \"month\"\ncap = 2\nwindow = \"28d\"\n",
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_tells_the_same_in_every_form_and_names_nobody() {
    let (folder, _store) = imported(60, 40, 20).await;
    let files = Files { dir: tempfile::tempdir().expect("a folder") };
    let (policy, html, held) = (files.stricter(), files.path("page.html"), files.path("held.csv"));
    let from = text(END - 10 * DAY);
    let (html_name, held_name) = (html.display().to_string(), held.display().to_string());
    let base = ["--policy", &policy, "--from", &from, "--every", "6h"];
    let run = |extra: &[&str]| said(&what_if(&folder.data(), &[&base[..], extra].concat()));
    let json = run(&["--format", "json", "--html", &html_name, "--held", &held_name]);
    assert_eq!(json, run(&["--format", "json"]), "the same records, the same answer");
    let told: Value = serde_json::from_str(&json).expect("JSON");
    let held_touches = told["held_touches"].as_array().expect("a list");
    let sum = |key: &str| {
        told["channels"].as_array().expect("rows").iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(held_touches.len() as u64, sum("later") + sum("never"));
    assert!(sum("later") > 0 && sum("never") > 0 && sum("made") > 50, "{}", told["channels"]);
    let csv = run(&["--format", "csv"]);
    let mut lines = csv.split("\r\n");
    assert_eq!(lines.next(), Some("part,group,measure,value"));
    let later = lines.filter(|line| line.starts_with("channels,") && line.contains(",later,"));
    let later: u64 = later.map(|line| line.rsplit(',').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(later, sum("later"));
    let lines = std::fs::read_to_string(&held).expect("the list");
    assert_eq!(lines.lines().count(), held_touches.len() + 1);
    let page = std::fs::read_to_string(&html).expect("the page");
    assert!(page.contains("<svg") && page.contains("prefers-color-scheme") && page.ends_with("</html>\n"));
    for elsewhere in ["http:", "https:", "<script", "<link", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    let table = run(&[]);
    for text in [&page, &json, &csv, &lines, &table] {
        assert!(!text.contains("hcp-0"), "an id is in it");
    }
    assert!(table.contains("records/s") && table.contains("Policy stricter would have held"), "{table}");
    assert!(run(&["--ids", "--skip-alerts", "--format", "json"]).contains("hcp-0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_comes_on_top_and_every_problem_is_told_at_once() {
    let (folder, _store) = imported(20, 40, 21).await;
    let files = Files { dir: tempfile::tempdir().expect("a folder") };
    let at = text(END - 2 * DAY);
    let rows: String = (0..5).map(|_| format!("hcp-new,phone,{at}\n")).collect();
    let plan = files.write("plan.csv", &format!("hcp_id,channel,at\n{rows}"));
    let policy = files.stricter();
    let args = ["--plan", &plan, "--policy", &policy, "--skip-alerts", "--format", "json"];
    let told: Value = serde_json::from_str(&said(&what_if(&folder.data(), &args))).expect("JSON");
    let rows = told["channels"].as_array().expect("rows");
    let phone = rows.iter().find(|row| row["channel"] == "phone calls").expect("planned calls");
    assert_eq!(phone["planned"], 5);
    let refused = |args: &[&str]| {
        let output = what_if(&folder.data(), args);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let bad_plan = files.write("bad.csv", "hcp_id,channel,at\n,pigeon,soon\n");
    let bad_policy = files.write("bad.toml", "version = \"x\"\nnonsense = 1\n");
    let both = refused(&["--plan", &bad_plan, "--policy", &bad_policy]);
    for part in ["nonsense", "column hcp_id", "column channel", "column at"] {
        assert!(both.contains(part), "{part}: {both}");
    }
    assert!(refused(&["--policy", &policy, "--from", "2020-01-01"]).contains("before the log"));
    assert!(refused(&["--policy", &policy, "--from", "2040-01-01"]).contains("empty"));
    let outside = files.write("outside.csv", "hcp_id,channel,at\nh,phone,2024-01-01\n");
    assert!(refused(&["--plan", &outside, "--to", "2025-06-01"]).contains("outside the span"));
}
