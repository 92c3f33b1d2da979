//! The known fields of one JSON object, each checked on its own; what they mean together is `accept`'s business.
//!
//! Absent and `null` are `None` (for text: an empty [`Span`]). A field that fails its check is `None` too, and the
//! first such is the verdict on the record, once the rest has proved to be JSON.

use super::field::{Field, TEXT_FIELDS};
use super::rejection::Rejection;
use super::scanner::{Broken, Notes, Number, Scanner, Span};
use crate::instant::{date, instant};
use chrono::NaiveDate;
use touchpoint::{BusinessFunction, Channel, Intake, Kind, Micros, Mode, Op, Origin, Purpose, Status, Word};

/// Longest text of a field, in bytes.
pub(super) const MAX_TEXT: usize = 128;

/// `occurred_at` as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurred {
    Instant(Micros),
    Date(NaiveDate),
}

/// The fields of one record, unrelated to each other.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields {
    texts: [Span; TEXT_FIELDS],
    pub(super) version: Option<i64>,
    pub(super) op: Option<Op>,
    pub(super) status: Option<Status>,
    pub(super) channel: Option<Channel>,
    pub(super) origin: Option<Origin>,
    pub(super) mode: Option<Mode>,
    pub(super) intake: Option<Intake>,
    pub(super) business_function: Option<BusinessFunction>,
    pub(super) purpose: Option<Purpose>,
    pub(super) solicited: Option<bool>,
    pub(super) occurred: Option<Occurred>,
    pub(super) recorded_at: Option<Micros>,
    pub(super) status_at: Option<Micros>,
    pub(super) answered_at: Option<Micros>,
    pub(super) duration_s: Option<i32>,
    pub(super) attendees: Option<i32>,
}

impl Fields {
    /// The content of a text field; empty when absent, for no text field may be empty.
    pub(super) fn text(&self, field: Field) -> Span {
        self.texts.get(field as usize).copied().unwrap_or_default()
    }
}

/// Reads `text`, which must be one JSON object, into `fields`, which are the default ones. Strings with escapes end up in
/// `notes`.
pub(super) fn read(text: &[u8], kind: Kind, notes: &mut Notes, fields: &mut Fields) -> Result<(), Rejection> {
    let scanner = Scanner::over(text, notes).ok_or(Rejection::NOT_UTF8)?;
    let mut reader = Reader { scanner, kind, open: Field::read_for(kind), fields, fault: None };
    reader.object()?;
    reader.fault.map_or(Ok(()), Err)
}

struct Reader<'a, 's, 'f> {
    scanner: Scanner<'a, 's>,
    kind: Kind,
    /// The set of the fields that are read and were not met yet.
    open: u32,
    fields: &'f mut Fields,
    fault: Option<Rejection>,
}

impl Reader<'_, '_, '_> {
    fn object(&mut self) -> Result<(), Broken> {
        self.scanner.space();
        self.scanner.expect(b'{')?;
        self.scanner.space();
        if !self.scanner.take(b'}') {
            loop {
                self.member()?;
                if !self.scanner.take(b',') {
                    self.scanner.space();
                    if !self.scanner.take(b',') {
                        break;
                    }
                }
                self.scanner.space();
            }
            self.scanner.expect(b'}')?;
        }
        self.scanner.end()
    }

    #[inline]
    fn member(&mut self) -> Result<(), Broken> {
        let usual = self.scanner.ahead().and_then(Field::spelt);
        let field = match usual {
            Some((field, length)) => {
                self.scanner.pass(length);
                self.scanner.space();
                Some(field)
            }
            None => self.name()?,
        };
        match field {
            Some(field) if self.open & field.bit() != 0 => {
                self.open ^= field.bit();
                self.value(field)
            }
            Some(field) => self.passed_over(field),
            None => self.scanner.skip_value(),
        }
    }

    /// A name that is not known or not spelt as usual.
    #[inline(never)]
    fn name(&mut self) -> Result<Option<Field>, Broken> {
        let name = self.scanner.name()?;
        Ok(Field::named(self.scanner.resolve(name).as_bytes()))
    }

    /// A field of another kind, or one that was met before.
    #[cold]
    fn passed_over(&mut self, field: Field) -> Result<(), Broken> {
        if field.is_read_for(self.kind) {
            self.fault.get_or_insert(Rejection::repeated(field));
        }
        self.scanner.skip_value()
    }

    fn value(&mut self, field: Field) -> Result<(), Broken> {
        match field {
            Field::Version => self.fields.version = self.integer(field, i64::MIN, i64::MAX)?,
            Field::Op => self.fields.op = self.parsed(field, Op::parse)?,
            Field::Status => self.fields.status = self.status()?,
            Field::Channel => self.fields.channel = self.parsed(field, call_channel)?,
            Field::Origin => self.fields.origin = self.parsed(field, Origin::parse)?,
            Field::Mode => self.fields.mode = self.parsed(field, Mode::parse)?,
            Field::Intake => self.fields.intake = self.parsed(field, Intake::parse)?,
            Field::BusinessFunction => self.fields.business_function = self.parsed(field, BusinessFunction::parse)?,
            Field::Purpose => self.fields.purpose = self.parsed(field, Purpose::parse)?,
            Field::Solicited => self.fields.solicited = self.boolean(field)?,
            Field::OccurredAt => self.fields.occurred = self.parsed(field, occurred)?,
            Field::RecordedAt => self.fields.recorded_at = self.parsed(field, instant)?,
            Field::StatusAt => self.fields.status_at = self.parsed(field, instant)?,
            Field::AnsweredAt => self.fields.answered_at = self.parsed(field, instant)?,
            Field::DurationS => self.fields.duration_s = self.integer(field, 0, 86_400)?.map(|n| n as i32),
            Field::Attendees => self.fields.attendees = self.integer(field, 1, 1_000)?.map(|n| n as i32),
            _ => return self.text(field),
        }
        Ok(())
    }

    #[inline]
    fn text(&mut self, field: Field) -> Result<(), Broken> {
        let Some(span) = self.scanner.plain_string() else { return self.unusual_text(field) };
        self.scanner.pass_plain(span);
        self.keep(field, span);
        Ok(())
    }

    #[inline]
    fn keep(&mut self, field: Field, text: Span) {
        if !(1..=MAX_TEXT).contains(&text.len()) {
            self.fault(field);
        } else if let Some(place) = self.fields.texts.get_mut(field as usize) {
            *place = text;
        }
    }

    /// Text with escapes, or none.
    #[inline(never)]
    fn unusual_text(&mut self, field: Field) -> Result<(), Broken> {
        if let Some(text) = self.string(field)? {
            self.keep(field, text);
        }
        Ok(())
    }

    #[inline]
    fn status(&mut self) -> Result<Option<Status>, Broken> {
        let kind = self.kind;
        self.parsed(Field::Status, |text| Status::parse(text).filter(|status| status.rank(kind).is_some()))
    }

    /// The value of a field that is written as a string and stands for something else.
    #[inline]
    fn parsed<T>(&mut self, field: Field, parse: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, Broken> {
        if let Some(span) = self.scanner.plain_string()
            && let Some(value) = parse(self.scanner.plain_content(span))
        {
            self.scanner.pass_plain(span);
            return Ok(Some(value));
        }
        self.unusual(field, parse)
    }

    /// A string with escapes, or one that means nothing, or none.
    #[inline(never)]
    fn unusual<T>(&mut self, field: Field, parse: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, Broken> {
        let Some(span) = self.string(field)? else { return Ok(None) };
        let value = parse(self.scanner.resolve(span).as_bytes());
        if value.is_none() {
            self.fault(field);
        }
        Ok(value)
    }

    fn string(&mut self, field: Field) -> Result<Option<Span>, Broken> {
        if self.scanner.peek() == b'"' { self.scanner.string().map(Some) } else { self.unfit(field) }
    }

    fn integer(&mut self, field: Field, least: i64, most: i64) -> Result<Option<i64>, Broken> {
        if !matches!(self.scanner.peek(), b'-' | b'0'..=b'9') {
            return self.unfit(field);
        }
        match self.scanner.number()? {
            Number::Integer(value) if (least..=most).contains(&value) => Ok(Some(value)),
            _ => {
                self.fault(field);
                Ok(None)
            }
        }
    }

    fn boolean(&mut self, field: Field) -> Result<Option<bool>, Broken> {
        match self.scanner.peek() {
            b't' => self.scanner.literal(b"true").map(|()| Some(true)),
            b'f' => self.scanner.literal(b"false").map(|()| Some(false)),
            _ => self.unfit(field),
        }
    }

    /// A value of another type than the field's: `null` is absence, the rest a fault.
    fn unfit<T>(&mut self, field: Field) -> Result<Option<T>, Broken> {
        if self.scanner.peek() != b'n' {
            self.fault(field);
        }
        self.scanner.skip_value().map(|()| None)
    }

    #[cold]
    fn fault(&mut self, field: Field) {
        self.fault.get_or_insert(Rejection::bad_value(field, self.kind));
    }
}

/// The channels of e-mails, congresses and requests are those of their kind, and no call has them.
fn call_channel(text: &[u8]) -> Option<Channel> {
    Channel::parse(text).filter(|c| matches!(c, Channel::FaceToFace | Channel::Phone | Channel::Video | Channel::Chat))
}

/// A date is ten bytes long, an instant at least twenty.
fn occurred(text: &[u8]) -> Option<Occurred> {
    if text.len() == 10 { date(text).map(Occurred::Date) } else { instant(text).map(Occurred::Instant) }
}
