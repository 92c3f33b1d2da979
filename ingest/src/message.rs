//! One message as it was read: borrowed bytes with their place in the stream, before anything is known of the content.

use touchpoint::{Kind, Micros};

/// A Kafka message, or a line of an imported file.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The feed its topic carries.
    pub kind: Kind,
    /// Kafka topic, or `import:<sha256 of the file>`.
    pub topic: &'a str,
    /// Kafka partition; 0 for a file.
    pub partition: i32,
    /// Kafka offset, or line from 0.
    pub offset: i64,
    /// Record timestamp of Kafka, for a file the start of the import. `None` when the broker gave none: `ingested_at`
    /// stands in for it.
    pub timestamp: Option<Micros>,
    /// Kafka key; `None` without one and for files.
    pub key: Option<&'a [u8]>,
    /// Kafka headers in order; empty for files.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Kafka value; `None` for a tombstone.
    pub payload: Option<&'a [u8]>,
}
