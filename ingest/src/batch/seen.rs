//! The ledger of a batch: what was seen of each topic and partition, for counters, watermark and freshness.

use crate::message::Message;
use touchpoint::{Kind, Micros, NextOffsets, RejectReason, TopicPartition, Word};

const REASONS: usize = RejectReason::ALL.len();

/// Rejected messages by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RejectCounts([u64; REASONS]);

impl RejectCounts {
    /// Messages rejected for `reason`.
    pub fn of(&self, reason: RejectReason) -> u64 {
        self.0.get(usize::from(reason.code())).copied().unwrap_or(0)
    }

    /// Messages rejected for any reason.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Every reason with its count, zeros included, in code order.
    pub fn iter(&self) -> impl Iterator<Item = (RejectReason, u64)> + '_ {
        RejectReason::ALL.iter().map(|reason| (*reason, self.of(*reason)))
    }

    fn add(&mut self, reason: RejectReason) {
        if let Some(count) = self.0.get_mut(usize::from(reason.code())) {
            *count += 1;
        }
    }
}

/// What a batch holds of one topic and partition: `accepted + rejected.total() + erased` is the number of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where the messages stood.
    pub partition: TopicPartition,
    /// The feed.
    pub kind: Kind,
    /// Accepted records.
    pub accepted: u64,
    /// Rejected messages by reason.
    pub rejected: RejectCounts,
    /// Records that were skipped because their HCP was erased.
    pub erased: u64,
    /// Greatest `min(occurred_at, kafka_timestamp)` of the accepted records: what the partition adds to the watermark.
    /// `None` when none was accepted with an `occurred_at`.
    pub event_time: Option<Micros>,
    /// Greatest Kafka timestamp of all messages; `None` when none carried one.
    pub timestamp: Option<Micros>,
    /// Payload bytes of all messages.
    pub bytes: u64,
}

impl Seen {
    fn new(message: &Message<'_>) -> Self {
        Self {
            partition: TopicPartition::new(message.topic, message.partition),
            kind: message.kind,
            accepted: 0,
            rejected: RejectCounts::default(),
            erased: 0,
            event_time: None,
            timestamp: None,
            bytes: 0,
        }
    }

    fn is_of(&self, message: &Message<'_>) -> bool {
        self.kind == message.kind
            && self.partition.partition == message.partition
            && self.partition.topic == message.topic
    }

    fn accept(&mut self, occurred_at: Option<Micros>, timestamp: Micros) {
        self.accepted += 1;
        // `None` orders below every instant, so `max` ignores it.
        self.event_time = self.event_time.max(occurred_at.map(|at| at.min(timestamp)));
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Accepted { occurred_at: Option<Micros>, timestamp: Micros },
    Rejected(RejectReason),
    Erased,
}

/// The entries of a batch being built. A partition number has four topics, so a list is searched, not a map, and hardly
/// ever searched: messages of a kind go where the one before went.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<(Seen, i64)>,
    /// For each kind the place of the entry that was last written to.
    last: [usize; Kind::ALL.len()],
}

impl Ledger {
    /// Enters one message with `bytes` of payload.
    pub(super) fn enter(&mut self, message: &Message<'_>, bytes: u64, fate: Fate) {
        let last = self.last.get(usize::from(message.kind.code())).copied().unwrap_or_default();
        let place = if self.entries.get(last).is_some_and(|(seen, _)| seen.is_of(message)) {
            last
        } else {
            self.place(message)
        };
        // There is one at every place that was found.
        let Some((seen, next)) = self.entries.get_mut(place) else { return };
        *next = message.offset.saturating_add(1);
        seen.timestamp = seen.timestamp.max(message.timestamp);
        seen.bytes = seen.bytes.saturating_add(bytes);
        match fate {
            Fate::Accepted { occurred_at, timestamp } => seen.accept(occurred_at, timestamp),
            Fate::Rejected(reason) => seen.rejected.add(reason),
            Fate::Erased => seen.erased += 1,
        }
    }

    /// The place of the message's entry, which is made if there is none.
    #[cold]
    fn place(&mut self, message: &Message<'_>) -> usize {
        let known = self.entries.iter().position(|(seen, _)| seen.is_of(message));
        let place = known.unwrap_or_else(|| {
            self.entries.push((Seen::new(message), 0));
            self.entries.len() - 1
        });
        if let Some(last) = self.last.get_mut(usize::from(message.kind.code())) {
            *last = place;
        }
        place
    }

    pub(super) fn finish(&mut self) -> (NextOffsets, Vec<Seen>) {
        let next = self.entries.iter().map(|(seen, next)| (seen.partition.clone(), *next)).collect();
        let seen = self.entries.drain(..).map(|(seen, _)| seen).collect();
        (next, seen)
    }
}
