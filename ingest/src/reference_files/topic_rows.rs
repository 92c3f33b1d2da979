//! The rows of a topic: of every key its last message, the value a JSON object as a line of NDJSON is, the key one too.
//!
//! The key has the table's key columns and says of them what the value says; so a producer whose keys are too coarse, and
//! whose rows compaction would lose one after the other, is told.

use super::cell::Cell;
use super::cells::instant_or_date;
use super::column::{Column, Kind};
use super::json_object::{FieldNames, JsonObject};
use super::problem::{Found, Place};
use super::rows::Shape;
use super::source::{MAX_ROW, RowSource};
use super::topic_table::{Content, Kept, TopicTable};
use touchpoint::Micros;

/// A key of one partition, with its last message.
type Entry<'t> = (Option<&'t [u8]>, i32, &'t Kept);

/// A cursor over the messages.
pub(super) struct TopicRows<'t> {
    entries: std::iter::Peekable<Box<dyn Iterator<Item = Entry<'t>> + 't>>,
    columns: &'static [Column],
    key: &'static [&'static str],
    place: Place,
    object: JsonObject,
    names: FieldNames,
}

/// What a key column says; what it cannot say is told of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said<'c> {
    Nothing,
    Text(&'c str),
    Instant(Micros),
    Unfit,
}

impl<'t> TopicRows<'t> {
    pub(super) fn new<R>(table: &'t TopicTable, shape: &Shape<R>) -> Self {
        let entries: Box<dyn Iterator<Item = Entry<'t>> + 't> = Box::new(table.messages());
        Self {
            entries: entries.peekable(),
            columns: shape.columns,
            key: shape.key,
            place: Place::Message { partition: 0, offset: 0 },
            object: JsonObject::default(),
            names: FieldNames::default(),
        }
    }

    /// Notes that a key stands in two partitions, where one of them has a row.
    fn check_partitions(&mut self, key: Option<&[u8]>, kept: &Kept, found: &mut Found<'_>) {
        let Some((_, partition, next)) = self.entries.peek().filter(|(next, ..)| *next == key) else { return };
        if kept.content != Content::Nothing || next.content != Content::Nothing {
            let other = Place::Message { partition: *partition, offset: next.offset };
            let expected = format!(
                "a key in one partition alone, and it stands at {other} too: which of the two is the later one nobody \
                 can tell; withdraw it in both, with the partition named, and write it anew by one partitioner"
            );
            found.note(Some(self.place), None, expected);
        }
    }

    /// Reads the value; `false` once it has noted why it is no row.
    fn read_value(&mut self, content: &[u8], found: &mut Found<'_>) -> bool {
        match JsonObject::parse(content) {
            Ok(object) => self.object = object,
            Err(none) => {
                let (line, column) = (none.line, none.column);
                let expected =
                    format!("a value that is a JSON object in UTF-8; it is none from line {line}, byte {column} on");
                found.note(Some(self.place), None, expected);
                return false;
            }
        }
        self.names.check(&self.object, self.columns, self.place, found)
    }

    fn check_key(&self, key: Option<&[u8]>, found: &mut Found<'_>) {
        let Some(Ok(key)) = key.map(JsonObject::parse) else {
            let expected = format!("a key that is a JSON object of {}", self.key.join(", "));
            return found.note(Some(self.place), None, expected);
        };
        for (i, name) in key.names().enumerate() {
            if !self.key.contains(&name) || key.names().take(i).any(|earlier| earlier == name) {
                let expected = format!("a key of {}, each at most once, at place {} of it", self.key.join(", "), i + 1);
                found.note(Some(self.place), None, expected);
            }
        }
        for column in self.columns.iter().filter(|column| self.key.contains(&column.name)) {
            let (of_key, of_value) = (said(key.cell(column.name), column), said(self.object.cell(column.name), column));
            if of_key != of_value && of_value != Said::Unfit {
                let expected = "a key that says of it what the value says: the row's key, so that no other row has it";
                found.note(Some(self.place), Some(column.name), expected);
            }
        }
    }
}

impl RowSource for TopicRows<'_> {
    fn advance(&mut self, found: &mut Found<'_>) -> bool {
        while let Some((key, partition, kept)) = self.entries.next() {
            self.place = Place::Message { partition, offset: kept.offset };
            self.check_partitions(key, kept, found);
            match &kept.content {
                Content::Nothing => {}
                Content::TooLong => {
                    let expected = format!("a key and a value of at most {MAX_ROW} bytes each");
                    found.note(Some(self.place), None, expected);
                }
                Content::Value(value) => {
                    if self.read_value(value, found) {
                        self.check_key(key, found);
                        return true;
                    }
                }
            }
        }
        false
    }

    fn place(&self) -> Place {
        self.place
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        self.object.cell(self.columns.get(column).map_or("", |column| column.name))
    }
}

fn said<'c>(cell: Cell<'c>, column: &Column) -> Said<'c> {
    match (cell.trimmed(), column.kind) {
        (Cell::Empty, _) => Said::Nothing,
        (Cell::Text(text), Kind::Instant) => instant_or_date(text).map_or(Said::Unfit, Said::Instant),
        (Cell::Text(text), _) => Said::Text(text),
        _ => Said::Unfit,
    }
}
