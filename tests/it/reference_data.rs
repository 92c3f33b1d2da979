//! Reference data from end to end: written by `simulate`, refused with every problem, used by `import` and `sql`, and read
//! again by a running pipeline.

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

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}

#[test]
fn what_simulate_writes_import_and_sql_take() {
    let folder = tempfile::tempdir().expect("a folder");
    let (work, data) = (folder.path().join("work"), folder.path().join("data"));
    let (calls, reference) = (work.join("calls.ndjson"), work.join("reference"));
    let (data, reference) = (text(&data), text(&reference));
    let span = ["--from", "2025-03-03", "--days", "40", "--hcps", "150", "--seed", "4", "--scenario", "orchestration"];
    let said = out(&touchload(&[&["simulate", "--out", text(&work)], &span[..]].concat()));
    assert!(said.contains("rows of reference data in"), "{said}");
    assert_eq!(fs::read_dir(reference).expect("a folder").count(), 10);
    out(&touchload(&["import", "--data", data, "--calls", text(&calls), "--reference", reference]));
    let with_zone = |more: &[&str]| {
        let sql = "SELECT count(*) FROM hcp_metrics_at('2025-04-12T00:00:00Z') \
                   WHERE \"window\" = '28d' AND untimely IS NOT NULL";
        let said = out(&touchload(&[&["sql", "--data", data, "--format", "csv", "-c", sql], more].concat()));
        said.lines().last().and_then(|line| line.parse::<u32>().ok()).expect("a count")
    };
    assert!(with_zone(&["--reference", reference]) > 50);
    assert_eq!(with_zone(&[]), 0);
    // A file of its own stands in place of the folder's.
    let own = folder.path().join("own.ndjson");
    fs::write(&own, "{\"hcp_id\": \"hcp-000001\"}\n").expect("written");
    assert_eq!(with_zone(&["--reference", reference, "--hcps-file", text(&own)]), 0);
}

#[test]
fn bad_reference_data_are_refused_with_every_problem_and_nothing_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, records, reference) =
        (folder.path().join("data"), folder.path().join("calls.ndjson"), folder.path().join("reference"));
    fs::create_dir(&reference).expect("a folder");
    let write = |name: &str, content: &str| fs::write(reference.join(name), content).expect("written");
    write("hcps.csv", "hcp_id,time_zone\nsecret-1,Mars/Base\n");
    write("plans.ndjson", "{\"plan_id\": \"secret-2\", \"valid_from\": \"2025-02-30\"}\n");
    fs::write(&records, "").expect("a file is written");
    let config = folder.path().join("t.toml");
    let file = |name: &str| reference.join(name).display().to_string();
    let settings = format!(
        "kafka.bootstrap_servers = \"127.0.0.1:1\"\nreference = {{ hcps = {:?}, plans = {:?} }}\n",
        file("hcps.csv"),
        file("plans.ndjson")
    );
    fs::write(&config, settings).expect("a configuration is written");
    let (data, reference) = (text(&data), text(&reference));
    for args in [
        vec!["config", "check", text(&config)],
        vec!["run", "--data", data, "--config", text(&config)],
        vec!["run", "--data", data, "--config", text(&config), "--reference", reference],
        vec!["demo", "--for", "1s", "--data", data, "--reference", reference],
        vec!["import", "--data", data, "--calls", text(&records), "--reference", reference],
        vec!["sql", "--data", data, "-c", "SELECT 1", "--reference", reference],
    ] {
        let output = touchload(&args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        for part in ["hcps.csv, line 2, column time_zone", "plans.ndjson, line 1, column valid_from", "(2 found)"] {
            assert!(said.contains(part), "{args:?} lacks {part}: {said}");
        }
        assert!(!said.contains("secret") && !said.contains("Mars"), "content is not quoted: {said}");
        assert!(!Path::new(data).exists(), "{args:?} made a folder");
    }
}

#[test]
fn a_running_pipeline_takes_new_reference_data_and_keeps_the_old_ones_when_a_file_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |content: &str| fs::write(folder.path().join("hcps.csv"), content).expect("written");
    let failed = |value: u8| format!("\ntouchload_reference_reload_failed {value}\n");
    let version = |page: &str| {
        let line = page.lines().find(|line| line.starts_with("touchload_reference_info{")).unwrap_or_default();
        line.split('"').nth(1).map(str::to_owned)
    };
    write("hcp_id,territory\nhcp-000001,north\n");
    let mut demo = Demo::start_with(11, &["--reference", text(folder.path())]);
    let page = demo.wait_for("/metrics", |page| version(page).is_some() && page.contains(&failed(0)));
    let first = version(&page).expect("a version");
    assert_eq!(first.len(), 16);
    write("hcp_id,time_zone\nhcp-000001,Mars/Base\n");
    let page = demo.wait_for("/metrics", |page| page.contains(&failed(1)));
    assert_eq!(version(&page).as_deref(), Some(first.as_str()), "the old ones stay in force");
    write("hcp_id,territory\nhcp-000001,south\n");
    demo.wait_for("/metrics", |page| version(page).is_some_and(|v| v != first) && page.contains(&failed(0)));
    let ended = demo.stop();
    for said in ["expected an IANA time zone", "the reference data are not taken", "take force"] {
        assert!(ended.log.contains(said), "{said} is missing in the log: {}", ended.log);
    }
    assert!(!ended.log.contains("Mars"), "content is not quoted");
}
