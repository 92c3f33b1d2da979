//! A CSV file as cells by column name: the header is checked once, every line for its number of cells.

use super::problem::Found;
use crate::instant;
use chrono::NaiveTime;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Terminator};
use std::io::Read;
use touchpoint::Micros;
use touchpoint::time::{EARLIEST, LATEST};

/// Longest text of a cell, in bytes.
const MAX_TEXT: usize = 128;

/// An open file whose header is in order.
pub(super) struct Table<R> {
    reader: Reader<R>,
    columns: &'static [&'static str],
    /// For every known column its place in the file.
    places: Vec<Option<usize>>,
    width: usize,
    record: StringRecord,
}

impl<R: Read> Table<R> {
    /// Reads the header; `columns` are the known ones, the key first. `None` once it has noted what is wrong.
    pub(super) fn open(source: R, columns: &'static [&'static str], found: &mut Found<'_>) -> Option<Self> {
        // A carriage return stays in the last cell, where it is trimmed: as part of the line end it would upset the
        // reader's line numbers.
        let mut reader = ReaderBuilder::new().flexible(true).terminator(Terminator::Any(b'\n')).from_reader(source);
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => {
                note_error(&error, found);
                return None;
            }
        };
        let place = |column: &&str| header.iter().position(|name| name.trim() == *column);
        let places: Vec<_> = columns.iter().map(place).collect();
        let before = found.count();
        for (i, name) in header.iter().map(str::trim).enumerate() {
            if !columns.contains(&name) {
                let expected = format!("one of the columns {} at place {} of the header", columns.join(", "), i + 1);
                found.note(Some(1), None, expected);
            } else if header.iter().take(i).any(|earlier| earlier.trim() == name) {
                found.note(Some(1), None, format!("each column once; the one at place {} is repeated", i + 1));
            }
        }
        if let (Some(key), Some(None)) = (columns.first(), places.first()) {
            found.note(Some(1), Some(key), "this column, which is the key");
        }
        let width = header.len();
        (found.count() == before).then(|| Self { reader, columns, places, width, record: StringRecord::new() })
    }

    /// The next line that has as many cells as the header.
    pub(super) fn advance<'t, 'p>(&'t mut self, found: &'t mut Found<'p>) -> Option<Cells<'t, 'p>> {
        loop {
            match self.reader.read_record(&mut self.record) {
                Ok(true) if is_blank(&self.record) => {}
                Ok(true) if self.record.len() == self.width => break,
                Ok(true) => {
                    let expected = format!("{} cells, as many as the header has columns", self.width);
                    found.note(Some(line_of(&self.record)), None, expected);
                }
                Ok(false) => return None,
                Err(error) => {
                    note_error(&error, found);
                    // Text that is not UTF-8 ends with its line; what the system refuses ends the file.
                    if !matches!(error.kind(), ErrorKind::Utf8 { .. }) {
                        return None;
                    }
                }
            }
        }
        let (line, noted) = (line_of(&self.record), found.count());
        Some(Cells { columns: self.columns, places: &self.places, record: &self.record, line, found, noted })
    }
}

/// The cells of one line by column name. Surrounding white space does not count.
pub(super) struct Cells<'t, 'p> {
    columns: &'static [&'static str],
    places: &'t [Option<usize>],
    record: &'t StringRecord,
    line: u64,
    found: &'t mut Found<'p>,
    /// Problems noted before this line.
    noted: usize,
}

impl Cells<'_, '_> {
    /// Line from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether nothing was wrong with the cells read so far.
    pub(super) fn are_sound(&self) -> bool {
        self.found.count() == self.noted
    }

    /// A cell that must not be empty.
    pub(super) fn key(&mut self, column: &'static str) -> String {
        let key = self.text(column);
        if key.is_none() {
            self.note(column, "a key of 1 to 128 bytes");
        }
        key.unwrap_or_default()
    }

    /// A cell, `None` when it is empty or its column missing.
    pub(super) fn text(&mut self, column: &'static str) -> Option<String> {
        let text = self.cell(column)?.to_owned();
        if text.len() > MAX_TEXT {
            self.note(column, "at most 128 bytes");
        }
        Some(text)
    }

    /// A cell that `parse` understands, `None` when it is empty or its column missing.
    pub(super) fn parsed<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        expected: &'static str,
    ) -> Option<T> {
        let value = parse(self.cell(column)?);
        if value.is_none() {
            self.note(column, expected);
        }
        value
    }

    /// The span of a row: `valid_from` and `valid_to`, open where they are empty.
    pub(super) fn validity(&mut self) -> (Micros, Micros) {
        let expected = "an RFC 3339 instant or a date YYYY-MM-DD, from 1970 to 9999";
        let from = self.parsed("valid_from", instant_or_date, expected).unwrap_or(EARLIEST);
        let to = self.parsed("valid_to", instant_or_date, expected).unwrap_or(LATEST + 1);
        if from >= to && self.are_sound() {
            self.note("valid_to", "an instant after valid_from, or nothing");
        }
        (from, to)
    }

    fn cell(&self, column: &str) -> Option<&str> {
        let column = self.columns.iter().position(|c| *c == column)?;
        let place = self.places.get(column).copied().flatten()?;
        self.record.get(place).map(str::trim).filter(|cell| !cell.is_empty())
    }

    fn note(&mut self, column: &'static str, expected: &'static str) {
        self.found.note(Some(self.line), Some(column), expected);
    }
}

/// A line of white space only, which is passed over.
fn is_blank(record: &StringRecord) -> bool {
    record.len() == 1 && record.iter().all(|cell| cell.trim().is_empty())
}

fn line_of(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// A date means 00:00 UTC.
fn instant_or_date(text: &str) -> Option<Micros> {
    match instant::date(text.as_bytes()) {
        Some(date) => Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros()),
        None => instant::instant(text.as_bytes()),
    }
}

fn note_error(error: &csv::Error, found: &mut Found<'_>) {
    let line = error.position().map(csv::Position::line);
    match error.kind() {
        ErrorKind::Io(error) => found.unreadable(error),
        ErrorKind::Utf8 { .. } => found.note(line, None, "text in UTF-8"),
        _ => found.note(line, None, "comma-separated values"),
    }
}
