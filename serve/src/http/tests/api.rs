//! `/v1` over a real socket: answers, problems, roles, and what the audit log holds afterwards.

use super::schema::{document, hold};
use super::{Answer, Server, ask, get, send, start_with};
use crate::access::{Access, Role, SharedAccess, Token};
use crate::api::{Api, Door};
use crate::audit::AuditLog;
use crate::health::{Assignment, Health, Restore};
use crate::live_page::LivePage;
use crate::metrics::checks::CheckMetrics;
use crate::open_alerts::OpenAlerts;
use processors::{Askers, Ownership, Shards};
use prometheus::Registry;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Arc, RwLock};
use touchpoint::policy::{Budget, MinimumGap, Scope, Selector};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::reference::{AccountRow, HcpRow, Tables};
use touchpoint::time::{DAY, Micros, SECOND};
use touchpoint::{BusinessFunction, Clock, Policy, Reference, Status, Topics};

/// The present time of the tests' clock.
pub(super) const NOW: Micros = 1_000 * SECOND + 20_000 * DAY;

fn visit(event_id: &'static str, at: Micros) -> RecordRow<'static> {
    RecordRow { event_id, hcp_id: "full", owner_id: Some("rep"), theme: Some("launch"), ..RecordRow::visit(at) }
}

fn shards() -> Shards {
    let hcp = |id: &str, account: &str| HcpRow {
        hcp_id: id.into(),
        account_id: Some(account.into()),
        time_zone: "Europe/Berlin".parse().ok(),
        ..HcpRow::default()
    };
    let account = AccountRow { account_id: "clinic".into(), ..AccountRow::default() };
    let tables = Tables::of(vec![hcp("full", "clinic"), hcp("quiet/ä", "clinic")], vec![account]);
    let reference = Reference::try_new(tables).expect("rows");
    let gap = MinimumGap { name: "a-day".into(), selector: Selector::default(), scope: Scope::default(), gap: DAY };
    let budgets = vec![Budget::new("two", Some(2), 28 * DAY), Budget::new("none", Some(0), 2 * DAY)];
    let policy = Policy { version: "p-1".into(), budgets, minimum_gaps: vec![gap], ..Policy::default() };
    let mut shards = Shards::new(Arc::new(policy), Arc::new(reference));
    shards.assign(Ownership::Sole, []);
    let medical = |id| RecordRow { business_function: Some(BusinessFunction::Medical), ..visit(id, NOW - 5 * DAY) };
    let mut builder = RecordBuilder::default();
    let rows = [
        visit("a", NOW - 3 * DAY),
        RecordRow { status: Some(Status::Planned), ..visit("p", NOW + DAY) },
        medical("m"),
        RecordRow { hcp_id: "hidden", ..medical("n") },
    ];
    rows.iter().for_each(|row| builder.push(row));
    let batch = builder.finish().expect("a batch");
    shards.of_partition(0).expect("a shard").apply(&batch, NOW, None).expect("applied");
    shards
}

pub(super) fn tokens() -> Access {
    let token = |name: &str, role| Token { name: name.into(), sha256: Sha256::digest(name).into(), role };
    Access::Tokens(vec![token("rep desk", Role::Commercial), token("compliance", Role::Compliance)])
}

fn door(access: Access, audit: &Path, alerts: Option<OpenAlerts>) -> impl FnOnce(&Arc<Health>, Arc<dyn Clock>) -> Door {
    door_to(shards(), access, audit, alerts)
}

fn door_to(
    shards: Shards,
    access: Access,
    audit: &Path,
    alerts: Option<OpenAlerts>,
) -> impl FnOnce(&Arc<Health>, Arc<dyn Clock>) -> Door {
    let audit = AuditLog::start(audit.to_owned()).expect("a thread");
    move |health, clock| {
        health.assigned(Assignment::Assigned);
        health.restored(Restore::Done);
        let metrics = CheckMetrics::register(&Registry::new()).expect("a new registry");
        let shards = Arc::new(RwLock::new(shards));
        Door::Open(Arc::new(Api {
            shards,
            askers: Askers::default(),
            clock,
            health: health.clone(),
            access: SharedAccess::new(access),
            audit,
            metrics,
            alerts,
            live_page: LivePage::new(Topics::default()),
            scan: Default::default(),
        }))
    }
}

/// A server whose clock stands at [`NOW`].
fn serving(access: Access, audit: &Path) -> Server {
    serving_alerts(access, audit, None)
}

/// The same with these alerts.
pub(super) fn serving_alerts(access: Access, audit: &Path, alerts: Option<OpenAlerts>) -> Server {
    let server = start_with(door(access, audit, alerts));
    server.clock.0.store(NOW, std::sync::atomic::Ordering::Relaxed);
    server
}

/// A server over a state of its own.
pub(super) fn serving_state(shards: Shards, access: Access, audit: &Path) -> Server {
    let server = start_with(door_to(shards, access, audit, None));
    server.clock.0.store(NOW, std::sync::atomic::Ordering::Relaxed);
    server
}

async fn check(server: &Server, body: &str) -> Answer {
    let answer = send(server, "POST /v1/check", "Content-Type: application/json\r\n", body.as_bytes()).await;
    hold(&answer, "post", "/v1/check");
    answer
}

pub(super) fn lines(audit: &Path) -> Vec<Value> {
    let mut lines = Vec::new();
    for file in std::fs::read_dir(audit).expect("a folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        lines.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")));
    }
    lines
}

#[tokio::test]
async fn a_check_is_answered_and_audited() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(Access::Loopback, dir.path());
    let body = json!({ "proposals": [
        { "hcp_id": "full", "channel": "phone", "owner_id": "rep-7", "dry": true },
        { "hcp_id": "nobody", "channel": "email", "origin": "hq", "purpose": "service" },
    ]});
    let answer = check(&server, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    let results = &answer.json()["results"];
    assert_eq!(results[0]["verdict"], "deny");
    assert_eq!(results[0]["reasons"][0]["code"], "forbidden");
    assert_eq!((&results[0]["next_free_at"], &results[0]["binding_budget"]), (&Value::Null, &json!("two")));
    assert_eq!((&results[1]["verdict"], &results[1]["policy_version"]), (&json!("allow"), &json!("p-1")));
    let lines = lines(dir.path());
    let told: Vec<_> = lines.iter().map(|l| (&l["action"], &l["hcp_id"], &l["verdict"], &l["caller"])).collect();
    assert_eq!(told[0], (&json!("check"), &json!("full"), &json!("deny"), &json!("loopback")));
    assert_eq!(told[1].1, "nobody");
    assert_eq!(lines[0]["proposed"], json!({ "channel": "phone", "owner_id": "rep-7", "dry": true }));
}

#[tokio::test]
async fn every_problem_of_a_body_has_its_status_and_place() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(Access::Loopback, dir.path());
    let status = async |body: &str| check(&server, body).await.status;
    assert_eq!((status("{").await, status("").await, status("[]").await), (400, 400, 422));
    let wrong = r#"{"proposals": [{"hcp_id": "h", "channel": "fax", "surname": "x"}]}"#;
    let answer = check(&server, wrong).await.json();
    let mut pointers: Vec<&str> =
        answer["errors"].as_array().expect("a list").iter().filter_map(|e| e["pointer"].as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["#/proposals/0/channel", "#/proposals/0/surname"]);
    let large = format!("{{\"proposals\": [\"{}\"]}}", "x".repeat(1 << 20));
    assert_eq!(status(&large).await, 413);
    let plain = send(&server, "POST /v1/check", "Content-Type: text/plain\r\n", b"{}").await;
    hold(&plain, "post", "/v1/check");
    assert_eq!(plain.status, 415);
    let get = get(&server, "/v1/check").await;
    assert_eq!(get.status, 405);
    assert!(get.head.contains("allow: post"), "{}", get.head);
    assert!(lines_or_none(dir.path()).is_empty(), "nothing was answered");
}

fn lines_or_none(audit: &Path) -> Vec<Value> {
    if audit.is_dir() { lines(audit) } else { Vec::new() }
}

#[tokio::test]
async fn an_hcp_is_shown_as_far_as_the_role_sees() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(tokens(), dir.path());
    let show = async |id: &str, token: &str| {
        let header = format!("Authorization: Bearer {token}\r\n");
        let answer = send(&server, &format!("GET /v1/hcps/{id}"), &header, b"").await;
        hold(&answer, "get", "/v1/hcps/{id}");
        (answer.status, answer.json())
    };
    let (status, known) = show("full", "rep desk").await;
    assert_eq!((status, &known["records"], &known["audience"]), (200, &json!(2), &json!("commercial")));
    assert_eq!(known["windows"][2]["metrics"]["touches"], 1);
    assert_eq!((&known["budgets"][0]["used"], &known["timeline"][0]["status"]), (&json!(1), &json!("planned")));
    assert_eq!(known["reference"]["time_zone"], "Europe/Berlin");
    let (_, full) = show("full", "compliance").await;
    assert_eq!((&full["records"], &full["audience"]), (&json!(3), &json!("full")));
    let (status, quiet) = show("quiet%2F%C3%A4", "rep desk").await;
    assert_eq!((status, &quiet["hcp_id"], &quiet["windows"]), (200, &json!("quiet/ä"), &json!([])));
    assert_eq!(show("hidden", "compliance").await.0, 200);
    let hidden = show("hidden", "rep desk").await;
    assert_eq!(hidden, show("nobody", "rep desk").await, "both are strangers to a commercial role");
    assert_eq!(hidden.0, 404);
    assert_eq!(show("%ff", "rep desk").await.0, 400);
    let lines = lines(dir.path());
    let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str().expect("a word")).collect();
    assert_eq!(outcomes, ["shown", "shown", "shown", "shown", "unknown", "unknown"]);
    assert_eq!((&lines[1]["caller"], &lines[1]["role"]), (&json!("compliance"), &json!("compliance")));
}

#[tokio::test]
async fn an_account_lists_its_hcps() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(Access::Loopback, dir.path());
    let known = get(&server, "/v1/accounts/clinic").await;
    hold(&known, "get", "/v1/accounts/{id}");
    let known = known.json();
    assert_eq!((&known["hcps_total"], &known["hcps"][0]["hcp_id"]), (&json!(2), &json!("full")));
    assert_eq!(known["hcps"][0]["metrics"]["touches"], 1);
    assert_eq!(known["hcps"][1]["metrics"], Value::Null);
    let unknown = get(&server, "/v1/accounts/nowhere").await;
    hold(&unknown, "get", "/v1/accounts/{id}");
    assert_eq!(unknown.status, 404);
    assert_eq!(lines(dir.path()).len(), 2);
}

#[tokio::test]
async fn a_forecast_says_who_goes_over_and_what_to_move_as_far_as_the_role_sees() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(tokens(), dir.path());
    let ask = async |path: &str, of: &str, token: &str| {
        let header = format!("Authorization: Bearer {token}\r\n");
        let answer = send(&server, &format!("GET {path}"), &header, b"").await;
        hold(&answer, "get", of);
        (answer.status, answer.json())
    };
    let one = "/v1/hcps/{id}/forecast";
    let (status, seen) = ask("/v1/hcps/full/forecast", one, "rep desk").await;
    assert_eq!((status, &seen["planned"], &seen["excess"]), (200, &json!(1), &json!(1)), "{seen}");
    assert_eq!(
        seen["touches"][0]["breaks"][0],
        json!({
        "code": "forbidden", "effect": "deny", "rule": "none", "used": 0, "cap": 0, "until": null })
    );
    assert_eq!(
        (&seen["over"]["budget"]["name"], &seen["over"]["budget"]["budget_use"]),
        (&json!("none"), &Value::Null)
    );
    assert_eq!((&seen["change"]["act"], &seen["change"]["event_id"]), (&json!("cancel"), &json!("p")));
    let (_, full) = ask("/v1/hcps/full/forecast?days=2", one, "compliance").await;
    let breaks: Vec<_> = full["touches"][0]["breaks"].as_array().expect("a list").iter().map(|b| &b["rule"]).collect();
    assert_eq!((&full["excess"], breaks), (&json!(2), vec![&json!("two"), &json!("none")]), "{full}");
    let (_, quiet) = ask("/v1/hcps/quiet%2F%C3%A4/forecast", one, "rep desk").await;
    assert_eq!((&quiet["touches"], &quiet["over"], &quiet["change"]), (&json!([]), &Value::Null, &Value::Null));
    assert_eq!(ask("/v1/hcps/hidden/forecast", one, "rep desk").await.0, 404);
    assert_eq!(ask("/v1/hcps/%ff/forecast", one, "rep desk").await.0, 400);
    let (_, everybody) = ask("/v1/forecast?limit=5", "/v1/forecast", "rep desk").await;
    assert_eq!((&everybody["hcps_total"], &everybody["hcps"][0]["hcp_id"]), (&json!(1), &json!("full")));
    assert_eq!(everybody["hcps"][0]["change"], seen["change"]);
    for query in ["days=0", "days=91", "limit=0", "day=3", "days=3&days=4"] {
        let (status, problem) = ask(&format!("/v1/forecast?{query}"), "/v1/forecast", "rep desk").await;
        assert_eq!((status, problem["errors"].as_array().map(Vec::len)), (422, Some(1)), "{query}");
    }
    assert_eq!(ask("/v1/hcps/full/forecast?limit=3", one, "rep desk").await.0, 422);
    let lines = lines(dir.path());
    let told: Vec<_> = lines.iter().map(|line| (&line["action"], &line["hcp_id"], &line["days"])).collect();
    assert_eq!(told[0], (&json!("view_forecast"), &json!("full"), &json!(14)));
    assert_eq!((lines.len(), told[4].0, &lines[4]["hcps"]), (5, &json!("view_forecasts"), &json!(1)));
}

#[tokio::test]
async fn one_looks_at_everybody_at_a_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut held = None;
    let open = door(Access::Loopback, dir.path(), None);
    let server = start_with(|health, clock| {
        let door = open(health, clock);
        if let Door::Open(api) = &door {
            held = Some(api.clone());
        }
        door
    });
    let api = held.expect("it is open");
    let alone = api.scan.lock().await;
    let busy = get(&server, "/v1/forecast").await;
    hold(&busy, "get", "/v1/forecast");
    assert!(busy.status == 503 && busy.head.contains("retry-after: 1"), "{}", busy.head);
    drop(alone);
    assert_eq!(get(&server, "/v1/forecast").await.status, 200);
}

#[tokio::test]
async fn nobody_is_answered_without_a_token_and_nobody_learns_which() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(tokens(), dir.path());
    for path in ["/v1/hcps/full", "/v1/accounts/clinic", "/v1/forecast", "/v1/hcps/full/forecast"] {
        let answer = get(&server, path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
    }
    let wrong = "Authorization: Bearer compliancE\r\nContent-Type: application/json\r\n";
    let answer = send(&server, "POST /v1/check", wrong, b"{}").await;
    hold(&answer, "post", "/v1/check");
    assert_eq!(answer.status, 401);
    assert_eq!(get(&server, "/v1/openapi.json").await.json(), document(), "the document needs none");
    assert!(lines_or_none(dir.path()).is_empty());
}

#[tokio::test]
async fn a_page_that_was_led_here_is_not_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = serving(Access::Loopback, dir.path());
    let answer =
        ask(&server, "GET /v1/hcps/full HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".as_bytes()).await;
    hold(&answer, "get", "/v1/hcps/{id}");
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn what_cannot_be_answered_in_full_is_not_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let body = r#"{"proposals": [{"hcp_id": "full", "channel": "phone"}]}"#;
    let server = serving(Access::Loopback, dir.path());
    server.health.restored(Restore::Pending);
    assert_eq!(check(&server, body).await.status, 503, "the state is being restored");
    assert_eq!(get(&server, "/v1/hcps/full").await.status, 503);
    let blocked = dir.path().join("blocked");
    std::fs::write(&blocked, "no folder").expect("written");
    let server = serving(Access::Loopback, &blocked);
    let answer = check(&server, body).await;
    assert_eq!(answer.status, 503, "no audit, no answer");
    assert!(!answer.body.contains("verdict") && answer.body.contains("audit"), "{}", answer.body);
    std::fs::remove_file(&blocked).expect("removed");
    assert_eq!(check(&server, body).await.status, 200, "there is room again");
    let server = start_with(|_, _| Door::Closed("there are no tokens"));
    let answer = check(&server, body).await;
    assert_eq!((answer.status, &answer.json()["detail"]), (503, &json!("there are no tokens")));
    assert_eq!(get(&server, "/metrics").await.status, 200, "the rest works");
}
