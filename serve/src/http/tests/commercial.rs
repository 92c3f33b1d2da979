//! A commercial token sees no medical record on any path that the live page asks: every answer is the one of a state that never
//! held any.

use super::api::{NOW, serving_state, tokens};
use super::schema::hold;
use super::{Server, send};
use processors::{Ownership, Shards};
use serde_json::{Value, json};
use std::sync::Arc;
use touchpoint::policy::{Budget, MinimumGap, Scope, Selector};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::reference::{AccountRow, HcpRow, PanelRow, Tables, Validity};
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{BusinessFunction, Channel, Kind, Policy, Purpose, Reference, Status};

/// Each path that the page asks, and the one of the document that it is.
const PATHS: [[&str; 2]; 14] = [
    ["/v1/overview", "/v1/overview"],
    ["/v1/overview?territory=north&product=p", "/v1/overview"],
    ["/v1/overview?window=90d", "/v1/overview"],
    ["/v1/overview/weeks", "/v1/overview/weeks"],
    ["/v1/overview/access", "/v1/overview/access"],
    ["/v1/overview/hcps?list=over", "/v1/overview/hcps"],
    ["/v1/overview/hcps?list=hold", "/v1/overview/hcps"],
    ["/v1/overview/hcps?list=untouched", "/v1/overview/hcps"],
    ["/v1/hcps/busy", "/v1/hcps/{id}"],
    ["/v1/hcps/hidden", "/v1/hcps/{id}"],
    ["/v1/hcps/busy/forecast?days=14", "/v1/hcps/{id}/forecast"],
    ["/v1/forecast?days=14", "/v1/forecast"],
    ["/v1/accounts/clinic", "/v1/accounts/{id}"],
    ["/v1/accounts/clinic/weeks", "/v1/accounts/{id}/weeks"],
];

fn touch(hcp_id: &'static str, event_id: &'static str, at: Micros) -> RecordRow<'static> {
    RecordRow { hcp_id, event_id, owner_id: Some("rep"), product: Some("p"), ..RecordRow::visit(at) }
}

fn medical(hcp_id: &'static str, event_id: &'static str, at: Micros) -> RecordRow<'static> {
    RecordRow {
        business_function: Some(BusinessFunction::Medical),
        purpose: Some(Purpose::Scientific),
        owner_id: Some("msl"),
        product: Some("trial"),
        ..touch(hcp_id, event_id, at)
    }
}

/// Of two HCPs everything, of a third medical records alone.
fn records() -> Vec<RecordRow<'static>> {
    let request = |event_id, at| RecordRow {
        kind: Kind::Requests,
        channel: Some(Channel::MedicalRequest),
        status: Some(Status::Received),
        ..medical("busy", event_id, at)
    };
    let answers = |event_id, at| RecordRow { request_id: Some("r1"), ..medical("busy", event_id, at) };
    let planned = |row| RecordRow { status: Some(Status::Planned), ..row };
    let mut rows = vec![
        request("r1", NOW - 6 * DAY),
        answers("m1", NOW - 5 * DAY),
        medical("busy", "m2", NOW - 2 * DAY - HOUR),
        planned(medical("busy", "m3", NOW + 2 * HOUR)),
        medical("hidden", "m4", NOW - 4 * DAY),
        medical("hidden", "m5", NOW - 30 * DAY),
        planned(touch("busy", "p1", NOW + DAY / 2)),
        RecordRow { status: Some(Status::NoAccess), ..touch("calm", "n1", NOW - 9 * DAY) },
    ];
    let days = [1, 3, 12, 20, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54];
    let ids = ["t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "t11", "t12", "t13", "t14"];
    rows.extend(ids.into_iter().zip(days).map(|(id, days)| touch("busy", id, NOW - days * DAY)));
    rows
}

fn state(rows: &[RecordRow<'_>]) -> Shards {
    let hcp = |id: &str, territory: &str| HcpRow {
        hcp_id: id.into(),
        territory: Some(territory.into()),
        account_id: Some("clinic".into()),
        ..HcpRow::default()
    };
    let account = AccountRow { account_id: "clinic".into(), ..AccountRow::default() };
    // Only medical ever heard of somebody in the far territory.
    let mut tables = Tables::of(vec![hcp("busy", "north"), hcp("calm", "north"), hcp("hidden", "far")], vec![account]);
    tables.panels = Some(vec![PanelRow {
        owner_id: "rep".into(),
        hcp_id: "calm".into(),
        is_target: true,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    }]);
    let gap = MinimumGap { name: "a-day".into(), selector: Selector::default(), scope: Scope::default(), gap: DAY };
    let budgets = vec![Budget::new("four", Some(4), 28 * DAY)];
    let policy = Policy { version: "p-1".into(), budgets, minimum_gaps: vec![gap], ..Policy::default() };
    let reference = Reference::try_new(tables).expect("rows");
    let mut shards = Shards::new(Arc::new(policy), Arc::new(reference));
    shards.assign(Ownership::Sole, []);
    let mut builder = RecordBuilder::default();
    rows.iter().for_each(|row| builder.push(row));
    let batch = builder.finish().expect("a batch");
    shards.of_partition(0).expect("a shard").apply(&batch, NOW, None).expect("applied");
    shards.seed_targets(|_, _| true);
    shards.turn(NOW);
    shards
}

async fn ask(server: &Server, [path, of]: [&str; 2], token: &str) -> (u16, Value) {
    let answer = send(server, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), b"").await;
    hold(&answer, "get", of);
    (answer.status, answer.json())
}

#[tokio::test]
async fn what_a_commercial_token_is_told_does_not_change_with_medical_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let everything = records();
    let is_medical =
        |row: &&RecordRow<'_>| row.kind == Kind::Requests || row.business_function == Some(BusinessFunction::Medical);
    let rest: Vec<_> = everything.iter().filter(|row| !is_medical(row)).copied().collect();
    let with = serving_state(state(&everything), tokens(), &folder.path().join("with"));
    let without = serving_state(state(&rest), tokens(), &folder.path().join("without"));
    let mut seen_by_full = 0;
    for path in PATHS {
        let commercial = ask(&with, path, "rep desk").await;
        assert_eq!(commercial, ask(&without, path, "rep desk").await, "{}", path[0]);
        assert!(!commercial.1.to_string().contains("msl"), "{}", path[0]);
        seen_by_full += usize::from(ask(&with, path, "compliance").await != ask(&without, path, "compliance").await);
    }
    assert!(seen_by_full >= 11, "a full reader is told the difference on most paths: {seen_by_full}");
}

#[tokio::test]
async fn access_and_an_account_over_time_are_told_as_far_as_there_is_support() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serving_state(state(&records()), tokens(), folder.path());
    let (_, access) = ask(&server, ["/v1/overview/access?territory=north", "/v1/overview/access"], "rep desk").await;
    let all = &access["all"];
    assert_eq!((&all["hcps"], &all["rated"], &all["attempts"]), (&json!(2), &json!(1), &json!(15)));
    assert_eq!(
        (&all["reason"], &all["accessible_share"], &all["bands"]),
        (&json!("thin_support"), &Value::Null, &Value::Null)
    );
    assert_eq!(access["territories"][0]["territory"], "north");
    let (_, weeks) = ask(&server, ["/v1/accounts/clinic/weeks", "/v1/accounts/{id}/weeks"], "rep desk").await;
    let points = weeks["points"].as_array().expect("points");
    assert_eq!((points.len(), &points[12]["touches"], &points[12]["hcps_touched"]), (13, &json!(2), &json!(1)));
    assert_eq!((&points[12]["voices"], &points[6]["function_voices"]), (&Value::Null, &json!(1.0)));
    let unknown = ask(&server, ["/v1/accounts/nowhere/weeks", "/v1/accounts/{id}/weeks"], "rep desk").await;
    assert_eq!(unknown.0, 404);
    let refused = ["/v1/overview/access?window=7d&product=p", "/v1/overview/access"];
    let (status, problem) = ask(&server, refused, "rep desk").await;
    assert_eq!((status, problem["errors"].as_array().map(Vec::len)), (422, Some(2)));
}
