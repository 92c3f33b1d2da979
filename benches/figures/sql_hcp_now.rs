//! Statements over `hcp_now` at several numbers of HCPs, planning included; each size runs in a process of its own.
//!
//! Limit: a loop over the same snapshot that brings every load to T and does nothing with it.

use crate::Sizes;
use crate::process::{number, part};
use crate::rows::Rows;
use crate::state::filled;
use crate::table::{Row, count};
use anyhow::Context;
use processors::shards::{Ownership, Shards};
use processors::{Shard, SharedShards};
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::{Arc, RwLock};
use std::time::Instant;
use touchpoint::{Audience, Policy, Reference};

const STATEMENTS: [(&str, &str); 4] = [
    ("top 20", "SELECT hcp_id, interruption_load FROM hcp_now ORDER BY interruption_load DESC LIMIT 20"),
    ("top 20, all columns", "SELECT * FROM hcp_now ORDER BY interruption_load DESC LIMIT 20"),
    ("one HCP", "SELECT * FROM hcp_now WHERE hcp_id = 'hcp-00000007'"),
    ("counts by territory", "SELECT territory, count(*), sum(collisions) FROM hcp_now GROUP BY territory"),
];
const TIMES: usize = 7;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for hcps in sizes.sql_hcps {
        let measured = part(None, &["sql-hcp-now", &hcps.to_string()])?;
        let limit = number(&measured, "loop")?;
        for (name, _) in STATEMENTS {
            let took = number(&measured, name)?;
            let row = Row::new(format!("{name}, {} HCPs", count(hcps as f64)), format!("{:.1} ms", took / 1e6))
                .beside(format!("a loop over their loads: {:.1} ms", limit / 1e6), took / limit);
            let held = name.starts_with("top 20");
            rows.push(if held { row.against("≤ 100 ms", took <= 100e6) } else { row });
        }
    }
    Ok(rows)
}

/// One size, in this process.
pub(crate) fn measure(hcps: u64) -> anyhow::Result<Value> {
    let (policy, reference) = (Arc::new(Policy::default()), Arc::new(Reference::default()));
    let base = hcps * 5;
    let shard = filled(Shard::new(policy.clone(), reference.clone()), &Rows::new(hcps, base)?, base)?;
    let mut shards = Shards::new(policy, reference);
    shards.assign(Ownership::Sole, [0]);
    *shards.of_partition(0).context("a sole owner has a shard")? = shard;
    let shards: SharedShards = Arc::new(RwLock::new(shards));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut measured = serde_json::Map::new();
    measured.insert("loop".to_owned(), json!(median(|| loads(&shards))?));
    for (name, sql) in STATEMENTS {
        let context = touchload::session::live(&shards, Audience::Full)?;
        let took = median(|| {
            runtime.block_on(async { anyhow::Ok(black_box(context.sql(sql).await?.collect().await?)) }).map(drop)
        })?;
        measured.insert(name.to_owned(), json!(took));
    }
    Ok(Value::Object(measured))
}

fn loads(shards: &SharedShards) -> anyhow::Result<()> {
    let (snapshots, half_life) = {
        let shards = shards.read().map_err(|_| anyhow::anyhow!("the state's lock is poisoned"))?;
        (shards.snapshots(), shards.policy().half_life)
    };
    for snapshot in &snapshots {
        let load = |headline: &processors::state::Headline| headline.overall(snapshot.as_of, half_life).load;
        let sum: f64 = snapshot.cells().filter_map(|cell| cell.headline(Audience::Full)).map(load).sum();
        black_box(sum);
    }
    Ok(())
}

/// Nanoseconds of the middle one of several runs.
fn median(mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    run()?;
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        run()?;
        took.push(began.elapsed().as_nanos() as f64);
    }
    took.sort_by(f64::total_cmp);
    took.get(TIMES / 2).copied().context("runs")
}
