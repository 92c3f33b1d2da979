//! From a record in Kafka to its alert at a receiver: the third touch of an HCP whose budget is two, from the instant at
//! which the producer has the broker's word for it to the instant at which a webhook has the alert.
//!
//! One touch at a time, at instants that have nothing to do with the engine's turns; without a stream, and while one runs
//! at a tenth and at half of the maximum. Only the budget of a product that the stream does not know can be overrun, so that
//! nothing but the probes fires; the rules are asked about everybody all the same. Limit: a message to a topic and back out
//! of it, by a bare producer and a bare consumer.

use crate::Sizes;
use crate::engine::Engine;
use crate::latencies::Latencies;
use crate::rows::mix;
use crate::stage::{Broker, Stage};
use crate::table::{Row, count};
use anyhow::{Context, ensure};
use chrono::{DateTime, SecondsFormat};
use futures::executor::block_on;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use touchload::clock::SystemClock;
use touchpoint::time::{HOUR, Micros};
use touchpoint::{Clock, Kind};

const TARGET_MILLIS: f64 = 250.0;
/// Probes come at most so far apart.
const APART_MILLIS: u64 = 400;
/// An alert that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(60);
/// No more probes once a phase took so long.
const PHASE: Duration = Duration::from_secs(180);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const ROUND_TRIP: &str = "figures.round-trip";

const KEY: (&str, &str) = ("key", "0123456789abcdef0123456789abcdef\n");
/// Borders that the stream does not reach.
const POLICY: &str = r#"version = "figures"
[[budgets]]
name = "probe"
cap = 2
window = "28d"
scope = { products = ["alert-probe"] }
[alerts]
collisions = { above = 100000, clear = 100000 }
fragmentation = { above = 100000, clear = 100000 }
busy = { above = 100000, clear = 100000 }
account_load = { above = 100000, clear = 100000 }
"#;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let (url, alerts) = receive()?;
    let settings = format!(
        "policy.file = \"{{folder}}/policy.toml\"\nalerts.enabled = true\nalerts.key_file = \"{{folder}}/key\"\n\
         alerts.webhook_url = \"{url}\"\n"
    );
    let Some(mut stage) = Stage::open(sizes, &settings, &[("policy.toml", POLICY), KEY])? else {
        return Ok(vec![Row::failed("a record in Kafka to its alert")]);
    };
    stage.broker.create_topic(ROUND_TRIP);
    let probes = Probes::to(&stage.broker)?;
    let each = sizes.alert_probes;
    (0..3 * each).try_for_each(|hcp| (0..2).try_for_each(|touch| probes.touch(hcp, touch)))?;
    stage.engine.wait_committed(stage.preloaded + 6 * each)?;
    let idle = phase(&stage, &probes, &alerts, 0..each)?;
    let mut rows = vec![idle.row("no stream")?];
    for (number, part, name) in [(1, 0.1, "a tenth"), (2, 0.5, "half")] {
        let stream = stage.stream(part)?;
        let busy = phase(&stage, &probes, &alerts, number * each..(number + 1) * each)?;
        let rate = count(stream.rate(&mut stage.engine)?);
        rows.push(busy.row(&format!("stream at {name} of its maximum, {rate} records/s"))?);
    }
    Ok(rows)
}

/// What a phase measured.
struct Measured {
    alerts: Latencies,
    round_trips: Latencies,
}

impl Measured {
    fn row(&self, stream: &str) -> anyhow::Result<Row> {
        let what = format!("a record in Kafka to its alert, {} times, {stream}", self.alerts.count());
        let (p99, limit) = (self.alerts.quantile(0.99)?, self.round_trips.quantile(0.99)?);
        let row = Row::new(what, self.alerts.shown()?);
        let row = row.beside(format!("a message through a topic: {}", self.round_trips.shown()?), p99 / limit);
        Ok(row.against("p99 ≤ 250 ms", p99 <= TARGET_MILLIS))
    }
}

fn phase(
    stage: &Stage,
    probes: &Probes,
    alerts: &Receiver<Instant>,
    hcps: std::ops::Range<u64>,
) -> anyhow::Result<Measured> {
    let round_trips = round_trips(probes, hcps.end - hcps.start)?;
    let began = Instant::now();
    let mut millis = Vec::new();
    for hcp in hcps {
        if began.elapsed() > PHASE {
            break;
        }
        pause(&stage.engine, hcp)?;
        probes.touch(hcp, 2)?;
        let appended = Instant::now();
        let told = alerts.recv_timeout(PATIENCE).context("an alert did not arrive")?;
        // The alert may come before the producer hears of its own record.
        millis.push(told.saturating_duration_since(appended).as_secs_f64() * 1e3);
    }
    Ok(Measured { alerts: Latencies::of(millis), round_trips })
}

fn pause(engine: &Engine, number: u64) -> anyhow::Result<()> {
    engine.pause(Duration::from_millis(mix(number) % APART_MILLIS))
}

/// Sends the touches that alerts are about.
struct Probes {
    producer: FutureProducer,
    servers: String,
}

impl Probes {
    fn to(broker: &Broker) -> anyhow::Result<Self> {
        let servers = broker.servers();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &servers).set("acks", "all").set("linger.ms", "0");
        config.set("partitioner", "murmur2_random");
        Ok(Self { producer: config.create()?, servers })
    }

    /// One of the visits at an HCP; returns when the broker has it.
    fn touch(&self, hcp: u64, number: u64) -> anyhow::Result<()> {
        let hcp_id = format!("probe-{hcp:06}");
        let at: Micros = SystemClock.now() - HOUR / 60 * (3 - number as i64);
        let at = DateTime::from_timestamp_micros(at).context("an instant")?;
        let record = json!({
            "event_id": format!("{hcp_id}-{number}"), "hcp_id": hcp_id, "status": "completed", "product": "alert-probe",
            "occurred_at": at.to_rfc3339_opts(SecondsFormat::Micros, true), "channel": "face_to_face", "owner_id": "rep",
        });
        self.send(Kind::Calls.default_topic(), &hcp_id, &record.to_string())
    }

    fn send(&self, topic: &str, key: &str, payload: &str) -> anyhow::Result<()> {
        let record = FutureRecord::to(topic).key(key).payload(payload);
        let delivered = block_on(self.producer.send(record, Timeout::After(ANSWER_WITHIN)));
        delivered.map(drop).map_err(|(error, _)| error).with_context(|| format!("sending to {topic}"))
    }
}

/// From handing a message over to having it back.
fn round_trips(probes: &Probes, times: u64) -> anyhow::Result<Latencies> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &probes.servers).set("group.id", "figures").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create()?;
    let (_, end) = consumer.fetch_watermarks(ROUND_TRIP, 0, ANSWER_WITHIN)?;
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(ROUND_TRIP, 0, Offset::Offset(end))?;
    consumer.assign(&from)?;
    let mut millis = Vec::new();
    // The first one also waits for the consumer to connect.
    for number in 0..=times {
        let began = Instant::now();
        probes.send(ROUND_TRIP, "k", "a message about as long as nothing")?;
        consumer.poll(ANSWER_WITHIN).context("a message did not come back")??;
        if number > 0 {
            millis.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(Latencies::of(millis))
}

/// A webhook that tells when an alert of the budget fired; its address.
fn receive() -> anyhow::Result<(String, Receiver<Instant>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/alerts", listener.local_addr()?);
    let (tell, told) = sync_channel(1_024);
    // It ends with this process.
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            if let Err(error) = take(stream, &tell) {
                std::io::stderr().write_all(format!("receiver: {error:#}\n").as_bytes()).ok();
            }
        }
    });
    Ok((url, told))
}

fn take(mut stream: TcpStream, tell: &SyncSender<Instant>) -> anyhow::Result<()> {
    let (mut bytes, mut part) = (Vec::new(), [0; 16 << 10]);
    let alert: Value = loop {
        let read = stream.read(&mut part)?;
        ensure!(read > 0, "a request broke off");
        bytes.extend_from_slice(part.get(..read).unwrap_or_default());
        let body = bytes.windows(4).position(|four| four == b"\r\n\r\n").and_then(|head| bytes.get(head + 4..));
        if let Some(alert) = body.and_then(|body| serde_json::from_slice(body).ok()) {
            break alert;
        }
    };
    let now = Instant::now();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
    if alert["rule"] == "over_budget" && alert["state"] == "firing" {
        tell.send(now).ok();
    }
    Ok(())
}
