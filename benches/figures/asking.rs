//! Clients that ask the HTTP endpoints of a running engine, in a process of their own.
//!
//! Questions fall due by a timetable that nobody's answer changes (a Poisson process of the given rate); each of the
//! clients, which keep their connections, takes the next one that is due and asks as soon as it is free. A question's
//! latency counts from the instant at which it was due, so that what waits behind a slow answer is not left out. With
//! rate 0 each client asks as soon as it was answered: what the clients can ask at most.

use crate::http_client::Connection;
use crate::latencies::Latencies;
use crate::rows::{firehose, mix};
use anyhow::{anyhow, ensure};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The token of [`TOKENS`].
const TOKEN: &str = "password";
/// A tokens file for the engine.
pub(crate) const TOKENS: &str = "[[tokens]]\nname = \"orchestrator\"\nrole = \"commercial\"\n\
    sha256 = \"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\"\n";
/// Different questions.
const QUESTIONS: u64 = 4_096;
/// This part of the time, the first, is not measured.
const WARM_UP: f64 = 0.1;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Question {
    /// `POST /v1/check` with one proposal.
    Check,
    /// `GET /healthz`.
    Healthz,
}

/// Who asks what, how often, for how long.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct AskArgs {
    pub(crate) address: SocketAddr,
    pub(crate) question: Question,
    pub(crate) clients: usize,
    /// Questions per second in all.
    pub(crate) rate: f64,
    pub(crate) seconds: f64,
    /// HCPs of the firehose.
    pub(crate) hcps: u32,
}

/// What the clients share.
struct Plan {
    requests: Vec<Vec<u8>>,
    /// When each question is due; empty: at once.
    due: Vec<Duration>,
    warm_up: Duration,
    /// Whoever is not answered by then is not asked any more.
    ends: Duration,
    next: AtomicUsize,
    began: Instant,
}

/// Asks, in this process.
pub(crate) fn measure(args: &AskArgs) -> anyhow::Result<Value> {
    let due = timetable(args.rate, args.seconds);
    let warm_up = Duration::from_secs_f64(args.seconds * WARM_UP);
    let patience = if due.is_empty() { 1.0 } else { 2.0 };
    let connections: Vec<Connection> =
        (0..args.clients).map(|_| Connection::open(args.address)).collect::<anyhow::Result<_>>()?;
    let plan = Plan {
        requests: requests(args)?,
        warm_up,
        ends: Duration::from_secs_f64(args.seconds * patience),
        next: AtomicUsize::new(0),
        began: Instant::now(),
        due,
    };
    let answered: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let plan = &plan;
        let clients: Vec<_> =
            connections.into_iter().map(|connection| scope.spawn(move || ask(connection, plan))).collect();
        clients
            .into_iter()
            .map(|client| client.join().map_err(|_| anyhow!("a client panicked"))?)
            .collect::<anyhow::Result<_>>()
    })?;
    let elapsed = (plan.began.elapsed() - warm_up).as_secs_f64();
    let latencies = Latencies::of(answered.into_iter().flatten().collect());
    let mut printed = latencies.printed()?;
    printed["rate"] = json!(latencies.count() as f64 / elapsed);
    Ok(printed)
}

/// Exponential gaps from numbers that look random, the same in every run.
fn timetable(rate: f64, seconds: f64) -> Vec<Duration> {
    if rate <= 0.0 {
        return Vec::new();
    }
    let mut at = 0.0;
    let gaps = (0_u64..).map(|n| {
        let uniform = (mix(n) >> 11) as f64 / (1_u64 << 53) as f64;
        at -= (1.0 - uniform).ln() / rate;
        at
    });
    gaps.take_while(|at| *at < seconds).map(Duration::from_secs_f64).collect()
}

/// One client: the milliseconds of its answers.
fn ask(mut connection: Connection, plan: &Plan) -> anyhow::Result<Vec<f64>> {
    let mut millis = Vec::new();
    loop {
        let ticket = plan.next.fetch_add(1, Ordering::Relaxed);
        let now = plan.began.elapsed();
        let due = if plan.due.is_empty() { Some(now) } else { plan.due.get(ticket).copied() };
        let Some(due) = due.filter(|_| now < plan.ends) else { return Ok(millis) };
        while let Some(rest) = due.checked_sub(plan.began.elapsed()).filter(|rest| !rest.is_zero()) {
            std::thread::park_timeout(rest);
        }
        let request = plan.requests.get(ticket % plan.requests.len().max(1)).ok_or_else(|| anyhow!("no question"))?;
        let status = connection.ask(request)?;
        ensure!(status == 200, "an answer of status {status}");
        if due >= plan.warm_up {
            millis.push((plan.began.elapsed() - due).as_secs_f64() * 1e3);
        }
    }
}

fn requests(args: &AskArgs) -> anyhow::Result<Vec<Vec<u8>>> {
    let address = args.address;
    if args.question == Question::Healthz {
        return Ok(vec![format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()]);
    }
    // The busiest HCPs come up most often, as they do in the stream.
    let hcps = firehose(args.hcps, QUESTIONS)?.map(|item| item.key);
    let request = |hcp_id: String| {
        let proposal = json!({ "hcp_id": hcp_id, "channel": "email", "origin": "rep", "owner_id": "rep-0001" });
        let body = json!({ "proposals": [proposal] }).to_string();
        let head = format!(
            "POST /v1/check HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    };
    Ok(hcps.map(request).collect())
}
