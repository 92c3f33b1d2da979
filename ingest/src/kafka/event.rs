//! What the source tells the pipeline, in the order in which it happens.
//!
//! The life of an assignment: `Assigned` (the pipeline restores and replies) → `Batch`es → `Revoked` (the pipeline
//! commits or discards, and replies) or `Lost` (the pipeline discards). `Turn`s come in between. `OffsetGap` and
//! `Failed` are the last event of a source; afterwards the channel is closed. A `Batch` is delivered only between the
//! `Assigned` and the `Revoked` or `Lost` of its partitions, and the batches of a partition are in the order of its
//! offsets.

use crate::batch::DecodedBatch;
use crate::kafka::error::IngestError;
use crate::kafka::ownership::{Ownership, PartitionCounts};
use crossbeam_channel::Sender;
use std::collections::BTreeMap;
use touchpoint::{Micros, TopicPartition};

/// The pipeline's answer to [`SourceEvent::Assigned`]: for every partition of it the next offset that the table needs,
/// `None` where the table has no transaction and reading starts at the beginning; or the reason for refusing, which
/// stops the source.
pub type StartOffsets = Result<BTreeMap<TopicPartition, Option<i64>>, String>;

/// One step of the source.
#[derive(Debug)]
pub enum SourceEvent {
    /// The group gave these partitions to this process. Nothing of them is read before the reply.
    Assigned {
        /// The partitions; possibly none, when the group has more members than partition numbers.
        partitions: Vec<TopicPartition>,
        /// Number of partitions of each of the four topics.
        counts: PartitionCounts,
        /// Whether that is all there is.
        ownership: Ownership,
        /// Where to answer. Dropping it without an answer stops the source.
        reply: Sender<StartOffsets>,
    },
    /// The group takes these partitions away; every batch that was read of them has been delivered before this.
    Revoked {
        /// All partitions that were assigned.
        partitions: Vec<TopicPartition>,
        /// Where to answer once they are committed or discarded. An answer that cannot be sent came too late: then
        /// [`SourceEvent::Lost`] follows.
        reply: Sender<()>,
    },
    /// These partitions already belong to someone else: discard what was read of them.
    Lost {
        /// All partitions that were assigned.
        partitions: Vec<TopicPartition>,
    },
    /// Decoded messages of one partition number.
    Batch(DecodedBatch),
    /// The broker no longer has, or does not have, what must be read next: records may be lost. The last event.
    OffsetGap {
        /// Where.
        partition: TopicPartition,
        /// The next offset that the table needs.
        wanted: i64,
        /// First offset that the broker has; −1 when it did not say.
        low: i64,
        /// Offset after the last one that the broker has; −1 when it did not say.
        high: i64,
    },
    /// The loop turns; sent about every 200 ms unless the channel is full.
    Turn {
        /// The clock's instant.
        at: Micros,
    },
    /// The source cannot go on. The last event.
    Failed(IngestError),
}
