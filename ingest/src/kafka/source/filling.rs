//! The owned partitions and the batches being filled from them: one batch per partition number.
//!
//! A slot exists for every owned partition and knows the next offset to be read of it; `None` until the first message
//! of a partition that is read from its beginning. Equal partition numbers of the four topics share one builder. A
//! batch's `ingested_at` is the instant of its first message.

use crate::batch::{BatchBuilder, DecodedBatch, Message};
use crate::decode::Decoder;
use crate::kafka::error::IngestError;
use std::sync::Arc;
use std::time::{Duration, Instant};
use touchpoint::{Clock, Kind, Micros, TopicPartition};

const KINDS: usize = 4;

fn place(kind: Kind, partition: i32) -> Option<usize> {
    Some(usize::try_from(partition).ok()? * KINDS + usize::from(kind as u8))
}

fn at_mut<T>(list: &mut [T], partition: i32) -> Option<&mut T> {
    list.get_mut(usize::try_from(partition).ok()?)
}

/// One owned partition.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) partition: TopicPartition,
    pub(super) kind: Kind,
    pub(super) next: Option<i64>,
    /// Number of partitions of the topic.
    pub(super) count: i32,
}

/// Bounds at which a batch is handed on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) age: Duration,
    /// Bytes in all batches together.
    pub(super) all_bytes: usize,
}

/// How eagerly batches are handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eagerness {
    /// The pipeline waits for work.
    Hungry,
    /// The pipeline still has work: let batches grow.
    Busy,
}

#[derive(Debug)]
struct Batch {
    builder: BatchBuilder,
    begun: Option<Begun>,
}

#[derive(Debug, Clone, Copy)]
struct Begun {
    since: Instant,
    ingested_at: Micros,
}

/// All owned partitions and their batches.
pub(super) struct Filling {
    decoder: Arc<Decoder>,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
    /// At partition number times four plus kind, so that a message finds its slot without a search.
    slots: Vec<Option<Slot>>,
    /// At partition number.
    batches: Vec<Option<Batch>>,
    bytes: usize,
}

impl Filling {
    pub(super) fn new(decoder: Arc<Decoder>, clock: Arc<dyn Clock>, bounds: Bounds) -> Self {
        Self { decoder, clock, bounds, slots: Vec::new(), batches: Vec::new(), bytes: 0 }
    }

    /// Takes over an assignment; nothing may be owned at that time.
    pub(super) fn own(&mut self, slots: Vec<Slot>) {
        self.disown();
        let numbers = slots.iter().filter_map(|slot| usize::try_from(slot.partition.partition).ok());
        let size = numbers.max().map_or(0, |greatest| greatest + 1);
        self.slots.resize_with(size * KINDS, || None);
        self.batches.resize_with(size, || None);
        for slot in slots {
            let number = slot.partition.partition;
            let builder = || Batch { builder: BatchBuilder::new(Arc::clone(&self.decoder), number), begun: None };
            if let Some(batch) = at_mut(&mut self.batches, number) {
                batch.get_or_insert_with(builder);
            }
            if let Some(place) = place(slot.kind, number).and_then(|place| self.slots.get_mut(place)) {
                *place = Some(slot);
            }
        }
    }

    /// Forgets all partitions and what was read of them.
    pub(super) fn disown(&mut self) {
        self.slots.clear();
        self.batches.clear();
        self.bytes = 0;
    }

    pub(super) fn slot_mut(&mut self, kind: Kind, partition: i32) -> Option<&mut Slot> {
        self.slots.get_mut(place(kind, partition)?)?.as_mut()
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().flatten()
    }

    /// Decodes a message into the batch of its partition number.
    pub(super) fn push(&mut self, message: &Message<'_>) -> Fullness {
        let Some(Some(batch)) = at_mut(&mut self.batches, message.partition) else { return Fullness::Room };
        let begun = *batch.begun.get_or_insert_with(|| Begun { since: Instant::now(), ingested_at: self.clock.now() });
        let before = batch.builder.bytes();
        batch.builder.push(message, begun.ingested_at);
        self.bytes += batch.builder.bytes() - before;
        let full = batch.builder.len() >= self.bounds.records || batch.builder.bytes() >= self.bounds.bytes;
        if full || self.bytes >= self.bounds.all_bytes { Fullness::Full } else { Fullness::Room }
    }

    /// The batches that are full or old enough; all of them when they hold too much together.
    pub(super) fn due(&mut self, eagerness: Eagerness) -> Result<Vec<DecodedBatch>, IngestError> {
        let Bounds { records, bytes, age, all_bytes } = self.bounds;
        let age = if eagerness == Eagerness::Hungry { age } else { age * 10 };
        let over = self.bytes >= all_bytes;
        self.finish_where(|builder, begun| {
            over || builder.len() >= records || builder.bytes() >= bytes || begun.since.elapsed() >= age
        })
    }

    /// Every batch that holds something.
    pub(super) fn all(&mut self) -> Result<Vec<DecodedBatch>, IngestError> {
        self.finish_where(|_, _| true)
    }

    /// How long until the next batch is old enough, `None` when all are empty.
    pub(super) fn until_due(&self) -> Option<Duration> {
        let oldest = self.batches.iter().flatten().filter_map(|batch| batch.begun).map(|begun| begun.since).min()?;
        Some(self.bounds.age.saturating_sub(oldest.elapsed()))
    }

    fn finish_where(
        &mut self,
        mut wanted: impl FnMut(&BatchBuilder, Begun) -> bool,
    ) -> Result<Vec<DecodedBatch>, IngestError> {
        let mut finished = Vec::new();
        for batch in self.batches.iter_mut().flatten() {
            let Some(begun) = batch.begun else { continue };
            if !wanted(&batch.builder, begun) {
                continue;
            }
            self.bytes -= batch.builder.bytes();
            batch.begun = None;
            let decoded = batch.builder.finish();
            finished.push(decoded.map_err(|error| IngestError::Batch { cause: error.to_string() })?);
        }
        Ok(finished)
    }
}

/// Whether a batch should be handed on before more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fullness {
    /// There is room for more.
    Room,
    /// Hand on.
    Full,
}
