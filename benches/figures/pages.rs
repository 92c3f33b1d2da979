//! What fifty open pages cost, and how fast one of them is.
//!
//! The engine works off what is in Kafka, alone and while fifty pages ask, each time with new tables; then the pages go on
//! while no record comes. Broker, pages and browser share one core, the engine has the other. One page is then opened in a
//! Chromium over the same 100,000 HCPs: how long until it shows a number, and how long an input waits for its frame. Limits:
//! the engine without pages, the first paint of the same page, an input of a page that holds nothing.

use crate::Sizes;
use crate::engine::{Engine, Run};
use crate::latencies::millis;
use crate::process::{number, on_core, part, spawn_part};
use crate::stage::{Broker, HCPS};
use crate::table::{Row, count};
use crate::test_setup;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const PAGES: usize = 50;
const TERRITORIES: u32 = 200;
const SETTINGS: &str = "reference.hcps = \"{folder}/hcps.csv\"\nreference.panels = \"{folder}/panels.csv\"\n\
                        policy.file = \"{folder}/policy.toml\"\n";
/// Budgets without which nobody could be over.
const POLICY: &str = r#"version = "figures"
[[budgets]]
name = "cross-channel"
cap = 4
window = "28d"
[[minimum_gaps]]
name = "two-days-apart"
gap = "48h"
"#;
/// Pages ask longer than a backlog lasts.
const LONGEST_SECONDS: f64 = 240.0;
const INTERACTION_MILLIS: f64 = 100.0;
const PAGE_BYTES: f64 = 1_048_576.0;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let records = sizes.stage_records;
    let Some(broker) = Broker::start(records)? else { return Ok(vec![Row::failed("open pages")]) };
    let files = company();
    let (engine, alone) = work_off(&broker, records, &files, Open::Nothing)?;
    let without = quiet(&engine, sizes.page_seconds)?;
    engine.stop()?;
    let (engine, beside) = work_off(&broker, records, &files, Open::Pages)?;
    let (pages, with) = quiet_beside(&broker, &engine, sizes.page_seconds)?;
    let mut rows = costs(records, [alone, beside], [without, with]);
    rows.push(asked(&pages, sizes.page_seconds)?);
    rows.extend(in_a_browser(&broker, &engine)?);
    engine.stop()?;
    Ok(rows)
}

/// HCPs of two hundred territories, every second of them a target.
fn company() -> [(&'static str, String); 3] {
    let mut hcps = "hcp_id,territory,segment,specialty,time_zone\n".to_owned();
    let mut panels = "owner_id,hcp_id,is_target\n".to_owned();
    let specialties = ["cardiology", "oncology", "general_practice"];
    for n in 0..HCPS {
        let (territory, specialty) = (n % TERRITORIES, specialties[n as usize % specialties.len()]);
        let segment = if n % 5 == 0 { "A" } else { "B" };
        writeln!(hcps, "hcp-{n:06},ter-{territory:03},{segment},{specialty},Europe/Berlin").ok();
        if n % 2 == 0 {
            writeln!(panels, "rep-{territory:04},hcp-{n:06},true").ok();
        }
    }
    [("hcps.csv", hcps), ("panels.csv", panels), ("policy.toml", POLICY.to_owned())]
}

/// What is open while the engine works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Pages,
}

/// From the beginning into new tables; the engine goes on running.
fn work_off(broker: &Broker, records: u64, files: &[(&str, String)], open: Open) -> anyhow::Result<(Engine, Run)> {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut engine = Engine::start(&broker.servers(), broker.engine_core, SETTINGS, &files)?;
    let arguments = clients(&engine, LONGEST_SECONDS);
    let looking = || spawn_part(broker.core, &arguments.each_ref().map(String::as_str));
    let mut pages = (open == Open::Pages).then(looking).transpose()?;
    let run = engine.wait_committed(records)?;
    let ended = pages.as_mut().map(|pages| pages.0.try_wait()).transpose()?.flatten();
    ensure!(ended.is_none(), "the pages ended before the engine was done");
    Ok((engine, run))
}

/// The arguments of the pages' process.
fn clients(engine: &Engine, seconds: f64) -> [String; 4] {
    ["look".to_owned(), engine.address.to_string(), PAGES.to_string(), seconds.to_string()]
}

/// The share of a core that the engine takes while nothing comes.
fn quiet(engine: &Engine, seconds: f64) -> anyhow::Result<f64> {
    let (before, began) = (engine.cpu()?, Instant::now());
    engine.pause(Duration::from_secs_f64(seconds))?;
    Ok((engine.cpu()? - before) / began.elapsed().as_secs_f64())
}

/// The same while pages ask, and what they printed.
fn quiet_beside(broker: &Broker, engine: &Engine, seconds: f64) -> anyhow::Result<(Value, f64)> {
    let (before, began) = (engine.cpu()?, Instant::now());
    let printed = part(Some(broker.core), &clients(engine, seconds).each_ref().map(String::as_str))?;
    Ok((printed, (engine.cpu()? - before) / began.elapsed().as_secs_f64()))
}

fn costs(records: u64, [alone, beside]: [Run; 2], [without, with]: [f64; 2]) -> Vec<Row> {
    let rate = |run: Run| records as f64 / run.seconds;
    let micros = |run: Run| run.cpu * 1e6 / records as f64;
    vec![
        Row::new(
            format!(
                "ingest of {} records beside {PAGES} pages, {} HCPs",
                count(records as f64),
                count(f64::from(HCPS))
            ),
            format!("{} records/s", count(rate(beside))),
        )
        .beside(format!("no page: {} records/s", count(rate(alone))), rate(beside) / rate(alone)),
        Row::new("CPU of the engine per record beside them", format!("{:.2} µs", micros(beside)))
            .beside(format!("no page: {:.2} µs", micros(alone)), micros(beside) / micros(alone)),
        Row::new(
            format!("CPU of the engine, {PAGES} pages open, no record comes"),
            format!("{:.1} % of a core", 100.0 * with),
        )
        .beside(format!("no page: {:.1} %", 100.0 * without), with / without),
    ]
}

fn asked(pages: &Value, seconds: f64) -> anyhow::Result<Row> {
    let (asked, unchanged) = (number(pages, "asked")?, number(pages, "unchanged")?);
    let latency = format!("p50 {}, p99 {}", millis(number(pages, "p50")?), millis(number(pages, "p99")?));
    let rate = format!("{:.1} questions/s", asked / seconds);
    Ok(Row::new(format!("`/v1/overview` of {PAGES} pages that open within 5 s"), latency)
        .beside(format!("{rate}; the ratio is the share answered by 304"), unchanged / asked))
}

/// A page over the same HCPs, opened with nothing kept and opened again.
fn in_a_browser(broker: &Broker, engine: &Engine) -> anyhow::Result<Vec<Row>> {
    let (Some(python), Some(chromium)) = (test_setup::provide("python.sh"), test_setup::provide("chromium.sh")) else {
        return Ok(vec![Row::failed("a page in a browser")]);
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/live_page_figures.py");
    let mut command = on_core(broker.core, python.as_os_str());
    let url = format!("http://{}", engine.address);
    let output = command.arg(script).arg(chromium).arg(url).stderr(std::process::Stdio::inherit()).output()?;
    ensure!(output.status.success(), "live_page_figures.py ended with {}", output.status);
    let told: Value = serde_json::from_slice(&output.stdout).context("live_page_figures.py printed no JSON")?;
    let hcps = count(number(&told, "hcps")?);
    let (cold, warm, paint) = (number(&told, "cold_ms")?, number(&told, "warm_ms")?, number(&told, "paint_ms")?);
    let (middle, longest) = (number(&told, "interaction_p50_ms")?, number(&told, "interaction_longest_ms")?);
    let (empty, bytes) = (number(&told, "empty_p50_ms")?, number(&told, "bytes")?);
    Ok(vec![
        Row::new(format!("page to first data, {hcps} HCPs, answer not kept"), millis(cold))
            .beside(format!("first paint: {}", millis(paint)), cold / paint),
        Row::new("page to first data, answer kept for another page", millis(warm))
            .beside(format!("first paint: {}", millis(paint)), warm / paint),
        Row::new(
            format!("an input until its frame, {hcps} HCPs"),
            format!("p50 {}, longest {}", millis(middle), millis(longest)),
        )
        .beside(format!("in a page that holds nothing: p50 {}", millis(empty)), middle / empty)
        .against("longest ≤ 100 ms", longest <= INTERACTION_MILLIS),
        Row::new("transferred for a page, data left out", format!("{:.0} KB", bytes / 1e3))
            .against("≤ 1 MiB", bytes <= PAGE_BYTES),
    ])
}
