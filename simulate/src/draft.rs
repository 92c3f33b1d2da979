//! A record before it is text: numbers instead of ids, 200 bytes instead of 300 and no allocation.
//!
//! A draft becomes the same bytes whenever it is written, so an exact duplicate is the same draft sent again.

use crate::calendar::Day;
use crate::id::{EventId, Owner};
use crate::world::{HcpIndex, Message};
use touchpoint::words::{Channel, Intake, Kind, Mode, Op, Origin, Status};
use touchpoint::{BusinessFunction, Micros};

/// When something happened, as exactly as its source knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurred {
    Instant(Micros),
    /// The HCP's local date.
    Date(Day),
}

/// What a record says beyond what the contract asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    Nothing,
    /// A field that nobody knows; its content must never be stored.
    UnknownField,
}

/// Whether a person declared that the HCP asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    No,
    Declared,
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) event: EventId,
    pub(crate) hcp: HcpIndex,
    pub(crate) source: Option<&'static str>,
    pub(crate) version: u32,
    pub(crate) op: Op,
    pub(crate) status: Status,
    pub(crate) occurred: Occurred,
    pub(crate) channel: Channel,
    pub(crate) origin: Option<Origin>,
    pub(crate) mode: Option<Mode>,
    pub(crate) intake: Option<Intake>,
    /// Written when it is not the default of the kind.
    pub(crate) function: BusinessFunction,
    pub(crate) account: Option<u32>,
    pub(crate) owner: Option<Owner>,
    pub(crate) message: Message,
    pub(crate) congress: Option<u32>,
    pub(crate) request: Option<EventId>,
    pub(crate) asked: Asked,
    pub(crate) recorded_at: Micros,
    pub(crate) status_at: Option<Micros>,
    pub(crate) answered_at: Option<Micros>,
    pub(crate) duration_s: Option<u32>,
    pub(crate) attendees: Option<u32>,
    pub(crate) extra: Extra,
}

/// A draft and the instant at which the log receives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dispatch {
    pub(crate) arrival: Micros,
    pub(crate) draft: Draft,
}

impl Draft {
    /// A record of `kind` without any optional field; status and instants are still to be set.
    pub(crate) fn new(kind: Kind, event: EventId, hcp: HcpIndex) -> Self {
        let (channel, status) = match kind {
            Kind::Calls => (Channel::FaceToFace, Status::Completed),
            Kind::Emails => (Channel::Email, Status::Sent),
            Kind::Congress => (Channel::Congress, Status::Invited),
            Kind::Requests => (Channel::MedicalRequest, Status::Received),
        };
        Self {
            kind,
            event,
            hcp,
            source: None,
            version: 0,
            op: Op::Upsert,
            status,
            occurred: Occurred::Instant(0),
            channel,
            origin: None,
            mode: None,
            intake: None,
            function: BusinessFunction::default_of(kind, None),
            account: None,
            owner: None,
            message: Message::default(),
            congress: None,
            request: None,
            asked: Asked::No,
            recorded_at: 0,
            status_at: None,
            answered_at: None,
            duration_s: None,
            attendees: None,
            extra: Extra::Nothing,
        }
    }
}
