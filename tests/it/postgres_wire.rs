//! The Postgres server of a running demo and of `run`'s parts, asked by the real psql: who is let in, what is refused, and
//! that what is cancelled ends.

use crate::embedded::{Demo, metric};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Whether psql is there; with `CI=true` it has to be.
fn has_psql() -> bool {
    let found = Command::new("psql").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(found || std::env::var("CI").is_err(), "psql is missing: tests/setup/debian.sh tests");
    found
}

/// A demo whose state is complete, and the address that it prints for psql.
fn ready(seed: u64) -> (Demo, SocketAddr) {
    let mut demo = Demo::start(seed);
    demo.wait_for("/readyz", |_| true);
    demo.wait_busy();
    let at = demo.sql();
    (demo, at)
}

fn psql(at: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = Command::new("psql");
    command.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-U", "demo"]);
    command.args(["-h", &at.ip().to_string(), "-p", &at.port().to_string(), "-d", "touchload"]).args(arguments);
    command.env_remove("PGPASSWORD").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn asked(at: SocketAddr, sql: &str) -> Output {
    psql(at, &["-c", sql]).output().expect("psql runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// A statement that runs for minutes.
const LONG: &str = "SELECT count(*) FROM hcp_now a, hcp_now b, hcp_now c, hcp_now d, hcp_now e \
     WHERE a.touches + b.touches + c.touches + d.touches + e.touches < 0";

#[test]
fn psql_asks_a_demo() {
    if !has_psql() {
        return;
    }
    let (_demo, at) = ready(71);
    let one = asked(at, "SELECT 1 + 1, now() > '2020-01-01'::timestamptz, NULL");
    assert_eq!(text(&one.stdout), "2|t|", "{}", text(&one.stderr));
    for (sql, state) in [
        ("SELECT * FROM nobody", "42P01"),
        ("SELECT nothing FROM hcp_now", "42703"),
        ("SELEC 1", "42601"),
        ("DROP TABLE hcp_now", "25006"),
        ("SELECT 1 / 0", "22012"),
        (
            "SET statement_timeout = '100ms'; SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
            "57014",
        ),
    ] {
        let refused = asked(at, sql);
        assert!(!refused.status.success(), "{sql}");
        assert!(text(&refused.stderr).contains(state), "{sql}: {}", text(&refused.stderr));
    }
    let version = asked(at, "SHOW server_version");
    assert!(text(&version.stdout).starts_with("16."), "{}", text(&version.stdout));
    let cursor =
        "BEGIN; DECLARE c CURSOR FOR SELECT * FROM generate_series(1, 100000); FETCH 2 FROM c; FETCH 1 FROM c; COMMIT";
    let fetched = asked(at, cursor);
    assert!(text(&fetched.stdout).contains("1\n2") && text(&fetched.stdout).contains('3'), "{}", text(&fetched.stdout));
    let copied = asked(at, "COPY (SELECT 1 AS a, 'x,y' AS b) TO STDOUT (FORMAT csv, HEADER)");
    assert_eq!(text(&copied.stdout), "a,b\n1,\"x,y\"", "{}", text(&copied.stderr));
}

#[test]
fn what_is_cancelled_or_left_alone_ends() {
    if !has_psql() {
        return;
    }
    let (mut demo, at) = ready(72);
    let active = |page: &str| metric(page, "touchload_sql_active_queries");
    let mut running: Child = psql(at, &["-c", LONG]).spawn().expect("psql runs");
    demo.wait_for("/metrics", |page| active(page) >= 1.0);
    // Ctrl-C: psql sends a request to cancel on a connection of its own.
    let asked = Instant::now();
    let signal = Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("a signal");
    assert!(signal.success());
    let mut said = String::new();
    running.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    running.wait().expect("ends");
    // A second is promised; how long it takes where everything else is busy too says nothing about that.
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(said.contains("57014"), "{said}");
    demo.wait_for("/metrics", |page| active(page) == 0.0);
    // A client that is gone ends its query too.
    let mut gone = psql(at, &["-c", LONG]).spawn().expect("psql runs");
    demo.wait_for("/metrics", |page| active(page) >= 1.0);
    gone.kill().expect("killed");
    gone.wait().expect("ends");
    demo.wait_for("/metrics", |page| active(page) == 0.0);
}

#[test]
fn bytes_of_strangers_end_their_connection_and_nothing_else() {
    if !has_psql() {
        return;
    }
    let (_demo, at) = ready(73);
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 8, 0, 3, 0, 0], &[0x7f, 0xff, 0xff, 0xff]] {
        let mut stream = TcpStream::connect(at).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        stream.write_all(bytes).expect("written");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the server hangs up");
        assert!(answer.is_empty() || answer.first() == Some(&b'E'), "{answer:?}");
    }
    assert_eq!(text(&asked(at, "SELECT 1").stdout), "1");
}

/// `touchload user add` with a password on standard input.
fn add_user(file: &Path, name: &str, password: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["user", "add", name, "--role", "analyst", "--file"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("runs");
    child.stdin.take().expect("piped").write_all(format!("{password}\n").as_bytes()).expect("written");
    assert!(child.wait().expect("ends").success());
}

#[test]
fn a_users_file_holds_no_password_and_is_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.toml");
    add_user(&file, "anna", "correct horse");
    add_user(&file, "bert", "battery staple");
    add_user(&file, "anna", "another horse");
    let content = std::fs::read_to_string(&file).expect("read");
    assert!(content.contains("SCRAM-SHA-256$4096:") && !content.contains("horse"), "{content}");
    let list = Command::new(env!("CARGO_BIN_EXE_touchload")).args(["user", "list", "--file"]).arg(&file).output();
    assert_eq!(text(&list.expect("runs").stdout).lines().count(), 2);
}
