//! A value as its format gives it, before its column says what it must be.

use touchpoint::Micros;

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'r> {
    /// Nothing: unknown.
    Empty,
    /// Characters of a format that knows no types.
    Untyped(&'r str),
    /// A text.
    Text(&'r str),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// An instant.
    Instant(Micros),
    /// What no column holds: a list, an object, a number that does not fit.
    Other,
}

impl<'r> Cell<'r> {
    /// Without the white space around a text; a text of nothing else is unknown.
    pub(super) fn trimmed(self) -> Self {
        let trimmed = |text: &'r str, as_cell: fn(&'r str) -> Self| match text.trim() {
            "" => Self::Empty,
            text => as_cell(text),
        };
        match self {
            Self::Untyped(text) => trimmed(text, Self::Untyped),
            Self::Text(text) => trimmed(text, Self::Text),
            other => other,
        }
    }

    /// The characters, if it is text.
    pub(super) fn as_text(self) -> Option<&'r str> {
        match self {
            Self::Untyped(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }
}
