//! A column as it is declared, and where the columns of a file stand.

use super::problem::{Found, Place};

/// What a column holds, as far as a format can tell types apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    Instant,
}

impl Kind {
    /// As the end of "expected …".
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Text => "text of at most 128 bytes",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Instant => "an RFC 3339 instant or a date YYYY-MM-DD, from 1970 to 9999",
        }
    }
}

/// Whether a column may be missing and its cells empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) need: Need,
}

/// A column that may be missing.
pub(super) const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, need: Need::Optional }
}

/// A column that every row must fill.
pub(super) const fn required(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, need: Need::Required }
}

/// For every declared column its place among the names that a file has; `None` once it has noted what is wrong with them.
/// An unknown name is given by its place: in a file without a header it is the content of a cell.
pub(super) fn places<'n>(
    names: impl Iterator<Item = &'n str>,
    columns: &'static [Column],
    at: Option<Place>,
    found: &mut Found<'_>,
) -> Option<Vec<Option<usize>>> {
    let names: Vec<&str> = names.collect();
    let before = found.count();
    for (i, name) in names.iter().enumerate() {
        if !columns.iter().any(|column| column.name == *name) {
            found.note(at, None, format!("one of the columns {} at place {}", listed(columns), i + 1));
        } else if names.iter().take(i).any(|earlier| earlier == name) {
            found.note(at, None, format!("each column once; the one at place {} is repeated", i + 1));
        }
    }
    let places: Vec<_> = columns.iter().map(|column| names.iter().position(|name| *name == column.name)).collect();
    for (column, place) in columns.iter().zip(&places) {
        if column.need == Need::Required && place.is_none() {
            found.note(at, Some(column.name), "this column, which is required");
        }
    }
    (found.count() == before).then_some(places)
}

/// The names of all columns.
pub(super) fn listed(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}
