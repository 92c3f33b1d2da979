//! The rows of a CSV file: the header is checked once, every line for its number of cells.

use super::cell::Cell;
use super::column::{Column, places};
use super::problem::{Found, Place};
use super::source::RowSource;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Terminator};
use std::io::Read;

/// An open file whose header is in order.
pub(super) struct CsvRows<R> {
    reader: Reader<R>,
    /// For every declared column its place in the file.
    places: Vec<Option<usize>>,
    width: usize,
    record: StringRecord,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header; `None` once it has noted what is wrong.
    pub(super) fn open(source: R, columns: &'static [Column], found: &mut Found<'_>) -> Option<Self> {
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
        let places = places(header.iter().map(str::trim), columns, Some(Place::Line(1)), found)?;
        Some(Self { reader, places, width: header.len(), record: StringRecord::new() })
    }
}

impl<R: Read> RowSource for CsvRows<R> {
    fn advance(&mut self, found: &mut Found<'_>) -> bool {
        loop {
            match self.reader.read_record(&mut self.record) {
                Ok(true) if is_blank(&self.record) => {}
                Ok(true) if self.record.len() == self.width => return true,
                Ok(true) => {
                    let expected = format!("{} cells, as many as the header has columns", self.width);
                    found.note(Some(self.place()), None, expected);
                }
                Ok(false) => return false,
                Err(error) => {
                    note_error(&error, found);
                    // Text that is not UTF-8 ends with its line; what the system refuses ends the file.
                    if !matches!(error.kind(), ErrorKind::Utf8 { .. }) {
                        return false;
                    }
                }
            }
        }
    }

    fn place(&self) -> Place {
        Place::Line(self.record.position().map_or(0, csv::Position::line))
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        let place = self.places.get(column).copied().flatten();
        place.and_then(|place| self.record.get(place)).map_or(Cell::Empty, Cell::Untyped)
    }
}

/// A line of white space only, which is passed over.
fn is_blank(record: &StringRecord) -> bool {
    record.len() == 1 && record.iter().all(|cell| cell.trim().is_empty())
}

fn note_error(error: &csv::Error, found: &mut Found<'_>) {
    let place = error.position().map(|position| Place::Line(position.line()));
    match error.kind() {
        ErrorKind::Io(error) => found.unreadable(error),
        ErrorKind::Utf8 { .. } => found.note(place, None, "text in UTF-8"),
        _ => found.note(place, None, "comma-separated values"),
    }
}
