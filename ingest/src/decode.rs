//! One message becomes one row, or the reason why not; the same message, options and reference data decide the same.
//!
//! A message is judged in this order, and the first verdict stands:
//!
//! 1. `tombstone` (no payload), `oversized` (payload longer than [`DecodeOptions::max_bytes`]);
//! 2. `unsupported_envelope`, and whatever is wrong with a CloudEvents envelope (see `envelope`);
//! 3. `malformed`: not UTF-8, not exactly one JSON object by the grammar of RFC 8259, a `\u` escape that is half a
//!    surrogate pair, or nested deeper than [`MAX_DEPTH`]. The whole message is checked, unknown fields too;
//! 4. `bad_value`: the first field, in the order of the text, that has a value outside its type, range, length or
//!    vocabulary, or stands for the second time;
//! 5. `missing_field`: `event_id`, `hcp_id`, `occurred_at`, `status`, `channel` (calls), `origin` (e-mails), in this
//!    order; of a delete only the first two are required. Here a value that an envelope fills in is judged, and a date
//!    that its time zone places outside the range;
//! 6. `key_mismatch`; 7. `future_timestamp`.
//!
//! Fields, defaults and ranges are those of the record contract. `null` is absent; an empty string is a bad value; a
//! field that belongs to another kind, the `topic` of a medical request and every unknown field are skipped unread.
//! Instants are RFC 3339 with any offset, fractions finer than microseconds cut off, from 1970 to 9999, without leap
//! seconds; `occurred_at` may be a date, which [`Reference::noon`] places. In deletes nothing but `source` and
//! `version` gets a default.
//!
//! Nothing is built of a record but its cells and the places of its text, which go straight into the columns of a batch;
//! the buffers beside it are used again ([`Scratch`]) and as long as the longest payload. A member as producers usually
//! write it, `"name":` with a plain value, is expected where it stood in the record before, and read without looking for
//! its name's end or trying one word after the other; any other spelling or order takes the long way and ends the same.

mod accept;
mod envelope;
mod field;
mod fields;
mod habits;
mod in_force;
mod record;
mod rejection;
mod scanner;

pub(crate) use record::Record;
pub use rejection::Rejection;
pub use scanner::MAX_DEPTH;

use crate::erased::Erased;
use crate::message::Message;
use accept::Candidate;
use envelope::Context;
use fields::Fields;
use habits::Habits;
use in_force::InForce;
use scanner::Notes;
use std::sync::Arc;
use touchpoint::record::RecordRow;
use touchpoint::time::DAY;
use touchpoint::{Micros, Reference};

/// What a Kafka key must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// The bytes of the `hcp_id`; without a key a record is rejected.
    MustEqualHcpId,
    /// Anything or nothing: for files, and for a process that owns every partition.
    AcceptAny,
}

/// How strictly a [`Decoder`] judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Longest payload in bytes; values above 2 GiB − 1 count as that.
    pub max_bytes: usize,
    /// How far `occurred_at` may lie after the message's timestamp, in microseconds.
    pub future_tolerance: Micros,
    /// What the key must be.
    pub key_rule: KeyRule,
}

impl Default for DecodeOptions {
    /// 1 MiB, 24 hours, keyed by HCP.
    fn default() -> Self {
        Self { max_bytes: 1 << 20, future_tolerance: DAY, key_rule: KeyRule::MustEqualHcpId }
    }
}

/// What one message after the other is decoded with. Its content between two messages decides nothing: what it remembers
/// makes the next one faster.
#[derive(Debug, Default)]
pub struct Scratch {
    notes: Notes,
    fields: Fields,
    habits: Habits,
    envelope: envelope::Buffers,
}

/// Decodes messages; shared by every reader of a process.
#[derive(Debug, Clone)]
pub struct Decoder {
    reference: InForce,
    options: DecodeOptions,
    erased: Arc<Erased>,
}

impl Decoder {
    /// A decoder that places dates with `reference`.
    pub fn new(reference: Arc<Reference>, options: DecodeOptions) -> Self {
        let max_bytes = options.max_bytes.min(scanner::MAX_BYTES);
        let options = DecodeOptions { max_bytes, ..options };
        Self { reference: InForce::new(reference), options, erased: Arc::default() }
    }

    /// The same decoder; whoever builds batches with it leaves these HCPs out.
    #[must_use]
    pub fn leaving_out(self, erased: Arc<Erased>) -> Self {
        Self { erased, ..self }
    }

    /// Who is to be left out.
    pub fn erased(&self) -> &Erased {
        &self.erased
    }

    /// The options in force.
    pub fn options(&self) -> &DecodeOptions {
        &self.options
    }

    /// Places dates with other reference data from now on, in every clone of the decoder too.
    pub fn set_reference(&self, reference: Arc<Reference>) {
        self.reference.set(reference);
    }

    /// The same decoder with another key rule.
    pub fn with_key_rule(&self, key_rule: KeyRule) -> Self {
        Self { options: DecodeOptions { key_rule, ..self.options }, ..self.clone() }
    }

    /// Decodes one message; the row borrows from the message and from `scratch`. `ingested_at` is written into the row
    /// and stands in for a timestamp that the message lacks.
    ///
    /// # Errors
    /// The [`Rejection`] that the message ends with; deciding again decides the same.
    pub fn decode<'r>(
        &self,
        message: &Message<'r>,
        ingested_at: Micros,
        scratch: &'r mut Scratch,
    ) -> Result<RecordRow<'r>, Rejection> {
        self.read(message, ingested_at, scratch).map(|record| record.row())
    }

    /// The same, but the record need not become a row.
    #[inline]
    pub(crate) fn read<'r>(
        &self,
        message: &Message<'r>,
        ingested_at: Micros,
        scratch: &'r mut Scratch,
    ) -> Result<Record<'r>, Rejection> {
        let payload = message.payload.ok_or(Rejection::TOMBSTONE)?;
        if payload.len() > self.options.max_bytes {
            return Err(Rejection::OVERSIZED);
        }
        let Scratch { notes, fields, habits, envelope } = scratch;
        let (text, context) = match message.headers {
            [] => (payload, Context::default()),
            headers => envelope::open(headers, payload, envelope)?,
        };
        fields::read(text, message.kind, (&mut *notes, habits), fields)?;
        let candidate = Candidate { fields, text, notes, context, message, ingested_at };
        candidate.accept(&self.reference, &self.options)?;
        Ok(Record::of(message, fields, (text, notes)))
    }
}

#[cfg(test)]
mod tests;
