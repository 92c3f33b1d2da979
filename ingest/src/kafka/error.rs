//! What can end a Kafka source, said so that whoever reads it knows whose fault it is and whether a retry helps.
//!
//! Everything here is fatal. What passes by itself (a broker that is down, a coordinator that moves) is counted in
//! [`SourceStats`](crate::kafka::SourceStats) and logged. No text quotes a key, an id or a payload.

use crate::kafka::partitioner::Candidates;
use touchpoint::TopicPartition;

/// Why the source stopped for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The configuration was refused; every problem is listed.
    #[error("the Kafka configuration has {} problem(s): {}", .0.len(), join(.0))]
    Config(Vec<crate::kafka::config::Problem>),

    /// The operating system gave no thread.
    #[error("no thread for the Kafka source: {0}; a retry helps once the machine has room")]
    Thread(String),

    /// The Kafka client could not be created or used; `during` says at which step.
    #[error(
        "the Kafka client failed while {during}: {cause}; check kafka.bootstrap_servers and kafka.properties, then restart"
    )]
    Client {
        /// The step.
        during: &'static str,
        /// What librdkafka says.
        cause: String,
    },

    /// The cluster refuses this client: credentials, rights, or a member of the same group with other settings.
    #[error(
        "the Kafka cluster refuses this client: {cause}; a retry does not help until that is changed there or here"
    )]
    Refused {
        /// What librdkafka says.
        cause: String,
    },

    /// The group has several members and the topics do not have the same number of partitions.
    #[error(
        "the four topics have differing partition counts ({counts}), and this process does not own all of them: equal \
         partition numbers would not hold the same HCPs; give the topics equal counts or run one process"
    )]
    DifferingPartitionCounts {
        /// `topic=count` of the four topics.
        counts: String,
    },

    /// Records without their HCP as key can be read only by a process that owns every partition.
    #[error(
        "ingest.accept_unkeyed needs one process that owns every partition, but the group has other members; \
         key the records by hcp_id or run one process"
    )]
    UnkeyedNeedsSoleOwner,

    /// A record stands in a partition that its key does not hash to.
    #[error(
        "a record of topic {topic} is in partition {partition}, where partitioner {expected} would not put its key: \
         the four topics must be written with one partitioner (murmur2: Java clients; crc32: librdkafka's default) and \
         keyed by hcp_id; until then run one process, which needs no partitioner"
    )]
    PartitionerMismatch {
        /// Topic.
        topic: String,
        /// What every record before this one fits.
        expected: Candidates,
        /// Partition number.
        partition: i32,
    },

    /// The pipeline refused the assignment, with its reason.
    #[error("the assignment was refused: {0}")]
    AssignmentRefused(String),

    /// The pipeline's answer to an assignment lacks a partition or holds a negative offset.
    #[error("the start offset of {partition} is missing or negative: a bug of the caller, not of the data")]
    BadStartOffset {
        /// Where.
        partition: TopicPartition,
    },

    /// Decoded columns could not be built.
    #[error("a batch could not be built: {cause}; a bug, please report it")]
    Batch {
        /// What Arrow says.
        cause: String,
    },

    /// The broker says that an offset is out of range, and the watermarks did not show which.
    #[error("the broker does not have an offset that this process needs ({cause}); records may be lost: see OPERATING")]
    OffsetReset {
        /// What librdkafka says.
        cause: String,
    },
}

fn join(problems: &[crate::kafka::config::Problem]) -> String {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// What librdkafka says, without the value of a property, which may be a secret.
pub(crate) fn cause(error: &rdkafka::error::KafkaError) -> String {
    match error {
        rdkafka::error::KafkaError::ClientConfig(_, _, key, _) => format!("property {key} was not taken"),
        other => other.to_string(),
    }
}
