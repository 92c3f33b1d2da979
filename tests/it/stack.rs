//! What `dashboards` ships to be started: `stack.py` on real processes, the configurations by their own checkers, the container
//! files as far as they can be read, and the demo that all of it shows.

use crate::embedded::Demo;
use crate::prometheus_tools::Promtool;
use crate::run_process::until;
use crate::test_setup;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_touchload");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Standard output of a command that must end well.
pub(crate) fn ends_well(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `stack.py` with everything that it leaves below `folder`.
fn stack(folder: &Path) -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("dashboards/stack.py")).args(["--touchload", BINARY]).env("TMPDIR", folder);
    command.args(["--once", "--sql-port", "0", "--prometheus-port", "0", "--alertmanager-port", "0"]);
    command
}

/// Whether every program that the stack starts is there.
fn is_equipped() -> bool {
    ["prometheus.sh", "alertmanager.sh"].into_iter().all(|script| test_setup::provide(script).is_some())
}

/// Processes that name `folder` on their command line.
fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.to_str().expect("a plain name");
    let lines = fs::read_dir("/proc").expect("Linux").flatten().filter_map(|entry| {
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(name)).collect()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

#[test]
fn an_alert_travels_from_a_touch_to_alertmanager_and_nothing_stays() {
    if !is_equipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let told = ends_well(stack(folder.path()).args(["--http-port", "0"]));
    let stations = [
        "sent to Kafka",
        "accepted by Touchload",
        "firing in Touchload",
        "seen in Alertmanager's API v2",
        "counted by Prometheus",
        "everything that was started has ended",
    ];
    let places: Vec<usize> =
        stations.iter().map(|name| told.find(name).unwrap_or_else(|| panic!("{name}:\n{told}"))).collect();
    assert!(places.is_sorted(), "{told}");
    for fact in [
        "TouchloadOverBudget active, for receiver orchestrators",
        "reason: budget launch is over its cap",
        "to do:  hold until 2",
    ] {
        assert!(told.contains(fact), "{fact}:\n{told}");
    }
    assert_eq!(processes_of(folder.path()), Vec::<String>::new());
    assert!(is_empty(folder.path()), "files stay");
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_is_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let output = stack(folder.path()).args(["--http-port", &port]).output().expect("python3 starts");
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("port {port} for touchload")) && told.contains("--http-port"), "{told}");
    assert!(is_empty(folder.path()) && processes_of(folder.path()).is_empty(), "{told}");
}

#[test]
fn a_part_that_fails_ends_all_and_its_log_is_kept() {
    if !is_equipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let output = stack(folder.path())
        .args(["--http-port", "0", "--demo", "--policy", "there-is-no-such-file.toml"])
        .output()
        .expect("python3 starts");
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("touchload ended by itself (2)") && told.contains("there-is-no-such-file.toml"), "{told}");
    assert_eq!(processes_of(folder.path()), Vec::<String>::new());
    assert!(!is_empty(folder.path()), "its logs are gone");
}

#[test]
fn prometheus_and_alertmanager_understand_their_files() {
    if let Some(promtool) = Promtool::find() {
        let file = root().join("dashboards/prometheus/prometheus.yml");
        assert_eq!(promtool.on_rules(&["check", "config"], &[file]), Ok(()));
    }
    let Some(amtool) = test_setup::provide("amtool.sh") else { return };
    let file = root().join("dashboards/alertmanager/alertmanager.yml");
    ends_well(Command::new(&amtool).arg("check-config").arg(&file));
    for (labels, receiver) in [
        ("alertname=TouchloadNotTurning severity=critical job=touchload", "pager"),
        ("alertname=TouchloadLagging severity=warning job=touchload", "operators"),
        ("alertname=TouchloadCoherenceFalling severity=info job=touchload", "reports"),
        ("rule=over_budget severity=warning audience=commercial subject_kind=hcp", "orchestrators"),
        ("rule=budget_full severity=info audience=commercial subject_kind=hcp", "reports"),
        ("rule=consent_conflict severity=critical audience=commercial subject_kind=hcp", "compliance"),
        ("rule=talked_past severity=critical audience=full subject_kind=hcp", "medical"),
        ("rule=over_budget severity=critical audience=commercial origin=retrospective", "reports"),
        ("rule=talked_past severity=critical audience=full origin=policy_change", "reports"),
        ("alertname=SomebodyElses", "reports"),
    ] {
        let routed = ends_well(
            Command::new(&amtool)
                .args(["config", "routes", "test", "--config.file"])
                .arg(&file)
                .args(labels.split(' ')),
        );
        assert_eq!(routed.trim(), receiver, "{labels}");
    }
}

#[test]
fn every_rule_is_in_force_in_the_stack() {
    let config = text("dashboards/prometheus/prometheus.yml");
    for entry in fs::read_dir(root().join("dashboards/prometheus")).expect("a folder").flatten() {
        let name = entry.file_name().into_string().expect("a plain name");
        assert!(!name.ends_with(".yaml") || config.contains(&name), "prometheus.yml leaves {name} out");
    }
}

/// The problems of the container files below `root`, as `stack_files.py` tells them.
fn container_files(python: &Path, root: &Path) -> Output {
    let program = self::root().join("tests/python/stack_files.py");
    Command::new(python).arg(program).arg(root).stdin(Stdio::null()).output().expect("python starts")
}

/// The repository with one file changed: everything else is linked.
fn changed(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let link = |from: PathBuf, to: PathBuf| std::os::unix::fs::symlink(from, to).expect("a link");
    for (below, kept) in [("", "dashboards"), ("dashboards", "")] {
        fs::create_dir_all(folder.path().join(below)).expect("a folder");
        for entry in fs::read_dir(root().join(below)).expect("a folder").flatten() {
            let name = Path::new(below).join(entry.file_name());
            if name != Path::new(file) && entry.file_name() != *kept {
                link(entry.path(), folder.path().join(name));
            }
        }
    }
    let whole = text(file);
    assert!(whole.contains(from), "{file} has no {from}");
    fs::write(folder.path().join(file), whole.replacen(from, to, 1)).expect("written");
    folder
}

#[test]
fn container_files_hold_together_and_slips_are_found() {
    let Some(python) = test_setup::provide("python.sh") else { return };
    let output = container_files(&python, root());
    assert!(output.status.success(), "{}", said(&output));
    let compose = "dashboards/compose.yaml";
    for (file, from, to, told) in [
        (compose, "apache/kafka:4.1.1@sha256:0bc1", "apache/kafka:latest@0bc1", "not pinned"),
        (compose, "target: keys", "target: kyes", "no stage kyes"),
        (compose, "\"127.0.0.1:8080:8080\"", "\"8080:8080\"", "open beyond this machine"),
        (compose, "./prometheus:/etc", "./promtheus:/etc", "not there to be mounted"),
        (compose, "kafka: {condition: service_healthy}", "zookeeper: {condition: service_healthy}", "not there"),
        (compose, "    mem_limit: 1g", "    mem_limits: 1g", "unknown keys"),
        ("Dockerfile", "COPY sql sql", "COPY sqll sqll", "copies sqll, which is not there"),
        ("Dockerfile", "COPY sql sql", "COPY tests tests", "which .dockerignore leaves out"),
        ("Dockerfile", "USER 65532:65532\nWORKDIR", "WORKDIR", "runs as root"),
        ("Dockerfile", "--locked ", "", "without --locked"),
        ("Dockerfile", "COPY store store\n", "", "the crate store is not copied"),
        ("Dockerfile", "strip /out", "upx /out", "calls upx"),
    ] {
        let folder = changed(file, from, to);
        let output = container_files(&python, folder.path());
        let problems = said(&output);
        assert!(output.status.code() == Some(1) && problems.contains(told), "{to}: {problems}");
    }
}

/// The keys of the stack below `folder`, made by its own script, and the configuration that names them. What the script said.
pub(crate) fn keyed(folder: &Path) -> (String, PathBuf) {
    let [keys, readers] = ["keys", "readers"].map(|name| folder.join(name));
    for place in [&keys, &readers] {
        fs::create_dir_all(place).expect("a folder");
    }
    let programs = Path::new(BINARY).parent().expect("a folder").display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let mut script = Command::new("bash");
    script.arg(root().join("dashboards/touchload/keys.sh")).args([&keys, &readers]).env("PATH", &path);
    let said = ends_well(&mut script);
    let config = text("dashboards/touchload/touchload.toml")
        .replace("\"/keys/", &format!("\"{}/", keys.display()))
        .replace("/var/lib/touchload/tables", &folder.join("tables").display().to_string());
    let file = folder.join("touchload.toml");
    fs::write(&file, config).expect("written");
    (said, file)
}

#[test]
fn the_configuration_of_the_stack_is_right_with_the_keys_that_are_made_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, file) = keyed(folder.path());
    let [keys, readers] = ["keys", "readers"].map(|name| folder.path().join(name));
    let token = fs::read_to_string(keys.join("token")).expect("a token");
    assert!(token.len() == 64 && first.contains(&token), "{first}");
    assert_eq!(keyed(folder.path()).0, first, "a second run keeps what is there");
    let told = ends_well(Command::new(BINARY).args(["config", "check"]).arg(&file));
    assert!(!told.contains(&token), "a secret is shown");
    let users = ends_well(Command::new(BINARY).args(["user", "list", "--file"]).arg(keys.join("users.toml")));
    assert!(users.starts_with("grafana: analyst"), "{users}");
    for secret in ["alerts.key", "server.key", "token"] {
        assert!(!readers.join(secret).exists(), "Grafana would see {secret}");
    }
}

/// The command that the image is asked with whether it is healthy, against a port of this machine.
fn healthcheck(port: u16) -> Command {
    let dockerfile = text("Dockerfile");
    let (_, rest) = dockerfile.split_once("HEALTHCHECK ").expect("a HEALTHCHECK");
    let (_, words) = rest.lines().next().and_then(|line| line.split_once(" CMD ")).expect("its command");
    let words: Vec<String> = serde_json::from_str(words).expect("a list of words");
    let mut command = Command::new(&words[0]);
    command.args(words[1..].iter().map(|word| word.replace("/8080", &format!("/{port}"))));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn the_demo_shows_some_who_are_over_and_is_healthy() {
    let mut demo = Demo::as_typed(&[]);
    demo.wait_for("/readyz", |_| true);
    demo.wait_history();
    assert!(healthcheck(demo.address().port()).status().expect("bash starts").success());
    let over = demo.wait_for("/v1/overview", |told| !told.contains("\"over\":0"));
    let told: Value = serde_json::from_str(&over).expect("JSON");
    let targets = &told["targets"];
    let count = |name: &str| targets[name].as_f64().unwrap_or_else(|| panic!("{name}: {over}"));
    let share = count("over") / count("hcps");
    assert!((0.02..0.20).contains(&share), "{share} of the targets are over: {targets}");
    assert!(count("clear") > count("over") && count("near") > 0.0 && count("full") > 0.0, "{targets}");
    assert!(told["territories"].as_array().is_some_and(|list| list.len() >= 4), "{over}");
    // Rules look at who is over a moment after the overview does.
    let alerts = demo.wait_for("/v1/alerts?state=firing", |alerts| !alerts.contains("\"total\":0"));
    let alerts: Value = serde_json::from_str(&alerts).expect("JSON");
    let open = alerts["total"].as_u64().expect("a count");
    assert!((1..150).contains(&open), "{open} alerts are open");
    let (_, ahead) = demo.get("/v1/forecast?days=14").expect("an answer");
    let ahead: Value = serde_json::from_str(&ahead).expect("JSON");
    assert!(ahead["hcps_total"].as_u64() > Some(0), "nobody goes over on what is planned: {ahead}");
    assert!(demo.said().contains("policy    demo-1, the demo's own"), "{}", demo.said());
    let port = demo.address().port();
    demo.stop();
    assert!(!healthcheck(port).status().expect("bash starts").success(), "nobody listens");
}

#[test]
fn live_traffic_goes_to_kafka_until_it_is_stopped() {
    let mut demo = Demo::start(12);
    demo.wait_for("/readyz", |_| true);
    let touch = until("the address of the broker", || demo.printed("touch"));
    let place = touch.iter().position(|word| word == "--brokers").expect("an address");
    let mut child = Command::new(BINARY)
        .args(["simulate", "--kafka", &touch[place + 1], "--hcps", "200", "--days", "35", "--live", "50"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("touchload starts");
    demo.wait_busy();
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(asked.success() && child.try_wait().expect("a child").is_none(), "it had ended by itself");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && said(&output).contains("delivered to"), "{}", said(&output));
}
