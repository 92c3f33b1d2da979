//! The rows of an NDJSON file: a JSON object per line, blank lines passed over.

use super::cell::Cell;
use super::column::Column;
use super::json_object::{FieldNames, JsonObject};
use super::problem::{Found, Place};
use super::source::{MAX_ROW, RowSource};
use std::io::{BufRead, BufReader, Read};

/// An open file.
pub(super) struct NdjsonRows<R> {
    reader: BufReader<R>,
    columns: &'static [Column],
    line: u64,
    bytes: Vec<u8>,
    object: JsonObject,
    names: FieldNames,
}

impl<R: Read> NdjsonRows<R> {
    pub(super) fn new(source: R, columns: &'static [Column]) -> Self {
        let (reader, object) = (BufReader::new(source), JsonObject::default());
        Self { reader, columns, line: 0, bytes: Vec::new(), object, names: FieldNames::default() }
    }

    /// Reads a line, or as much of it as is allowed; `None` at the end of the file.
    fn next_line(&mut self) -> std::io::Result<Option<Length>> {
        self.bytes.clear();
        let limit = MAX_ROW as u64 + 1;
        if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.bytes)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if self.line == 1 && self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.bytes.drain(..3);
        }
        if self.bytes.len() <= MAX_ROW || self.bytes.ends_with(b"\n") {
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
                    let expected = format!("a line of at most {MAX_ROW} bytes");
                    found.note(Some(Place::Line(self.line)), None, expected);
                    continue;
                }
                Ok(None) => return false,
                Err(error) => {
                    found.unreadable(&error);
                    return false;
                }
            }
            match JsonObject::parse(&self.bytes) {
                Ok(object) => self.object = object,
                Err(none) => {
                    let expected = format!("a JSON object in UTF-8; it is none from byte {} on", none.column);
                    found.note(Some(Place::Line(self.line)), None, expected);
                    continue;
                }
            }
            if self.names.check(&self.object, self.columns, Place::Line(self.line), found) {
                return true;
            }
        }
    }

    fn place(&self) -> Place {
        Place::Line(self.line)
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        self.object.cell(self.columns.get(column).map_or("", |column| column.name))
    }
}
