//! A real Prometheus with the rules of `dashboards/prometheus`, which scrapes one Touchload every second; ended with the value.
//!
//! Rules are evaluated every second too: their own intervals are minutes, and nobody waits for these.

use crate::grafana_board::{file, list, text};
use crate::run_process::until;
use crate::test_setup;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// See the module.
pub(crate) struct PrometheusServer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl PrometheusServer {
    /// A server that scrapes `target`, `None` when Prometheus is missing and the test is to be skipped.
    ///
    /// # Panics
    /// With `CI=true` when it is missing; anywhere when it does not come up.
    pub(crate) fn start(target: SocketAddr) -> Option<Self> {
        let program = test_setup::provide("prometheus.sh")?;
        let folder = tempfile::tempdir().expect("a folder");
        let mut rules = String::new();
        for name in ["recording.yaml", "pipeline.yaml", "business.yaml"] {
            let written = fs::read_to_string(file("dashboards/prometheus").join(name)).expect("rules");
            let hurried = written.replace("interval: 1m", "interval: 1s").replace("interval: 5m", "interval: 1s");
            fs::write(folder.path().join(name), hurried).expect("the folder can be written");
            rules += &format!("{name}, ");
        }
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{rules}]\nscrape_configs:\n  \
             - job_name: touchload\n    static_configs: [{{targets: [\"{target}\"]}}]\n"
        );
        fs::write(folder.path().join("prometheus.yml"), config).expect("the folder can be written");
        // Nobody takes the port in the moment in which it is free.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(fs::File::create(folder.path().join("log")).expect("a log file")))
            .spawn()
            .expect("Prometheus starts");
        let server = Self { child, port, folder };
        until("a ready Prometheus", || server.get("/-/ready").filter(|answer| answer.contains(" 200 ")).map(drop));
        Some(server)
    }

    /// The series that an expression has now.
    ///
    /// # Errors
    /// What Prometheus objects to.
    pub(crate) fn query(&self, expr: &str) -> Result<Vec<Value>, String> {
        let answer = self.get(&format!("/api/v1/query?query={}", escaped(expr))).ok_or("Prometheus does not answer")?;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let json: Value = serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))?;
        match json["status"].as_str() {
            Some("success") => Ok(list(&json["data"]["result"]).to_vec()),
            _ => Err(text(&json, "error").to_owned()),
        }
    }

    /// The values of a label among the series of a selector, sorted.
    ///
    /// # Errors
    /// As [`PrometheusServer::query`].
    pub(crate) fn label_values(&self, selector: &str, label: &str) -> Result<Vec<String>, String> {
        let series = self.query(&format!("count by ({label}) ({selector})"))?;
        let mut values: Vec<String> =
            series.iter().filter_map(|one| one["metric"][label].as_str()).map(str::to_owned).collect();
        values.sort();
        Ok(values)
    }

    /// What it has complained about.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        // HTTP/1.0: the answer comes in one piece.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

/// For an address.
fn escaped(text: &str) -> String {
    let of =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(of).collect()
}

impl Drop for PrometheusServer {
    fn drop(&mut self) {
        // An error means that it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
