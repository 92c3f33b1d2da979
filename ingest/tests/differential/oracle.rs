//! The record contract the slow and obvious way: serde_json into members in order, chrono for instants.

use chrono::{DateTime, NaiveDate, Timelike};
use ingest::batch::Message;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use touchpoint::record::RecordRow;
use touchpoint::time::{DAY, EARLIEST, LATEST};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Op, Precision, RejectReason, Word};

type Verdict<T> = Result<T, (RejectReason, Option<&'static str>)>;

const TEXTS: &[&str] = &[
    "event_id",
    "hcp_id",
    "source",
    "account_id",
    "owner_id",
    "product",
    "theme",
    "topic",
    "plan_id",
    "plan_step",
    "congress_id",
    "request_id",
];

/// The members of an object in the order of the text, repeated ones too.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
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

pub(crate) struct Oracle {
    kind: Kind,
    members: Option<Vec<(String, Value)>>,
}

impl Oracle {
    /// `None` where serde_json decides otherwise than RFC 8259 by intent: numbers past what a double holds, and the
    /// integer −0, which it reads as a double.
    pub(crate) fn parse(kind: Kind, payload: &[u8]) -> Option<Self> {
        let members = match serde_json::from_slice::<Members>(payload) {
            Ok(Members(members)) => {
                let zero = |value: &Value| value.as_f64().is_some_and(|n| n == 0.0 && n.is_sign_negative());
                if members.iter().any(|(_, value)| zero(value)) {
                    return None;
                }
                let deepest = members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0);
                (deepest < 64).then_some(members)
            }
            Err(error) if error.to_string().contains("number out of range") => return None,
            Err(_) => None,
        };
        Some(Self { kind, members })
    }

    pub(crate) fn verdict<'a>(&'a self, message: &Message<'a>, ingested_at: Micros) -> Verdict<RecordRow<'a>> {
        let members = self.members.as_ref().ok_or((RejectReason::Malformed, None))?;
        let mut met = Vec::new();
        for (name, value) in members {
            let Some(name) = known(name, self.kind) else { continue };
            if met.contains(&name) || !(value.is_null() || self.is_valid(name, value)) {
                return Err((RejectReason::BadValue, Some(name)));
            }
            met.push(name);
        }
        let delete = self.text("op") == Some("delete");
        let mut required = vec!["event_id", "hcp_id"];
        if !delete {
            required.extend(["occurred_at", "status"]);
            match self.kind {
                Kind::Calls => required.push("channel"),
                Kind::Emails => required.push("origin"),
                Kind::Congress | Kind::Requests => {}
            }
        }
        if let Some(missing) = required.into_iter().find(|name| self.value(name).is_none()) {
            return Err((RejectReason::MissingField, Some(missing)));
        }
        let row = self.row(delete, message, ingested_at);
        let ahead = row.occurred_at.is_some_and(|at| at > row.kafka_timestamp + DAY);
        if !delete && ahead && !row.status.is_some_and(|status| status.may_lie_ahead(self.kind)) {
            return Err((RejectReason::FutureTimestamp, Some("occurred_at")));
        }
        Ok(row)
    }

    fn row<'a>(&'a self, delete: bool, message: &Message<'a>, ingested_at: Micros) -> RecordRow<'a> {
        let occurred = self.text("occurred_at").and_then(occurred);
        let origin = self.word("origin");
        let unless_deleted = |function| (!delete).then_some(function);
        let function = self.word("business_function");
        let function = function.or(unless_deleted(BusinessFunction::default_of(self.kind, origin)));
        let channel = match self.kind {
            Kind::Calls => self.word("channel"),
            Kind::Emails => (!delete).then_some(Channel::Email),
            Kind::Congress => (!delete).then_some(Channel::Congress),
            Kind::Requests => (!delete).then_some(Channel::MedicalRequest),
        };
        let default_purpose = function.filter(|_| !delete).map(BusinessFunction::default_purpose);
        RecordRow {
            kind: self.kind,
            event_id: self.text("event_id").unwrap_or_default(),
            hcp_id: self.text("hcp_id").unwrap_or_default(),
            source: self.text("source").unwrap_or(self.kind.default_topic()),
            version: self.value("version").and_then(Value::as_i64).unwrap_or(0),
            op: if delete { Op::Delete } else { Op::Upsert },
            status: self.word("status"),
            occurred_at: occurred.map(|(at, _)| at),
            precision: occurred.map(|(_, precision)| precision),
            channel,
            origin,
            mode: self.word("mode"),
            intake: self.word("intake"),
            business_function: function,
            purpose: self.word("purpose").or(default_purpose),
            account_id: self.text("account_id"),
            owner_id: self.text("owner_id"),
            product: self.text("product"),
            theme: self.text("theme"),
            topic: self.text("topic"),
            plan_id: self.text("plan_id"),
            plan_step: self.text("plan_step"),
            congress_id: self.text("congress_id"),
            request_id: self.text("request_id"),
            solicited: self.value("solicited").and_then(Value::as_bool).unwrap_or(false),
            recorded_at: self.text("recorded_at").and_then(instant),
            status_at: self.text("status_at").and_then(instant),
            answered_at: self.text("answered_at").and_then(instant),
            duration_s: self.value("duration_s").and_then(Value::as_i64).map(|n| n as i32),
            attendees: self.value("attendees").and_then(Value::as_i64).map(|n| n as i32),
            ingested_at,
            kafka_timestamp: message.timestamp.unwrap_or(ingested_at),
            kafka_topic: message.topic,
            kafka_partition: message.partition,
            kafka_offset: message.offset,
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        known(name, self.kind)?;
        let members = self.members.as_ref()?;
        members.iter().find(|(n, _)| n == name).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    fn word<W: Word>(&self, name: &str) -> Option<W> {
        W::parse(self.text(name)?.as_bytes())
    }

    fn is_valid(&self, name: &str, value: &Value) -> bool {
        let one_of = |words: &[&str]| value.as_str().is_some_and(|text| words.contains(&text));
        let within = |least, most| value.as_i64().is_some_and(|n| (least..=most).contains(&n));
        match name {
            "version" => value.as_i64().is_some(),
            "op" => one_of(&["upsert", "delete"]),
            "solicited" => value.is_boolean(),
            "status" => self.kind.statuses().iter().any(|status| one_of(&[status.as_str()])),
            "channel" => one_of(&["face_to_face", "phone", "video", "chat"]),
            "origin" => one_of(&["rep", "hq"]),
            "mode" => one_of(&["in_person", "virtual"]),
            "intake" => one_of(&["phone", "rep", "email", "web"]),
            "business_function" => one_of(&["sales", "marketing", "medical", "access", "patient_services"]),
            "purpose" => one_of(&["promotional", "scientific", "service", "safety"]),
            "duration_s" => within(0, 86_400),
            "attendees" => within(1, 1_000),
            "occurred_at" => value.as_str().is_some_and(|text| occurred(text).is_some()),
            "recorded_at" | "status_at" | "answered_at" => value.as_str().is_some_and(|text| instant(text).is_some()),
            _ => value.as_str().is_some_and(|text| (1..=128).contains(&text.len())),
        }
    }
}

/// The name, if records of the kind have the field.
fn known(name: &str, kind: Kind) -> Option<&'static str> {
    let common = [
        "version",
        "op",
        "status",
        "business_function",
        "purpose",
        "solicited",
        "occurred_at",
        "recorded_at",
        "status_at",
    ];
    let own: &[&str] = match kind {
        Kind::Calls => &["channel", "duration_s", "attendees"],
        Kind::Emails => &["origin"],
        Kind::Congress => &["mode"],
        Kind::Requests => &["intake", "answered_at"],
    };
    let mut names = TEXTS.iter().chain(&common).chain(own);
    names.find(|n| **n == name && !(kind == Kind::Requests && name == "topic")).map(|n| leak(n))
}

/// The name with the lifetime of the program; all of them are literals above.
fn leak(name: &str) -> &'static str {
    TEXTS.iter().find(|n| **n == name).copied().unwrap_or_else(|| Box::leak(name.to_owned().into_boxed_str()))
}

fn instant(text: &str) -> Option<Micros> {
    let read = DateTime::parse_from_rfc3339(text).ok()?;
    let at = read.timestamp_micros();
    // chrono keeps a leap second as more than a second of nanoseconds; it also takes a typographic minus.
    let plain = read.nanosecond() < 1_000_000_000 && text.is_ascii();
    (plain && (EARLIEST..=LATEST).contains(&at)).then_some(at)
}

fn occurred(text: &str) -> Option<(Micros, Precision)> {
    if text.len() != 10 {
        return instant(text).map(|at| (at, Precision::Instant));
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.to_string() == text)?;
    let noon = date.and_hms_opt(12, 0, 0)?.and_utc().timestamp_micros();
    (EARLIEST..=LATEST).contains(&noon).then_some((noon, Precision::Date))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
