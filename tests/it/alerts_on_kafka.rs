//! Alerts of the main job, from a record in a real Kafka to a real Alertmanager and a webhook, through kills at every point
//! between finding an alert and knowing that it was taken.

use crate::alertmanager::AlertmanagerProcess;
use crate::kafka_broker::KafkaBroker;
use crate::kafka_ledger::{Outgoing, Partitioner, produce, read_topics};
use crate::run_process::{RunProcess, until};
use chrono::DateTime;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use touchload::clock::SystemClock;
use touchpoint::time::SECOND;
use touchpoint::{Clock, Kind, Word};

/// Where a process can die between finding an alert and knowing that the webhook took it, or that table `alerts` has it.
const POINTS: [&str; 5] = [
    "alerts::before_append",
    "alerts::after_append",
    "alerts::before_offset",
    "commit::before_alerts",
    "commit::after_alerts",
];

const POLICY: &str = "version = \"test\"\n[[budgets]]\nname = \"two\"\ncap = 2\nwindow = \"28d\"\n";

/// A receiver that takes everything and keeps it.
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) taken: Arc<Mutex<Vec<Value>>>,
}

impl Hook {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
        let taken = Arc::<Mutex<Vec<Value>>>::default();
        let keeping = taken.clone();
        // It ends with the test process.
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
                let body = loop {
                    let Some(read) = stream.read(&mut part).ok().filter(|read| *read > 0) else { break None };
                    bytes.extend_from_slice(&part[..read]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
                    if let Ok(body) = serde_json::from_str::<Value>(body) {
                        break Some(body);
                    }
                };
                // A connection that broke half-way was no delivery.
                let Some(body) = body else { continue };
                keeping.lock().expect("unpoisoned").push(body);
                stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").ok();
            }
        });
        Self { url, taken }
    }

    /// Ids of the alerts of `rule` that reached `state`, each as often as it came.
    fn ids(&self, rule: &str, state: &str) -> Vec<String> {
        let taken = self.taken.lock().expect("unpoisoned");
        let of = taken.iter().filter(|d| d["rule"] == rule && d["state"] == state);
        of.map(|d| d["alert_id"].as_str().expect("text").to_owned()).collect()
    }
}

struct Stage {
    broker: KafkaBroker,
    alertmanager: AlertmanagerProcess,
    hook: Hook,
    folder: TempDir,
}

impl Stage {
    /// `None` when Kafka or Alertmanager is missing and the test is to be skipped.
    fn new() -> Option<Self> {
        let alertmanager = AlertmanagerProcess::start()?;
        let broker = KafkaBroker::start()?;
        let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
        broker.create_topics(&topics, 2);
        let folder = tempfile::Builder::new().prefix("touchload-alerts-").tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("policy.toml"), POLICY).expect("written");
        std::fs::write(folder.path().join("key"), "0123456789abcdef0123456789abcdef\n").expect("written");
        Some(Self { broker, alertmanager, hook: Hook::start(), folder })
    }

    fn start(&self, name: &str, crash: Option<&str>) -> RunProcess {
        let folder = self.folder.path();
        let text = format!(
            "[kafka]
bootstrap_servers = \"{}\"
[kafka.properties]
\"session.timeout.ms\" = 6000
\"heartbeat.interval.ms\" = 500
\"group.instance.id\" = \"one\"
[store]
data = \"{at}/data\"
commit_interval = \"200ms\"
[policy]
file = \"{at}/policy.toml\"
[alerts]
enabled = true
key_file = \"{at}/key\"
alertmanagers = \"{}\"
webhook_url = \"{}\"
",
            self.broker.bootstrap(),
            self.alertmanager.url(),
            self.hook.url,
            at = folder.display(),
        );
        let config = folder.join(format!("{name}.toml"));
        std::fs::write(&config, text).expect("written");
        let environment: Vec<_> = crash.iter().map(|points| ("FAILPOINTS", *points)).collect();
        RunProcess::start(&config, folder.join(format!("{name}.log")), &environment)
    }

    fn send(&self, hcp_id: &str, record: Value) {
        let message = Outgoing {
            topic: Kind::Calls.default_topic().to_owned(),
            key: Some(hcp_id.as_bytes().to_vec()),
            payload: Some(record.to_string().into_bytes()),
            ..Outgoing::default()
        };
        assert_eq!(produce(&self.broker.bootstrap(), Partitioner::Murmur2, [message]), 1);
    }

    /// Three visits, one more than the budget allows.
    fn over_touch(&self, hcp_id: &str) {
        let now = SystemClock.now() / SECOND;
        for n in 0..3 {
            let at = chrono::DateTime::from_timestamp(now - 60 * (3 - n), 0).expect("an instant").to_rfc3339();
            let record = json!({
                "event_id": format!("{hcp_id}-{n}"), "hcp_id": hcp_id, "occurred_at": at, "status": "completed",
                "channel": "face_to_face", "owner_id": "canary-owner",
            });
            self.send(hcp_id, record);
        }
    }
}

#[test]
fn an_alert_arrives_and_a_correction_resolves_it() {
    let Some(stage) = Stage::new() else { return };
    let mut process = stage.start("one", None);
    process.wait_ready();
    stage.over_touch("canary-1");
    let alert = until("an alert at Alertmanager", || {
        process.must_run();
        stage.alertmanager.alerts().into_iter().find(|alert| alert["labels"]["rule"] == "over_budget")
    });
    assert_eq!(alert["annotations"]["binding"], "two");
    assert_eq!(alert["annotations"]["act"], "hold");
    assert!(alert["annotations"]["hold_until"].is_string(), "{alert}");
    let id = alert["labels"]["alert_id"].as_str().expect("text").to_owned();
    until("the same at the webhook", || stage.hook.ids("over_budget", "firing").contains(&id).then_some(()));
    stage.send("canary-1", json!({"event_id": "canary-1-1", "hcp_id": "canary-1", "op": "delete"}));
    until("its end at the webhook", || stage.hook.ids("over_budget", "resolved").contains(&id).then_some(()));
    until("its end at Alertmanager", || {
        let alerts = stage.alertmanager.alerts();
        alerts.iter().all(|alert| alert["labels"]["rule"] != "over_budget").then_some(())
    });
    let told = stage.hook.taken.lock().expect("unpoisoned").clone();
    assert!(told.iter().any(|d| d["state"] == "resolved" && d["resolution"] == "corrected"), "{told:?}");
    assert!(!Value::from(told).to_string().contains("canary"), "an id left the machine");
    assert!(process.metric("touchload_alert_transitions_total") >= 2.0);
    process.stop();
}

#[test]
fn killed_between_finding_and_telling_each_alert_is_told_and_has_one_id() {
    let Some(stage) = Stage::new() else { return };
    for (n, point) in POINTS.iter().enumerate() {
        let mut process = stage.start(&format!("killed-{n}"), Some(&format!("{point}=panic")));
        // With the second point and later, what an earlier kill left may end it at once.
        until("readiness or death", || {
            let is_ready = process.get("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200"));
            (is_ready || process.ended().is_some()).then_some(())
        });
        stage.over_touch(&format!("canary-{n}"));
        until(&format!("death at {point}"), || process.ended());
        assert!(process.has_said(&format!("failpoint {point} panic")), "{}", process.said());
    }
    let mut last = stage.start("last", None);
    last.wait_ready();
    let wanted = POINTS.len();
    let distinct = || stage.hook.ids("over_budget", "firing").into_iter().collect::<BTreeSet<_>>();
    until("every alert at the webhook", || {
        last.must_run();
        (distinct().len() >= wanted).then_some(())
    });
    until("every alert at Alertmanager", || {
        let alerts = stage.alertmanager.alerts();
        let ids: BTreeSet<String> = alerts
            .iter()
            .filter(|alert| alert["labels"]["rule"] == "over_budget")
            .map(|alert| alert["labels"]["alert_id"].as_str().expect("text").to_owned())
            .collect();
        (ids == distinct()).then_some(())
    });
    assert_eq!(distinct().len(), wanted, "one id per HCP, however often it was told");
    last.stop();
    let documents: Vec<Value> = read_topics(&stage.broker.bootstrap(), &["touchload.alerts"])
        .into_iter()
        .filter_map(|stored| serde_json::from_slice(&stored.payload?).ok())
        .collect();
    assert_table_has_each_once(&stage.folder.path().join("data"), &documents);
    let durable: BTreeSet<String> = documents
        .into_iter()
        .filter(|document| document["rule"] == "over_budget" && document["state"] == "firing")
        .map(|document| document["alert_id"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(durable, distinct(), "what was told is durable");
}

/// Every transition of the topic stands in the table, and none twice.
fn assert_table_has_each_once(data: &Path, documents: &[Value]) {
    let text = |document: &Value, name: &str| document[name].as_str().expect("text").to_owned();
    let at = |document: &Value| DateTime::parse_from_rfc3339(&text(document, "at")).expect("an instant");
    let which = |document: &Value| {
        let at = at(document).timestamp_micros().to_string();
        vec![text(document, "alert_id"), text(document, "state"), at]
    };
    let told: BTreeSet<Vec<String>> = documents.iter().map(which).collect();
    let sql = "SELECT alert_id, state, CAST(at AS BIGINT), hcp_id FROM alerts";
    let rows = crate::readers::rows(data, sql);
    let stored: BTreeSet<Vec<String>> = rows.iter().map(|row| row[..3].to_vec()).collect();
    assert_eq!(stored, told);
    assert_eq!(rows.len(), stored.len(), "a transition stands twice");
    assert!(rows.iter().any(|row| row[3].starts_with("canary-")), "the table has ids: {rows:?}");
}
