//! Messages of one partition number, over all four topics, become one Arrow batch, its dead letters and its ledger.
//!
//! A [`BatchBuilder`] decodes each message as it is pushed, so it never holds a message. Every pushed message ends as
//! exactly one row, in `records` or in `dead_letters`, but for valid records of HCPs who were erased, which leave no row;
//! [`Seen`] counts all three, per topic and partition. A dead letter that names such an HCP has neither key nor payload nor
//! its hash. What comes out of
//! a sequence of messages does not depend on where it is cut into batches.

mod seen;

pub use crate::message::Message;
pub use seen::{RejectCounts, Seen};

use crate::dead_letter::{DeadLetterBuilder, Evidence};
use crate::decode::{Decoder, Rejection, Scratch};
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use seen::{Fate, Ledger};
use std::sync::Arc;
use touchpoint::record::RecordBuilder;
use touchpoint::{Micros, NextOffsets};

/// The messages of one partition number between two calls of [`BatchBuilder::finish`], decoded.
#[derive(Debug, Clone)]
pub struct DecodedBatch {
    /// The partition number that all messages share; 0 for files.
    pub partition: i32,
    /// Accepted records ([`touchpoint::record::record_schema`]), in the order they were pushed.
    pub records: RecordBatch,
    /// Rejected messages ([`touchpoint::dead_letter::dead_letter_schema`]), in the order they were pushed.
    pub dead_letters: RecordBatch,
    /// For every topic and partition that was pushed: the offset after its last message, accepted or not.
    pub next: NextOffsets,
    /// What was seen of every topic and partition, in the order of first sight.
    pub seen: Vec<Seen>,
}

/// A line or message that was too large to be held: only its hash and length are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oversized {
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// Length of the content in bytes.
    pub bytes: u64,
}

/// Decodes messages of one partition number into a batch.
#[derive(Debug)]
pub struct BatchBuilder {
    decoder: Arc<Decoder>,
    partition: i32,
    records: RecordBuilder,
    dead_letters: DeadLetterBuilder,
    ledger: Ledger,
    scratch: Scratch,
    len: usize,
    bytes: usize,
}

impl BatchBuilder {
    /// An empty builder for partition number `partition`.
    pub fn new(decoder: Arc<Decoder>, partition: i32) -> Self {
        Self {
            decoder,
            partition,
            records: RecordBuilder::default(),
            dead_letters: DeadLetterBuilder::default(),
            ledger: Ledger::default(),
            scratch: Scratch::default(),
            len: 0,
            bytes: 0,
        }
    }

    /// Messages pushed since the last [`BatchBuilder::finish`], accepted or not.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was pushed since the last [`BatchBuilder::finish`].
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of key and payload pushed since the last [`BatchBuilder::finish`]: the size bound of a batch.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Decodes one message. `ingested_at` is the instant at which the batch began, the same for all of its messages.
    pub fn push(&mut self, message: &Message<'_>, ingested_at: Micros) {
        let bytes = message.payload.map_or(0, <[u8]>::len);
        let fate = match &self.decoder.read(message, ingested_at, &mut self.scratch) {
            Ok(record) if self.decoder.erased().holds(record.hcp_id()) => Fate::Erased,
            Ok(record) => {
                record.push_to(&mut self.records);
                Fate::Accepted { occurred_at: record.occurred_at(), timestamp: record.timestamp() }
            }
            Err(rejection) => {
                if self.decoder.erased().are_named_in(message) {
                    let unnamed = Message { key: None, ..*message };
                    self.dead_letters.push(&unnamed, rejection, Evidence::none(message), ingested_at);
                } else {
                    self.dead_letters.push(message, rejection, Evidence::of(message, rejection), ingested_at);
                }
                Fate::Rejected(rejection.reason)
            }
        };
        self.ledger.enter(message, bytes as u64, fate);
        self.count(message, bytes);
    }

    /// Rejects a message that its reader could not hold; `message.payload` is not looked at.
    pub fn push_oversized(&mut self, message: &Message<'_>, oversized: Oversized, ingested_at: Micros) {
        let (rejection, bytes) = (Rejection::OVERSIZED, oversized.bytes);
        let key = message.key.filter(|key| !self.decoder.erased().holds(key));
        let message = &Message { key, ..*message };
        self.dead_letters.push(message, &rejection, Evidence::hash_only(oversized), ingested_at);
        self.ledger.enter(message, bytes, Fate::Rejected(rejection.reason));
        self.count(message, 0);
    }

    /// Everything pushed since the last call; the builder is empty afterwards.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schemas. Arrow's check is passed on; a retry does not help.
    pub fn finish(&mut self) -> Result<DecodedBatch, ArrowError> {
        self.len = 0;
        self.bytes = 0;
        let (next, seen) = self.ledger.finish();
        Ok(DecodedBatch {
            partition: self.partition,
            records: self.records.finish()?,
            dead_letters: self.dead_letters.finish()?,
            next,
            seen,
        })
    }

    fn count(&mut self, message: &Message<'_>, payload_bytes: usize) {
        self.len += 1;
        self.bytes += payload_bytes + message.key.map_or(0, <[u8]>::len);
    }
}

#[cfg(test)]
mod tests;
