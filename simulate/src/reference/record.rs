//! An accepted input record: every field of the input contract with the defaults of metrics.md §1 filled in.
//!
//! Words stay text. A delete has `None` wherever its record left a field out; everything else has a status, an
//! `occurred_at`, a precision, a channel, a function and a purpose.

use super::instant;
use super::json::Fields;
use super::vocabulary::{
    CALL_CHANNELS, DELETE, FUNCTIONS, INTAKES, MODES, OPS, ORIGINS, PURPOSES, UPSERT, default_function,
    default_purpose, default_topic, statuses, statuses_ahead,
};
use chrono::NaiveDate;
use serde_json::Value;
use touchpoint::{Kind, Micros, Reference, RejectReason};

/// How far a record may lie past its Kafka timestamp unless configured otherwise: 24 hours.
pub const DEFAULT_TOLERANCE: Micros = 24 * 3_600 * 1_000_000;

/// Where and when a record was read.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    /// Orders records of one identity, version and rank; the caller maps offset or file and line to it.
    pub position: (u64, u64),
    /// Time zones, for dates.
    pub reference: &'a Reference,
    /// The record's Kafka timestamp; import: its start.
    pub kafka_timestamp: Micros,
    /// When the record was accepted.
    pub ingested_at: Micros,
    /// How far `occurred_at` may lie past `kafka_timestamp`; see [`DEFAULT_TOLERANCE`].
    pub future_tolerance: Micros,
}

/// One version of one interaction with one HCP.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Feed, part of the identity.
    pub kind: Kind,
    /// Part of the identity.
    pub event_id: String,
    /// Part of the identity.
    pub hcp_id: String,
    /// Part of the identity; the default topic of the kind unless named.
    pub source: String,
    /// 0 unless named.
    pub version: i64,
    /// `upsert` or `delete`.
    pub op: String,
    /// Status; `None` only on deletes.
    pub status: Option<String>,
    /// Event time; `None` only on deletes.
    pub occurred_at: Option<Micros>,
    /// `instant` or `date`; `None` without `occurred_at`.
    pub precision: Option<String>,
    /// Channel; `None` only on deletes of calls that do not say.
    pub channel: Option<String>,
    /// E-mails: `rep` or `hq`.
    pub origin: Option<String>,
    /// Congress: `in_person` or `virtual`.
    pub mode: Option<String>,
    /// Requests: how it came in.
    pub intake: Option<String>,
    /// Acting function; `None` only on deletes that do not say.
    pub business_function: Option<String>,
    /// Purpose; `None` only on deletes that do not say.
    pub purpose: Option<String>,
    /// Account.
    pub account_id: Option<String>,
    /// Acting person.
    pub owner_id: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Campaign or plan level.
    pub theme: Option<String>,
    /// Message of one step; always `None` on requests.
    pub topic: Option<String>,
    /// Engagement plan.
    pub plan_id: Option<String>,
    /// Step of the plan.
    pub plan_step: Option<String>,
    /// Congress.
    pub congress_id: Option<String>,
    /// The request that it answers.
    pub request_id: Option<String>,
    /// Declared as asked for; false unless named.
    pub solicited: bool,
    /// When the source system learnt of it.
    pub recorded_at: Option<Micros>,
    /// When the status was reached.
    pub status_at: Option<Micros>,
    /// Requests: when it was answered.
    pub answered_at: Option<Micros>,
    /// Calls: seconds.
    pub duration_s: Option<i64>,
    /// Calls: people present.
    pub attendees: Option<i64>,
    /// Order among records of one identity, version and rank.
    pub position: (u64, u64),
    /// The record's Kafka timestamp; import: its start.
    pub kafka_timestamp: Micros,
    /// When the record was accepted.
    pub ingested_at: Micros,
}

/// `occurred_at` as written.
enum Occurred {
    At(Micros),
    On(NaiveDate),
}

impl Record {
    /// Whether it removes its interaction.
    pub fn is_delete(&self) -> bool {
        self.op == DELETE
    }

    /// Reads and validates one JSON payload of the feed `kind`.
    ///
    /// # Errors
    /// `Malformed`, `BadValue`, `MissingField` or `FutureTimestamp`, the first that applies. The other reasons need
    /// more than the payload (key, size, envelope).
    pub fn parse(kind: Kind, payload: &[u8], placement: Placement<'_>) -> Result<Self, RejectReason> {
        let fields = Fields::parse(payload)?;
        let (record, occurred) = Self::read(kind, &fields, &placement)?;
        record.require()?.placed(occurred, &placement)?.not_ahead(placement.future_tolerance)
    }

    /// Every field as given; required ones may still be missing (empty ids), defaults are filled in.
    fn read(kind: Kind, f: &Fields, placement: &Placement<'_>) -> Result<(Self, Option<Occurred>), RejectReason> {
        let of = |wanted: Kind| kind == wanted;
        let channel = match kind {
            Kind::Calls => f.word("channel", CALL_CHANNELS)?,
            Kind::Emails => Some("email".to_owned()),
            Kind::Congress => Some("congress".to_owned()),
            Kind::Requests => Some("medical_request".to_owned()),
        };
        let record = Self {
            kind,
            event_id: f.text("event_id")?.unwrap_or_default(),
            hcp_id: f.text("hcp_id")?.unwrap_or_default(),
            source: f.text("source")?.unwrap_or_else(|| default_topic(kind).to_owned()),
            version: f.integer("version", i64::MIN..=i64::MAX)?.unwrap_or(0),
            op: f.word("op", OPS)?.unwrap_or_else(|| UPSERT.to_owned()),
            status: f.word("status", statuses(kind))?,
            occurred_at: None,
            precision: None,
            channel,
            origin: if of(Kind::Emails) { f.word("origin", ORIGINS)? } else { None },
            mode: if of(Kind::Congress) { f.word("mode", MODES)? } else { None },
            intake: if of(Kind::Requests) { f.word("intake", INTAKES)? } else { None },
            business_function: f.word("business_function", FUNCTIONS)?,
            purpose: f.word("purpose", PURPOSES)?,
            account_id: f.text("account_id")?,
            owner_id: f.text("owner_id")?,
            product: f.text("product")?,
            theme: f.text("theme")?,
            topic: if of(Kind::Requests) { None } else { f.text("topic")? },
            plan_id: f.text("plan_id")?,
            plan_step: f.text("plan_step")?,
            congress_id: f.text("congress_id")?,
            request_id: f.text("request_id")?,
            solicited: f.flag("solicited")?.unwrap_or(false),
            recorded_at: f.instant("recorded_at")?,
            status_at: f.instant("status_at")?,
            answered_at: if of(Kind::Requests) { f.instant("answered_at")? } else { None },
            duration_s: if of(Kind::Calls) { f.integer("duration_s", 0..=86_400)? } else { None },
            attendees: if of(Kind::Calls) { f.integer("attendees", 1..=1_000)? } else { None },
            position: placement.position,
            kafka_timestamp: placement.kafka_timestamp,
            ingested_at: placement.ingested_at,
        };
        let occurred = f.read("occurred_at", occurred)?;
        Ok((record.with_defaults(), occurred))
    }

    fn with_defaults(mut self) -> Self {
        if !self.is_delete() {
            let function = default_function(self.kind, self.origin.as_deref());
            let function = self.business_function.get_or_insert_with(|| function.to_owned());
            let purpose = default_purpose(function);
            self.purpose.get_or_insert_with(|| purpose.to_owned());
        }
        self
    }

    fn require(self) -> Result<Self, RejectReason> {
        let identified = !self.event_id.is_empty() && !self.hcp_id.is_empty();
        let described = match self.kind {
            Kind::Calls => self.channel.is_some(),
            Kind::Emails => self.origin.is_some(),
            Kind::Congress | Kind::Requests => true,
        };
        let complete = identified && (self.is_delete() || (self.status.is_some() && described));
        if complete { Ok(self) } else { Err(RejectReason::MissingField) }
    }

    fn placed(mut self, occurred: Option<Occurred>, placement: &Placement<'_>) -> Result<Self, RejectReason> {
        let (at, precision) = match occurred {
            None if self.is_delete() => return Ok(self),
            None => return Err(RejectReason::MissingField),
            Some(Occurred::At(at)) => (at, "instant"),
            Some(Occurred::On(date)) => (placement.reference.noon(&self.hcp_id, date), "date"),
        };
        self.occurred_at = Some(instant::in_range(at).ok_or(RejectReason::BadValue)?);
        self.precision = Some(precision.to_owned());
        Ok(self)
    }

    fn not_ahead(self, tolerance: Micros) -> Result<Self, RejectReason> {
        let ahead = self.occurred_at.is_some_and(|at| at > self.kafka_timestamp.saturating_add(tolerance));
        let may_be = self.is_delete() || self.status.as_deref().is_some_and(|s| statuses_ahead(self.kind).contains(&s));
        if ahead && !may_be { Err(RejectReason::FutureTimestamp) } else { Ok(self) }
    }
}

fn occurred(value: &Value) -> Option<Occurred> {
    let text = value.as_str()?;
    match instant::date(text) {
        Some(date) => Some(Occurred::On(date)),
        None => instant::instant(text).map(Occurred::At),
    }
}
