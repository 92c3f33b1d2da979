//! The rows of an NDJSON file: a JSON object per line, blank lines passed over.

use super::cell::Cell;
use super::column::{Column, listed};
use super::problem::{Found, Place};
use super::source::RowSource;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

/// Longest line, in bytes: far above fifteen columns of 128 bytes, and no line of any length is held.
const MAX_LINE: usize = 64 << 10;

/// An open file.
pub(super) struct NdjsonRows<R> {
    reader: BufReader<R>,
    columns: &'static [Column],
    line: u64,
    bytes: Vec<u8>,
    object: Object,
    /// Unknown fields, each told once.
    unknown: HashSet<String>,
}

impl<R: Read> NdjsonRows<R> {
    pub(super) fn new(source: R, columns: &'static [Column]) -> Self {
        let (reader, object) = (BufReader::new(source), Object::default());
        Self { reader, columns, line: 0, bytes: Vec::new(), object, unknown: HashSet::new() }
    }

    /// Reads a line, or as much of it as is allowed; `None` at the end of the file.
    fn next_line(&mut self) -> std::io::Result<Option<Length>> {
        self.bytes.clear();
        let limit = MAX_LINE as u64 + 1;
        if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.bytes)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if self.line == 1 && self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.bytes.drain(..3);
        }
        if self.bytes.len() <= MAX_LINE || self.bytes.ends_with(b"\n") {
            return Ok(Some(Length::Whole));
        }
        while !self.bytes.ends_with(b"\n") {
            self.bytes.clear();
            if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.bytes)? == 0 {
                break;
            }
        }
        Ok(Some(Length::TooLong))
    }

    /// Notes what is wrong with the names of the fields. An unknown one fails the file; its row is a row all the same.
    fn check_names(&mut self, found: &mut Found<'_>) -> bool {
        let place = Some(Place::Line(self.line));
        let mut repeated = false;
        for (i, (name, _)) in self.object.fields.iter().enumerate() {
            if self.object.fields.iter().take(i).any(|(earlier, _)| earlier == name) {
                found.note(place, None, format!("each field once; the one at place {} is repeated", i + 1));
                repeated = true;
            } else if !self.columns.iter().any(|column| column.name == name) && self.unknown.insert(name.clone()) {
                let expected = format!("one of the columns {} at place {}", listed(self.columns), i + 1);
                found.note(place, None, format!("{expected} (of other lines the same field is not told again)"));
            }
        }
        !repeated
    }
}

/// Whether a line was read whole.
enum Length {
    Whole,
    TooLong,
}

impl<R: Read> RowSource for NdjsonRows<R> {
    fn advance(&mut self, found: &mut Found<'_>) -> bool {
        loop {
            match self.next_line() {
                Ok(Some(Length::Whole)) if self.bytes.trim_ascii().is_empty() => continue,
                Ok(Some(Length::Whole)) => {}
                Ok(Some(Length::TooLong)) => {
                    let expected = format!("a line of at most {MAX_LINE} bytes");
                    found.note(Some(Place::Line(self.line)), None, expected);
                    continue;
                }
                Ok(None) => return false,
                Err(error) => {
                    found.unreadable(&error);
                    return false;
                }
            }
            match serde_json::from_slice(&self.bytes) {
                Ok(object) => self.object = object,
                Err(error) => {
                    // The error's own text may quote a value.
                    let expected = format!("a JSON object in UTF-8; it is none from byte {} on", error.column());
                    found.note(Some(Place::Line(self.line)), None, expected);
                    continue;
                }
            }
            if self.check_names(found) {
                return true;
            }
        }
    }

    fn place(&self) -> Place {
        Place::Line(self.line)
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        let name = self.columns.get(column).map_or("", |column| column.name);
        let value = self.object.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
        match value {
            None | Some(Value::Null) => Cell::Empty,
            Some(Value::String(text)) => Cell::Text(text),
            Some(Value::Bool(flag)) => Cell::Flag(*flag),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Cell::Whole(whole),
                (None, Some(number)) => Cell::Number(number),
                (None, None) => Cell::Other,
            },
            Some(Value::Array(_) | Value::Object(_)) => Cell::Other,
        }
    }
}

/// The fields of an object in their order, repeated ones too, which a map would hide.
#[derive(Debug, Default)]
struct Object {
    fields: Vec<(String, Value)>,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Object { fields })
    }
}
