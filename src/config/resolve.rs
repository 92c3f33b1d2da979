//! From settings to the values that `run` uses. Nothing is defaulted here: what is absent is absent or a problem.

use crate::cli::LogFormat;
use crate::config::problem::Problem;
use crate::config::settings::{Settings, Value};
use crate::config::{
    IngestSection, KafkaProperties, KafkaSection, KeyRule, LogSection, Partitioner, ReferenceSection, RunConfig,
    StoreSection, TopicNames,
};
use std::time::Duration;

/// Settings that are fine alone and wrong together.
pub(super) fn contradictions(settings: &Settings) -> Vec<Problem> {
    let paths = ["kafka.topics.calls", "kafka.topics.emails", "kafka.topics.congress", "kafka.topics.requests"];
    let topics: Vec<_> = paths.iter().filter_map(|p| settings.get(p).map(|s| (*p, s))).collect();
    let mut problems = Vec::new();
    for (index, (path, setting)) in topics.iter().enumerate() {
        let earlier = topics.iter().take(index).find(|(_, other)| other.value == setting.value);
        if let Some((other, earlier)) = earlier {
            problems.push(Problem {
                line: setting.origin.line().or_else(|| earlier.origin.line()),
                path: (*path).to_owned(),
                what: format!("names the same topic as {other}; every kind needs its own topic"),
            });
        }
    }
    problems
}

/// The configuration.
///
/// # Errors
/// A key without a value of its shape: `missing` and the shapes leave none.
pub(super) fn resolve(settings: &Settings) -> Result<RunConfig, Problem> {
    let from = Typed(settings);
    let topics = TopicNames {
        calls: from.text("kafka.topics.calls")?,
        emails: from.text("kafka.topics.emails")?,
        congress: from.text("kafka.topics.congress")?,
        requests: from.text("kafka.topics.requests")?,
    };
    Ok(RunConfig {
        pipeline_name: from.text("pipeline.name")?,
        kafka: KafkaSection {
            bootstrap_servers: from.text("kafka.bootstrap_servers")?,
            group: from.text("kafka.group")?,
            partitioner: from.word("kafka.partitioner", Partitioner::parse)?,
            topics,
            properties: from.properties("kafka.properties")?,
        },
        ingest: IngestSection {
            memory_mb: from.count("ingest.memory_mb")?,
            batch_records: from.count("ingest.batch_records")?,
            batch_age: Duration::from_millis(u64::from(from.count("ingest.batch_ms")?)),
            keys: if from.flag("ingest.accept_unkeyed")? { KeyRule::Any } else { KeyRule::HcpId },
            future_tolerance: from.duration("ingest.future_tolerance")?,
        },
        store: StoreSection {
            data: from.text("store.data")?,
            commit_interval: from.duration("store.commit_interval")?,
            commit_bytes: from.take("store.commit_bytes", |v| if let Value::Size(s) = v { Some(*s) } else { None })?,
            maintenance: from.duration("store.maintenance")?,
        },
        http_listen: from.take("http.listen", |v| if let Value::Address(a) = v { Some(*a) } else { None })?,
        reference: ReferenceSection {
            hcps: from.given("reference.hcps").map(|path| from.text(path)).transpose()?.map(Into::into),
            accounts: from.given("reference.accounts").map(|path| from.text(path)).transpose()?.map(Into::into),
        },
        log: LogSection {
            level: from.word("log.level", |word| word.parse().ok())?,
            format: from.word("log.format", |word| {
                [LogFormat::Text, LogFormat::Json].into_iter().find(|f| f.as_str() == word)
            })?,
        },
    })
}

struct Typed<'a>(&'a Settings);

impl Typed<'_> {
    fn given(&self, path: &'static str) -> Option<&'static str> {
        self.0.get(path).map(|_| path)
    }

    fn take<T>(&self, path: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, Problem> {
        self.0.get(path).and_then(|setting| read(&setting.value)).ok_or_else(|| Problem {
            line: None,
            path: path.to_owned(),
            what: "has no value of its type; this is a fault of the program, please report it".to_owned(),
        })
    }

    fn text(&self, path: &str) -> Result<String, Problem> {
        self.word(path, |text| Some(text.to_owned()))
    }

    fn word<T>(&self, path: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
        self.take(path, |v| if let Value::Text(text) = v { read(text) } else { None })
    }

    fn count(&self, path: &str) -> Result<u32, Problem> {
        self.take(path, |v| if let Value::Integer(i) = v { u32::try_from(*i).ok() } else { None })
    }

    fn flag(&self, path: &str) -> Result<bool, Problem> {
        self.take(path, |v| if let Value::Flag(flag) = v { Some(*flag) } else { None })
    }

    fn duration(&self, path: &str) -> Result<Duration, Problem> {
        self.take(path, |v| if let Value::Duration(d) = v { Some(*d) } else { None })
    }

    fn properties(&self, path: &str) -> Result<KafkaProperties, Problem> {
        self.take(path, |v| if let Value::Properties(p) = v { Some(p.clone()) } else { None })
    }
}
