//! Where a record stands in its source, and how far a table has come.

use std::collections::BTreeMap;

/// A topic and a partition. An imported file is the topic `import:<sha256>` with partition 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Kafka topic or `import:<sha256 of the file>`.
    pub topic: String,
    /// Kafka partition number.
    pub partition: i32,
}

impl TopicPartition {
    /// A partition of a topic.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)
    }
}

/// A topic, a partition and an offset (for a file: its line, from 0).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Where.
    pub partition: TopicPartition,
    /// Offset or line.
    pub offset: i64,
}

/// For every owned partition the *next* offset: the first one not yet in the table.
pub type NextOffsets = BTreeMap<TopicPartition, i64>;
