//! Reference data from compacted Kafka topics: each read from its beginning to its end, then followed.
//!
//! Every process reads every partition by itself: no member of a group, no committed offset, nothing kept between two
//! runs. What a topic holds of a table is of every key its last message ([`TopicTable`]); whether that is a table is
//! judged when it is loaded, so that a message that is no row is told with its place and stops nothing else.
//!
//! A topic that loses what is still to be read (it was cut off, or made anew), or gets more partitions, is read from its
//! beginning again; until that has come to the end there is nothing to load, and the old tables stay. A topic that is
//! deleted and made anew while nobody looks can have the offsets that are waited for: [`TopicsReader::start_over`], which
//! is called now and then, makes up for that, and for tombstones that compaction removed before they were seen.
//!
//! | module | one noun |
//! |---|---|
//! | [`error`] | why a topic cannot be read |
//! | [`topic_reader`] | one topic's consumer |

mod error;
mod topic_reader;

pub use error::ReferenceTopicError;

use crate::kafka::KafkaConfig;
use crate::reference_files::{ReferenceTable, Taken, TopicTable, TopicTables};
use std::collections::BTreeMap;
use topic_reader::TopicReader;

/// Looks between two questions for the number of partitions.
const LOOKS_PER_COUNT: u32 = 20;

/// Which topic holds which table.
pub type ReferenceTopics = BTreeMap<ReferenceTable, String>;

/// Messages by table and by what they did.
pub type MessageCounts = BTreeMap<(ReferenceTable, Taken), u64>;

/// See the module.
#[derive(Debug)]
pub struct TopicsReader {
    readers: BTreeMap<ReferenceTable, TopicReader>,
    tables: TopicTables,
    counts: MessageCounts,
    seen: u64,
    looks: u32,
}

impl TopicsReader {
    /// Connects, and reads every topic to where it ends now. Blocks.
    ///
    /// # Errors
    /// Topics are missing (all of them are named), or one cannot be read.
    pub fn open(kafka: &KafkaConfig, topics: &ReferenceTopics) -> Result<Self, ReferenceTopicError> {
        let mut readers = BTreeMap::new();
        for (table, topic) in topics {
            readers.insert(*table, TopicReader::new(kafka, topic)?);
        }
        let mut missing = Vec::new();
        for (table, reader) in &mut readers {
            match reader.begin() {
                Err(ReferenceTopicError::Missing { .. }) => {
                    missing.push(format!("{} ({})", reader.topic(), table.name()));
                }
                begun => begun?,
            }
        }
        if !missing.is_empty() {
            return Err(ReferenceTopicError::Missing { topics: missing.join(", ") });
        }
        let tables = topics.iter().map(|(table, topic)| (*table, TopicTable::new(topic))).collect();
        let mut reader = Self { readers, tables, counts: MessageCounts::new(), seen: 0, looks: 0 };
        reader.read_to_the_end()?;
        Ok(reader)
    }

    fn read_to_the_end(&mut self) -> Result<(), ReferenceTopicError> {
        for (table, reader) in &mut self.readers {
            let held = self.tables.entry(*table).or_insert_with(|| TopicTable::new(reader.topic()));
            let counts = &mut self.counts;
            let mut count = |message: Taken| *counts.entry((*table, message)).or_default() += 1;
            reader.read_to_the_end(held, &mut count)?;
        }
        self.seen = self.counts.values().sum();
        Ok(())
    }

    /// Takes what has come since, without waiting for more. Trouble is logged and tried again at the next call.
    pub fn follow(&mut self) {
        self.looks = self.looks.wrapping_add(1);
        let counted = self.looks % LOOKS_PER_COUNT;
        for ((table, reader), number) in self.readers.iter_mut().zip(0..) {
            // One at a time: while nobody answers each question takes seconds.
            if number == counted {
                reader.look_for_partitions();
            }
            let held = self.tables.entry(*table).or_insert_with(|| TopicTable::new(reader.topic()));
            let (counts, seen) = (&mut self.counts, &mut self.seen);
            let mut count = |message: Taken| {
                *counts.entry((*table, message)).or_default() += 1;
                *seen += 1;
            };
            if let Err(error) = reader.follow(held, &mut count) {
                tracing::warn!(%error, "reference data: the old tables stay in force, and reading is tried again");
                break;
            }
        }
    }

    /// Reads every topic from its beginning again, by the calls of [`TopicsReader::follow`] that come.
    pub fn start_over(&mut self) {
        self.readers.values_mut().for_each(TopicReader::start_over);
    }

    /// What the topics hold; `None` while one is being read from its beginning.
    pub fn tables(&self) -> Option<&TopicTables> {
        self.readers.values().all(TopicReader::has_reached_the_end).then_some(&self.tables)
    }

    /// Messages and beginnings so far: as long as it stays the same, so does what the topics hold.
    pub fn seen(&self) -> u64 {
        self.seen + self.readers.values().map(TopicReader::beginnings).sum::<u64>()
    }

    /// Messages since this was last asked.
    pub fn take_counts(&mut self) -> MessageCounts {
        std::mem::take(&mut self.counts)
    }
}

#[cfg(test)]
mod tests;
