//! The API of a real process: a check before and after a record is accepted, tokens, the audit log, and a fuzzer that knows
//! the document.

use crate::embedded::Demo;
use crate::run_process::{RunProcess, until};
use crate::test_setup;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use touchload::broker::EmbeddedBroker;
use touchload::clock::SystemClock;
use touchload::publish::{Outgoing, Publisher, PublisherConfig};
use touchpoint::time::{DAY, SECOND};
use touchpoint::{Clock, Kind, Micros};

/// The tokens `password` and `secret`.
const TOKENS: &str = r#"
[[tokens]]
name = "orchestrator"
sha256 = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
role = "commercial"

[[tokens]]
name = "compliance desk"
sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
role = "compliance"
"#;
const POLICY: &str = r#"
version = "one-mail"

[[budgets]]
name = "one-mail"
cap = 1
window = "7d"
scope = { kinds = ["emails"] }
"#;
const HCP: &str = "hcp-4711";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, text).expect("a file is written");
    file.to_str().expect("a plain name").to_owned()
}

/// What `touchload check` says: its exit code, its output, its complaints.
fn check(address: SocketAddr, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "check", "--url", &format!("http://{address}")])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("touchload starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Status and body of a view.
fn view(address: SocketAddr, path: &str, token: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).expect("JSON"))
}

/// Publishes an e-mail that was sent at `at`.
fn publish_mail(broker: &EmbeddedBroker, at: Micros) {
    let occurred_at = chrono::DateTime::from_timestamp_micros(at).expect("in range").to_rfc3339();
    let mail =
        json!({ "event_id": "m-1", "hcp_id": HCP, "occurred_at": occurred_at, "status": "sent", "origin": "rep" });
    let payload = mail.to_string();
    let mut publisher = Publisher::connect(&PublisherConfig::new(broker.bootstrap_servers())).expect("a broker");
    let key = Some(HCP.as_bytes());
    let record = Outgoing { kind: Kind::Emails, key, payload: Some(payload.as_bytes()), timestamp: at };
    publisher.send(&record, &CancellationToken::new()).expect("sent");
    assert_eq!(publisher.finish(Duration::from_secs(20)).expect("answered").delivered, 1);
}

#[test]
fn a_check_follows_the_records_that_were_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let broker = EmbeddedBroker::start(2).expect("a broker");
    let (tokens, policy) = (write(here, "tokens.toml", TOKENS), write(here, "policy.toml", POLICY));
    let token = write(here, "token", "password\n");
    let settings = format!(
        "kafka.bootstrap_servers = {:?}\nstore.data = {:?}\nhttp.tokens = {tokens:?}\npolicy.file = {policy:?}\n",
        broker.bootstrap_servers(),
        here.join("data").to_str().expect("a plain name"),
    );
    let config = write(here, "touchload.toml", &settings);
    let mut run = RunProcess::start(Path::new(&config), here.join("log"), &[]);
    run.wait_ready();
    let address = run.address().expect("it listens");
    let asked = ["--token-file", &token, "--hcp", HCP, "--channel", "email", "--format", "json"];
    let (code, said, _) = check(address, &asked);
    let before: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, &before["results"][0]["verdict"]), (Some(0), &json!("allow")), "{said}");

    let sent = SystemClock.now() / SECOND * SECOND;
    publish_mail(&broker, sent);
    let denied = until("the mail to be accepted", || {
        run.must_run();
        let (code, said, _) = check(address, &asked);
        (code == Some(3)).then(|| serde_json::from_str::<Value>(&said).expect("JSON"))
    });
    let result = &denied["results"][0];
    assert_eq!((&result["reasons"][0]["code"], &result["binding_budget"]), (&json!("budget_full"), &json!("one-mail")));
    let free = chrono::DateTime::parse_from_rfc3339(result["next_free_at"].as_str().expect("an instant")).expect("one");
    assert_eq!(free.timestamp_micros(), sent + 7 * DAY);
    assert_eq!(check(address, &["--token-file", &token, "--hcp", HCP, "--channel", "phone"]).0, Some(0));
    let many = json!({ "proposals": [{ "hcp_id": "x", "channel": "chat" }, { "hcp_id": HCP, "channel": "email" }] });
    let file = write(here, "many.json", &many.to_string());
    let (code, table, _) = check(address, &["--token-file", &token, "-f", &file]);
    assert_eq!(code, Some(3), "one of two is denied");
    assert!(table.contains("deny  budget_full one-mail (1 of 1), until ") && table.contains("allow  x"), "{table}");

    refusals(address, &token);
    let (status, known) = view(address, &format!("/v1/hcps/{HCP}"), "secret");
    assert_eq!((status, &known["audience"], &known["timeline"][0]["event_id"]), (200, &json!("full"), &json!("m-1")));
    assert!(run.metric("touchload_checks_total") >= 5.0);
    revoked(&mut run, here);
    assert!(!run.has_said(HCP), "an id in the log");
    run.stop();
    audited(&here.join("data").join("audit"));
}

/// What is not answered, and how the command ends.
fn refusals(address: SocketAddr, token: &str) {
    let (code, _, why) = check(address, &["--hcp", HCP, "--channel", "email"]);
    assert!(code == Some(1) && why.contains("401"), "without a token: {code:?} {why}");
    let (code, _, why) = check(address, &["--token-file", token, "--hcp", HCP, "--channel", "fax", "--origin", "x"]);
    assert!(code == Some(2) && why.contains("#/proposals/0/channel") && why.contains("#/proposals/0/origin"), "{why}");
    assert_eq!(check(address, &[]).0, Some(2), "nothing was asked");
    assert_eq!(view(address, &format!("/v1/hcps/{HCP}"), "guess").0, 401);
    assert_eq!(view(address, "/v1/hcps/nobody", "password").0, 404);
}

/// A token that leaves the file lets in no more, without a restart; a file with problems changes nothing.
fn revoked(run: &mut RunProcess, folder: &Path) {
    let address = run.address().expect("it listens");
    let status = |token: &str| view(address, &format!("/v1/hcps/{HCP}"), token).0;
    write(folder, "tokens.toml", &TOKENS.replace("compliance\"", "boss\""));
    until("the file with a problem to be seen", || {
        run.must_run();
        (run.metric("touchload_tokens_reload_failed") > 0.0).then_some(())
    });
    assert_eq!((status("secret"), status("password")), (200, 200));
    let orchestrator = TOKENS.split("[[tokens]]").nth(1).expect("the first token");
    write(folder, "tokens.toml", &format!("[[tokens]]{orchestrator}"));
    until("the token to be revoked", || {
        run.must_run();
        (status("secret") == 401).then_some(())
    });
    assert_eq!((status("password"), run.metric("touchload_tokens_reload_failed")), (200, 0.0));
}

/// Whatever was answered stands in the log, with who asked.
fn audited(folder: &Path) {
    let files: Vec<_> =
        fs::read_dir(folder).expect("an audit folder").map(|file| file.expect("a file").path()).collect();
    let text: String = files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let count =
        |action: &str, caller: &str| lines.iter().filter(|l| l["action"] == action && l["caller"] == caller).count();
    assert!(count("check", "orchestrator") >= 5, "{text}");
    assert!(count("view_hcp", "compliance desk") >= 2 && count("view_hcp", "orchestrator") >= 2, "{text}");
    assert!(lines.iter().any(|line| line["hcp_id"] == HCP && line["verdict"] == "deny"), "{text}");
}

#[test]
fn a_fuzzer_that_knows_the_document_finds_no_fault() {
    let Some(python) = test_setup::provide("python.sh") else { return };
    let fuzzer = python.with_file_name("schemathesis");
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Demo::start(11);
    demo.wait_for("/readyz", |_| true);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let output = Command::new(fuzzer)
        .args(["run", &format!("http://{}/v1/openapi.json", demo.address()), "--checks", checks])
        .args(["--max-examples", "60", "--seed", "7", "--no-color"])
        // It keeps what it finds below the folder it runs in.
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("schemathesis starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let ended = demo.stop();
    assert!(!ended.log.contains("panicked"), "{}", ended.log);
}
