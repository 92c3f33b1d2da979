//! The Kafka source: a consumer group over the four topics, offsets in the table, nothing lost and nothing read twice.
//!
//! [`KafkaSource::spawn`] starts one thread that owns the consumer; [`SourceEvent`]s come out of a bounded channel. The
//! pipeline answers two of them: where to start, and when a partition may be given back.
//!
//! | module | one noun |
//! |---|---|
//! | `config`, `properties` | what the user may say, and what librdkafka is told |
//! | `source` | the thread and its handle |
//! | `event` | what the pipeline is told |
//! | `context` | what librdkafka calls back |
//! | `native` | messages in batches |
//! | `ownership` | what an assignment allows |
//! | `partitioner` | where a key belongs |
//! | `topics` | the look-out for topics and their partition counts |
//! | `cluster` | which cluster this is |
//! | `drain` | the bare drain that the pipeline is measured against |
//! | `stats` | how the source is doing |

mod cluster;
mod config;
mod context;
mod drain;
mod error;
mod event;
mod native;
mod ownership;
mod partitioner;
mod properties;
mod source;
mod stats;
mod topics;

pub use cluster::{UNKNOWN_CLUSTER, cluster_id};
pub use config::{KafkaConfig, Problem};
pub use drain::{Drained, drain};
pub use error::IngestError;
pub(crate) use error::cause as error_cause;
pub use event::{SourceEvent, StartOffsets};
pub use ownership::{Ownership, PartitionCounts};
pub use partitioner::{
    Candidates, PartitionerCheck, PartitionerChoice, crc32, crc32_partition, murmur2, murmur2_partition,
};
pub use properties::{is_secret_property, property_problem};
pub use source::{KafkaSource, SourceHandle};
pub use stats::SourceStats;
pub use topics::partition_counts;

#[cfg(test)]
mod tests;
