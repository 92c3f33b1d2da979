//! A pipeline that does nothing but remember: next offsets as a table would hold them, and every position it was given.

use crate::decode::{DecodeOptions, Decoder};
use crate::kafka::{IngestError, KafkaConfig, KafkaSource, Ownership, PartitionCounts, SourceEvent, SourceHandle};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::record_batch::RecordBatch;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use touchpoint::time::FixedClock;
use touchpoint::{NextOffsets, Reference, TopicPartition};

pub(super) const PATIENCE: Duration = Duration::from_secs(40);
/// 2026-06-01, after every record of the tests.
pub(super) const NOW: i64 = 1_780_272_000_000_000;

/// What all processes of a test see: the table.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) next: NextOffsets,
    /// Offsets in the order in which they were committed.
    pub(super) offsets: BTreeMap<TopicPartition, Vec<i64>>,
    pub(super) rejected: usize,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.offsets.values().map(Vec::len).sum()
    }

    /// Each partition holds every offset from its first once, in order.
    pub(super) fn assert_gapless(&self) {
        for (partition, offsets) in &self.offsets {
            let expected: Vec<i64> = (0..offsets.len() as i64).collect();
            assert_eq!(offsets, &expected, "{partition}");
        }
    }
}

/// What the last step was.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Assigned { partitions: Vec<TopicPartition>, counts: PartitionCounts, ownership: Ownership },
    Revoked,
    Lost,
    Batch,
    Turn(i64),
    Gap { partition: TopicPartition, wanted: i64, low: i64, high: i64 },
    Failed(IngestError),
    Ended,
    Nothing,
}

pub(super) struct Pipeline {
    pub(super) source: SourceHandle,
    pub(super) events: Receiver<SourceEvent>,
    pub(super) table: Arc<Mutex<Table>>,
}

impl Pipeline {
    pub(super) fn start(config: KafkaConfig, table: &Arc<Mutex<Table>>) -> Self {
        let decoder = Decoder::new(Arc::new(Reference::default()), DecodeOptions::default());
        let (source, events) = KafkaSource::spawn(config, Arc::new(decoder), Arc::new(FixedClock(NOW))).unwrap();
        Self { source, events, table: Arc::clone(table) }
    }

    /// Waits up to `patience` for an event and does what a pipeline does: every batch is committed at once.
    pub(super) fn step(&self, patience: Duration) -> Step {
        let event = match self.events.recv_timeout(patience) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Step::Nothing,
            Err(RecvTimeoutError::Disconnected) => return Step::Ended,
        };
        let mut table = self.table.lock().unwrap();
        match event {
            SourceEvent::Assigned { partitions, counts, ownership, reply } => {
                let starts = partitions.iter().map(|p| (p.clone(), table.next.get(p).copied())).collect();
                reply.send(Ok(starts)).unwrap();
                Step::Assigned { partitions, counts, ownership }
            }
            SourceEvent::Revoked { reply, .. } => {
                reply.send(()).unwrap();
                Step::Revoked
            }
            SourceEvent::Lost { .. } => Step::Lost,
            SourceEvent::Batch(batch) => {
                table.rejected += batch.dead_letters.num_rows();
                for rows in [&batch.records, &batch.dead_letters] {
                    positions(rows).for_each(|(place, offset)| table.offsets.entry(place).or_default().push(offset));
                }
                // Accepted and rejected records of one batch lie in two tables, so offsets are put in order per batch.
                for partition in batch.next.keys() {
                    let committed = table.next.get(partition).map_or(0, |next| *next as usize);
                    let offsets = table.offsets.entry(partition.clone()).or_default();
                    let from = committed.min(offsets.len());
                    offsets[from..].sort_unstable();
                }
                table.next.extend(batch.next);
                Step::Batch
            }
            SourceEvent::OffsetGap { partition, wanted, low, high } => Step::Gap { partition, wanted, low, high },
            SourceEvent::Turn { at } => Step::Turn(at),
            SourceEvent::Failed(error) => Step::Failed(error),
        }
    }

    /// Steps until `done`, which sees every step.
    pub(super) fn until(&self, mut done: impl FnMut(&Step, &Table) -> bool) -> Step {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let step = self.step(Duration::from_millis(50));
            if done(&step, &self.table.lock().unwrap()) {
                return step;
            }
            assert!(
                step != Step::Ended && Instant::now() < deadline,
                "still waiting at {step:?}: {:?}",
                self.source.stats()
            );
        }
    }

    /// Stops the source and steps through the handshake to the end.
    pub(super) fn stop(self) -> Vec<Step> {
        self.source.stop();
        let mut steps = Vec::new();
        self.until(|step, _| {
            steps.extend(match step {
                Step::Revoked => Some(Step::Revoked),
                Step::Lost => Some(Step::Lost),
                _ => None,
            });
            *step == Step::Ended
        });
        self.source.join().unwrap();
        steps
    }
}

fn positions(rows: &RecordBatch) -> impl Iterator<Item = (TopicPartition, i64)> {
    let topics = rows.column_by_name("kafka_topic").unwrap().as_string::<i32>().clone();
    let partitions = rows.column_by_name("kafka_partition").unwrap().as_primitive::<Int32Type>().clone();
    let offsets = rows.column_by_name("kafka_offset").unwrap().as_primitive::<Int64Type>().clone();
    (0..topics.len()).map(move |i| (TopicPartition::new(topics.value(i), partitions.value(i)), offsets.value(i)))
}
