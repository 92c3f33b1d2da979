//! What the demo promises a new user: touch an HCP too often, see the alert arrive at a real Alertmanager with its reason, ask
//! and be told when that HCP is free again, accept the alert, and find all of it in the tables.

use crate::alertmanager::AlertmanagerProcess;
use crate::embedded::Demo;
use crate::readers::rows;
use crate::run_process::until;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// Types a command: its exit code and its output.
fn typed<S: AsRef<str>>(command: &[S]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .arg("-q")
        .args(command.iter().map(AsRef::as_ref))
        .stdin(Stdio::null())
        .output()
        .expect("touchload starts");
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    (output.status.code(), said)
}

/// The alert of the demo's own budget, as long as it fires.
fn over_budget(alertmanager: &AlertmanagerProcess) -> Option<Value> {
    alertmanager
        .alerts()
        .into_iter()
        .find(|alert| alert["labels"]["rule"] == "over_budget" && alert["annotations"]["binding"] == "launch")
}

#[test]
fn a_new_user_breaks_a_budget_and_is_told_everywhere() {
    let Some(alertmanager) = AlertmanagerProcess::start() else { return };
    let mut demo = Demo::as_typed(&["--seed", "6", "--alertmanager", &alertmanager.url()]);
    demo.wait_for("/readyz", |_| true);
    demo.wait_history();
    let touch = until("the command that touches", || demo.printed("touch"));
    let check = until("the command that checks", || demo.printed("check"));
    let hcp = touch.last().expect("an HCP").clone();
    assert!(check.contains(&hcp), "{check:?}");
    assert_eq!(typed(&check).0, Some(0), "free before: {}", typed(&check).1);
    let (code, said) = typed(&touch);
    assert_eq!(code, Some(0), "{said}");

    let alert = until("the alert at Alertmanager", || over_budget(&alertmanager));
    let summary = alert["annotations"]["summary"].as_str().expect("a sentence");
    assert!(summary.starts_with("budget launch is over its cap"), "{summary}");
    assert!(alert["annotations"]["hold_until"].is_string(), "{alert}");
    assert!(!alert.to_string().contains(&hcp), "an id left the machine: {alert}");
    let (code, said) = typed(&check);
    assert!(code == Some(3) && said.contains("over_budget launch (5 of 4), until "), "{code:?} {said}");
    assert!(said.lines().any(|line| line.trim_start().starts_with("free again: 2")), "{said}");

    let url = format!("http://{}", demo.address());
    let list = ["alerts", "--url", &url, "--rule", "over_budget", "--limit", "1000", "--format", "json"];
    let (code, listed) = typed(&list);
    let listed: Value = serde_json::from_str(&listed).unwrap_or_else(|error| panic!("{code:?} {error}: {listed}"));
    let open = listed["alerts"].as_array().expect("a list").iter();
    let theirs: Vec<&Value> = open.filter(|one| one["subject"]["id"] == json!(hcp)).collect();
    assert_eq!((theirs.len(), &theirs[0]["binding"]), (1, &json!("launch")), "{listed}");
    let id = theirs[0]["alert_id"].as_str().expect("an id").to_owned();
    assert_eq!(alert["labels"]["alert_id"], id.as_str());
    let (code, accepted) = typed(&["ack", &id, "--url", &url, "--reason", "exception"]);
    assert!(code == Some(0) && accepted.contains("accepted: exception"), "{code:?} {accepted}");
    assert_eq!(typed(&["ack", &id, "--url", &url, "--reason", "because"]).0, Some(2), "no such reason");
    assert_eq!(typed(&["ack", "nobody", "--url", &url, "--reason", "handled"]).0, Some(1), "no such alert");
    until("no pager to ring any more", || over_budget(&alertmanager).is_none().then_some(()));

    let ended = demo.stop();
    assert!(ended.out.contains("alerts fired") && ended.out.contains("  alerts  "), "{}", ended.out);
    assert!(!ended.log.contains(&hcp), "an id in the log");
    let sql = format!(
        "SELECT state, from_state, ack_reason, audience, hcp_id FROM alerts WHERE alert_id = '{id}' ORDER BY at"
    );
    let fired = ["firing", "", "", "commercial", hcp.as_str()];
    let accepted = ["acknowledged", "firing", "exception", "commercial", hcp.as_str()];
    assert_eq!(rows(&ended.data(), &sql), [fired, accepted]);
    let open = format!("SELECT state FROM alerts_latest WHERE alert_id = '{id}'");
    assert_eq!(rows(&ended.data(), &open), [["acknowledged"]]);
    let audit = std::fs::read_dir(ended.data().join("audit")).expect("an audit folder");
    let audited: String =
        audit.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect();
    assert!(audited.contains("\"acknowledge_alert\"") && audited.contains("\"list_alerts\""), "{audited}");
}
