//! The daily digest: once a day at its hour, per orchestrator, reports too, and what fell due while the process was down.

use crate::alerts_on_kafka::Hook;
use processors::alert::{Alert, AlertId, AlertRule, Facts, Subject, Transition, rows};
use processors::{Ownership, Shards};
use prometheus::Registry;
use serde_json::Value;
use serve::PipelineMetrics;
use serve::deliver::{Client, Ids, Naming, Webhook};
use serve::metrics::MetricsSettings;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, RwLock};
use store::{Cycle, OpenMode, Owner, Store};
use tokio_util::sync::CancellationToken;
use touchload::alerts::{DailyDigest, DigestSettings, DigestSource, WrittenUntil};
use touchpoint::alert::{AlertAct, AlertOrigin, AlertState, Severity, SubjectKind};
use touchpoint::reference::{PanelRow, PersonRow, Role, Tables, Validity};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Clock, Micros, Policy, Reference, SecretKey, Topics};

/// 2026-03-05T06:00:00Z: seven in Berlin.
const SEVEN: Micros = 1_772_690_400_000_000;

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}

fn key() -> SecretKey {
    SecretKey::new(&[7; 32]).expect("long enough")
}

/// Something about `hcp_id` that happened at `at`.
fn fired(hcp_id: &str, origin: AlertOrigin, at: Micros) -> Transition {
    let rule = AlertRule {
        name: "over_budget".into(),
        severity: Severity::Warning,
        audience: Audience::Commercial,
        subject: SubjectKind::Hcp,
        pending: 0,
        act: AlertAct::Hold,
    };
    let subject = Subject { kind: SubjectKind::Hcp, id: hcp_id.into() };
    let alert = Alert {
        id: AlertId::new(&key(), &rule, &subject, at),
        rule: Arc::new(rule),
        subject,
        since: at,
        origin,
        facts: Facts { summary: "over its cap".into(), ..Facts::default() },
        touches: Arc::from([]),
        policy_version: "p".into(),
    };
    Transition { alert, from: None, state: AlertState::Firing, at, resolution: None, ack_reason: None }
}

fn shards() -> Shards {
    let orchestrator = PersonRow { owner_id: "o".into(), role: Some(Role::Orchestrator), ..PersonRow::default() };
    let panel = PanelRow {
        owner_id: "o".into(),
        hcp_id: "canary-hers".into(),
        is_target: false,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    };
    let tables = Tables { people: Some(vec![orchestrator]), panels: Some(vec![panel]), ..Tables::default() };
    let reference = Reference::try_new(tables).expect("no faults");
    let mut shards = Shards::new(Arc::new(Policy::default()), Arc::new(reference));
    shards.assign(Ownership::Sole, [0]);
    shards
}

/// A process that has its tables below `data`.
struct Process {
    store: Arc<Store>,
    owner: Owner,
    clock: Arc<HandClock>,
    written: WrittenUntil,
    digest: DailyDigest,
}

impl Process {
    async fn start(data: &Path, url: &str, now: Micros) -> Self {
        let store = Store::open(data.to_str().expect("a plain name"), OpenMode::CreateIfMissing).await.expect("tables");
        let (store, owner, written) = (Arc::new(store), Owner::new("test", "cluster"), WrittenUntil::default());
        let clock = Arc::new(HandClock(now.into()));
        let zone = "Europe/Berlin".parse().expect("a zone");
        let webhook = Webhook { name: "digest".into(), url: url.into(), audience: Audience::Commercial, secret: None };
        let source = DigestSource {
            store: store.clone(),
            owner: owner.clone(),
            shards: Arc::new(RwLock::new(shards())),
            written: written.clone(),
            key: key(),
            naming: Naming::new(key(), Ids::Pseudonyms),
        };
        let settings = MetricsSettings { clock: clock.clone(), topics: Topics::default(), version: "0" };
        let metrics = PipelineMetrics::register(&Registry::new(), settings).expect("a new registry");
        let tools = (Client::new().expect("TLS"), clock.clone() as Arc<dyn Clock>, metrics.alerts);
        let digest = DailyDigest::new(DigestSettings { webhook, hour: 7, zone }, source, tools);
        written.set(now);
        Self { store, owner, clock, written, digest }
    }

    /// What it sends when it looks at `now`: how many days.
    async fn look(&self, now: Micros) -> usize {
        self.clock.0.store(now, Ordering::Relaxed);
        self.written.set(now);
        self.digest.look(&CancellationToken::new()).await.expect("sent")
    }

    async fn write(&self, transitions: &[Transition]) {
        let marks = self.store.acquire_alerts(&self.owner, &BTreeSet::from([0])).await.expect("marks");
        let alerts = vec![rows::to_rows(transitions).expect("rows")];
        let alerts_next = marks.into_iter().map(|(mark, last)| (mark, last.unwrap_or(0) + 1)).collect();
        let cycle = Cycle { alerts, alerts_next, ..Cycle::default() };
        self.store.commit(&self.owner, cycle).await.expect("committed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_comes_once_a_day_per_orchestrator_also_after_days_of_silence() {
    let (hook, folder) = (Hook::start(), tempfile::tempdir().expect("a folder"));
    let taken = || hook.taken.lock().expect("unpoisoned").clone();
    let first = Process::start(folder.path(), &hook.url, SEVEN + HOUR).await;
    first.write(&[fired("canary-before", AlertOrigin::Live, SEVEN - HOUR)]).await;
    assert_eq!(first.look(SEVEN + HOUR).await, 0, "the first start tells nothing of what was before");
    let report = fired("canary-hers", AlertOrigin::Retrospective, SEVEN + 2 * HOUR);
    first.write(&[report, fired("canary-his", AlertOrigin::Live, SEVEN + 3 * HOUR)]).await;
    assert_eq!(first.look(SEVEN + DAY - 1).await, 0);
    assert_eq!(first.look(SEVEN + DAY).await, 0, "some time after its hour, so that all is written");
    assert_eq!(first.look(SEVEN + DAY + HOUR).await, 1);
    let sent = taken();
    assert_eq!(sent.len(), 2, "one of an orchestrator, one of nobody: {sent:?}");
    let hers = sent.iter().find(|digest| digest["orchestrator_ref"].is_string()).expect("hers");
    assert_eq!(hers["counts"]["over_budget"]["retrospective"], 1, "reports are told here");
    assert_eq!((&hers["from"], &hers["until"]), (&"2026-03-05T06:00:00Z".into(), &"2026-03-06T06:00:00Z".into()));
    assert!(!Value::from(sent).to_string().contains("canary"), "an id left the machine");
    assert_eq!(first.look(SEVEN + DAY + 2 * HOUR).await, 0, "once a day");

    // It is down for three days; on the second of them something happened before it died.
    first.write(&[fired("canary-his", AlertOrigin::PolicyChange, SEVEN + 2 * DAY + HOUR)]).await;
    drop(first);
    let next = Process::start(folder.path(), &hook.url, SEVEN + 4 * DAY + HOUR).await;
    assert_eq!(next.look(SEVEN + 4 * DAY + HOUR).await, 3);
    let sent = taken();
    assert_eq!(sent.len(), 3, "days without anything are told to nobody: {sent:?}");
    assert_eq!(sent[2]["until"], "2026-03-08T06:00:00Z");
    assert_eq!(next.look(SEVEN + 4 * DAY + HOUR).await, 0);

    // What is not in the table yet holds the digest up.
    next.clock.0.store(SEVEN + 5 * DAY + HOUR, Ordering::Relaxed);
    assert_eq!(next.digest.look(&CancellationToken::new()).await.expect("nothing is due"), 0);
    assert_eq!(next.look(SEVEN + 5 * DAY + HOUR).await, 1);
}
