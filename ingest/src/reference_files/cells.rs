//! The values of one row as their columns want them; what does not fit is noted with its place.

use super::cell::Cell;
use super::column::{Column, Kind, Need};
use super::problem::Found;
use super::source::RowSource;
use crate::instant;
use chrono::NaiveTime;
use std::fmt::Display;
use std::ops::RangeInclusive;
use touchpoint::reference::{Validity, country};
use touchpoint::time::{EARLIEST, LATEST};
use touchpoint::{Channel, Micros, Tz, Word};

/// Longest text of a cell, in bytes.
const MAX_TEXT: usize = 128;
/// Most entries of a list.
const MAX_LIST: usize = 64;

/// See the module.
pub(super) struct Cells<'r, 'p> {
    columns: &'static [Column],
    row: &'r dyn RowSource,
    found: &'r mut Found<'p>,
    /// Problems noted before this row.
    noted: u64,
}

impl<'r, 'p> Cells<'r, 'p> {
    /// The present row of `row`. Required cells that are empty are noted at once.
    pub(super) fn new(columns: &'static [Column], row: &'r dyn RowSource, found: &'r mut Found<'p>) -> Self {
        let noted = found.count();
        let mut cells = Self { columns, row, found, noted };
        for (number, column) in columns.iter().enumerate() {
            if column.need == Need::Required && cells.row.cell(number).trimmed() == Cell::Empty {
                cells.note(column.name, format!("{}; it is required", column.kind.expected()));
            }
        }
        cells
    }

    /// Whether nothing was wrong with the cells read so far.
    pub(super) fn are_sound(&self) -> bool {
        self.found.count() == self.noted
    }

    /// A required text.
    pub(super) fn key(&mut self, column: &'static str) -> String {
        self.text(column).unwrap_or_default()
    }

    /// A text, `None` when it is unknown.
    pub(super) fn text(&mut self, column: &'static str) -> Option<String> {
        self.parsed(column, Kind::Text.expected(), |text| (text.len() <= MAX_TEXT).then(|| text.to_owned()))
    }

    /// A list of texts, separated by `;`.
    pub(super) fn list(&mut self, column: &'static str) -> Vec<String> {
        let expected = "texts of 1 to 128 bytes, at most 64, separated by ;";
        let split = |text: &str| -> Option<Vec<String>> {
            let fits = |entry: &str| (1..=MAX_TEXT).contains(&entry.len()).then(|| entry.to_owned());
            let entries: Option<Vec<_>> = text.split(';').map(|entry| fits(entry.trim())).collect();
            entries.filter(|entries| entries.len() <= MAX_LIST)
        };
        self.parsed(column, expected, split).unwrap_or_default()
    }

    /// A word of a closed set.
    pub(super) fn word<W: Word>(&mut self, column: &'static str) -> Option<W> {
        self.word_of(column, W::ALL)
    }

    /// A channel that the company may use: requests come in by themselves.
    pub(super) fn channel(&mut self, column: &'static str) -> Option<Channel> {
        use Channel as C;
        self.word_of(column, &[C::FaceToFace, C::Phone, C::Video, C::Chat, C::Email, C::Congress])
    }

    fn word_of<W: Word>(&mut self, column: &'static str, words: &[W]) -> Option<W> {
        let known = |text: &str| words.iter().copied().find(|word| word.as_str() == text);
        let text = self.cell(column);
        let word = text.as_text().and_then(known);
        if word.is_none() && text != Cell::Empty {
            let names: Vec<_> = words.iter().map(|word| word.as_str()).collect();
            self.note(column, format!("one of {}", names.join(", ")));
        }
        word
    }

    /// A country, upper case.
    pub(super) fn country(&mut self, column: &'static str) -> Option<String> {
        self.parsed(column, "an ISO 3166 country of two letters, such as DE or GB", country::code)
    }

    /// An IANA time zone.
    pub(super) fn time_zone(&mut self, column: &'static str) -> Option<Tz> {
        self.parsed(column, "an IANA time zone, such as Europe/Berlin", |name| name.parse().ok())
    }

    /// True or false.
    pub(super) fn flag(&mut self, column: &'static str) -> Option<bool> {
        let read = |cell: Cell<'_>| match cell {
            Cell::Flag(flag) => Some(flag),
            Cell::Untyped("true") => Some(true),
            Cell::Untyped("false") => Some(false),
            _ => None,
        };
        self.read(column, Kind::Flag.expected(), read)
    }

    /// A whole number in a range.
    pub(super) fn whole(&mut self, column: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let expected = format!("{} from {} to {}", Kind::Whole.expected(), range.start(), range.end());
        let whole =
            |number: f64| (number.fract() == 0.0 && number.abs() <= f64::from(u32::MAX)).then_some(number as i64);
        let read = |cell: Cell<'_>| {
            let number = match cell {
                Cell::Untyped(text) => text.parse().ok(),
                Cell::Whole(number) => Some(number),
                Cell::Number(number) => whole(number),
                _ => None,
            };
            number.and_then(|number: i64| u32::try_from(number).ok()).filter(|number| range.contains(number))
        };
        self.read(column, expected, read)
    }

    /// A number from 0 to `most`.
    pub(super) fn number(&mut self, column: &'static str, most: f64) -> Option<f64> {
        let expected = format!("{} from 0 to {most}", Kind::Number.expected());
        let read = |cell: Cell<'_>| {
            let number = match cell {
                Cell::Untyped(text) => text.parse().ok(),
                Cell::Whole(number) => Some(number as f64),
                Cell::Number(number) => Some(number),
                _ => None,
            };
            number.filter(|number| (0.0..=most).contains(number))
        };
        self.read(column, expected, read)
    }

    /// An instant; a date means 00:00 UTC.
    pub(super) fn instant(&mut self, column: &'static str) -> Option<Micros> {
        let read = |cell: Cell<'_>| match cell {
            Cell::Untyped(text) | Cell::Text(text) => instant_or_date(text),
            Cell::Instant(at) => Some(at).filter(|at| (EARLIEST..=LATEST).contains(at)),
            _ => None,
        };
        self.read(column, Kind::Instant.expected(), read)
    }

    /// The span of a row: `valid_from` and `valid_to`, open where they are unknown.
    pub(super) fn validity(&mut self) -> Validity {
        let (from, to) = (self.instant("valid_from"), self.instant("valid_to"));
        let validity = Validity { from: from.unwrap_or(EARLIEST), to: to.unwrap_or(LATEST + 1) };
        if validity.from >= validity.to {
            self.note("valid_to", "an instant after valid_from, or nothing");
        }
        validity
    }

    /// Notes a problem of a column of this row.
    pub(super) fn note(&mut self, column: &'static str, expected: impl Into<String>) {
        self.found.note(Some(self.row.place()), Some(column), expected);
    }

    fn parsed<T>(
        &mut self,
        column: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(column, expected, |cell| cell.as_text().and_then(parse))
    }

    /// What `read` makes of a cell, `None` when it is unknown or once it has noted that it does not fit.
    fn read<T>(
        &mut self,
        column: &'static str,
        expected: impl Display,
        read: impl FnOnce(Cell<'_>) -> Option<T>,
    ) -> Option<T> {
        let cell = self.cell(column);
        if cell == Cell::Empty {
            return None;
        }
        let value = read(cell);
        if value.is_none() {
            self.note(column, expected.to_string());
        }
        value
    }

    fn cell(&self, column: &str) -> Cell<'r> {
        let number = self.columns.iter().position(|declared| declared.name == column);
        number.map_or(Cell::Empty, |number| self.row.cell(number).trimmed())
    }
}

/// A date means 00:00 UTC.
pub(super) fn instant_or_date(text: &str) -> Option<Micros> {
    match instant::date(text.as_bytes()) {
        Some(date) => Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros()),
        None => instant::instant(text.as_bytes()),
    }
}
