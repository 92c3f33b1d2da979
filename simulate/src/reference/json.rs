//! The fields of one JSON object, each read as what it must be.
//!
//! `null` is absent. A value of another type, range, length or vocabulary is a bad value, and so is a known field given
//! twice; fields that are not known are neither looked at nor kept.

use super::instant;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::ops::RangeInclusive;
use touchpoint::{Micros, RejectReason};

/// Every field of an input record.
const KNOWN: &[&str] = &[
    "event_id",
    "hcp_id",
    "occurred_at",
    "status",
    "channel",
    "origin",
    "mode",
    "intake",
    "source",
    "version",
    "op",
    "account_id",
    "owner_id",
    "product",
    "theme",
    "topic",
    "plan_id",
    "plan_step",
    "congress_id",
    "request_id",
    "business_function",
    "purpose",
    "solicited",
    "recorded_at",
    "status_at",
    "answered_at",
    "duration_s",
    "attendees",
];

/// Levels of objects and arrays, the record's own object included.
const MAX_DEPTH: usize = 64;
/// Longest text, bytes.
const MAX_TEXT: usize = 128;

/// Name and value of every member, in order, duplicates included.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("one JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The known fields of one record.
pub(super) struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Reads `payload`.
    ///
    /// # Errors
    /// `Malformed` when it is not one JSON object in UTF-8, or nested too deep; `BadValue` for a known field given
    /// twice.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, RejectReason> {
        let Members(members) = serde_json::from_slice(payload).map_err(|_| RejectReason::Malformed)?;
        if members.iter().any(|(_, value)| 1 + depth(value) > MAX_DEPTH) {
            return Err(RejectReason::Malformed);
        }
        for name in KNOWN {
            if members.iter().filter(|(member, _)| member == name).count() > 1 {
                return Err(RejectReason::BadValue);
            }
        }
        Ok(Self(members))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(member, value)| member == name && !value.is_null()).map(|(_, value)| value)
    }

    /// A text of 1 to 128 bytes.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, RejectReason> {
        self.read(name, |value| value.as_str().filter(|s| (1..=MAX_TEXT).contains(&s.len())).map(str::to_owned))
    }

    /// One of `words`, exactly.
    pub(super) fn word(&self, name: &str, words: &[&str]) -> Result<Option<String>, RejectReason> {
        self.read(name, |value| value.as_str().filter(|s| words.contains(s)).map(str::to_owned))
    }

    /// A JSON integer in `range`.
    pub(super) fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, RejectReason> {
        self.read(name, |value| value.as_i64().filter(|n| range.contains(n)))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, RejectReason> {
        self.read(name, Value::as_bool)
    }

    /// An RFC 3339 instant.
    pub(super) fn instant(&self, name: &str) -> Result<Option<Micros>, RejectReason> {
        self.read(name, |value| value.as_str().and_then(instant::instant))
    }

    /// What `accept` makes of the value; `None` when absent or null.
    pub(super) fn read<T>(&self, name: &str, accept: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, RejectReason> {
        let Some(value) = self.get(name) else { return Ok(None) };
        accept(value).map(Some).ok_or(RejectReason::BadValue)
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
