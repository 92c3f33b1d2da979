//! From fields to a row: what is required, what is defaulted, and the two rules that look outside the record.

use super::envelope::Context;
use super::field::Field;
use super::fields::{Fields, MAX_TEXT, Occurred};
use super::in_force::InForce;
use super::rejection::Rejection;
use super::scanner::Notes;
use super::{DecodeOptions, KeyRule};
use crate::instant::instant;
use crate::message::Message;
use touchpoint::record::RecordRow;
use touchpoint::time::{EARLIEST, LATEST};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Op, Precision, Status};

/// A record whose fields are each valid.
pub(super) struct Candidate<'r, 'c> {
    pub(super) fields: &'c Fields,
    pub(super) text: &'r [u8],
    pub(super) notes: &'r Notes,
    pub(super) context: Context<'r>,
    pub(super) message: &'c Message<'r>,
    pub(super) ingested_at: Micros,
}

/// What a record says of its interaction; all `None` in a delete that says nothing.
struct State {
    status: Option<Status>,
    occurred: Option<(Micros, Precision)>,
    channel: Option<Channel>,
    business_function: Option<BusinessFunction>,
}

impl<'r> Candidate<'r, '_> {
    /// The row, or why there is none. Ids are final here: the key and the time zone were looked up with the ids as they
    /// came, so this is the one place where a keyed pseudonym would replace `hcp_id`, `owner_id` and `event_id`.
    pub(super) fn accept(&self, reference: &InForce, options: &DecodeOptions) -> Result<RecordRow<'r>, Rejection> {
        let event_id = required(self.filled(Field::EventId, self.context.id)?, Field::EventId)?;
        let hcp_id = required(self.text(Field::HcpId), Field::HcpId)?;
        let source = self.filled(Field::Source, self.context.source)?;
        let op = self.fields.op.unwrap_or(Op::Upsert);
        let state = self.state(op, hcp_id, reference)?;
        let timestamp = self.message.timestamp.unwrap_or(self.ingested_at);
        self.check_key(hcp_id, options)?;
        if op == Op::Upsert {
            self.check_future(&state, timestamp.saturating_add(options.future_tolerance))?;
        }
        let fields = self.fields;
        let purpose = match op {
            Op::Upsert => fields.purpose.or(state.business_function.map(BusinessFunction::default_purpose)),
            Op::Delete => fields.purpose,
        };
        Ok(RecordRow {
            kind: self.message.kind,
            event_id,
            hcp_id,
            source: source.unwrap_or(self.message.kind.default_topic()),
            version: fields.version.unwrap_or(0),
            op,
            status: state.status,
            occurred_at: state.occurred.map(|(at, _)| at),
            precision: state.occurred.map(|(_, precision)| precision),
            channel: state.channel,
            origin: fields.origin,
            mode: fields.mode,
            intake: fields.intake,
            business_function: state.business_function,
            purpose,
            account_id: self.text(Field::AccountId),
            owner_id: self.text(Field::OwnerId),
            product: self.text(Field::Product),
            theme: self.text(Field::Theme),
            topic: self.text(Field::Topic),
            plan_id: self.text(Field::PlanId),
            plan_step: self.text(Field::PlanStep),
            congress_id: self.text(Field::CongressId),
            request_id: self.text(Field::RequestId),
            solicited: fields.solicited.unwrap_or(false),
            recorded_at: fields.recorded_at,
            status_at: fields.status_at,
            answered_at: fields.answered_at,
            duration_s: fields.duration_s,
            attendees: fields.attendees,
            ingested_at: self.ingested_at,
            kafka_timestamp: timestamp,
            kafka_topic: self.message.topic,
            kafka_partition: self.message.partition,
            kafka_offset: self.message.offset,
        })
    }

    fn state(&self, op: Op, hcp_id: &str, reference: &InForce) -> Result<State, Rejection> {
        let (fields, kind) = (self.fields, self.message.kind);
        let occurred = self.occurred(hcp_id, reference)?;
        if op == Op::Delete {
            let (status, channel, business_function) = (fields.status, fields.channel, fields.business_function);
            return Ok(State { status, occurred, channel, business_function });
        }
        let occurred = required(occurred, Field::OccurredAt)?;
        let status = required(fields.status, Field::Status)?;
        let channel = match kind {
            Kind::Calls => required(fields.channel, Field::Channel)?,
            Kind::Emails => required(fields.origin, Field::Origin).map(|_| Channel::Email)?,
            Kind::Congress => Channel::Congress,
            Kind::Requests => Channel::MedicalRequest,
        };
        let business_function = fields.business_function.unwrap_or(BusinessFunction::default_of(kind, fields.origin));
        Ok(State {
            status: Some(status),
            occurred: Some(occurred),
            channel: Some(channel),
            business_function: Some(business_function),
        })
    }

    fn occurred(&self, hcp_id: &str, reference: &InForce) -> Result<Option<(Micros, Precision)>, Rejection> {
        let bad_value = || Rejection::bad_value(Field::OccurredAt, self.message.kind);
        let (at, precision) = match (self.fields.occurred, self.context.time) {
            (Some(Occurred::Instant(at)), _) => (at, Precision::Instant),
            (Some(Occurred::Date(date)), _) => (reference.noon(hcp_id, date), Precision::Date),
            (None, Some(time)) => (instant(time.as_bytes()).ok_or_else(bad_value)?, Precision::Instant),
            (None, None) => return Ok(None),
        };
        // Noon of the first and of the last day can lie outside in a far time zone.
        if (EARLIEST..=LATEST).contains(&at) { Ok(Some((at, precision))) } else { Err(bad_value()) }
    }

    fn check_key(&self, hcp_id: &str, options: &DecodeOptions) -> Result<(), Rejection> {
        match options.key_rule {
            KeyRule::MustEqualHcpId if self.message.key != Some(hcp_id.as_bytes()) => Err(Rejection::KEY_MISMATCH),
            KeyRule::MustEqualHcpId | KeyRule::AcceptAny => Ok(()),
        }
    }

    fn check_future(&self, state: &State, latest: Micros) -> Result<(), Rejection> {
        let ahead = state.occurred.is_some_and(|(at, _)| at > latest);
        let planned = state.status.is_some_and(|status| status.may_lie_ahead(self.message.kind));
        if ahead && !planned { Err(Rejection::FUTURE) } else { Ok(()) }
    }

    fn text(&self, field: Field) -> Option<&'r str> {
        let span = self.fields.text(field);
        (span.len() > 0).then(|| span.resolve(self.text, self.notes))
    }

    /// A text field, filled from the envelope when the record leaves it out.
    fn filled(&self, field: Field, fill: Option<&'r str>) -> Result<Option<&'r str>, Rejection> {
        match (self.text(field), fill) {
            (None, Some(fill)) if (1..=MAX_TEXT).contains(&fill.len()) => Ok(Some(fill)),
            (None, Some(_)) => Err(Rejection::bad_value(field, self.message.kind)),
            (text, _) => Ok(text),
        }
    }
}

fn required<T>(value: Option<T>, field: Field) -> Result<T, Rejection> {
    value.ok_or_else(|| Rejection::missing(field))
}
