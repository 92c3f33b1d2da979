//! Where the records to publish come from, one at a time, borrowed, so that a fast source can use its buffers again.

use simulate::{Firehose, Produced};
use touchpoint::{Kind, Micros};

/// One message on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// Which topic.
    pub kind: Kind,
    /// `None` is Kafka's null key.
    pub key: Option<&'a [u8]>,
    /// `None` is Kafka's null value, a tombstone.
    pub payload: Option<&'a [u8]>,
    /// Record timestamp; from 1970 on.
    pub timestamp: Micros,
}

/// A message without the topic that it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content<'a> {
    /// `None` is Kafka's null key.
    pub key: Option<&'a [u8]>,
    /// `None` is Kafka's null value, a tombstone.
    pub payload: Option<&'a [u8]>,
    /// Record timestamp; from 1970 on.
    pub timestamp: Micros,
}

impl<'a> Outgoing<'a> {
    /// What it says, wherever it goes.
    pub fn content(&self) -> Content<'a> {
        Content { key: self.key, payload: self.payload, timestamp: self.timestamp }
    }
}

impl<'a> From<&'a Produced> for Outgoing<'a> {
    fn from(item: &'a Produced) -> Self {
        Self { kind: item.kind, key: Some(item.key.as_bytes()), payload: Some(&item.payload), timestamp: item.arrival }
    }
}

/// Gives messages until it has no more.
pub trait Source {
    /// The next message; `None` for ever after the last.
    fn next(&mut self) -> Option<Outgoing<'_>>;
}

/// The items of an iterator.
pub struct Each<I> {
    items: I,
    current: Option<Produced>,
}

impl<I: Iterator<Item = Produced>> Each<I> {
    /// All of `items`, in order.
    pub fn of(items: I) -> Self {
        Self { items, current: None }
    }
}

impl<I: Iterator<Item = Produced>> Source for Each<I> {
    fn next(&mut self) -> Option<Outgoing<'_>> {
        self.current = self.items.next();
        self.current.as_ref().map(Outgoing::from)
    }
}

/// The records of a firehose, all through one buffer.
pub struct Refilled {
    firehose: Firehose,
    item: Produced,
}

impl Refilled {
    /// All of the firehose's records.
    pub fn from(firehose: Firehose) -> Self {
        let item = Produced { kind: Kind::Calls, key: String::new(), payload: Vec::new(), arrival: 0, expected: None };
        Self { firehose, item }
    }
}

impl Source for Refilled {
    fn next(&mut self) -> Option<Outgoing<'_>> {
        self.firehose.refill(&mut self.item).then(|| Outgoing::from(&self.item))
    }
}
