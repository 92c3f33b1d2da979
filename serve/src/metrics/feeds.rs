//! Feeds: consumer lag, watermark, and the age of the last record per topic and source, so that a silent feed shows.
//!
//! Everything that depends on "now" is computed at the scrape. The label `source` is what producers write, hence
//! bounded: the first [`MAX_SOURCES`] of a topic keep their name, the rest (and names longer than
//! [`MAX_SOURCE_BYTES`]) share `other`, whose age is that of its youngest. A topic nothing has been read from since the
//! start shows source `none` with the age of the process; seed [`FeedMetrics::last_record`] after a restore with the
//! newest `ingested_at` per kind and source, so that a feed that died before a restart shows its true age.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Registry, Result};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use touchpoint::{Clock, Kind, Micros, Topics, Word};

/// Distinct sources of one topic that are shown by name.
pub const MAX_SOURCES: usize = 20;
/// The longest source name that is shown.
pub const MAX_SOURCE_BYTES: usize = 64;
const OTHER: &str = "other";
const NONE: &str = "none";

const LAG_RECORDS: Family = Family {
    name: "touchload_consumer_lag_records",
    family_type: FamilyType::Gauge,
    labels: &["topic", "partition"],
    help: "Records in the partition that this process has not read yet.",
};
const LAG_SECONDS: Family = Family {
    name: "touchload_consumer_lag_seconds",
    family_type: FamilyType::Gauge,
    labels: &["topic", "partition"],
    help: "How far the last record read lies behind now; 0 when the partition is read to its end.",
};
const WATERMARK: Family = Family {
    name: "touchload_watermark_timestamp_seconds",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "The watermark; absent before the first record.",
};
const LAST_RECORD: Family = Family {
    name: "touchload_last_record_timestamp_seconds",
    family_type: FamilyType::Gauge,
    labels: &["topic"],
    help: "When the topic's newest record arrived; absent before the first.",
};
const LAST_RECORD_AGE: Family = Family {
    name: "touchload_last_record_age_seconds",
    family_type: FamilyType::Gauge,
    labels: &["topic", "source"],
    help: "Age of the newest record per topic and source; source none: nothing came since the process started.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[LAG_RECORDS, LAG_SECONDS, WATERMARK, LAST_RECORD, LAST_RECORD_AGE];

/// How far reading a partition is behind its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Records not yet read.
    pub records: u64,
    /// Kafka timestamp of the last record read, `None` before the first.
    pub read_until: Option<Micros>,
}

#[derive(Default)]
struct Feeds {
    lags: BTreeMap<(Kind, i32), Lag>,
    watermark: Option<Micros>,
    sources: BTreeMap<Kind, BTreeMap<String, Micros>>,
}

/// Numbers of the feeds.
#[derive(Clone)]
pub struct FeedMetrics {
    feeds: Arc<Mutex<Feeds>>,
}

impl FeedMetrics {
    pub(super) fn register(registry: &Registry, topics: Topics, clock: Arc<dyn Clock>) -> Result<Self> {
        let feeds = Arc::new(Mutex::new(Feeds::default()));
        let descriptions = FAMILIES.iter().map(|family| {
            let labels = family.labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(family.name.to_owned(), family.help.to_owned(), labels, HashMap::new())
        });
        let collector = FeedCollector {
            descriptions: descriptions.collect::<Result<_>>()?,
            feeds: Arc::clone(&feeds),
            topics,
            started: clock.now(),
            clock,
        };
        registry.register(Box::new(collector))?;
        Ok(Self { feeds })
    }

    /// A partition's lag.
    pub fn lag(&self, kind: Kind, partition: i32, lag: Lag) {
        lock(&self.feeds).lags.insert((kind, partition), lag);
    }

    /// A partition was given back: its lag is another process's.
    pub fn released(&self, kind: Kind, partition: i32) {
        lock(&self.feeds).lags.remove(&(kind, partition));
    }

    /// The watermark, `None` when no partition has one.
    pub fn watermark(&self, at: Option<Micros>) {
        lock(&self.feeds).watermark = at;
    }

    /// A record of `source` arrived at `at`; older instants than the known one change nothing.
    pub fn last_record(&self, kind: Kind, source: &str, at: Micros) {
        let mut feeds = lock(&self.feeds);
        let sources = feeds.sources.entry(kind).or_default();
        let named = sources.len() - usize::from(sources.contains_key(OTHER));
        let shown = sources.contains_key(source) || (named < MAX_SOURCES && source.len() <= MAX_SOURCE_BYTES);
        let last = sources.entry(if shown { source } else { OTHER }.to_owned()).or_insert(at);
        *last = at.max(*last);
    }
}

// A poisoned lock still holds plain numbers; a scrape is worth more than the panic that was reported elsewhere.
fn lock(feeds: &Mutex<Feeds>) -> MutexGuard<'_, Feeds> {
    feeds.lock().unwrap_or_else(PoisonError::into_inner)
}

struct FeedCollector {
    descriptions: Vec<Desc>,
    feeds: Arc<Mutex<Feeds>>,
    topics: Topics,
    started: Micros,
    clock: Arc<dyn Clock>,
}

impl Collector for FeedCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let now = self.clock.now();
        let feeds = lock(&self.feeds);
        let mut families = self.lag_families(&feeds, now);
        let watermark = feeds.watermark.iter().map(|at| sample(&WATERMARK, &[], seconds(*at)));
        families.push(family(&WATERMARK, watermark.collect()));
        families.extend(self.age_families(&feeds, now));
        families
    }
}

impl FeedCollector {
    fn lag_families(&self, feeds: &Feeds, now: Micros) -> Vec<MetricFamily> {
        let (mut records, mut ages) = (Vec::new(), Vec::new());
        for ((kind, partition), lag) in &feeds.lags {
            let partition = partition.to_string();
            let labels = [self.topics.of(*kind), partition.as_str()];
            records.push(sample(&LAG_RECORDS, &labels, lag.records as f64));
            let age = match (lag.records, lag.read_until) {
                (0, _) => Some(0),
                (_, Some(read_until)) => Some((now - read_until).max(0)),
                (_, None) => None,
            };
            ages.extend(age.map(|age| sample(&LAG_SECONDS, &labels, seconds(age))));
        }
        vec![family(&LAG_RECORDS, records), family(&LAG_SECONDS, ages)]
    }

    fn age_families(&self, feeds: &Feeds, now: Micros) -> [MetricFamily; 2] {
        let (mut instants, mut ages) = (Vec::new(), Vec::new());
        for kind in Kind::ALL {
            let topic = self.topics.of(*kind);
            let Some(sources) = feeds.sources.get(kind) else {
                ages.push(sample(&LAST_RECORD_AGE, &[topic, NONE], seconds((now - self.started).max(0))));
                continue;
            };
            for (source, at) in sources {
                ages.push(sample(&LAST_RECORD_AGE, &[topic, source], seconds((now - at).max(0))));
            }
            instants.extend(sources.values().max().map(|at| sample(&LAST_RECORD, &[topic], seconds(*at))));
        }
        [family(&LAST_RECORD, instants), family(&LAST_RECORD_AGE, ages)]
    }
}

fn family(declared: &Family, samples: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(declared.name.to_owned());
    family.set_help(declared.help.to_owned());
    family.set_field_type(MetricType::GAUGE);
    family.set_metric(samples);
    family
}

fn sample(declared: &Family, values: &[&str], value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = Metric::from_gauge(gauge);
    let pairs = declared.labels.iter().zip(values).map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    });
    metric.set_label(pairs.collect());
    metric
}
