//! Policy files from end to end: checked, printed, used by `import` and `sql`, and read again by a running pipeline.

use crate::embedded::Demo;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn touchload(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchload")).arg("-q").args(args).output().expect("touchload starts")
}

fn out(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}

#[test]
fn a_template_is_printed_and_told_in_plain_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let listed = out(&touchload(&["policy", "template"]));
    let names: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(
        names,
        ["rep-email", "hq-email", "cross-channel", "uk-abpi", "coverage", "navigation", "orchestration", "demo"]
    );
    for name in names {
        let file = folder.path().join(format!("{name}.toml"));
        fs::write(&file, out(&touchload(&["policy", "template", name]))).expect("a policy is written");
        let golden = format!("{}/src/policy/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let golden = fs::read_to_string(golden).expect("every template has its words");
        assert_eq!(out(&touchload(&["policy", "check", text(&file)])), golden);
    }
    assert!(refused(&touchload(&["policy", "template", "uk"])).contains("uk-abpi"), "a wrong name is a usage error");
}

#[test]
fn a_bad_policy_is_refused_with_every_problem_and_nothing_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (policy, data, records) =
        (folder.path().join("p.toml"), folder.path().join("data"), folder.path().join("calls.ndjson"));
    fs::write(&policy, "version = 1\n[[budgets]]\nname = \"b\"\nwindow = \"1y\"\n").expect("a policy is written");
    fs::write(&records, "").expect("a file is written");
    let config = folder.path().join("t.toml");
    let settings = format!("kafka.bootstrap_servers = \"127.0.0.1:1\"\npolicy.file = {:?}\n", text(&policy));
    fs::write(&config, settings).expect("a configuration is written");
    let (policy, data) = (text(&policy), text(&data));
    for args in [
        vec!["policy", "check", policy],
        vec!["demo", "--for", "1s", "--data", data, "--policy", policy],
        vec!["run", "--data", data, "--config", text(&config)],
        vec!["config", "check", text(&config)],
        vec!["import", "--data", data, "--calls", text(&records), "--policy", policy],
        vec!["sql", "--data", data, "-c", "SELECT 1", "--policy", policy],
    ] {
        let said = refused(&touchload(&args));
        assert!(said.contains("has 2 problems") && said.contains("line 4: budgets[1].window"), "{args:?}: {said}");
        assert!(!Path::new(data).exists(), "{args:?} made a folder");
    }
    let said = refused(&touchload(&["policy", "check", "/nowhere/p.toml"]));
    assert!(said.contains("cannot read the policy /nowhere/p.toml"), "{said}");
}

#[test]
fn import_and_sql_follow_the_policy_that_they_are_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, calls, policy) =
        (folder.path().join("data"), folder.path().join("calls.ndjson"), folder.path().join("p.toml"));
    let call =
        r#"{"event_id":"e","hcp_id":"h","occurred_at":"2025-03-01T00:00:00Z","status":"completed","channel":"phone"}"#;
    fs::write(&calls, call).expect("a file is written");
    fs::write(&policy, "version = \"p-1\"\nload = { half_life = \"24h\", weights = { phone = 4.0 } }\n")
        .expect("written");
    let (data, policy) = (text(&data), text(&policy));
    let as_of = ["--as-of", "2025-03-03"];
    out(&touchload(&[&["import", "--data", data, "--calls", text(&calls), "--policy", policy], &as_of[..]].concat()));
    let load = |table: &str, more: &[&str]| {
        let sql = format!("SELECT policy_version, interruption_load FROM {table} WHERE \"window\" = '28d'");
        out(&touchload(&[&["sql", "--data", data, "--format", "csv", "-c", &sql], more].concat()))
    };
    // Two days are two half-lives: 4 / 4. The default has a weight of 0.9 and a half-life of a week.
    assert_eq!(load("hcp_metrics", &[]).lines().last(), Some("p-1,1.0"), "what was written says its policy");
    let at = "hcp_metrics_at('2025-03-03T00:00:00Z')";
    assert_eq!(load(at, &["--policy", policy]).lines().last(), Some("p-1,1.0"));
    let by_default = load(at, &[]);
    let last = by_default.lines().last().unwrap_or_default();
    assert!(last.starts_with("default-1,0.73"), "{by_default}");
}

#[test]
fn a_running_pipeline_takes_a_new_policy_and_keeps_the_old_one_when_the_file_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.toml");
    let write = |text: &str| fs::write(&file, text).expect("a policy is written");
    let info = |version: &str| format!("touchload_policy_info{{version=\"{version}\"}} 1");
    // A line of its own: the help text names the metric too.
    let failed = |value: u8| format!("\ntouchload_policy_reload_failed {value}\n");
    write("version = \"v1\"\n");
    let mut demo = Demo::start_with(7, &["--policy", text(&file)]);
    demo.wait_for("/metrics", |page| page.contains(&info("v1")) && page.contains(&failed(0)));
    write("version = \"v2\"\nzones.near = 7\n");
    let page = demo.wait_for("/metrics", |page| page.contains(&failed(1)));
    assert!(page.contains(&info("v1")), "{page}");
    write("version = \"v1\"\nzones.near = 0.7\n");
    demo.signal("HUP");
    write("version = \"v2\"\nzones.near = 0.7\n");
    let page = demo.wait_for("/metrics", |page| page.contains(&info("v2")) && page.contains(&failed(0)));
    assert!(!page.contains("version=\"v1\""), "one policy is in force: {page}");
    demo.signal("HUP");
    demo.wait_for("/metrics", |_| true);
    let ended = demo.stop();
    for said in ["zones.near: expected a number from 0.01 to 0.99", "the policy file is not taken", "takes force"] {
        assert!(ended.log.contains(said), "{said} is missing in the log: {}", ended.log);
    }
}
