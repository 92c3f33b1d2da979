//! A real Alertmanager: a child process on a free port, which ends with the value.

use crate::run_process::until;
use crate::test_setup;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CONFIG: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

/// One replica.
pub(crate) struct AlertmanagerProcess {
    program: PathBuf,
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl AlertmanagerProcess {
    /// A replica that answers, `None` when Alertmanager is missing and the test is to be skipped.
    ///
    /// # Panics
    /// With `CI=true` when it is missing; anywhere when it does not come up.
    pub(crate) fn start() -> Option<Self> {
        let program = test_setup::provide("alertmanager.sh")?;
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("config.yml"), CONFIG).expect("the folder can be written");
        // Nobody takes the port in the moment in which it is free.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let child = spawn(&program, port, &folder);
        let process = Self { program, child, port, folder };
        process.wait_ready();
        Some(process)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        // An error means that it has ended.
        self.child.kill().ok();
        self.child.wait().expect("a child can be waited for");
    }

    /// Starts it again at its address. It has forgotten every alert.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.program, self.port, &self.folder);
        self.wait_ready();
    }

    fn wait_ready(&self) {
        until("a ready Alertmanager", || self.get("/-/ready").filter(|a| a.contains(" 200 ")).map(drop));
    }

    /// The alerts that it holds as firing.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        let answer = self.get("/api/v2/alerts").unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match serde_json::from_str(body) {
            Ok(Value::Array(alerts)) => alerts,
            _ => Vec::new(),
        }
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

fn spawn(program: &PathBuf, port: u16, folder: &tempfile::TempDir) -> Child {
    Command::new(program)
        .arg(format!("--config.file={}", folder.path().join("config.yml").display()))
        .arg(format!("--storage.path={}", folder.path().display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        // One replica that looks for no others.
        .arg("--cluster.listen-address=")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("Alertmanager starts")
}

impl Drop for AlertmanagerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
