//! `/v1/alerts` over a real socket: what a role sees, pages, and how an alert is accepted.

use super::api::{lines, serving_alerts, tokens};
use super::schema::hold;
use super::{Answer, Server, send};
use crate::access::Access;
use crate::deliver::document::tests::transition;
use crate::open_alerts::{AckRequest, OpenAlerts};
use processors::alert::{AckError, AlertId, AlertRule, Transition};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;
use touchpoint::Audience;
use touchpoint::alert::{AckReason, AlertState};

/// A commercial alert about HCP `full`, and a medical one.
fn open() -> (OpenAlerts, Receiver<AckRequest>, Transition) {
    let (open, requests) = OpenAlerts::new();
    let fired = transition("full", AlertState::Firing);
    let mut medical = transition("full", AlertState::Firing);
    medical.alert.rule = Arc::new(AlertRule { audience: Audience::Full, ..(*medical.alert.rule).clone() });
    medical.alert.id = AlertId::from_text("medical");
    medical.alert.since += 1;
    medical.alert.facts.value = Some(f64::INFINITY);
    open.note(&[fired.clone(), medical]);
    (open, requests, fired)
}

async fn get(server: &Server, path: &str, of: &str, token: &str) -> Answer {
    let answer = send(server, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), b"").await;
    hold(&answer, "get", of);
    answer
}

async fn accept(server: &Server, id: &str, body: &str) -> Answer {
    let headers = "Authorization: Bearer rep desk\r\nContent-Type: application/json\r\n";
    let answer = send(server, &format!("POST /v1/alerts/{id}/acknowledge"), headers, body.as_bytes()).await;
    hold(&answer, "post", "/v1/alerts/{id}/acknowledge");
    answer
}

#[tokio::test]
async fn a_role_lists_the_alerts_that_it_may_see() {
    let dir = tempfile::tempdir().expect("a folder");
    let (alerts, _requests, fired) = open();
    let server = serving_alerts(tokens(), dir.path(), Some(alerts));
    let list =
        async |query: &str, token: &str| get(&server, &format!("/v1/alerts{query}"), "/v1/alerts", token).await.json();
    let seen = list("", "rep desk").await;
    assert_eq!((&seen["total"], &seen["alerts"][0]["alert_id"]), (&json!(1), &json!(fired.alert.id.as_str())));
    assert_eq!((&seen["alerts"][0]["subject"]["id"], &seen["is_complete"]), (&json!("full"), &json!(true)));
    let page = list("?limit=1&territory=unknown", "compliance").await;
    assert_eq!((&page["total"], &page["alerts"][0]["alert_id"]), (&json!(2), &json!("medical")), "the youngest first");
    assert_eq!(page["alerts"][0]["value"], Value::Null, "JSON has no infinity");
    let next = page["next"].as_str().expect("there is another page");
    let last = list(&format!("?limit=1&after={next}"), "compliance").await;
    assert_eq!((&last["alerts"][0]["alert_id"], &last["next"]), (&seen["alerts"][0]["alert_id"], &Value::Null));
    assert_eq!(list("?state=acknowledged", "compliance").await["total"], 0);
    assert_eq!(get(&server, "/v1/alerts?state=open&x=1", "/v1/alerts", "compliance").await.status, 422);
    let show =
        async |id: &str, token: &str| get(&server, &format!("/v1/alerts/{id}"), "/v1/alerts/{id}", token).await.status;
    assert_eq!((show("medical", "compliance").await, show("medical", "rep desk").await), (200, 404));
    let lines = lines(dir.path());
    let told: Vec<_> = lines.iter().map(|line| line["action"].as_str().expect("a word")).collect();
    assert_eq!(told, ["list_alerts", "list_alerts", "list_alerts", "list_alerts", "view_alert", "view_alert"]);
    assert_eq!((&lines[4]["hcp_id"], &lines[5]["outcome"]), (&json!("full"), &json!("unknown")));
}

#[tokio::test]
async fn an_alert_is_accepted_with_a_reason_when_that_is_durable() {
    let dir = tempfile::tempdir().expect("a folder");
    let (alerts, mut requests, fired) = open();
    let server = serving_alerts(tokens(), dir.path(), Some(alerts));
    let id = fired.alert.id.as_str().to_owned();
    let done = Transition { state: AlertState::Acknowledged, ack_reason: Some(AckReason::Handled), ..fired };
    let pipeline = tokio::spawn(async move {
        let request = requests.recv().await.expect("a request");
        assert_eq!(request.reason, AckReason::Handled);
        request.answer.send(Ok(done)).expect("somebody waits");
        let request = requests.recv().await.expect("another");
        request.answer.send(Err(AckError::NotOpen)).expect("somebody waits");
        requests
    });
    let accepted = accept(&server, &id, r#"{"reason": "handled"}"#).await;
    assert_eq!((accepted.status, &accepted.json()["ack_reason"]), (200, &json!("handled")));
    assert_eq!(accept(&server, &id, r#"{"reason": "exception"}"#).await.status, 404, "it ended meanwhile");
    drop(pipeline.await.expect("no panic"));
    let stopped = accept(&server, &id, r#"{"reason": "exception"}"#).await;
    assert!(stopped.status == 503 && stopped.head.contains("retry-after: 5"), "{}", stopped.head);
    assert_eq!(accept(&server, "medical", r#"{"reason": "handled"}"#).await.status, 404, "a commercial role");
    for wrong in ["{}", r#"{"reason": "because"}"#, r#"{"reason": "handled", "note": "x"}"#, "[]"] {
        assert_eq!(accept(&server, &id, wrong).await.status, 422, "{wrong}");
    }
    assert_eq!(accept(&server, &id, "{").await.status, 400);
    let lines = lines(dir.path());
    let told: Vec<_> = lines.iter().map(|line| (&line["action"], &line["reason"], &line["outcome"])).collect();
    assert_eq!(told[0], (&json!("acknowledge_alert"), &json!("handled"), &json!("shown")));
    assert_eq!((told.len(), told[3].2), (4, &json!("unknown")));
}

#[tokio::test]
async fn where_alerts_are_off_nobody_is_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving_alerts(Access::Loopback, dir.path(), None);
    let answer = get(&server, "/v1/alerts", "/v1/alerts", "x").await;
    assert!(answer.status == 503 && answer.body.contains("alerts are off"), "{}", answer.body);
}
