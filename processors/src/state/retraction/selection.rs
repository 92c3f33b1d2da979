//! Which records are taken back: those of a source that were accepted in a span, perhaps of one topic alone.
//!
//! Restatements stand under `import:retract:<from>:<to>:<topic or *>:<source>`, the instants in microseconds and `:` in
//! the topic written `/`, which no topic of Kafka has: the log itself says what was ever taken back, and a retraction is
//! to everything else what an import is (a record of Kafka with the same version and rank is later).

use touchpoint::record::RecordRow;
use touchpoint::time::Micros;

const PREFIX: &str = "import:retract:";
const ANY: &str = "*";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selection {
    /// The source system, as its records name it.
    pub source: String,
    /// Records accepted at or after this instant …
    pub from: Micros,
    /// … and before this one.
    pub to: Micros,
    /// Only those of this topic (of an imported file `import:<sha256>`).
    pub topic: Option<String>,
}

impl Selection {
    /// Whether a record is among those taken back. Restatements never are.
    pub fn holds(&self, row: &RecordRow<'_>) -> bool {
        row.source == self.source
            && (self.from..self.to).contains(&row.ingested_at)
            && self.topic.as_deref().is_none_or(|topic| topic == row.kafka_topic)
            && !Self::is_restatement(row.kafka_topic)
    }

    /// The topic of its restatements; their partition is 0.
    pub fn topic(&self) -> String {
        let topic = self.topic.as_deref().unwrap_or(ANY).replace(':', "/");
        format!("{PREFIX}{}:{}:{topic}:{}", self.from, self.to, self.source)
    }

    /// Whether a topic is that of a retraction.
    pub fn is_restatement(topic: &str) -> bool {
        topic.starts_with(PREFIX)
    }

    /// What was taken back, from the topic of a restatement.
    pub fn of_topic(topic: &str) -> Option<Self> {
        let mut parts = topic.strip_prefix(PREFIX)?.splitn(4, ':');
        let (from, to) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (topic, source) = (parts.next()?.replace('/', ":"), parts.next()?.to_owned());
        Some(Self { source, from, to, topic: (topic != ANY).then_some(topic) })
    }
}
