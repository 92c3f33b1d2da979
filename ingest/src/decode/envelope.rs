//! CloudEvents 1.0 around a record, in the two modes of the Kafka binding.
//!
//! | mode | recognised by | the record | its context |
//! |---|---|---|---|
//! | structured | `content-type: application/cloudevents+json` | `data`, or `data_base64` | `id`, `source`, `time` |
//! | binary | header `ce_specversion` | the payload | headers `ce_id`, `ce_source`, `ce_time` |
//! | none | neither | the payload | – |
//!
//! The context fills `event_id`, `source` and `occurred_at` where the record leaves them out, and is ignored,
//! unchecked, where it does not. `unsupported_envelope`: a specversion other than `1.0`, a batch or another encoding of
//! CloudEvents, data that its content type says is not JSON. `malformed`: an envelope that is not one JSON object, has
//! a member of these twice or with a value that is no string, or has not exactly one of `data` and `data_base64`.

mod base64;

use super::rejection::Rejection;
use super::scanner::{Notes, Scanner, Span};
use std::ops::Range;

/// Buffers for envelopes, used again from message to message.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    notes: Notes,
    data: Vec<u8>,
}

/// What an envelope says of its record.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context<'r> {
    pub(super) id: Option<&'r str>,
    pub(super) source: Option<&'r str>,
    pub(super) time: Option<&'r str>,
}

/// The record inside `payload` and its context.
pub(super) fn open<'r>(
    headers: &[(&'r str, &'r [u8])],
    payload: &'r [u8],
    buffers: &'r mut Buffers,
) -> Result<(&'r [u8], Context<'r>), Rejection> {
    let header = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    let content_type = header("content-type").map(media_type);
    match (content_type.and_then(cloudevents_encoding), header("ce_specversion")) {
        (Some(encoding), _) if encoding.eq_ignore_ascii_case(b"+json") => structured(payload, buffers),
        (Some(_), _) => Err(Rejection::CONTENT_TYPE),
        (None, Some(b"1.0")) => {
            if content_type.is_some_and(|media| !is_json(media)) {
                return Err(Rejection::CONTENT_TYPE);
            }
            let text = |name| header(name).map(|value| std::str::from_utf8(value).map_err(|_| Rejection::NOT_UTF8));
            let (id, source, time) = (text("ce_id"), text("ce_source"), text("ce_time"));
            Ok((payload, Context { id: id.transpose()?, source: source.transpose()?, time: time.transpose()? }))
        }
        (None, Some(_)) => Err(Rejection::SPECVERSION),
        (None, None) => Ok((payload, Context::default())),
    }
}

/// Type and subtype without parameters.
fn media_type(value: &[u8]) -> &[u8] {
    value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii()
}

/// What follows `application/cloudevents`: `+json`, `-batch+json`, …
fn cloudevents_encoding(media: &[u8]) -> Option<&[u8]> {
    let (family, encoding) = media.split_at_checked(b"application/cloudevents".len())?;
    family.eq_ignore_ascii_case(b"application/cloudevents").then_some(encoding)
}

fn is_json(media: &[u8]) -> bool {
    let suffix = media.last_chunk::<5>();
    suffix.is_some_and(|s| s.eq_ignore_ascii_case(b"/json") || s.eq_ignore_ascii_case(b"+json"))
}

fn structured<'r>(payload: &'r [u8], buffers: &'r mut Buffers) -> Result<(&'r [u8], Context<'r>), Rejection> {
    let Buffers { notes, data } = buffers;
    let members = Members::read(payload, notes)?;
    let notes: &'r Notes = notes;
    let resolve = |span: Option<Span>| span.map(|span| span.resolve(payload, notes));
    if resolve(members.specversion) != Some("1.0") {
        return Err(Rejection::SPECVERSION);
    }
    if resolve(members.content_type).is_some_and(|media| !is_json(media_type(media.as_bytes()))) {
        return Err(Rejection::CONTENT_TYPE);
    }
    let record = match (members.data, resolve(members.data_base64)) {
        (Some(range), None) => payload.get(range).unwrap_or_default(),
        (None, Some(encoded)) => {
            base64::decode(encoded.as_bytes(), data).ok_or(Rejection::NOT_BASE64)?;
            data
        }
        _ => return Err(Rejection::NO_DATA),
    };
    let (id, source, time) = (resolve(members.id), resolve(members.source), resolve(members.time));
    Ok((record, Context { id, source, time }))
}

/// The members of an envelope that are read; the others are skipped, checked as JSON only.
#[derive(Debug, Default)]
struct Members {
    specversion: Option<Span>,
    id: Option<Span>,
    source: Option<Span>,
    time: Option<Span>,
    content_type: Option<Span>,
    data_base64: Option<Span>,
    data: Option<Range<usize>>,
    met: Vec<&'static str>,
    /// A member of these was met twice, or is no string.
    unfit: bool,
}

impl Members {
    fn read(payload: &[u8], notes: &mut Notes) -> Result<Self, Rejection> {
        let mut members = Self::default();
        let mut scanner = Scanner::over(payload, notes).ok_or(Rejection::NOT_UTF8)?;
        scanner.space();
        scanner.expect(b'{')?;
        scanner.space();
        if !scanner.take(b'}') {
            loop {
                members.member(&mut scanner)?;
                scanner.space();
                if !scanner.take(b',') {
                    break;
                }
                scanner.space();
            }
            scanner.expect(b'}')?;
        }
        scanner.end()?;
        if members.unfit { Err(Rejection::ENVELOPE) } else { Ok(members) }
    }

    fn member(&mut self, scanner: &mut Scanner<'_, '_>) -> Result<(), Rejection> {
        let span = scanner.name()?;
        let (name, place) = match scanner.resolve(span) {
            "data" => return self.data(scanner),
            "specversion" => ("specversion", &mut self.specversion),
            "id" => ("id", &mut self.id),
            "source" => ("source", &mut self.source),
            "time" => ("time", &mut self.time),
            "datacontenttype" => ("datacontenttype", &mut self.content_type),
            "data_base64" => ("data_base64", &mut self.data_base64),
            _ => return Ok(scanner.skip_value()?),
        };
        match scanner.peek() {
            b'"' => *place = Some(scanner.string()?),
            b'n' => scanner.literal(b"null")?,
            _ => {
                scanner.skip_value()?;
                self.unfit = true;
            }
        }
        self.meet(name);
        Ok(())
    }

    fn data(&mut self, scanner: &mut Scanner<'_, '_>) -> Result<(), Rejection> {
        let (start, is_null) = (scanner.position(), scanner.peek() == b'n');
        scanner.skip_value()?;
        self.data = (!is_null).then(|| start..scanner.position());
        self.meet("data");
        Ok(())
    }

    /// Enters `name` into the members met.
    fn meet(&mut self, name: &'static str) {
        self.unfit |= self.met.contains(&name);
        self.met.push(name);
    }
}
