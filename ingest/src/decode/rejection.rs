//! Why one message was not accepted: a reason, the field to blame, and what was expected; never what was found.

use super::field::Field;
use super::scanner::Broken;
use touchpoint::{Kind, RejectReason};

/// The verdict on a message that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// The closed reason.
    pub reason: RejectReason,
    /// The known field to blame; `None` when the message as a whole is at fault.
    pub field: Option<&'static str>,
    /// What was expected, in a fixed sentence.
    pub detail: &'static str,
}

impl Rejection {
    pub(crate) const OVERSIZED: Self = Self::of(RejectReason::Oversized, "a message no longer than the size limit");
    pub(super) const TOMBSTONE: Self = Self::of(
        RejectReason::Tombstone,
        "a message with a value; to remove an interaction send a record with op delete",
    );
    pub(super) const NOT_UTF8: Self = Self::of(RejectReason::Malformed, "text in UTF-8");
    pub(super) const ENVELOPE: Self = Self::of(
        RejectReason::Malformed,
        "a CloudEvents envelope whose context members are strings, each at most once",
    );
    pub(super) const NO_DATA: Self =
        Self::of(RejectReason::Malformed, "a CloudEvents envelope with either an object data or a text data_base64");
    pub(super) const NOT_BASE64: Self = Self::of(RejectReason::Malformed, "a data_base64 in padded standard base64");
    pub(super) const SPECVERSION: Self = Self::of(RejectReason::UnsupportedEnvelope, "CloudEvents of specversion 1.0");
    pub(super) const CONTENT_TYPE: Self =
        Self::of(RejectReason::UnsupportedEnvelope, "one CloudEvent per message, in JSON and with JSON data");
    pub(super) const KEY_MISMATCH: Self = Self {
        reason: RejectReason::KeyMismatch,
        field: Some("hcp_id"),
        detail: "a Kafka key equal to the hcp_id, byte for byte",
    };
    pub(super) const FUTURE: Self = Self {
        reason: RejectReason::FutureTimestamp,
        field: Some("occurred_at"),
        detail: "an instant at most the tolerance after the message's timestamp, unless the status is a planned one",
    };

    const fn of(reason: RejectReason, detail: &'static str) -> Self {
        Self { reason, field: None, detail }
    }

    pub(super) fn bad_value(field: Field, kind: Kind) -> Self {
        Self { reason: RejectReason::BadValue, field: Some(field.name()), detail: field.expected(kind) }
    }

    pub(super) fn repeated(field: Field) -> Self {
        Self { reason: RejectReason::BadValue, field: Some(field.name()), detail: "each field at most once" }
    }

    pub(super) fn missing(field: Field) -> Self {
        let detail = "this field, and not null";
        Self { reason: RejectReason::MissingField, field: Some(field.name()), detail }
    }
}

impl From<Broken> for Rejection {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Grammar => Self::of(RejectReason::Malformed, "exactly one JSON object by the grammar of RFC 8259"),
            Broken::Depth => Self::of(RejectReason::Malformed, "JSON nested no deeper than 64 levels"),
        }
    }
}
