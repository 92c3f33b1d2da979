//! Restatements that went to Kafka: records like any other, which only their positions tell from what the source sent.
//!
//! Of a retraction in the log the topic of its restatements says that they are ones, and what was taken back. Records of
//! Kafka stand under the source's own topic; so whoever produces them keeps a note of where they went.

use super::selection::Selection;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use touchpoint::record::RecordRow;

/// A note of one retraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// What was taken back.
    pub selection: Selection,
    /// By topic and partition where its restatements stand: spans of offsets.
    pub positions: BTreeMap<(String, i32), Vec<RangeInclusive<i64>>>,
}

/// The positions of all notes.
#[derive(Debug, Default)]
pub(super) struct Restatements(HashMap<String, HashMap<i32, Vec<RangeInclusive<i64>>>>);

impl Restatements {
    pub(super) fn of(notes: &[Elsewhere]) -> Self {
        let mut all = Self::default();
        for ((topic, partition), spans) in notes.iter().flat_map(|note| &note.positions) {
            all.0.entry(topic.clone()).or_default().entry(*partition).or_default().extend(spans.iter().cloned());
        }
        all.0.values_mut().flat_map(HashMap::values_mut).for_each(|spans| spans.sort_by_key(|span| *span.start()));
        all
    }

    /// Whether a record is one of them.
    pub(super) fn hold(&self, row: &RecordRow<'_>) -> bool {
        let spans = self.0.get(row.kafka_topic).and_then(|of| of.get(&row.kafka_partition));
        spans.is_some_and(|spans| {
            let after = spans.partition_point(|span| *span.start() <= row.kafka_offset);
            // A position is given to one record alone, so spans do not overlap: the last that begins before decides.
            after.checked_sub(1).and_then(|last| spans.get(last)).is_some_and(|span| span.contains(&row.kafka_offset))
        })
    }
}
