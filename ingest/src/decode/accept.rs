//! From fields to a row: what is required, what is defaulted, and the two rules that look outside the record.

use super::envelope::Context;
use super::field::Field;
use super::fields::{Fields, MAX_TEXT};
use super::in_force::InForce;
use super::rejection::Rejection;
use super::scanner::{Notes, Span};
use super::{DecodeOptions, KeyRule};
use crate::instant::instant;
use crate::message::Message;
use touchpoint::record::Column;
use touchpoint::time::{EARLIEST, LATEST};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Op, Precision, Status, Word};

/// A record whose fields are each valid; accepting it fills in the cells of its row that the fields leave open.
pub(super) struct Candidate<'r, 'c> {
    pub(super) fields: &'c mut Fields,
    pub(super) text: &'r [u8],
    pub(super) notes: &'c mut Notes,
    pub(super) context: Context<'r>,
    pub(super) message: &'c Message<'r>,
    pub(super) ingested_at: Micros,
}

impl Candidate<'_, '_> {
    /// Makes a row of the fields, or says why there is none. Ids are final here: the key and the time zone were looked up
    /// with the ids as they came, so this is the one place where a keyed pseudonym would replace `hcp_id`, `owner_id` and
    /// `event_id`.
    pub(super) fn accept(mut self, reference: &InForce, options: &DecodeOptions) -> Result<(), Rejection> {
        self.fill(Field::EventId, self.context.id)?;
        self.require(Field::EventId)?;
        self.require(Field::HcpId)?;
        self.fill(Field::Source, self.context.source)?;
        let op = self.fields.cells.word(Column::Op).unwrap_or(Op::Upsert);
        self.place(reference)?;
        if op == Op::Upsert {
            self.complete()?;
        }
        self.check_key(options)?;
        let timestamp = self.message.timestamp.unwrap_or(self.ingested_at);
        if op == Op::Upsert {
            self.check_future(timestamp.saturating_add(options.future_tolerance))?;
        }
        let cells = &mut self.fields.cells;
        cells.put_code(Column::Kind, self.message.kind.code());
        cells.put_code(Column::Op, op.code());
        // A record without a version has version 0, and one without a source that of its kind.
        cells.mark(Column::Version);
        cells.mark(Column::Source);
        cells.put_long(Column::IngestedAt, self.ingested_at);
        cells.put_long(Column::KafkaTimestamp, timestamp);
        cells.mark(Column::KafkaTopic);
        cells.put_int(Column::KafkaPartition, self.message.partition);
        cells.put_long(Column::KafkaOffset, self.message.offset);
        Ok(())
    }

    /// What a record that states an interaction must say, and what is understood when it does not say it.
    fn complete(&mut self) -> Result<(), Rejection> {
        let kind = self.message.kind;
        self.require(Field::OccurredAt)?;
        self.require(Field::Status)?;
        match kind {
            Kind::Calls => self.require(Field::Channel)?,
            Kind::Emails => {
                self.require(Field::Origin)?;
                self.fields.cells.put_code(Column::Channel, Channel::Email.code());
            }
            Kind::Congress => self.fields.cells.put_code(Column::Channel, Channel::Congress.code()),
            Kind::Requests => self.fields.cells.put_code(Column::Channel, Channel::MedicalRequest.code()),
        }
        let cells = &mut self.fields.cells;
        let function = cells.word(Column::BusinessFunction);
        let function = function.unwrap_or_else(|| BusinessFunction::default_of(kind, cells.word(Column::Origin)));
        cells.put_code(Column::BusinessFunction, function.code());
        if !cells.has(Column::Purpose) {
            cells.put_code(Column::Purpose, function.default_purpose().code());
        }
        Ok(())
    }

    /// Finds the instant of what is known to the day or by its envelope, and says how exactly it is known.
    fn place(&mut self, reference: &InForce) -> Result<(), Rejection> {
        let hcp_id = self.fields.text(Column::HcpId.place());
        let cells = &mut self.fields.cells;
        let precision = if cells.has(Column::OccurredAt) {
            Precision::Instant
        } else if let Some(date) = self.fields.date {
            let noon = reference.noon(hcp_id.resolve(self.text, self.notes), date);
            // Noon of the first and of the last day can lie outside in a far time zone.
            cells.put_long(Column::OccurredAt, Some(noon).filter(|at| (EARLIEST..=LATEST).contains(at)));
            Precision::Date
        } else if let Some(time) = self.context.time {
            cells.put_long(Column::OccurredAt, instant(time.as_bytes()));
            Precision::Instant
        } else {
            return Ok(());
        };
        if !cells.has(Column::OccurredAt) {
            return Err(Rejection::bad_value(Field::OccurredAt, self.message.kind));
        }
        cells.put_code(Column::Precision, precision.code());
        Ok(())
    }

    fn check_key(&self, options: &DecodeOptions) -> Result<(), Rejection> {
        let hcp_id = || self.fields.text(Column::HcpId.place()).content(self.text, self.notes);
        match options.key_rule {
            KeyRule::MustEqualHcpId if self.message.key != Some(hcp_id()) => Err(Rejection::KEY_MISMATCH),
            KeyRule::MustEqualHcpId | KeyRule::AcceptAny => Ok(()),
        }
    }

    fn check_future(&self, latest: Micros) -> Result<(), Rejection> {
        let cells = &self.fields.cells;
        let is_planned = |status: Status| status.may_lie_ahead(self.message.kind);
        let ahead = cells.long(Column::OccurredAt).is_some_and(|at| at > latest);
        if ahead && !cells.word(Column::Status).is_some_and(is_planned) { Err(Rejection::FUTURE) } else { Ok(()) }
    }

    /// Fills a text field from the envelope when the record leaves it out.
    fn fill(&mut self, field: Field, fill: Option<&str>) -> Result<(), Rejection> {
        match fill {
            Some(fill) if !self.fields.cells.has(field.column()) => {
                if !(1..=MAX_TEXT).contains(&fill.len()) {
                    return Err(Rejection::bad_value(field, self.message.kind));
                }
                let start = self.notes.unescaped().len();
                self.notes.keep(fill);
                self.fields.put_text(field, Span::of_kept(start, self.notes));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn require(&self, field: Field) -> Result<(), Rejection> {
        // A date has no instant yet, but `place` has seen to that.
        if self.fields.cells.has(field.column()) { Ok(()) } else { Err(Rejection::missing(field)) }
    }
}
