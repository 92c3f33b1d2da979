//! The faults: each breaks one rule of the contract and no other.

use crate::draft::{Dispatch, Occurred};
use crate::poison::produced;
use crate::produced::Produced;
use touchpoint::RejectReason;
use touchpoint::time::DAY;
use touchpoint::words::{Kind, Status};

/// Not UTF-8, not JSON, not one object.
pub(super) fn malformed(dispatch: &Dispatch, variant: u64) -> Produced {
    let mut item = produced(dispatch, Some(RejectReason::Malformed));
    let payload = &mut item.payload;
    match variant % 6 {
        0 => payload.truncate(payload.len() / 2),
        1 => payload.truncate(payload.len() - 1),
        2 => payload.push(b'}'),
        3 => {
            payload.insert(0, b'[');
            payload.push(b']');
        }
        // Inside the first string value, where nothing but its encoding is wrong.
        4 => payload.splice(13..13, [0xff]).for_each(drop),
        _ => *payload = b"<record/>".to_vec(),
    }
    item
}

/// A required field is absent, under another name, or null.
pub(super) fn missing_field(dispatch: &Dispatch, variant: u64) -> Produced {
    let mut item = produced(dispatch, Some(RejectReason::MissingField));
    let own = match item.kind {
        Kind::Calls => "channel",
        Kind::Emails => "origin",
        Kind::Congress | Kind::Requests => "status",
    };
    let fields = ["event_id", "hcp_id", "occurred_at", "status", own];
    let field = fields.get((variant % 5) as usize).copied().unwrap_or(own);
    if variant / 5 % 2 == 0 {
        replace_value(&mut item.payload, field, b"null");
    } else {
        replace(&mut item.payload, &format!("\"{field}\":"), format!("\"{field}_of_old\":").as_bytes());
    }
    item
}

/// A field is outside its type, range, length or vocabulary, or stands twice.
pub(super) fn bad_value(dispatch: &Dispatch, variant: u64) -> Produced {
    let mut item = produced(dispatch, Some(RejectReason::BadValue));
    let foreign: &[u8] = if item.kind == Kind::Requests { b"\"planned\"" } else { b"\"received\"" };
    let payload = &mut item.payload;
    match variant % 11 {
        0 => replace_value(payload, "status", b"\"unheard_of\""),
        1 => replace_value(payload, "status", foreign),
        2 => replace_value(payload, "occurred_at", b"\"2026-02-30T10:00:00Z\""),
        3 => replace_value(payload, "occurred_at", b"\"2026-02-03 10:00\""),
        4 => replace_value(payload, "recorded_at", b"\"yesterday\""),
        5 => replace_value(payload, "event_id", format!("\"{}\"", "x".repeat(129)).as_bytes()),
        6 => replace_value(payload, "event_id", b"17"),
        7 => append(payload, b"\"version\":1.5"),
        8 => append(payload, b"\"solicited\":\"yes\""),
        9 => append(payload, b"\"op\":\"remove\""),
        _ => append(payload, b"\"status\":\"completed\""),
    }
    item
}

/// A touch decades ahead, later than any clock that this record will be compared with.
pub(super) fn future_timestamp(mut dispatch: Dispatch, variant: u64) -> Produced {
    let draft = &mut dispatch.draft;
    draft.status = match draft.kind {
        Kind::Calls => Status::Completed,
        Kind::Emails => Status::Sent,
        Kind::Congress => Status::Invited,
        Kind::Requests => Status::Received,
    };
    draft.occurred = Occurred::Instant(dispatch.arrival + (40 * 365 + (variant % 18_000) as i64) * DAY);
    produced(&dispatch, Some(RejectReason::FutureTimestamp))
}

/// A record with a field nobody knows that makes it `bytes` long.
pub(super) fn oversized(dispatch: &Dispatch, bytes: usize) -> Produced {
    let mut item = produced(dispatch, Some(RejectReason::Oversized));
    const EMPTY_PADDING: &str = ",\"padding\":\"\"";
    let padding = bytes.saturating_sub(item.payload.len() + EMPTY_PADDING.len());
    append(&mut item.payload, format!("\"padding\":\"{}\"", "x".repeat(padding)).as_bytes());
    item
}

/// Adds a member to the object.
fn append(payload: &mut Vec<u8>, member: &[u8]) {
    payload.pop();
    payload.push(b',');
    payload.extend_from_slice(member);
    payload.push(b'}');
}

/// Puts `value` in place of a field's text value.
fn replace_value(payload: &mut Vec<u8>, field: &str, value: &[u8]) {
    let name = format!("\"{field}\":\"");
    let Some(start) = find(payload, name.as_bytes()) else { return };
    let begin = start + name.len() - 1;
    let text = payload.get(begin + 1..).unwrap_or_default();
    let Some(length) = text.iter().position(|b| *b == b'"') else { return };
    payload.splice(begin..begin + length + 2, value.iter().copied()).for_each(drop);
}

fn replace(payload: &mut Vec<u8>, old: &str, new: &[u8]) {
    if let Some(start) = find(payload, old.as_bytes()) {
        payload.splice(start..start + old.len(), new.iter().copied()).for_each(drop);
    }
}

fn find(payload: &[u8], needle: &[u8]) -> Option<usize> {
    payload.windows(needle.len()).position(|w| w == needle)
}
