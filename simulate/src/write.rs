//! From a draft to the bytes of its JSON object, by hand: no tree, no escapes (every text is an opaque id).
//!
//! Fields that the contract defaults are left out when they have their default; absent fields are left out. A delete
//! says which interaction, which version and when, nothing else.

use crate::calendar::{date_text, push_instant};
use crate::draft::{Asked, Draft, Extra, Occurred};
use crate::id::{Named, push_number};
use touchpoint::words::{Kind, Op, Word};
use touchpoint::{BusinessFunction, Micros};

/// Appends the record's JSON object to `out`.
pub(crate) fn write_record(draft: &Draft, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"event_id\":\"");
    draft.event.push(out);
    out.extend_from_slice(b"\",\"hcp_id\":\"");
    Named::Hcp(draft.hcp).push(out);
    out.push(b'"');
    if let Some(source) = draft.source {
        field(out, b"source", |out| out.extend_from_slice(source.as_bytes()));
    }
    if draft.version > 0 {
        number(out, b"version", draft.version);
    }
    match draft.op {
        Op::Delete => word(out, Op::Delete),
        Op::Upsert => write_upsert(draft, out),
    }
    instant(out, b"recorded_at", draft.recorded_at);
    if draft.extra == Extra::UnknownField {
        out.extend_from_slice(b",\"crm_note\":\"free-text-that-must-not-be-stored\"");
    }
    out.push(b'}');
}

fn write_upsert(draft: &Draft, out: &mut Vec<u8>) {
    match draft.occurred {
        Occurred::Instant(at) => instant(out, b"occurred_at", at),
        Occurred::Date(day) => field(out, b"occurred_at", |out| out.extend_from_slice(&date_text(day))),
    }
    word(out, draft.status);
    match draft.kind {
        Kind::Calls => word(out, draft.channel),
        Kind::Emails => draft.origin.into_iter().for_each(|w| word(out, w)),
        Kind::Congress => draft.mode.into_iter().for_each(|w| word(out, w)),
        Kind::Requests => draft.intake.into_iter().for_each(|w| word(out, w)),
    }
    if draft.function != BusinessFunction::default_of(draft.kind, draft.origin) {
        word(out, draft.function);
    }
    write_references(draft, out);
    if draft.asked == Asked::Declared {
        out.extend_from_slice(b",\"solicited\":true");
    }
    if let Some(at) = draft.status_at {
        instant(out, b"status_at", at);
    }
    if let Some(at) = draft.answered_at {
        instant(out, b"answered_at", at);
    }
    if let Some(seconds) = draft.duration_s {
        number(out, b"duration_s", seconds);
    }
    if let Some(attendees) = draft.attendees {
        number(out, b"attendees", attendees);
    }
}

fn write_references(draft: &Draft, out: &mut Vec<u8>) {
    if let Some(account) = draft.account {
        named(out, b"account_id", Named::Account(account));
    }
    if let Some(owner) = draft.owner {
        field(out, b"owner_id", |out| owner.push(out));
    }
    let message = &draft.message;
    named(out, b"product", Named::Product(message.brand + 1));
    if let Some(theme) = message.theme {
        named(out, b"theme", Named::Theme(theme + 1));
    }
    if let Some(topic) = message.topic {
        // What a request is about is medical; the pipeline has to drop it, and a test looks for these ids.
        let medical = draft.kind == Kind::Requests;
        named(out, b"topic", if medical { Named::MedicalTopic(topic + 1) } else { Named::Topic(topic + 1) });
    }
    if let Some(plan) = message.plan {
        named(out, b"plan_id", Named::Plan(plan.plan + 1));
        named(out, b"plan_step", Named::Step(plan.step));
    }
    if let Some(congress) = draft.congress {
        named(out, b"congress_id", Named::Congress(congress));
    }
    if let Some(request) = draft.request {
        field(out, b"request_id", |out| request.push(out));
    }
}

fn field(out: &mut Vec<u8>, name: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name);
    out.extend_from_slice(b"\":\"");
    value(out);
    out.push(b'"');
}

fn named(out: &mut Vec<u8>, name: &[u8], value: Named) {
    field(out, name, |out| value.push(out));
}

fn word<W: Word>(out: &mut Vec<u8>, value: W) {
    field(out, W::FIELD.as_bytes(), |out| out.extend_from_slice(value.as_str().as_bytes()));
}

fn instant(out: &mut Vec<u8>, name: &[u8], at: Micros) {
    field(out, name, |out| push_instant(out, at));
}

fn number(out: &mut Vec<u8>, name: &[u8], value: u32) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name);
    out.extend_from_slice(b"\":");
    push_number(out, u64::from(value), 1);
}
