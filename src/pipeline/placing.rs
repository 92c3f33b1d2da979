//! Which partition number an HCP belongs to: by the producers' hash, as it is configured or as the records tell.
//!
//! A sole owner has everybody. Where several processes share the work, restored records and targets go by the hash, not by
//! the partition that they once came from, so that imports and older partition counts are placed too.
//!
//! Two things are asked of it, and the second asks for more (ADR 25):
//!
//! - *Where does this record go?* An inferred hash is enough; the first record that is read and tells must agree with it.
//! - *Would every record of this HCP be here?* Only for a configured hash, while the partition counts are those of the
//!   assignment, and while the stored records of the last day of each topic lie where it puts them. Otherwise nobody
//!   vouches, and a check of an HCP without records is denied.

use super::{Pipeline, PipelineError};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, TimestampMicrosecondType};
use ingest::kafka::{PartitionCounts, PartitionerChoice, crc32_partition, murmur2_partition};
use processors::{Placement, Shards};
use serve::metrics::placement::Strangers;
use std::fmt;
use touchpoint::Micros;
use touchpoint::time::DAY;

/// How far before its newest record the stored records of a topic are held against the configured hash: what is older may
/// be from before a change of partition counts.
const JUDGED: Micros = DAY;

/// A hash of the producers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitioner {
    /// Java clients.
    Murmur2,
    /// librdkafka.
    Crc32,
}

impl Partitioner {
    fn partition_of(self) -> fn(&[u8], i32) -> i32 {
        match self {
            Self::Murmur2 => murmur2_partition,
            Self::Crc32 => crc32_partition,
        }
    }
}

impl fmt::Display for Partitioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "crc32",
        })
    }
}

/// How sure the hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// By configuration; the source holds it against every record.
    Configured,
    /// From stored records, or not at all yet.
    Inferred,
    /// From stored records, and a record that was read agrees.
    Confirmed,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Placing {
    sole: bool,
    partitioner: Option<Partitioner>,
    known: Known,
    count: i32,
    waiting: Vec<RecordBatch>,
    stored: Vec<StoredTopic>,
}

/// The records of one topic in the tables, beside the configured hash.
#[derive(Debug)]
struct StoredTopic {
    name: String,
    newest: Micros,
    newest_misplaced: Option<Micros>,
    misplaced: u64,
}

/// Why nobody vouches for where the records of an HCP are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The hash is not configured.
    NotConfigured,
    /// Stored records lie elsewhere.
    Misplaced,
    /// Partition counts are not those of the assignment.
    Counts,
}

impl Placing {
    pub(super) fn new(sole: bool, choice: PartitionerChoice, counts: &PartitionCounts) -> Self {
        let (partitioner, known) = match choice {
            PartitionerChoice::Auto => (None, Known::Inferred),
            PartitionerChoice::Murmur2 => (Some(Partitioner::Murmur2), Known::Configured),
            PartitionerChoice::Crc32 => (Some(Partitioner::Crc32), Known::Configured),
        };
        let count = counts.values().copied().max().unwrap_or(1);
        Self { sole, partitioner, known, count, waiting: Vec::new(), stored: Vec::new() }
    }

    /// The stored records that can be placed by now.
    pub(super) fn ready(&mut self, batch: RecordBatch) -> Vec<RecordBatch> {
        if !self.sole {
            self.partitioner = self.partitioner.or_else(|| self.infer(&batch));
            self.judge(&batch);
        }
        self.waiting.push(batch);
        if self.is_known() { std::mem::take(&mut self.waiting) } else { Vec::new() }
    }

    /// Every stored record has been placed.
    ///
    /// # Errors
    /// Some could not be.
    pub(super) fn finish(&self) -> Result<(), PipelineError> {
        if self.waiting.iter().all(|b| b.num_rows() == 0) { Ok(()) } else { Err(PipelineError::UnknownPartitioner) }
    }

    /// Makes the targets known to the shards that own them, if it is known by now which those are.
    pub(super) fn seed_targets(&self, shards: &mut Shards) {
        if self.is_known() {
            shards.seed_targets(|hcp_id, number| self.is_of(hcp_id, number));
        }
    }

    pub(super) fn is_of(&self, hcp_id: &str, number: i32) -> bool {
        let of = |hash: Partitioner| hash.partition_of()(hcp_id.as_bytes(), self.count) == number;
        self.sole || self.partitioner.is_some_and(of)
    }

    /// Records that were read: the first that tells names the hash, or confirms the one that stored records told.
    ///
    /// # Errors
    /// It contradicts them: what was restored does not lie where new records go.
    fn read(&mut self, records: &RecordBatch) -> Result<News, PipelineError> {
        if self.sole || self.known != Known::Inferred {
            return Ok(News::None);
        }
        let Some(read) = self.infer(records) else { return Ok(News::None) };
        match self.partitioner.replace(read) {
            Some(stored) if stored != read => Err(PipelineError::ContradictedPartitioner { stored, read }),
            before => {
                self.known = Known::Confirmed;
                Ok(if before.is_none() { News::Named } else { News::None })
            }
        }
    }

    /// Whether this process can say that it has every record of an HCP, among topics of `counts` partitions.
    fn placement(&self, counts: &PartitionCounts) -> Result<Option<Placement>, Doubt> {
        if self.sole {
            return Ok(None);
        }
        let Some(partitioner) = self.partitioner.filter(|_| self.known == Known::Configured) else {
            return Err(Doubt::NotConfigured);
        };
        let is_recent = |topic: &StoredTopic| topic.newest_misplaced.is_some_and(|at| at > topic.newest - JUDGED);
        if self.stored.iter().any(is_recent) {
            return Err(Doubt::Misplaced);
        }
        if counts.values().any(|count| *count != self.count) {
            return Err(Doubt::Counts);
        }
        Ok(Some(Placement { partition_of: partitioner.partition_of(), count: self.count }))
    }

    /// Stored records that lie where the configured hash would not put them.
    pub(super) fn misplaced(&self) -> u64 {
        self.stored.iter().map(|topic| topic.misplaced).sum()
    }

    fn is_known(&self) -> bool {
        self.sole || self.partitioner.is_some()
    }

    /// What most rows say that only one hash explains; `None` where there is no such row. Rows of older partition counts
    /// fit either by chance.
    fn infer(&self, batch: &RecordBatch) -> Option<Partitioner> {
        let (mut murmur2, mut crc32) = (0_usize, 0_usize);
        for row in KafkaRow::all(batch) {
            let lies = |hash: Partitioner| hash.partition_of()(row.hcp_id.as_bytes(), self.count) == row.partition;
            match (lies(Partitioner::Murmur2), lies(Partitioner::Crc32)) {
                (true, false) => murmur2 += 1,
                (false, true) => crc32 += 1,
                _ => {}
            }
        }
        match murmur2.cmp(&crc32) {
            std::cmp::Ordering::Greater => Some(Partitioner::Murmur2),
            std::cmp::Ordering::Less => Some(Partitioner::Crc32),
            std::cmp::Ordering::Equal => None,
        }
    }

    fn judge(&mut self, batch: &RecordBatch) {
        let Some(partitioner) = self.partitioner.filter(|_| self.known == Known::Configured) else { return };
        let (hash, count) = (partitioner.partition_of(), self.count);
        for row in KafkaRow::all(batch) {
            let place = self.stored.iter().position(|topic| topic.name == row.topic).unwrap_or_else(|| {
                let name = row.topic.to_owned();
                self.stored.push(StoredTopic { name, newest: row.at, newest_misplaced: None, misplaced: 0 });
                self.stored.len() - 1
            });
            let Some(topic) = self.stored.get_mut(place) else { continue };
            topic.newest = topic.newest.max(row.at);
            if hash(row.hcp_id.as_bytes(), count) != row.partition {
                topic.newest_misplaced = topic.newest_misplaced.max(Some(row.at));
                topic.misplaced += 1;
            }
        }
    }
}

/// Whether records that were read named the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    None,
    Named,
}

/// A record that came from Kafka, not from a file.
struct KafkaRow<'a> {
    topic: &'a str,
    partition: i32,
    hcp_id: &'a str,
    at: Micros,
}

impl<'a> KafkaRow<'a> {
    fn all(batch: &'a RecordBatch) -> impl Iterator<Item = Self> + 'a {
        let column = |name: &str| batch.column_by_name(name);
        let topics = column("kafka_topic").and_then(|c| c.as_string_opt::<i32>());
        let partitions = column("kafka_partition").and_then(|c| c.as_primitive_opt::<Int32Type>());
        let ids = column("hcp_id").and_then(|c| c.as_string_opt::<i32>());
        let instants = column("ingested_at").and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let columns = topics.zip(partitions).zip(ids.zip(instants));
        columns.into_iter().flat_map(move |((topics, partitions), (ids, instants))| {
            (0..batch.num_rows()).filter(move |row| !topics.value(*row).starts_with("import:")).map(move |row| Self {
                topic: topics.value(row),
                partition: partitions.value(row),
                hcp_id: ids.value(row),
                at: instants.value(row),
            })
        })
    }
}

impl Pipeline {
    /// Where no record told yet how the producers hash keys, the first ones that do bring the targets.
    pub(super) fn place_targets(&mut self, records: &RecordBatch) -> Result<(), PipelineError> {
        let Some(mut placing) = self.placing.take() else { return Ok(()) };
        let news = placing.read(records)?;
        if news == News::Named {
            placing.seed_targets(&mut self.shards());
        }
        self.placing = Some(placing);
        Ok(())
    }

    /// Answers for HCPs without records, or not, from now on; says so when that changes.
    pub(super) fn vouch(&mut self, counts: &PartitionCounts) {
        let Some(placing) = &self.placing else { return };
        let placement = placing.placement(counts);
        let doubt = placement.as_ref().err().copied();
        if self.doubt == Some(doubt) {
            return;
        }
        self.parts.observer.strangers(if doubt.is_none() { Strangers::Answered } else { Strangers::Denied });
        let misplaced = placing.misplaced();
        self.shards().set_placement(placement.ok().flatten());
        self.doubt = Some(doubt);
        match doubt {
            None => tracing::info!("checks of HCPs without records are answered"),
            Some(Doubt::NotConfigured) => tracing::info!(
                "checks of HCPs without records are denied as held_elsewhere: several processes share the work, and \
                 kafka.partitioner is auto; set it to what the producers use"
            ),
            Some(Doubt::Misplaced) => tracing::warn!(
                misplaced,
                "checks of HCPs without records are denied as held_elsewhere: stored records of the last day lie in other \
                 partitions than kafka.partitioner says; correct it, or the producers"
            ),
            Some(Doubt::Counts) => tracing::warn!(
                "checks of HCPs without records are denied as held_elsewhere: the partition counts of the topics have \
                 changed, until the group assigns anew"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
