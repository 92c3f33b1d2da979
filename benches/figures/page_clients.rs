//! Open pages without a browser, in a process of their own: each asks what the live page asks, as often, and sends back the tags of
//! what it knows.
//!
//! Four pages of five are filtered by one of four territories, one shows everybody. They open one after the other within the
//! first interval.

use crate::http_client::{Connection, header};
use crate::latencies::Latencies;
use anyhow::{anyhow, ensure};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a page asks, and how long after each answer again; `?` marks where its filter goes.
const ASKED: [(&str, f64); 7] = [
    ("/v1/overview?", 5.0),
    ("/v1/pipeline", 5.0),
    ("/v1/pipeline", 5.0),
    ("/v1/overview/hcps?list=hold&limit=8&", 60.0),
    ("/v1/overview/hcps?list=over&limit=8&", 60.0),
    ("/v1/overview/hcps?list=untouched&limit=8&", 60.0),
    ("/v1/overview/weeks?", 120.0),
];
/// The question whose latency is told.
const TOLD: &str = "/v1/overview?";
const FILTERS: [&str; 5] = ["", "territory=ter-001", "territory=ter-002", "territory=ter-003", "territory=ter-004"];
/// Pages open within this.
const OPEN_WITHIN: f64 = 5.0;

/// One question of one page.
struct Question {
    path: String,
    every: Duration,
    due: Instant,
    tag: Option<String>,
}

/// What all pages count.
#[derive(Default)]
struct Counts {
    asked: AtomicU64,
    unchanged: AtomicU64,
}

/// So many pages for so long, in this process.
pub(crate) fn measure(address: SocketAddr, pages: usize, seconds: f64) -> anyhow::Result<Value> {
    let (counts, ends) = (Counts::default(), Instant::now() + Duration::from_secs_f64(seconds));
    let answered: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let counts = &counts;
        let open = |number: usize| {
            let opens = Instant::now() + Duration::from_secs_f64(OPEN_WITHIN * number as f64 / pages as f64);
            scope.spawn(move || page(address, questions(number, opens), ends, counts))
        };
        let pages: Vec<_> = (0..pages).map(open).collect();
        pages
            .into_iter()
            .map(|page| page.join().map_err(|_| anyhow!("a page panicked"))?)
            .collect::<anyhow::Result<_>>()
    })?;
    let mut printed = Latencies::of(answered.into_iter().flatten().collect()).printed()?;
    printed["asked"] = json!(counts.asked.load(Ordering::Relaxed));
    printed["unchanged"] = json!(counts.unchanged.load(Ordering::Relaxed));
    Ok(printed)
}

fn questions(number: usize, opens: Instant) -> Vec<Question> {
    let filter = FILTERS.get(number % FILTERS.len()).copied().unwrap_or_default();
    let question = |(path, every): (&str, f64)| Question {
        path: if path.contains('?') { format!("{path}{filter}") } else { path.to_owned() },
        every: Duration::from_secs_f64(every),
        due: opens,
        tag: None,
    };
    ASKED.map(question).into()
}

/// One page, until it is closed: the milliseconds of its overviews.
fn page(address: SocketAddr, mut questions: Vec<Question>, ends: Instant, counts: &Counts) -> anyhow::Result<Vec<f64>> {
    let (mut connection, mut millis) = (Connection::open(address)?, Vec::new());
    loop {
        let Some(next) = questions.iter_mut().min_by_key(|question| question.due) else { return Ok(millis) };
        if next.due >= ends {
            return Ok(millis);
        }
        while let Some(rest) = next.due.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) {
            std::thread::park_timeout(rest);
        }
        let asked = Instant::now();
        let known = next.tag.as_ref().map(|tag| format!("If-None-Match: {tag}\r\n")).unwrap_or_default();
        let request =
            format!("GET {} HTTP/1.1\r\nHost: {address}\r\n{known}\r\n", next.path.trim_end_matches(['?', '&']));
        let status = connection.ask(request.as_bytes())?;
        ensure!(status == 200 || status == 304, "{} was answered with status {status}", next.path);
        counts.asked.fetch_add(1, Ordering::Relaxed);
        counts.unchanged.fetch_add(u64::from(status == 304), Ordering::Relaxed);
        let answer = String::from_utf8_lossy(connection.last());
        next.tag = answer.split("\r\n\r\n").next().and_then(|head| header(head, "etag")).map(str::to_owned);
        if next.path.starts_with(TOLD) {
            millis.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        next.due = Instant::now() + next.every;
    }
}
