//! `touchload demo` as a process: the embedded broker, the whole pipeline, HTTP, and its end.

use crate::prometheus_tools::Promtool;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use touchload::clock::SystemClock;
use touchpoint::Clock;
use touchpoint::time::{HOUR, SECOND};

/// A demo that runs, ended with the value.
pub(crate) struct Demo {
    child: Child,
    http: SocketAddr,
    dir: tempfile::TempDir,
}

/// What a demo left.
pub(crate) struct Ended {
    /// Its folder, `data` and logs; the tables are under `data`.
    pub(crate) dir: tempfile::TempDir,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) log: String,
}

impl Ended {
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }
}

impl Demo {
    /// A small company, every fifth record bad, everything logged. It would end by itself, but long after any test.
    pub(crate) fn start(seed: u64) -> Self {
        Self::start_with(seed, &[])
    }

    /// The same with more options.
    pub(crate) fn start_with(seed: u64, options: &[&str]) -> Self {
        let seed = seed.to_string();
        let small = ["--hcps", "200", "--rate", "200", "--poison", "0.2", "--seed", &seed];
        Self::as_typed(&[small.as_slice(), options].concat())
    }

    /// What somebody gets who types these options alone, and finds the usual ports taken.
    pub(crate) fn as_typed(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
        let file = |name: &str| Stdio::from(std::fs::File::create(dir.path().join(name)).expect("a log file"));
        let child = Command::new(env!("CARGO_BIN_EXE_touchload"))
            .args(["-vv", "demo", "--no-view", "--for", "10m", "--http", &port.to_string(), "--sql", "127.0.0.1:0"])
            .args(options)
            .arg("--data")
            .arg(dir.path().join("data"))
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("log"))
            .spawn()
            .expect("touchload starts");
        Self { child, http: port, dir }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.http
    }

    /// Where its Postgres door is, by the command line that it prints for psql.
    pub(crate) fn sql(&self) -> SocketAddr {
        let said = self.said();
        let line = said.lines().find(|line| line.contains("psql -h")).expect("a command line for psql");
        let words: Vec<&str> = line.split_whitespace().collect();
        let after =
            |flag: &str| words.iter().position(|w| *w == flag).and_then(|at| words.get(at + 1)).expect("an option");
        format!("{}:{}", after("-h"), after("-p")).parse().expect("an address")
    }

    /// What it has written to standard output so far.
    pub(crate) fn said(&self) -> String {
        self.read("out")
    }

    /// Status and body, `None` when nobody answers.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.http).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }

    /// Asks until `path` answers 200 with `wanted` in it.
    ///
    /// # Panics
    /// The demo ended before.
    pub(crate) fn wait_for(&mut self, path: &str, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            if let Some((200, body)) = self.get(path) {
                if wanted(&body) {
                    return body;
                }
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("the demo ended with {status}:\n{}", self.read("log"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until it has read its history and shows gauges; gives the metrics page.
    pub(crate) fn wait_busy(&mut self) -> String {
        self.wait_for("/metrics", |page| {
            metric(page, "touchload_records_total") > 2_000.0
                && metric(page, "touchload_rejects_total") > 50.0
                && metric(page, "touchload_hcps") > 0.0
        })
    }

    /// Waits until it has read the history of its company; gives the metrics page.
    pub(crate) fn wait_history(&mut self) -> String {
        self.wait_for("/metrics", |page| {
            // History keeps the time at which it came in.
            let hour_ago = (SystemClock.now() - HOUR) / SECOND;
            let newest = page.lines().filter_map(|line| line.strip_prefix("touchload_last_record_timestamp_seconds{"));
            let newest = newest.filter_map(|rest| rest.rsplit_once("} ")?.1.parse().ok()).fold(0.0, f64::max);
            newest > hour_ago as f64
                && metric(page, "touchload_consumer_lag_records") < 50.0
                && metric(page, "touchload_hcps") > 0.0
        })
    }

    /// The command that it prints behind a label, without the program's name.
    pub(crate) fn printed(&self, label: &str) -> Option<Vec<String>> {
        let said = self.said();
        let line = said.lines().find(|line| line.starts_with(label))?;
        let (_, command) = line.split_once("touchload ")?;
        Some(command.split(' ').map(str::to_owned).collect())
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// It has ended.
    pub(crate) fn signal(&self, name: &str) {
        let (signal, id) = (format!("-{name}"), self.child.id().to_string());
        let told = Command::new("kill").args([signal, id]).status().expect("kill runs");
        assert!(told.success(), "the demo had ended before");
    }

    /// Asks it to stop and waits for its end.
    ///
    /// # Panics
    /// It failed.
    pub(crate) fn stop(mut self) -> Ended {
        self.signal("TERM");
        let status = self.child.wait().expect("a child");
        let (out, log) = (self.read("out"), self.read("log"));
        assert!(status.success(), "the demo ended with {status}:\n{log}");
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().expect("a folder"));
        Ended { dir, out, log }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).expect("a log file")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is what is wanted.
        self.child.kill().unwrap_or_default();
        self.child.wait().ok();
    }
}

/// The sum of a metric over its labels.
pub(crate) fn metric(page: &str, name: &str) -> f64 {
    let value = |line: &str| {
        let rest = line.strip_prefix(name)?;
        let rest = if rest.starts_with('{') { rest.rsplit_once('}')?.1 } else { rest };
        rest.trim().parse::<f64>().ok()
    };
    page.lines().filter_map(value).sum()
}

#[test]
fn a_demo_serves_and_ends_with_its_summary() {
    let mut demo = Demo::start(2);
    demo.wait_for("/readyz", |_| true);
    let page = demo.wait_busy();
    assert_eq!(demo.get("/healthz").map(|(status, _)| status), Some(200));
    assert_eq!(demo.get("/nowhere").map(|(status, _)| status), Some(404));
    if let Some(promtool) = Promtool::find() {
        assert_eq!(promtool.check_metrics(&page), Ok(()));
    }
    let ended = demo.stop();
    assert!(ended.out.contains("demo took") && ended.out.contains("touchpoint_log"), "{}", ended.out);
}
