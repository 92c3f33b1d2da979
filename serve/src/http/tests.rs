//! The server over a real socket with a client of a few lines.

mod alerts;
mod api;
mod overview;
mod schema;

use super::{HttpLimits, HttpState, serve};
use crate::api::Door;
use crate::health::{Assignment, Commit, Health, Restore};
use crate::page::MetricsPage;
use prometheus::Registry;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use touchpoint::Clock;
use touchpoint::time::SECOND;

/// A clock that a test moves.
struct HandClock(std::sync::atomic::AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

struct Server {
    address: SocketAddr,
    health: Arc<Health>,
    clock: Arc<HandClock>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), super::HttpError>>,
}

fn start() -> Server {
    start_with(|_, _| Door::Closed("there is none"))
}

fn start_with(door: impl FnOnce(&Arc<Health>, Arc<dyn Clock>) -> Door) -> Server {
    start_within(HttpLimits::default(), door)
}

fn start_within(limits: HttpLimits, door: impl FnOnce(&Arc<Health>, Arc<dyn Clock>) -> Door) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let clock = Arc::new(HandClock((1_000 * SECOND).into()));
    let health = Arc::new(Health::new(clock.clone(), Duration::from_secs(30)));
    let registry = Registry::new();
    let ticks = prometheus::IntCounter::new("touchload_ticks_total", "Ticks.").expect("sound");
    registry.register(Box::new(ticks)).expect("new");
    let api = door(&health, clock.clone());
    let state = HttpState { page: Arc::new(MetricsPage::new(registry)), health: Arc::clone(&health), api };
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, state, limits, stop.clone()));
    Server { address, health, clock, stop, task }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends the bytes of a request and reads the answer to its end.
async fn ask(server: &Server, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    stream.write_all(request).await.expect("sends");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("answers");
    let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("status");
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// A request by its first words, more headers and a body.
async fn send(server: &Server, line: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head =
        format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n");
    ask(server, &[head.as_bytes(), body].concat()).await
}

async fn get(server: &Server, path: &str) -> Answer {
    send(server, &format!("GET {path}"), "", b"").await
}

#[tokio::test]
async fn the_page_is_served_as_text() {
    let server = start();
    let answer = get(&server, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", answer.head);
    assert_eq!(
        answer.body,
        "# HELP touchload_ticks_total Ticks.\n# TYPE touchload_ticks_total counter\ntouchload_ticks_total 0\n"
    );
    assert!(get(&server, "/").await.body.contains("/readyz"));
}

#[tokio::test]
async fn a_stalled_loop_is_unhealthy_until_it_turns() {
    let server = start();
    assert_eq!(get(&server, "/healthz").await.json()["alive"], true);
    server.clock.0.store(1_045 * SECOND, std::sync::atomic::Ordering::Relaxed);
    let stalled = get(&server, "/healthz").await;
    assert_eq!(stalled.status, 503);
    assert!(stalled.head.contains("content-type: application/problem+json"), "{}", stalled.head);
    assert_eq!(stalled.json()["last_turn_age_seconds"], 45.0);
    assert_eq!(stalled.json()["status"], 503);
    assert!(stalled.body.contains("45.0 s ago; at most 30.0 s"), "{}", stalled.body);
    server.health.turned(1_044 * SECOND);
    assert_eq!(get(&server, "/healthz").await.status, 200);
}

#[tokio::test]
async fn ready_names_what_is_missing() {
    let server = start();
    let answer = get(&server, "/readyz").await;
    assert_eq!(
        (answer.status, &answer.json()["missing"]),
        (503, &serde_json::json!(["assigned", "restored", "committed"]))
    );
    server.health.assigned(Assignment::Assigned);
    let answer = get(&server, "/readyz").await;
    assert_eq!((answer.status, &answer.json()["missing"]), (503, &serde_json::json!(["restored", "committed"])));
    server.health.restored(Restore::Done);
    let answer = get(&server, "/readyz").await;
    assert_eq!((answer.status, &answer.json()["missing"]), (200, &serde_json::json!(["committed"])));
    server.health.committed(Commit::Done);
    assert_eq!(get(&server, "/readyz").await.json(), serde_json::json!({ "ready": true, "missing": [] }));
}

#[tokio::test]
async fn errors_are_problem_documents() {
    let server = start();
    for (method, path, status) in [("GET", "/nowhere", 404), ("POST", "/metrics", 405)] {
        let answer = send(&server, &format!("{method} {path}"), "", b"").await;
        assert_eq!(answer.status, status);
        assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
        assert_eq!(answer.json()["status"], status);
    }
    let head = send(&server, "HEAD /healthz", "", b"").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn it_stops_when_told_and_frees_the_port() {
    let server = start();
    assert_eq!(get(&server, "/healthz").await.status, 200);
    server.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(4), server.task).await.expect("no open request, no waiting");
    assert!(ended.expect("no panic").is_ok());
    assert!(TcpStream::connect(server.address).await.is_err());
}

/// A connection that stays, with the answer to a first request.
async fn staying(server: &Server) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sends");
    let mut text = Vec::new();
    while !text.ends_with(b"}") {
        let read = stream.read_buf(&mut text).await.expect("answers");
        assert!(read > 0, "the connection ended: {}", String::from_utf8_lossy(&text));
    }
    (stream, String::from_utf8_lossy(&text).to_lowercase())
}

#[tokio::test]
async fn who_finds_no_place_is_told_so_and_gets_one_when_another_goes() {
    let limits = HttpLimits { connections: 2, ..HttpLimits::default() };
    let server = start_within(limits, |_, _| Door::Closed("there is none"));
    let (one, _) = staying(&server).await;
    let (_other, said) = staying(&server).await;
    assert!(said.starts_with("http/1.1 200"), "{said}");
    for path in ["/healthz", "/v1/check", "/nowhere"] {
        let told = get(&server, path).await;
        assert_eq!((told.status, &told.json()["title"]), (503, &serde_json::json!("too many connections")), "{path}");
        for expected in ["content-type: application/problem+json", "retry-after: 1", "connection: close"] {
            assert!(told.head.contains(expected), "{path}: {}", told.head);
        }
    }
    drop(one);
    // It is seen to be gone in its time.
    while get(&server, "/healthz").await.status == 503 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_comes_when_nobody_can_even_be_told_waits() {
    let limits = HttpLimits { connections: 1, ..HttpLimits::default() };
    let server = start_within(limits, |_, _| Door::Closed("there is none"));
    let (one, _) = staying(&server).await;
    // All places beside the one are taken by connections that say nothing.
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(TcpStream::connect(server.address).await.expect("connects"));
    }
    drop((one, silent));
    while get(&server, "/healthz").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_ends() {
    let limits = HttpLimits { idle: Duration::from_secs(1), ..HttpLimits::default() };
    let server = start_within(limits, |_, _| Door::Closed("there is none"));
    let (mut stream, _) = staying(&server).await;
    let mut rest = Vec::new();
    // Either way of ending is one.
    stream.read_to_end(&mut rest).await.unwrap_or_default();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}
