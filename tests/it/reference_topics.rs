//! Reference data from topics of a real Kafka: the same numbers as from files, and a pipeline that follows what comes, bears
//! what is no row, and comes to the same after a restart.

use crate::imports::{Folder, table};
use crate::kafka_broker::KafkaBroker;
use crate::kafka_ledger::{Outgoing, Partitioner, produce};
use crate::run_process::{RunProcess, until};
use ingest::kafka::KafkaConfig;
use ingest::reference_files::{ReferenceFiles, ReferenceTable};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use store::{OpenMode, Store};
use touchload::reference::{ReferenceInput, ReferenceSource};
use touchload::session::{Facts, offline};
use touchpoint::time::{FixedClock, SECOND};
use touchpoint::{Kind, Policy, Reference, Word};

/// 2025-04-12, the end of the simulated span.
const END: i64 = 1_744_416_000 * SECOND;
const SPAN: [&str; 10] =
    ["--from", "2025-03-03", "--days", "40", "--hcps", "150", "--seed", "4", "--scenario", "orchestration"];

fn simulate(args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_touchload")).args(["-q", "simulate"]).args(args).args(SPAN).output();
    let output = output.expect("touchload starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_from_files_and_from_topics_give_the_same_hcp_now() {
    let Some(broker) = KafkaBroker::start() else { return };
    let mut folder = Folder::new(Arc::default());
    let work = folder.data().join("../work");
    let work = work.to_str().expect("a temporary folder has a plain name");
    simulate(&["--out", work]);
    simulate(&["--kafka", &broker.bootstrap(), "--partitions", "3", "--reference-topics", "ref."]);
    folder.import(&[(Kind::Calls, Path::new(work).join("calls.ndjson"))], &[]);
    folder.import(&[(Kind::Emails, Path::new(work).join("emails.ndjson"))], &[]);
    let topic = |table: ReferenceTable| (table, format!("ref.{}", table.name().replace('_', "-")));
    let input = ReferenceInput { topics: ReferenceTable::ALL.map(topic).into(), ..ReferenceInput::default() };
    let kafka = KafkaConfig::new(broker.bootstrap());
    let opening = tokio::task::spawn_blocking(move || ReferenceSource::open(input, &kafka));
    let of_topics = opening.await.expect("no panic").expect("topics").load().expect("tables");
    let files = ReferenceFiles::in_folder(&Path::new(work).join("reference"));
    let of_files = ingest::reference_files::load(&files).expect("tables");
    assert_eq!(of_topics.version(), of_files.version());
    let mut said = Vec::new();
    for reference in [of_topics, Arc::new(of_files), Arc::<Reference>::default()] {
        let data = folder.data().display().to_string();
        let store = Arc::new(Store::open(&data, OpenMode::MustExist).await.expect("tables"));
        let facts = Facts { policy: Arc::new(Policy::default()), reference, clock: Arc::new(FixedClock(END)) };
        let session = offline(store, &facts).await.expect("a session");
        said.push(table(&session, "SELECT * FROM hcp_now ORDER BY hcp_id").await);
    }
    assert!(said[0].len() > 100);
    assert_eq!(said[0], said[1]);
    assert_ne!(said[0], said[2], "a test that does not notice what is missing proves nothing");
}

struct Stage {
    broker: KafkaBroker,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Option<Self> {
        let broker = KafkaBroker::start()?;
        let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
        broker.create_topics(&topics, 1);
        let folder = tempfile::Builder::new().prefix("touchload-topics-").tempdir().expect("a temporary folder");
        Some(Self { broker, folder })
    }

    fn start(&self, name: &str) -> RunProcess {
        let folder = self.folder.path();
        let text = format!(
            "[kafka]\nbootstrap_servers = \"{}\"\n[kafka.properties]\n\"session.timeout.ms\" = 6000\n[store]\n\
             data = \"{}/data\"\n[reference]\nhcps_topic = \"ref.hcps\"\n",
            self.broker.bootstrap(),
            folder.display()
        );
        let config = folder.join(format!("{name}.toml"));
        std::fs::write(&config, text).expect("written");
        RunProcess::start(&config, folder.join(format!("{name}.log")), &[])
    }

    fn send(&self, key: &str, value: Option<&str>) {
        let message = Outgoing {
            topic: "ref.hcps".to_owned(),
            key: Some(key.as_bytes().to_vec()),
            payload: value.map(|value| value.as_bytes().to_vec()),
            ..Outgoing::default()
        };
        assert_eq!(produce(&self.broker.bootstrap(), Partitioner::Murmur2, [message]), 1);
    }
}

/// The version of the reference data in force.
fn version(process: &RunProcess) -> Option<String> {
    let page = process.get("/metrics")?;
    let line = page.lines().find(|line| line.starts_with("touchload_reference_info{"))?;
    line.split('"').nth(1).map(str::to_owned)
}

/// Waits until other reference data are in force.
fn next_version(process: &mut RunProcess, before: &str) -> String {
    until("other reference data", || {
        process.must_run();
        version(process).filter(|version| version != before)
    })
}

#[test]
fn a_pipeline_follows_its_topics_and_keeps_the_old_tables_while_a_message_is_no_row() {
    let Some(stage) = Stage::new() else { return };
    let mut without = stage.start("without");
    let ended = until("an end", || without.ended());
    assert_eq!(ended.code(), Some(1));
    assert!(without.has_said("topics of reference data are missing: ref.hcps (hcps)"), "{}", without.said());

    stage.broker.create_topics(&["ref.hcps"], 1);
    let (one, two) = (r#"{"hcp_id":"canary-1"}"#, r#"{"hcp_id":"canary-2"}"#);
    stage.send(one, Some(r#"{"hcp_id":"canary-1","territory":"north"}"#));
    let mut process = stage.start("first");
    process.wait_ready();
    assert!(process.has_said("the topic of reference data is not compacted"), "{}", process.said());
    let first = version(&process).expect("a version");
    assert_eq!(first.len(), 16);
    stage.send(one, Some(r#"{"hcp_id":"canary-1","territory":"south"}"#));
    let second = next_version(&mut process, &first);

    stage.send(two, Some(r#"{"hcp_id":"canary-2","time_zone":"Mars/Base"}"#));
    until("a refusal", || {
        process.must_run();
        (process.metric("touchload_reference_reload_failed") == 1.0).then_some(())
    });
    assert_eq!(process.metric("touchload_reference_problems"), 1.0);
    assert_eq!(version(&process).as_deref(), Some(second.as_str()), "the old tables stay in force");
    let told = "topic ref.hcps, partition 0, offset 2, column time_zone: expected an IANA time zone";
    assert!(process.has_said(told), "{}", process.said());
    process.stop();
    let mut refused = stage.start("refused");
    assert_eq!(until("an end", || refused.ended()).code(), Some(2), "as a file with a problem");
    assert!(refused.has_said(told), "{}", refused.said());

    stage.send(two, None);
    let mut again = stage.start("again");
    again.wait_ready();
    assert_eq!(version(&again).as_deref(), Some(second.as_str()), "a restart comes to the same");
    stage.send(one, None);
    let empty = next_version(&mut again, &second);
    assert_ne!(empty, "none", "a table without rows is there");
    assert_eq!(again.metric("touchload_reference_messages_total"), 5.0);
    again.stop();
    for name in ["first", "refused", "again"] {
        let log = std::fs::read_to_string(stage.folder.path().join(format!("{name}.log"))).expect("a log");
        assert!(!log.contains("canary") && !log.contains("Mars"), "content is not quoted in {name}");
    }
}
