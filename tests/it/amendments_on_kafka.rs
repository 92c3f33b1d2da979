//! What `erase` and `retract` do in a real Kafka: alert topics without the person, and a feed taken back beside a pipeline.

use crate::adversary;
use crate::imports::{Folder, text, zones};
use crate::kafka_broker::KafkaBroker;
use crate::kafka_ledger::{Outgoing, Partitioner, Stored, produce, read_topics};
use crate::run_process::{RunProcess, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use touchload::clock::SystemClock;
use touchpoint::{Clock, Kind, SecretKey, Word};

const PERSON: &str = "hcp-3";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const TOPICS: [&str; 2] = ["touchload.alerts", "touchload.alerts.medical"];

fn touchload(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchload")).arg("-q").args(args).output().expect("touchload starts")
}

fn told(output: &Output, code: i32) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{out}{error}");
    out + &error
}

fn alert(id: &str, hcp_id: &str, state: &str) -> Outgoing {
    let key = SecretKey::new(KEY.as_bytes()).expect("long enough");
    let document = json!({
        "alert_id": id, "rule": "over_budget", "severity": "warning", "audience": "commercial",
        "subject": {"kind": "hcp", "ref": key.pseudonym("hcp", hcp_id)}, "state": state, "from": null, "origin": "live",
        "resolution": null, "ack_reason": null, "since": "2026-03-05T12:00:00Z", "at": "2026-03-05T12:00:01Z",
        "value": 1.5, "binding": "two", "act": {"kind": "hold", "until": null}, "summary": "over", "touches": [],
        "policy_version": "1",
    });
    let payload = Some(document.to_string().into_bytes());
    Outgoing { topic: TOPICS[0].to_owned(), key: Some(id.as_bytes().to_vec()), payload, ..Outgoing::default() }
}

/// The last message of every key.
fn last(stored: &[Stored]) -> BTreeMap<String, Option<Value>> {
    let entry = |stored: &Stored| {
        let value = stored.payload.as_deref().map(|bytes| serde_json::from_slice(bytes).expect("JSON"));
        (String::from_utf8(stored.key.clone().expect("a key")).expect("text"), value)
    };
    stored.iter().map(entry).collect()
}

fn config(folder: &Path, broker: &KafkaBroker, more: &str) -> String {
    let path = folder.join("touchload.toml");
    let text = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\npartitioner = \"auto\"\n[kafka.properties]\n\"session.timeout.ms\" = 6000\n\
         [store]\ndata = \"{}/data\"\ncommit_interval = \"200ms\"\n{more}",
        broker.bootstrap(),
        folder.display()
    );
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[test]
fn an_erasure_withdraws_the_alerts_about_the_person_and_no_others() {
    let Some(mut broker) = KafkaBroker::start() else { return };
    broker.create_topics(&TOPICS, 2);
    broker.create_topics(&["ref.panels"], 1);
    let mut folder = Folder::new(zones());
    let files = folder.write_kinds("some", &adversary::stream(1, 120));
    folder.import(&files, &[]);
    let own = folder.data().parent().expect("a folder").to_owned();
    std::fs::write(own.join("key"), KEY).expect("written");
    let more = format!("[alerts]\nkey_file = \"{}/key\"\n[reference]\npanels_topic = \"ref.panels\"\n", own.display());
    let config = config(&own, &broker, &more);
    let panel = |hcp_id: &str| {
        let bytes = format!("{{\"owner_id\":\"rep-1\",\"hcp_id\":\"{hcp_id}\"}}").into_bytes();
        Outgoing { topic: "ref.panels".into(), key: Some(bytes.clone()), payload: Some(bytes), ..Outgoing::default() }
    };
    let alerts = [
        alert("a", PERSON, "pending"),
        alert("a", PERSON, "firing"),
        alert("b", PERSON, "resolved"),
        alert("c", "hcp-34", "firing"),
        panel(PERSON),
        panel("hcp-34"),
    ];
    produce(&broker.bootstrap(), Partitioner::Crc32, alerts);
    let data = folder.data().display().to_string();
    let erase = |more: &[&str]| touchload(&[&["erase", "--data", &data, "--hcp", PERSON], more].concat());

    let plan = told(&erase(&["--config", &config]), 0);
    assert!(plan.lines().any(|line| line.split_whitespace().eq(["alerts", "about", "the", "person", "2"])), "{plan}");
    assert_eq!(read_topics(&broker.bootstrap(), &TOPICS).len(), 4, "a dry run changes nothing");
    let report = told(&erase(&["--config", &config, "--execute"]), 0);
    for part in
        ["alerts withdrawn", "ref.panels, partition 0, offset 0, key {\"owner_id\":\"rep-1\",\"hcp_id\":\"<ID>\"}"]
    {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
    assert!(!report.contains(PERSON) && !report.contains("offset 1"), "{report}");
    let stored = read_topics(&broker.bootstrap(), &TOPICS);
    let left = last(&stored);
    assert_eq!((&left["a"], &left["b"]), (&None, &None));
    assert_eq!(left["c"].as_ref().map(|document| document["state"].clone()), Some(json!("firing")));
    let vanished = |stored: &&Stored| {
        stored.key.as_deref() == Some(b"a".as_slice())
            && stored.payload.as_deref().is_some_and(|v| String::from_utf8_lossy(v).contains("\"vanished\""))
    };
    assert_eq!(stored.iter().filter(vanished).count(), 1, "receivers are told that it is over");
    let again = told(&erase(&["--config", &config, "--execute"]), 0);
    assert!(again.lines().any(|line| line.split_whitespace().eq(["alerts", "withdrawn", "0"])), "{again}");
    assert_eq!(read_topics(&broker.bootstrap(), &TOPICS).len(), stored.len());

    broker.stop();
    let failed = told(&erase(&["--config", &config, "--execute"]), 1);
    assert!(
        failed.contains("the alert topics could not be cleared") && failed.contains("without --config"),
        "{failed}"
    );
    assert!(told(&erase(&["--execute"]), 0).contains("not looked at: the alert topics"));
}

struct Feeds {
    broker: KafkaBroker,
    folder: tempfile::TempDir,
    config: String,
}

impl Feeds {
    fn new() -> Option<Self> {
        let broker = KafkaBroker::start()?;
        let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
        broker.create_topics(&topics, 4);
        let folder = tempfile::Builder::new().prefix("touchload-retract-").tempdir().expect("a temporary folder");
        let config = config(folder.path(), &broker, "");
        Some(Self { broker, folder, config })
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// A version of ten calls, one for each of as many HCPs.
    fn send(&self, version: i64, status: &str) {
        let record = |n: u32| {
            let hcp_id = format!("h-{n}");
            let payload = json!({
                "event_id": format!("e-{n}"), "hcp_id": hcp_id, "source": "crm", "version": version,
                "occurred_at": "2026-03-05", "status": status, "channel": "phone", "theme": format!("v{version}"),
            });
            Outgoing {
                topic: Kind::Calls.default_topic().to_owned(),
                key: Some(hcp_id.into_bytes()),
                payload: Some(payload.to_string().into_bytes()),
                ..Outgoing::default()
            }
        };
        assert_eq!(produce(&self.broker.bootstrap(), Partitioner::Murmur2, (0..10).map(record)), 10);
    }

    fn sql(&self, statement: &str) -> String {
        let output = touchload(&["sql", "--data", &self.data(), "--format", "csv", "-c", statement]);
        String::from_utf8_lossy(&output.stdout).lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    fn wait_for_rows(&self, process: &mut RunProcess, count: usize) {
        until(&format!("{count} rows"), || {
            process.must_run();
            (self.sql("SELECT count(*) FROM touchpoint_log") == count.to_string()).then_some(())
        });
    }

    fn retract(&self, span: &[String; 2], more: &[&str]) -> Output {
        let data = self.data();
        let args = ["retract", "--data", &data, "--source", "crm", "--to-kafka", &self.config, "--ingested-between"];
        touchload(&[&args[..], &[&span[0], &span[1]], more].concat())
    }
}

#[test]
fn a_feed_is_taken_back_beside_a_pipeline_the_later_one_first() {
    let Some(feeds) = Feeds::new() else { return };
    let mut process = RunProcess::start(Path::new(&feeds.config), feeds.folder.path().join("run.log"), &[]);
    process.wait_ready();
    let mut instants = Vec::new();
    for (version, rows) in [(1, 10), (2, 20), (3, 30)] {
        feeds.send(version, "completed");
        feeds.wait_for_rows(&mut process, rows);
        instants.push(text(SystemClock.now()));
    }
    let spans = [[instants[1].clone(), instants[2].clone()], [instants[0].clone(), instants[1].clone()]];
    let themes = "SELECT DISTINCT theme FROM touchpoints";
    assert_eq!(feeds.sql(themes), "v3");
    // First what came last: what is stated then is what the earlier feed said, and must go with it.
    for (span, theme, rows) in [(&spans[0], "v2", 40), (&spans[1], "v1", 50)] {
        assert!(told(&feeds.retract(span, &[]), 0).contains("dry run: nothing was changed"));
        let report = told(&feeds.retract(span, &["--execute"]), 0);
        assert!(report.contains("10 records were produced to the input topics"), "{report}");
        feeds.wait_for_rows(&mut process, rows);
        assert_eq!(feeds.sql(themes), theme);
        assert!(told(&feeds.retract(span, &[]), 0).contains("it is taken back already"));
        assert!(told(&feeds.retract(span, &["--execute"]), 0).contains("it was taken back already"));
    }
    process.must_run();
    assert_eq!(process.metric("touchload_rejects_total"), 0.0);
    process.stop();
    let misplaced = "SELECT count(*) FROM (SELECT hcp_id, count(DISTINCT kafka_partition) AS n FROM touchpoint_log \
                     GROUP BY hcp_id) WHERE n > 1";
    assert_eq!(feeds.sql(misplaced), "0", "keys are hashed as the producer does");
}

#[test]
fn killed_before_the_commit_nothing_was_produced() {
    let Some(feeds) = Feeds::new() else { return };
    let mut process = RunProcess::start(Path::new(&feeds.config), feeds.folder.path().join("run.log"), &[]);
    process.wait_ready();
    let from = text(SystemClock.now());
    feeds.send(1, "completed");
    feeds.wait_for_rows(&mut process, 10);
    let span = [from, text(SystemClock.now())];
    let data = feeds.data();
    let killed = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "retract", "--data", &data, "--source", "crm", "--to-kafka", &feeds.config, "--execute"])
        .args(["--ingested-between", &span[0], &span[1]])
        .env("FAILPOINTS", "retract::noted=panic")
        .output()
        .expect("touchload starts");
    assert!(!killed.status.success() && killed.status.code() != Some(1), "not killed");
    assert!(told(&feeds.retract(&span, &[]), 0).contains("--execute appends 10 records"));
    told(&feeds.retract(&span, &["--execute"]), 0);
    feeds.wait_for_rows(&mut process, 20);
    assert_eq!(feeds.sql("SELECT count(*) FROM touchpoints"), "0");
    process.stop();
}
