//! What eight analysts cost ingest: the engine works off what is in Kafka, alone, and while eight clients ask one question after
//! another.
//!
//! Broker and engine have a core each; the statements run in the engine's process and share its core. Each analyst asks another
//! kind of question: the live state, history at an instant, groups and windows over the log as it grows.

use crate::Sizes;
use crate::engine::Engine;
use crate::latencies::Latencies;
use crate::postgres_client::{Login, PostgresClient};
use crate::sql_door::Users;
use crate::stage::Broker;
use crate::table::{Row, count};
use anyhow::anyhow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const QUESTIONS: [&str; 8] = [
    "SELECT hcp_id, interruption_load, touches FROM hcp_now ORDER BY interruption_load DESC LIMIT 20",
    "SELECT country, count(*), avg(visits_per_week) FROM hcp_now GROUP BY country ORDER BY 2 DESC",
    "SELECT zone, count(*) FROM hcp_now GROUP BY zone",
    "SELECT channel, date_trunc('day', occurred_at) AS day, count(*) FROM touchpoints GROUP BY 1, 2 ORDER BY 2 DESC, 1 LIMIT 200",
    "SELECT owner_id, count(*) AS touches, count(DISTINCT hcp_id) AS hcps FROM touchpoints GROUP BY 1 ORDER BY 2 DESC LIMIT 50",
    "SELECT kind, late, count(*) FROM touchpoint_log GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT \"window\", count(*), avg(fragmentation), avg(coherence) FROM hcp_metrics_at(now()) GROUP BY 1 ORDER BY 1",
    "SELECT hcp_id, occurred_at - lag(occurred_at) OVER (PARTITION BY hcp_id ORDER BY occurred_at) AS gap FROM touchpoints \
     WHERE hcp_id < 'hcp-000100' ORDER BY 1, 2 LIMIT 500",
];
const CLIENTS: usize = QUESTIONS.len();

/// One engine that read everything.
struct Ran {
    rate: f64,
    /// Milliseconds of each answered question.
    answers: Vec<f64>,
    seconds: f64,
}

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let records = sizes.stage_records;
    let Some(broker) = Broker::start(records)? else { return Ok(vec![Row::failed("eight analysts at work")]) };
    let (mut alone, mut beside): (Option<Ran>, Option<Ran>) = (None, None);
    for _ in 0..sizes.runs {
        alone = faster(alone, run(&broker, records, 0)?);
        beside = faster(beside, run(&broker, records, CLIENTS)?);
    }
    let (Some(alone), Some(beside)) = (alone, beside) else { return Ok(vec![Row::failed("eight analysts at work")]) };
    let latencies = Latencies::of(beside.answers.clone());
    let answered = beside.answers.len() as f64 / beside.seconds;
    let ingest = Row::new(
        format!("ingest of {} records beside {CLIENTS} analysts", count(records as f64)),
        format!("{} records/s", count(beside.rate)),
    );
    Ok(vec![
        ingest.beside(format!("alone: {} records/s", count(alone.rate)), beside.rate / alone.rate),
        Row::new("questions answered meanwhile", format!("{answered:.1}/s, {}", latencies.shown()?)),
    ])
}

fn faster(best: Option<Ran>, ran: Ran) -> Option<Ran> {
    best.into_iter().chain([ran]).max_by(|a, b| a.rate.total_cmp(&b.rate))
}

fn run(broker: &Broker, records: u64, analysts: usize) -> anyhow::Result<Ran> {
    let users = Users::make()?;
    let mut engine = Engine::start(&broker.servers(), broker.engine_core, &users.settings(), &[])?;
    let (login, over, began) = (engine.login()?, AtomicBool::new(false), Instant::now());
    let (seconds, answers) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..analysts)
            .map(|number| {
                scope.spawn({
                    let (login, over) = (&login, &over);
                    move || analyse(login, number, over)
                })
            })
            .collect();
        let run = engine.wait_committed(records);
        over.store(true, Ordering::Relaxed);
        let mut answers = Vec::new();
        for client in clients {
            answers.extend(client.join().map_err(|_| anyhow!("an analyst panicked"))??);
        }
        anyhow::Ok((run?.seconds, answers))
    })?;
    let ran = Ran { rate: records as f64 / seconds, answers, seconds: began.elapsed().as_secs_f64() };
    engine.stop()?;
    Ok(ran)
}

/// Asks its own question first and then all others, again and again. Milliseconds of each.
fn analyse(login: &Login, number: usize, over: &AtomicBool) -> anyhow::Result<Vec<f64>> {
    let mut client = PostgresClient::connect(login)?;
    let mut millis = Vec::new();
    let mut next = number;
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        client.count(QUESTIONS[next % QUESTIONS.len()])?;
        millis.push(asked.elapsed().as_secs_f64() * 1e3);
        next += 1;
    }
    Ok(millis)
}
