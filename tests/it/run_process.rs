//! `touchload run` as a child process: started, watched through its log and its HTTP endpoints, and ended in every way
//! a process can end.
//!
//! Nothing here waits for a fixed time: [`until`] asks again and again, and gives up loudly. Dropping a process kills
//! it; a guard process kills it also when the test process itself is killed.

use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Without the awaited thing for so long, a test has failed.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Asks until there is an answer.
///
/// # Panics
/// There is none in time; says what was waited for.
#[expect(clippy::disallowed_methods, reason = "other processes can only be polled, and a test has no event of theirs")]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// One `touchload run`.
pub(crate) struct RunProcess {
    child: Child,
    guard: Child,
    log: PathBuf,
}

impl RunProcess {
    /// Starts it with a configuration file; its log goes to `log`, one JSON object a line.
    pub(crate) fn start(config: &Path, log: PathBuf, environment: &[(&str, &str)]) -> Self {
        let out = File::create(&log).expect("the log opens");
        let child = Command::new(env!("CARGO_BIN_EXE_touchload"))
            .args(["run", "--http", "127.0.0.1:0", "--log-format", "json", "--config"])
            .arg(config)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a second handle"))
            .stderr(out)
            .spawn()
            .expect("touchload starts");
        let guard = Command::new("sh")
            .args(["-c", &format!("cat >/dev/null; kill -s KILL {}", child.id())])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        Self { child, guard, log }
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Fails the test when it has ended by itself.
    pub(crate) fn must_run(&mut self) {
        if let Some(status) = self.ended() {
            panic!("touchload ended by itself ({status}); its log says:\n{}", self.said());
        }
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        // Where it panicked, without the frames, and how it ended: a backtrace alone would say neither.
        let is_frame = |line: &&str| {
            line.trim_start().starts_with("at ")
                || line.split_once(": ").is_some_and(|(n, _)| n.trim().parse::<u32>().is_ok())
        };
        let lines: Vec<&str> = text.lines().filter(|line| !is_frame(line)).collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }

    /// Whether `text` stands in its log.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        fs::read_to_string(&self.log).unwrap_or_default().contains(text)
    }

    /// The fields of every log line with this message, oldest first.
    pub(crate) fn events(&self, message: &str) -> Vec<Value> {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.map(|line| line["fields"].clone()).filter(|f| f["message"] == message).collect()
    }

    /// Numbers of partitions of its assignments so far, oldest first.
    pub(crate) fn assignments(&self) -> Vec<u64> {
        self.events("assigned and restored").iter().filter_map(|f| f["partitions"].as_u64()).collect()
    }

    /// Waits until its latest assignment has so many partitions.
    pub(crate) fn wait_assigned(&mut self, partitions: u64) {
        until(&format!("an assignment of {partitions} partitions"), || {
            self.must_run();
            (self.assignments().last() == Some(&partitions)).then_some(())
        });
    }

    /// Waits until `/readyz` says yes.
    pub(crate) fn wait_ready(&mut self) {
        until("/readyz", || {
            self.must_run();
            self.get("/readyz").filter(|answer| answer.starts_with("HTTP/1.1 200")).map(drop)
        });
    }

    /// The sum of all samples of a metric, by the sample's name without labels; 0 while there is none.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let page = self.get("/metrics").unwrap_or_default();
        let of_name = |line: &&str| line.split(['{', ' ']).next() == Some(name);
        page.lines().filter(of_name).filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Where it listens; `None` before.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.events("started; metrics at /metrics").first()?["http"].as_str()?.parse().ok()
    }

    /// An answer over HTTP with its head; `None` while it does not listen.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        self.ask(&format!("GET {path}"), "")
    }

    /// The answer to a body of JSON.
    pub(crate) fn post(&self, path: &str, body: &str) -> Option<String> {
        self.ask(&format!("POST {path}"), body)
    }

    fn ask(&self, line: &str, body: &str) -> Option<String> {
        let address = self.address()?;
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let length = body.len();
        let headers = format!("Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close");
        write!(stream, "{line} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n\r\n{body}").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Ends it in order (SIGTERM) and fails the test unless it says that it ended well.
    pub(crate) fn stop(mut self) {
        self.must_run();
        self.signal("TERM");
        let status = until("the end after SIGTERM", || self.ended());
        assert!(status.success(), "after SIGTERM: {status}; its log says:\n{}", self.said());
    }

    /// Ends it at once (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.must_run();
        self.end();
    }

    /// Freezes it (SIGSTOP).
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it run on (SIGCONT).
    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        // The shell's own kill: signals from Rust would need unsafe code. The child is not waited for before, so the id
        // is still its own.
        let script = format!("kill -s {name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &script]).status().expect("sh runs");
        assert!(status.success(), "signal {name} did not arrive");
    }

    fn end(&mut self) {
        // The guard goes first: until the child is waited for, its id cannot become another process's.
        for process in [&mut self.guard, &mut self.child] {
            // An error means that it has ended; wait then gives its status at once.
            process.kill().ok();
            process.wait().expect("a child can be waited for");
        }
    }
}

impl Drop for RunProcess {
    fn drop(&mut self) {
        self.end();
    }
}
