//! `/v1/check` while the stream runs at half of its maximum, and without a stream: tokens and the audit log as they are.
//!
//! Questions are due at 5,000 a second in all, whatever became of earlier ones. Few clients cannot ask so often, since each
//! waits for its answer: they are first asked without a pause, and then at seven tenths of what they reached. Limits: the
//! same clients at the same rate ask `/healthz`, and a line of an audit log is appended and synced on the same disk; the
//! ratio is over the sum of both.

use crate::Sizes;
use crate::asking::TOKENS;
use crate::latencies::{Latencies, millis};
use crate::process::{number, part};
use crate::stage::{HCPS, Stage};
use crate::table::{Row, count};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

const CLIENTS: [usize; 3] = [1, 8, 64];
/// What few clients are asked for, as a share of what they can.
const LOAD: f64 = 0.7;
const TARGET_MILLIS: f64 = 2.0;
const SYNCS: usize = 500;
/// As long as a line of the audit log.
const LINE_BYTES: usize = 450;

const SETTINGS: &str = "http.tokens = \"{folder}/tokens.toml\"\npolicy.file = \"{folder}/policy.toml\"\n";
/// What a company begins with: one budget over all channels, one for each kind of e-mail, and a gap.
const POLICY: &str = r#"version = "figures"
[[budgets]]
name = "cross-channel"
cap = 4
window = "28d"
[[budgets]]
name = "rep-email"
cap = 5
window = "30d"
scope = { kinds = ["emails"], origins = ["rep"] }
[[budgets]]
name = "hq-email"
cap = 1
window = "7d"
scope = { kinds = ["emails"], origins = ["hq"] }
[[minimum_gaps]]
name = "two-days-apart"
gap = "48h"
"#;

/// So many clients at such a rate.
#[derive(Debug, Clone, Copy)]
struct Asked {
    clients: usize,
    rate: f64,
    seconds: f64,
}

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let files = [("tokens.toml", TOKENS), ("policy.toml", POLICY)];
    let Some(mut stage) = Stage::open(sizes, SETTINGS, &files)? else {
        return Ok(vec![Row::failed("`/v1/check`")]);
    };
    let mut rows = under(&stage, sizes, "no stream")?;
    let stream = stage.stream(0.5)?;
    let beside = under(&stage, sizes, "stream at half of its maximum")?;
    let rate = stream.rate(&mut stage.engine)?;
    rows.push(Row::new("the stream beside the checks", format!("{} records/s committed", count(rate))));
    rows.extend(beside);
    Ok(rows)
}

fn under(stage: &Stage, sizes: &Sizes, stream: &str) -> anyhow::Result<Vec<Row>> {
    let (wanted, seconds) = sizes.checks;
    let sync = syncs(stage.engine.folder())?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let at_once = Asked { clients, rate: 0.0, seconds: seconds / 4.0 };
        let most = number(&ask(stage, "check", at_once)?, "rate")?;
        let rate = if CLIENTS.last() == Some(&clients) { wanted } else { wanted.min(LOAD * most) };
        let asked = Asked { clients, rate, seconds };
        let (checks, healthz) = (ask(stage, "check", asked)?, ask(stage, "healthz", asked)?);
        let (p99, bare) = (number(&checks, "p99")?, number(&healthz, "p99")?);
        let what = format!("`/v1/check`, {clients} clients, {}/s, {stream}", count(rate));
        let figure = format!("{}, {}/s answered", quantiles(&checks)?, count(number(&checks, "rate")?));
        let limit = format!("`/healthz`: {}; at once: {} checks/s", quantiles(&healthz)?, count(most));
        let row = Row::new(what, figure).beside(limit, p99 / (bare + sync.quantile(0.99)?));
        let target = |row: Row| row.against("p99 ≤ 2 ms at 5,000/s", p99 <= TARGET_MILLIS);
        rows.push(if rate >= wanted { target(row) } else { row });
    }
    rows.push(Row::new(format!("a line of {LINE_BYTES} B appended and synced, {stream}"), sync.shown()?));
    Ok(rows)
}

fn quantiles(printed: &Value) -> anyhow::Result<String> {
    Ok(format!("p50 {}, p99 {}", millis(number(printed, "p50")?), millis(number(printed, "p99")?)))
}

/// Asks from the broker's core.
fn ask(stage: &Stage, question: &str, asked: Asked) -> anyhow::Result<Value> {
    let Asked { clients, rate, seconds } = asked;
    let texts =
        [stage.engine.address.to_string(), question.into(), clients.to_string(), rate.to_string(), seconds.to_string()];
    let hcps = HCPS.to_string();
    let mut arguments = vec!["ask"];
    arguments.extend(texts.iter().map(String::as_str).chain([hcps.as_str()]));
    part(Some(stage.broker.core), &arguments)
}

/// What a line costs on the disk of the audit log.
fn syncs(folder: &Path) -> anyhow::Result<Latencies> {
    let mut file = File::create(folder.join("lines"))?;
    let line = [b'x'; LINE_BYTES];
    let mut millis = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&line)?;
        file.sync_data()?;
        millis.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Latencies::of(millis))
}
