//! The server over a socket, asked by the real psql: logins, encryption, limits, and the end of what is cancelled.

use super::{
    Admission, AuditText, Encryption, EncryptionFiles, Journal, Limits, MaxConnections, ServerParts, Sessions,
    SharedUsers, User, Users, Verifier, serve,
};
use crate::access::Reader;
use crate::audit::AuditLog;
use crate::metrics::sql::SqlMetrics;
use async_trait::async_trait;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use touchpoint::{Clock, Micros};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Micros {
        1_782_820_800_000_000
    }
}

/// Sessions that hold nothing.
struct Empty;

#[async_trait]
impl Sessions for Empty {
    fn open(&self, _reader: &Reader) -> Result<SessionContext, DataFusionError> {
        Ok(SessionContext::new())
    }

    async fn begin_statement(&self, _context: &SessionContext) -> Result<(), DataFusionError> {
        Ok(())
    }
}

/// A server that runs until this is dropped.
struct Running {
    at: SocketAddr,
    folder: tempfile::TempDir,
    users: SharedUsers,
    stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn anna(password: &str) -> Users {
    let reader = Reader { name: "anna".into(), ..Reader::loopback() };
    Users::new([User { verifier: Verifier::of(password).expect("a password"), reader }])
}

fn start(limits: Limits, encryption: Option<Encryption>) -> Running {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    let metrics = SqlMetrics::register(&prometheus::Registry::new()).expect("new");
    let log = AuditLog::start(folder.path().to_path_buf()).expect("a thread");
    let users = SharedUsers::new(anna("pencil")).expect("random");
    let (stop, admission) = (CancellationToken::new(), Admission::Users(users.clone()));
    let journal = Journal { log, text: AuditText::Hashed, clock: Arc::new(Noon), metrics };
    let parts =
        ServerParts { admission, encryption, sessions: Arc::new(Empty), limits, journal, threads: Handle::current() };
    let until = stop.clone();
    tokio::spawn(async move { serve(listener, parts, until).await.expect("serves") });
    Running { at, folder, users, stop }
}

impl Running {
    /// What psql says to a statement; `None` where there is no psql, which in CI there has to be.
    async fn ask(&self, password: &str, mode: &str, sql: &str) -> Option<Output> {
        let (at, password, sql) = (self.at, password.to_owned(), sql.to_owned());
        let url = format!("postgresql://anna@{}:{}/any?sslmode={mode}", at.ip(), at.port());
        let run = move || {
            let mut command = Command::new("psql");
            command.args(["-XAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", &url, "-c", &sql]);
            command.env("PGPASSWORD", password).output().ok()
        };
        let output = tokio::task::spawn_blocking(run).await.expect("runs");
        assert!(output.is_some() || std::env::var("CI").is_err(), "psql is missing");
        output
    }

    /// A psql that has logged in and been answered, and holds its connection while its input is open.
    fn stay(&self) -> Child {
        let url = format!("postgresql://anna@{}:{}/any?sslmode=disable", self.at.ip(), self.at.port());
        let mut command = Command::new("psql");
        command.args(["-XAt", "-d", &url]).env("PGPASSWORD", "pencil").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut psql = command.spawn().expect("psql");
        psql.stdin.as_mut().expect("piped").write_all(b"SELECT 1;\n").expect("asked");
        psql.stdout.as_mut().expect("piped").read_exact(&mut [0]).expect("answered");
        psql
    }

    async fn says(&self, sql: &str) -> String {
        let output = self.ask("pencil", "disable", sql).await;
        output.map_or_else(String::new, |output| all(&output))
    }
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn has_psql() -> bool {
    Command::new("psql").arg("--version").output().is_ok() || std::env::var("CI").is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_in_and_asks() {
    let server = start(Limits::default(), None);
    if !has_psql() {
        return;
    }
    assert_eq!(server.says("SELECT 1 + 1, 'ä', NULL, 1.5").await, "2|ä||1.5\n");
    assert!(server.says("SELECT 1 / 0").await.contains("22012"));
    assert!(server.says("SELECT * FROM nobody").await.contains("42P01"));
    assert!(server.says("CREATE TABLE t (a INT)").await.contains("25006"));
    assert_eq!(
        server
            .says("BEGIN; DECLARE c CURSOR FOR SELECT * FROM (VALUES (1), (2), (3)); FETCH 2 FROM c")
            .await
            .lines()
            .collect::<Vec<_>>(),
        ["BEGIN", "DECLARE CURSOR", "1", "2"]
    );
    assert_eq!(server.says("COPY (SELECT 1 AS a, 'x,y' AS b) TO STDOUT (FORMAT csv)").await, "1,\"x,y\"\n");
    for wrong in ["pen", ""] {
        let refused = server.ask(wrong, "disable", "SELECT 1").await.expect("psql");
        assert!(!refused.status.success());
    }
    server.users.replace(anna("another"));
    assert!(server.says("SELECT 1").await.contains("password authentication failed"));
    let audit = std::fs::read_to_string(server.folder.path().join("2026-06-30.ndjson")).expect("lines");
    assert!(audit.contains("\"refused\"") && audit.contains("\"ok\"") && !audit.contains("nobody"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_certificate_takes_encrypted_connections_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let certificate = file("crt", include_str!("encryption/pem/ec.crt"));
    let key = file("key", include_str!("encryption/pem/sec1.key"));
    let encryption = Encryption::load(&EncryptionFiles { certificate, key }).expect("a pair");
    let server = start(Limits::default(), Some(encryption));
    if !has_psql() {
        return;
    }
    let plain = server.ask("pencil", "disable", "SELECT 1").await.expect("psql");
    assert!(all(&plain).contains("encrypted connections only"), "{}", all(&plain));
    let encrypted = server.ask("pencil", "require", "SELECT 1").await.expect("psql");
    assert_eq!(all(&encrypted), "1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_told() {
    let limits = Limits {
        connections: MaxConnections { total: 2, per_user: 1 },
        rows: 10,
        message: 2_000,
        statement: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = start(limits, None);
    if !has_psql() {
        return;
    }
    let rows = server.says("SELECT * FROM (VALUES (1), (2), (3), (4)) a, (VALUES (1), (2), (3)) b").await;
    assert!(rows.contains("54000"), "{rows}");
    let long = server.says(&format!("SELECT '{}'", "x".repeat(3_000))).await;
    assert!(long.contains("54000") || long.contains("longer than the server reads"), "{long}");
    let slow = server.says(SLOW).await;
    assert!(slow.contains("57014"), "{slow}");
    let mut held = server.stay();
    let refused = server.says("SELECT 1").await;
    assert!(refused.contains("too many connections for role"), "{refused}");
    drop(held.stdin.take());
    held.wait().expect("psql ends with its input");
    // The server takes note of the end in its own time.
    while server.says("SELECT 1").await != "1\n" {}
}

/// A statement that runs for minutes, and gives way while it does.
const SLOW: &str =
    "SELECT count(*) FROM generate_series(1, 10000) a, generate_series(1, 10000000) b, generate_series(1, 10000) c";
