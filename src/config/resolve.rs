//! From settings to the values that `run` uses. Nothing is defaulted here: what is absent is absent or a problem.

use crate::cli::LogFormat;
use crate::config::problem::Problem;
use crate::config::settings::{Setting, Settings, Value};
use crate::config::sql_section;
use crate::config::{AlertsSection, IngestSection, KafkaProperties, KafkaSection, LogSection, RunConfig, StoreSection};
use ingest::decode::KeyRule;
use ingest::kafka::PartitionerChoice;
use ingest::reference_files::{ReferenceFiles, ReferenceTable};
use ingest::reference_topics::ReferenceTopics;
use serve::HttpLimits;
use std::path::PathBuf;
use std::time::Duration;
use store::{Location, Service, StoreOptions};
use touchpoint::{Topics, Tz};

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
    problems.extend(reference_problems(settings));
    problems.extend(place_problems(settings));
    problems.extend(alert_problems(settings));
    problems.extend(sql_section::problems(settings));
    problems
}

/// The key of a table's topic.
fn topic_key(table: ReferenceTable) -> String {
    format!("reference.{}_topic", table.name())
}

/// A table that has both a file and a topic, and a topic that holds something else too.
fn reference_problems(settings: &Settings) -> Vec<Problem> {
    let others = ["kafka.topics.calls", "kafka.topics.emails", "kafka.topics.congress", "kafka.topics.requests"];
    let others = others.into_iter().chain(["alerts.topic", "alerts.medical_topic"]);
    let mut taken: Vec<(String, &Setting)> =
        others.filter_map(|path| Some((path.to_owned(), settings.get(path)?))).collect();
    let mut problems = Vec::new();
    for table in ReferenceTable::ALL {
        let path = topic_key(table);
        let Some(setting) = settings.get(&path) else { continue };
        let mut problem =
            |what: String| problems.push(Problem { line: setting.origin.line(), path: path.clone(), what });
        if settings.get(&format!("reference.{}", table.name())).is_some() {
            problem(format!("stands beside reference.{}; a table comes from a file or from a topic", table.name()));
        }
        if let Some((other, _)) = taken.iter().find(|(_, other)| other.value == setting.value) {
            problem(format!("names the same topic as {other}; every table needs its own topic"));
        }
        taken.push((path, setting));
    }
    problems
}

/// Alerts without a key, and addresses that are none.
fn alert_problems(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(Setting { value: Value::Flag(true), origin }) = settings.get("alerts.enabled")
        && settings.get("alerts.key_file").is_none()
    {
        let what = "is needed where alerts are enabled: a file of at least 16 random bytes".to_owned();
        problems.push(Problem { line: origin.line(), path: "alerts.key_file".to_owned(), what });
    }
    if let Some(Setting { value: Value::Text(zone), origin }) = settings.get("alerts.digest_time_zone")
        && zone.parse::<Tz>().is_err()
    {
        let what = format!("expected the name of a time zone, such as \"Europe/Berlin\", found {zone:?}");
        problems.push(Problem { line: origin.line(), path: "alerts.digest_time_zone".to_owned(), what });
    }
    for path in ["alerts.alertmanagers", "alerts.webhook_url", "alerts.digest_url"] {
        let Some(Setting { value: Value::Text(text), origin }) = settings.get(path) else { continue };
        let is_address = |url: &str| {
            let url = url.trim();
            url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).is_some_and(|rest| !rest.is_empty())
        };
        if !text.split(',').all(is_address) {
            // It is not quoted: an address may hold a secret.
            let what = "expected http:// or https:// addresses, several separated by commas".to_owned();
            problems.push(Problem { line: origin.line(), path: path.to_owned(), what });
        }
    }
    problems
}

/// A place that tables cannot be kept at, and options that its store does not know. Those of a folder are of no use and
/// do no harm: `--data` may stand over the URL of the file.
fn place_problems(settings: &Settings) -> Vec<Problem> {
    let text = |setting: &Setting| if let Value::Text(text) = &setting.value { Some(text.clone()) } else { None };
    let Some((data, line)) = settings.get("store.data").and_then(|s| Some((text(s)?, s.origin.line()))) else {
        return Vec::new();
    };
    let service = match Location::parse(&data) {
        Ok(location) => location.service(),
        Err(error) => return vec![Problem { line, path: "store.data".to_owned(), what: error.to_string() }],
    };
    match settings.get("store.options") {
        Some(Setting { value: Value::Options(options), origin }) if service != Service::Files => {
            let problem = |(name, value): (&str, &str)| {
                let what = StoreOptions::refusal(service, name, value)?;
                Some(Problem { line: origin.line(), path: format!("store.options.{name}"), what })
            };
            options.iter().filter_map(problem).collect()
        }
        _ => Vec::new(),
    }
}

/// The configuration.
///
/// # Errors
/// A key without a value of its shape: `missing` and the shapes leave none.
pub(super) fn resolve(settings: &Settings) -> Result<RunConfig, Problem> {
    let from = Typed(settings);
    let topics = Topics {
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
            partitioner: from.word("kafka.partitioner", partitioner)?,
            topics,
            properties: from.properties("kafka.properties")?,
        },
        ingest: IngestSection {
            memory_mb: from.count("ingest.memory_mb")?,
            batch_records: from.count("ingest.batch_records")?,
            batch_age: Duration::from_millis(u64::from(from.count("ingest.batch_ms")?)),
            keys: if from.flag("ingest.accept_unkeyed")? { KeyRule::AcceptAny } else { KeyRule::MustEqualHcpId },
            future_tolerance: from.duration("ingest.future_tolerance")?,
        },
        store: StoreSection {
            data: from.text("store.data")?,
            commit_interval: from.duration("store.commit_interval")?,
            commit_bytes: from.take("store.commit_bytes", |v| if let Value::Size(s) = v { Some(*s) } else { None })?,
            maintenance: from.duration("store.maintenance")?,
            options: from.take("store.options", |v| if let Value::Options(o) = v { Some(o.clone()) } else { None })?,
        },
        http_listen: from.take("http.listen", |v| if let Value::Address(a) = v { Some(*a) } else { None })?,
        http_limits: HttpLimits {
            connections: usize::try_from(from.count("http.connections")?).unwrap_or(usize::MAX),
            idle: from.duration("http.idle_timeout")?,
        },
        http_tokens: from.path("http.tokens")?,
        http_audit: from.path("http.audit")?,
        sql: sql_section::resolve(&from)?,
        reference: from.reference_files()?,
        reference_topics: from.reference_topics()?,
        policy_file: from.path("policy.file")?,
        alerts: alerts(&from)?,
        log: LogSection {
            level: from.word("log.level", |word| word.parse().ok())?,
            format: from.word("log.format", |word| {
                [LogFormat::Text, LogFormat::Json].into_iter().find(|f| f.as_str() == word)
            })?,
        },
    })
}

fn alerts(from: &Typed<'_>) -> Result<AlertsSection, Problem> {
    let replicas = from.optional_text("alerts.alertmanagers")?.unwrap_or_default();
    let url = |url: &str| url.trim().trim_end_matches('/').to_owned();
    Ok(AlertsSection {
        enabled: from.flag("alerts.enabled")?,
        topic: from.text("alerts.topic")?,
        medical_topic: from.text("alerts.medical_topic")?,
        key_file: from.path("alerts.key_file")?,
        plain_ids: from.flag("alerts.plain_ids")?,
        alertmanagers: replicas.split(',').map(url).filter(|url| !url.is_empty()).collect(),
        webhook_url: from.optional_text("alerts.webhook_url")?,
        digest_url: from.optional_text("alerts.digest_url")?,
        digest_hour: from.count("alerts.digest_hour")?,
        digest_zone: from.word("alerts.digest_time_zone", |zone| zone.parse().ok())?,
        webhook_secret_file: from.path("alerts.webhook_secret_file")?,
    })
}

fn partitioner(word: &str) -> Option<PartitionerChoice> {
    match word {
        "auto" => Some(PartitionerChoice::Auto),
        "murmur2" => Some(PartitionerChoice::Murmur2),
        "crc32" => Some(PartitionerChoice::Crc32),
        _ => None,
    }
}

pub(super) struct Typed<'a>(pub(super) &'a Settings);

impl Typed<'_> {
    /// The text of a key, if it is set.
    fn optional_text(&self, path: &str) -> Result<Option<String>, Problem> {
        self.0.get(path).map(|_| self.text(path)).transpose()
    }

    /// The file that a key names, if it is set.
    pub(super) fn path(&self, path: &str) -> Result<Option<PathBuf>, Problem> {
        Ok(self.optional_text(path)?.map(Into::into))
    }

    fn reference_files(&self) -> Result<ReferenceFiles, Problem> {
        let mut files = ReferenceFiles::default();
        for table in ReferenceTable::ALL {
            if let Some(path) = self.path(&format!("reference.{}", table.name()))? {
                files.set(table, path);
            }
        }
        Ok(files)
    }

    fn reference_topics(&self) -> Result<ReferenceTopics, Problem> {
        let mut topics = ReferenceTopics::new();
        for table in ReferenceTable::ALL {
            if let Some(topic) = self.optional_text(&topic_key(table))? {
                topics.insert(table, topic);
            }
        }
        Ok(topics)
    }

    pub(super) fn take<T>(&self, path: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, Problem> {
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

    pub(super) fn count(&self, path: &str) -> Result<u32, Problem> {
        self.take(path, |v| if let Value::Integer(i) = v { u32::try_from(*i).ok() } else { None })
    }

    pub(super) fn flag(&self, path: &str) -> Result<bool, Problem> {
        self.take(path, |v| if let Value::Flag(flag) = v { Some(*flag) } else { None })
    }

    pub(super) fn duration(&self, path: &str) -> Result<Duration, Problem> {
        self.take(path, |v| if let Value::Duration(d) = v { Some(*d) } else { None })
    }

    fn properties(&self, path: &str) -> Result<KafkaProperties, Problem> {
        self.take(path, |v| if let Value::Properties(p) = v { Some(p.clone()) } else { None })
    }
}
