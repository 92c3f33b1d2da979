//! Alerts reach a real Alertmanager and a webhook, through their deaths and refusals; each arrives, and nobody is named.

use crate::alertmanager::AlertmanagerProcess;
use crate::run_process::until;
use processors::alert::{Alert, AlertId, AlertRule, Facts, Subject, TouchRef, Transition};
use prometheus::Registry;
use serve::PipelineMetrics;
use serve::deliver::webhook::{Ended, Parcel, signature};
use serve::deliver::{Alertmanager, Client, Document, Ids, Naming, Webhook};
use serve::metrics::MetricsSettings;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use tokio_util::sync::CancellationToken;
use touchload::clock::SystemClock;
use touchpoint::alert::{AlertAct, AlertOrigin, AlertState, Resolution, Severity, SubjectKind};
use touchpoint::time::SECOND;
use touchpoint::{Audience, Clock, Kind, SecretKey, Topics};

fn key() -> SecretKey {
    SecretKey::new(&[5; 32]).expect("long enough")
}

fn metrics(registry: &Registry) -> PipelineMetrics {
    let settings = MetricsSettings { clock: Arc::new(SystemClock), topics: Topics::default(), version: "0" };
    PipelineMetrics::register(registry, settings).expect("the registry is new")
}

/// An alert about `hcp_id` of a rule of `audience`.
fn transition(hcp_id: &str, audience: Audience, state: AlertState) -> Transition {
    let rule = AlertRule {
        name: "over_budget".into(),
        severity: Severity::Warning,
        audience,
        subject: SubjectKind::Hcp,
        pending: 0,
        act: AlertAct::Hold,
    };
    let subject = Subject { kind: SubjectKind::Hcp, id: hcp_id.into() };
    let now = SystemClock.now();
    let since = now / SECOND * SECOND - 3_600 * SECOND;
    let touch = TouchRef { kind: Kind::Calls, source: "crm".into(), event_id: "E-canary".into(), occurred_at: since };
    let facts = Facts { summary: "over its cap".into(), value: Some(1.5), ..Facts::default() };
    let alert = Alert {
        id: AlertId::new(&key(), &rule, &subject, 0),
        rule: Arc::new(rule),
        subject,
        since,
        origin: AlertOrigin::Live,
        facts,
        touches: Arc::from([touch]),
        policy_version: "p1".into(),
    };
    let is_over = state == AlertState::Resolved;
    let resolution = is_over.then_some(Resolution::Cleared);
    Transition { alert, from: is_over.then_some(AlertState::Firing), state, at: now, resolution, ack_reason: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alertmanager_holds_what_fires_through_its_own_death() {
    let Some(mut process) = AlertmanagerProcess::start() else { return };
    let registry = Registry::new();
    let metrics = metrics(&registry).alerts;
    let naming = Naming::new(key(), Ids::Pseudonyms);
    let replica = Alertmanager::new("am-0".into(), process.url(), Audience::Commercial, naming);
    let (client, stop) = (Client::new().expect("TLS"), CancellationToken::new());
    let loop_of_it = tokio::spawn(replica.clone().run(client, Arc::new(SystemClock), metrics, stop.clone()));
    let commercial = |hcp_id: &str, state| transition(hcp_id, Audience::Commercial, state);
    let mut report = commercial("H-canary-3", AlertState::Firing);
    report.alert.origin = AlertOrigin::PolicyChange;
    replica.note(&[
        commercial("H-canary-1", AlertState::Firing),
        commercial("H-canary-2", AlertState::Firing),
        transition("H-canary-4", Audience::Full, AlertState::Firing),
        report,
    ]);
    let alerts = until("two alerts", || Some(process.alerts()).filter(|alerts| alerts.len() == 2));
    let text = serde_json::to_string(&alerts).expect("JSON");
    assert!(!text.contains("canary") && text.contains("TouchloadOverBudget"), "{text}");
    replica.note(&[commercial("H-canary-1", AlertState::Resolved)]);
    until("one alert", || (process.alerts().len() == 1).then_some(()));
    // It dies and forgets; what happens meanwhile waits for it, and what fires is told again.
    process.kill();
    replica.note(&[commercial("H-canary-5", AlertState::Firing)]);
    let waits = || {
        let waiting = registry.gather().into_iter().find(|f| f.name() == "touchload_alert_delivery_waiting");
        waiting.filter(|f| f.get_metric()[0].get_gauge().get_value() > 0.0).map(drop)
    };
    until("a metric that shows what waits", waits);
    process.start_again();
    until("the new alert", || (!process.alerts().is_empty()).then_some(()));
    stop.cancel();
    loop_of_it.await.expect("ends");
}

/// Answers each POST with the next of `answers`, and hands on what it got.
fn receiver(answers: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let Some(request) = read_request(&mut stream) else { return };
            // Nobody may be left to read it: the test has failed already.
            let is_heard = sender.send(request).is_ok();
            let reply = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if stream.write_all(reply.as_bytes()).is_err() || !is_heard {
                return;
            }
        }
    });
    (url, received)
}

fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(part.get(..read)?);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_gets_each_transition_signed_until_it_says_yes() {
    let (url, received) =
        receiver(&["503 Service Unavailable", "302 Found\r\nLocation: http://127.0.0.1:1/", "204 No Content"]);
    let registry = Registry::new();
    let metrics = metrics(&registry).alerts;
    let secret = SecretKey::new(b"a shared secret of some length").expect("long enough");
    let hook = Webhook { name: "hook".into(), url, audience: Audience::Commercial, secret: Some(secret.clone()) };
    let fired = transition("H-canary-1", Audience::Commercial, AlertState::Firing);
    let body = Document::new(&fired, &Naming::new(key(), Ids::Pseudonyms)).to_bytes();
    let parcel = Parcel { delivery: format!("{}:firing:{}", fired.alert.id, fired.at), body, at: fired.at };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let client = Client::new().expect("TLS");
    let ended = hook.deliver(&parcel, &client, (&clock, &metrics), &CancellationToken::new()).await;
    assert_eq!(ended, Ended::Taken);
    let requests: Vec<String> = received.iter().take(3).collect();
    for request in &requests {
        assert!(!request.contains("canary"), "{request}");
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        let timestamp = header(request, "x-touchload-timestamp").and_then(|t| t.parse().ok()).expect("a timestamp");
        assert_eq!(header(request, "x-touchload-signature"), Some(&*signature(&secret, timestamp, body.as_bytes())));
        assert_eq!(header(request, "x-touchload-delivery"), Some(&*parcel.delivery), "the same each time");
        let read = Document::parse(body.as_bytes()).expect("a document").transition("h".into()).expect("understood");
        assert_eq!((read.alert.id, read.state, read.at), (fired.alert.id.clone(), fired.state, fired.at));
    }
    let posts =
        registry.gather().into_iter().find(|f| f.name() == "touchload_alert_deliveries_total").expect("counted");
    let count = |outcome: &str| {
        let of = |m: &&prometheus::proto::Metric| m.get_label().iter().any(|label| label.value() == outcome);
        posts.get_metric().iter().find(of).map(|m| m.get_counter().get_value())
    };
    assert_eq!((count("failed"), count("taken")), (Some(2.0), Some(1.0)));
}

#[tokio::test]
async fn a_webhook_that_never_answers_holds_nobody_up_at_a_stop() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("bound"));
    let registry = Registry::new();
    let metrics = metrics(&registry).alerts;
    let hook = Webhook { name: "hook".into(), url, audience: Audience::Commercial, secret: None };
    let parcel = Parcel { delivery: "d".into(), body: b"{}".to_vec(), at: 0 };
    let (clock, stop): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), CancellationToken::new());
    stop.cancel();
    let client = Client::new().expect("TLS");
    assert_eq!(hook.deliver(&parcel, &client, (&clock, &metrics), &stop).await, Ended::Stopped);
}
