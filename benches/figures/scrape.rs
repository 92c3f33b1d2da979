//! The scrape page over a million HCPs: its size, and how long a scrape takes. Limit: the same bytes from a socket that has
//! them at hand.
//!
//! The engine restores its state from tables that another process wrote; no record comes.

use crate::Sizes;
use crate::engine::{Engine, new_folder};
use crate::http_client::Connection;
use crate::latencies::{Latencies, millis};
use crate::process::part;
use crate::stage::Broker;
use crate::table::{Row, count};
use anyhow::{Context, ensure};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

const SCRAPES: usize = 50;
/// Prometheus asks this often; gauges are computed meanwhile, not while it waits.
const GAUGES_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A gauge that is there once everybody was counted.
const GAUGE: &[u8] = b"\ntouchload_hcps{";

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let (hcps, records) = sizes.scrape;
    let Some(broker) = Broker::start(0)? else { return Ok(vec![Row::failed("scrapes")]) };
    let folder = new_folder()?;
    let data = folder.path().join("data").display().to_string();
    part(None, &["write-log", &data, &hcps.to_string(), &records.to_string()])?;
    let engine = Engine::start_in(folder, (&broker.servers(), broker.engine_core), "", &[])?;
    let mut connection = Connection::open(engine.address)?;
    let waiting = Instant::now();
    loop {
        let page = scrape(&mut connection, engine.address)?;
        if page.windows(GAUGE.len()).any(|part| part == GAUGE) {
            break;
        }
        ensure!(waiting.elapsed() < GAUGES_WITHIN, "nobody was counted in time");
        engine.pause(LOOK_EVERY)?;
    }
    let taken = times(&mut connection, engine.address)?;
    let page = connection.last().to_vec();
    let (bytes, lines) = (page.len(), page.iter().filter(|byte| **byte == b'\n').count());
    let address = bare(page)?;
    let limit = times(&mut Connection::open(address)?, address)?;
    engine.stop()?;
    let (middle, bare) = (taken.quantile(0.5)?, limit.quantile(0.5)?);
    Ok(vec![
        Row::new(format!("scrape of {} HCPs", count(hcps as f64)), taken.shown()?)
            .beside(format!("the same bytes from a bare socket: p50 {}", millis(bare)), middle / bare),
        Row::new("size of the page", format!("{:.0} KB, {} lines", bytes as f64 / 1e3, count(lines as f64))),
    ])
}

fn scrape(connection: &mut Connection, address: SocketAddr) -> anyhow::Result<Vec<u8>> {
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let status = connection.ask(request.as_bytes())?;
    ensure!(status == 200, "a scrape was answered with status {status}");
    Ok(connection.last().to_vec())
}

fn times(connection: &mut Connection, address: SocketAddr) -> anyhow::Result<Latencies> {
    let mut millis = Vec::with_capacity(SCRAPES);
    for _ in 0..SCRAPES {
        let asked = Instant::now();
        scrape(connection, address)?;
        millis.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Latencies::of(millis))
}

/// Somebody who answers every question of one connection with `answer`.
fn bare(answer: Vec<u8>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || -> anyhow::Result<()> {
        let (mut stream, _) = listener.accept().context("nobody came")?;
        stream.set_nodelay(true)?;
        let mut question = [0; 4_096];
        // A question of ours fits into one segment.
        while stream.read(&mut question)? > 0 {
            stream.write_all(&answer)?;
        }
        Ok(())
    });
    Ok(address)
}
