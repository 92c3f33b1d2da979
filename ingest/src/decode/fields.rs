//! The known fields of one JSON object, each checked on its own; what they mean together is `accept`'s business.
//!
//! They are read into the cells of the row that the object may become. Absent and `null` leave their cell as it is. So
//! does a field that fails its check, and the first such is the verdict on the record, once the rest has proved to be
//! JSON.

use super::field::{Field, Form, SPELLING, TEXT_FIELDS};
use super::habits::{Habit, Habits};
use super::rejection::Rejection;
use super::scanner::{Broken, Notes, Number, Scanner, Span};
use crate::instant::{date, instant};
use chrono::NaiveDate;
use touchpoint::record::{Cells, Column};
use touchpoint::words::WordKey;
use touchpoint::{Kind, Micros};

/// Longest text of a field, in bytes.
pub(super) const MAX_TEXT: usize = 128;

/// `occurred_at` as written.
enum Occurred {
    Instant(Micros),
    Date(NaiveDate),
}

/// The fields of one record, unrelated to each other.
#[derive(Debug)]
pub(super) struct Fields {
    /// All fields but `occurred_at`, where that is a date; of text only that there is any.
    pub(super) cells: Cells,
    /// Where the text stands; empty when absent, for no text field may be empty.
    texts: [Span; TEXT_FIELDS],
    /// `occurred_at`, where it is a date.
    pub(super) date: Option<NaiveDate>,
}

impl Default for Fields {
    /// All absent.
    fn default() -> Self {
        Self { cells: Cells::EMPTY, texts: [Span::default(); TEXT_FIELDS], date: None }
    }
}

impl Fields {
    /// Where the text of the text column at `place` stands; empty when absent, and past the text fields.
    #[inline]
    pub(super) fn text(&self, place: usize) -> Span {
        self.texts.get(place).copied().unwrap_or_default()
    }

    /// Sets a text field.
    #[inline]
    pub(super) fn put_text(&mut self, field: Field, text: Span) {
        if let Some(place) = self.texts.get_mut(field as usize) {
            *place = text;
            self.cells.mark(field.column());
        }
    }
}

/// Reads `text`, which must be one JSON object, into `fields`, whatever they were. Strings with escapes end up in `notes`.
pub(super) fn read(
    text: &[u8],
    kind: Kind,
    (notes, habits): (&mut Notes, &mut Habits),
    fields: &mut Fields,
) -> Result<(), Rejection> {
    *fields = Fields::default();
    let scanner = Scanner::over(text, notes).ok_or(Rejection::NOT_UTF8)?;
    let (open, habit) = (Field::read_for(kind), habits.of(kind));
    let mut reader = Reader { scanner, kind, open, before: None, habit, fields, fault: None };
    reader.object()?;
    reader.fault.map_or(Ok(()), Err)
}

struct Reader<'a, 's, 'f> {
    scanner: Scanner<'a, 's>,
    kind: Kind,
    /// The set of the fields that are read and were not met yet.
    open: u32,
    /// The known field before the one at hand.
    before: Option<Field>,
    habit: &'f mut Habit,
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
        let field = match self.usual_name() {
            Some(field) => Some(field),
            None => self.name()?,
        };
        let Some(field) = field else { return self.scanner.skip_value() };
        self.before = Some(field);
        if self.open & field.bit() == 0 {
            return self.passed_over(field);
        }
        self.open ^= field.bit();
        match field.form() {
            Form::Text => self.text(field),
            Form::Word => self.word(field),
            Form::Instant => self.instant(field),
            Form::Occurred => self.occurred(),
            Form::Integer => self.integer(field),
            Form::Flag => self.flag(field),
        }
    }

    /// Consumes a name that is spelt as usual, its colon and the white space after it.
    #[inline]
    fn usual_name(&mut self) -> Option<Field> {
        let text = self.scanner.ahead()?;
        let expected = self.habit.after(self.before);
        let (field, length) = match expected.spelt_in(text) {
            Some(length) => (expected, length),
            None => self.unexpected(text)?,
        };
        self.scanner.pass(length);
        self.scanner.space();
        Some(field)
    }

    #[inline(never)]
    fn unexpected(&mut self, text: &[u8; SPELLING]) -> Option<(Field, usize)> {
        let (field, length) = Field::spelt(text)?;
        self.habit.learn(self.before, field);
        Some((field, length))
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
        } else {
            self.fields.put_text(field, text);
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
    fn word(&mut self, field: Field) -> Result<(), Broken> {
        if let Some(span) = self.scanner.plain_string()
            && let Some(key) = self.scanner.key(span)
            && let Some(code) = field.code(self.kind, &key)
        {
            self.scanner.pass_plain(span);
            self.fields.cells.put_code(field.column(), code);
            return Ok(());
        }
        let kind = self.kind;
        let code = self.unusual(field, |text| field.code(kind, &WordKey::of(text)?))?;
        self.fields.cells.put_code(field.column(), code);
        Ok(())
    }

    #[inline]
    fn instant(&mut self, field: Field) -> Result<(), Broken> {
        let at = self.parsed(field, instant)?;
        self.fields.cells.put_long(field.column(), at);
        Ok(())
    }

    #[inline]
    fn occurred(&mut self) -> Result<(), Broken> {
        match self.parsed(Field::OccurredAt, occurred)? {
            Some(Occurred::Instant(at)) => self.fields.cells.put_long(Column::OccurredAt, at),
            Some(Occurred::Date(date)) => self.fields.date = Some(date),
            None => {}
        }
        Ok(())
    }

    fn integer(&mut self, field: Field) -> Result<(), Broken> {
        let (least, most) = match field {
            Field::DurationS => (0, 86_400),
            Field::Attendees => (1, 1_000),
            _ => {
                let version = self.number(field, i64::MIN, i64::MAX)?;
                self.fields.cells.put_long(field.column(), version);
                return Ok(());
            }
        };
        let value = self.number(field, least, most)?;
        self.fields.cells.put_int(field.column(), value.map(|value| value as i32));
        Ok(())
    }

    fn flag(&mut self, field: Field) -> Result<(), Broken> {
        if self.boolean(field)? == Some(true) {
            self.fields.cells.mark(field.column());
        }
        Ok(())
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

    fn number(&mut self, field: Field, least: i64, most: i64) -> Result<Option<i64>, Broken> {
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

/// A date is ten bytes long, an instant at least twenty.
fn occurred(text: &[u8]) -> Option<Occurred> {
    if text.len() == 10 { date(text).map(Occurred::Date) } else { instant(text).map(Occurred::Instant) }
}
