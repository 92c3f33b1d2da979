//! Prints how many records a second one core generates: `cargo run --release --example firehose_rate [COUNT] [HCPS]`.

use simulate::{FirehoseConfig, Produced, Scenario, Span, Workload, World, WorldConfig};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;
use touchpoint::words::Kind;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(5_000_000), |a| a.parse())?;
    let hcps = arguments.next().map_or(Ok(100_000), |a| a.parse())?;
    let day = 86_400_000_000;
    let span = Span { from: 20_400 * day, to: 20_490 * day };
    let workload = Workload::new(Arc::new(World::build(WorldConfig::new(Scenario::Coverage, hcps, 1, span))?));
    let mut out = std::io::stdout().lock();

    let mut firehose = workload.firehose(FirehoseConfig::new(count, span))?;
    let mut item = Produced { kind: Kind::Calls, key: String::new(), payload: Vec::new(), arrival: 0, expected: None };
    let (started, mut bytes) = (Instant::now(), 0_u64);
    while firehose.refill(&mut item) {
        bytes += item.payload.len() as u64;
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(out, "firehose: {:.0} records/s, {:.0} bytes each", count as f64 / seconds, bytes as f64 / count as f64)?;

    let started = Instant::now();
    let (records, bytes) = workload.history(span).fold((0_u64, 0_u64), |(n, b), i| (n + 1, b + i.payload.len() as u64));
    let seconds = started.elapsed().as_secs_f64();
    let mean = bytes as f64 / records.max(1) as f64;
    writeln!(out, "history: {records} records at {:.0} records/s, {mean:.0} bytes each", records as f64 / seconds)?;
    Ok(())
}
