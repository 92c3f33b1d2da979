//! What `dashboards/compose.yaml` starts, without its containers: the commands and the configuration that it names, on a real Kafka
//! and a real Alertmanager.

use crate::alertmanager::AlertmanagerProcess;
use crate::kafka_broker::KafkaBroker;
use crate::run_process::{RunProcess, until};
use crate::stack::{BINARY, ends_well, keyed, text};
use std::fs;
use std::process::{Command, Stdio};

/// The command that fills Kafka in compose.yaml, for the broker at `bootstrap`.
fn history(bootstrap: &str) -> Vec<String> {
    let compose = text("dashboards/compose.yaml");
    let line = compose.lines().find_map(|line| line.trim().strip_prefix("touchload simulate ")).expect("the command");
    assert!(line.contains("kafka:9092"), "{line}");
    let words = line.replace("kafka:9092", bootstrap);
    std::iter::once("simulate").chain(words.split_whitespace()).map(str::to_owned).collect()
}

#[test]
fn what_compose_starts_finds_an_over_touch_and_asks_for_a_token() {
    let Some(alertmanager) = AlertmanagerProcess::start() else { return };
    let Some(broker) = KafkaBroker::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let (_, file) = keyed(here);
    let config = fs::read_to_string(&file).expect("a configuration");
    for (theirs, ours) in [
        ("kafka:9092", broker.bootstrap()),
        ("http://alertmanager:9093", alertmanager.url()),
        ("0.0.0.0:5433", "127.0.0.1:0".to_owned()),
    ] {
        assert!(config.contains(theirs), "{theirs}");
        let config = fs::read_to_string(&file).expect("a configuration");
        fs::write(&file, config.replace(theirs, &ours)).expect("written");
    }
    ends_well(Command::new(BINARY).args(history(&broker.bootstrap())));
    let mut process = RunProcess::start(&file, here.join("log"), &[]);
    process.wait_ready();
    until("the simulated history", || {
        process.must_run();
        (process.metric("touchload_records_total") > 3_000.0 && process.metric("touchload_consumer_lag_records") == 0.0)
            .then_some(())
    });
    let hcp = "hcp-of-nobody-else";
    ends_well(Command::new(BINARY).args(["touch", "--brokers", &broker.bootstrap(), "--hcp", hcp]));
    let theirs = until("the alert at Alertmanager", || {
        alertmanager.alerts().into_iter().find(|alert| alert["annotations"]["binding"] == "launch")
    });
    assert_eq!(theirs["labels"]["rule"], "over_budget", "{theirs}");
    let url = format!("http://{}", process.address().expect("it listens"));
    let ask = |token: &[&str]| {
        let question = ["check", "--hcp", hcp, "--channel", "phone", "--product", "demo-launch", "--url", &url];
        let output = Command::new(BINARY).args(question).args(token).stdin(Stdio::null()).output().expect("it starts");
        output.status.code()
    };
    let token = here.join("keys/token");
    assert_eq!(ask(&["--token-file", token.to_str().expect("a plain name")]), Some(3), "denied");
    assert_eq!(ask(&[]), Some(1), "nobody is answered without the token");
    process.stop();
}
