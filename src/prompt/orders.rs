//! What begins with `\` at the prompt.

use crate::format::OutputFormat;
use clap::ValueEnum;

/// What `\?` shows.
pub(super) const HELP: &str = "\
Statements end with ; and may span lines. They read; each sees the newest committed rows.
  \\d               tables, views and table functions
  \\d NAME          the columns of one, with types and comments
  \\df [PATTERN]    functions: \\df, \\df date_*, \\df touch_metrics
  \\x [on|off]      a block per row instead of a line, for wide rows
  \\timing [on|off] show how long statements take
  \\format [NAME]   table, csv, json or parquet
  \\o FILE          write the result of the next statement to a file; alone: no longer
  \\i FILE          run the statements of a file
  \\pager [on|off]  show long results with $PAGER, or less -S
  \\q               quit (or Ctrl-D)
  Tab completes names and keywords, arrow keys and Ctrl-R find earlier statements,
  a space before a statement keeps it out of the history, and Ctrl-C cancels the
  running statement or drops the half-typed one. For example:
    SELECT hcp_id, visits_per_week, collisions FROM hcp_now ORDER BY 2 DESC LIMIT 10;
    SELECT * FROM hcp_metrics_at('2026-03-01') LIMIT 5;";

/// Every order with what it takes, for completion.
pub(super) const NAMES: [(&str, Takes); 12] = [
    ("\\?", Takes::Nothing),
    ("\\d", Takes::Table),
    ("\\df", Takes::Function),
    ("\\format", Takes::Format),
    ("\\h", Takes::Nothing),
    ("\\i", Takes::File),
    ("\\o", Takes::File),
    ("\\pager", Takes::Switch),
    ("\\q", Takes::Nothing),
    ("\\timing", Takes::Switch),
    ("\\x", Takes::Switch),
    ("\\dt", Takes::Nothing),
];

/// What may stand behind an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Table,
    Function,
    Format,
    File,
    Switch,
}

/// On, off, or the other of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
    Flip,
}

impl Switch {
    /// What `current` becomes, of the two that it can be.
    pub(super) fn turn<T: Copy + PartialEq>(self, current: T, on: T, off: T) -> T {
        match self {
            Self::On => on,
            Self::Off => off,
            Self::Flip => {
                if current == on {
                    off
                } else {
                    on
                }
            }
        }
    }
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order<'a> {
    Quit,
    Help,
    Names,
    Columns(&'a str),
    Functions(Option<&'a str>),
    Timing(Switch),
    Expanded(Switch),
    Pager(Switch),
    /// `None` asks which it is.
    Format(Option<OutputFormat>),
    /// `None` takes it back.
    Output(Option<&'a str>),
    Include(&'a str),
    /// No such order, or not with these words behind it.
    Unknown,
}

/// The order on a line; `None` if it holds none.
pub(super) fn read(line: &str) -> Option<Order<'_>> {
    let line = line.trim().trim_end_matches(';').trim_end();
    if ["quit", "exit"].iter().any(|word| line.eq_ignore_ascii_case(word)) {
        return Some(Order::Quit);
    }
    if line.eq_ignore_ascii_case("help") {
        return Some(Order::Help);
    }
    let words = line.strip_prefix('\\')?;
    let (word, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    Some(known(word, rest.trim()).unwrap_or(Order::Unknown))
}

fn known<'a>(word: &str, rest: &'a str) -> Option<Order<'a>> {
    let named = (!rest.is_empty()).then_some(rest);
    Some(match (word, named) {
        ("q", None) => Order::Quit,
        ("?" | "h", None) => Order::Help,
        ("d" | "dt" | "dv" | "d+" | "dt+", None) => Order::Names,
        ("d" | "d+", Some(name)) => Order::Columns(name),
        ("df" | "df+", pattern) => Order::Functions(pattern),
        ("timing", _) => Order::Timing(switch(rest)?),
        ("x", _) => Order::Expanded(switch(rest)?),
        ("pager", _) => Order::Pager(switch(rest)?),
        ("format", None) => Order::Format(None),
        ("format", Some(name)) => Order::Format(Some(OutputFormat::from_str(name, true).ok()?)),
        ("o", file) => Order::Output(file.map(unquoted)),
        ("i", Some(file)) => Order::Include(unquoted(file)),
        _ => return None,
    })
}

fn switch(word: &str) -> Option<Switch> {
    match word.to_ascii_lowercase().as_str() {
        "" => Some(Switch::Flip),
        "on" => Some(Switch::On),
        "off" => Some(Switch::Off),
        _ => None,
    }
}

fn unquoted(file: &str) -> &str {
    ['\'', '"'].iter().find_map(|&quote| file.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::{HELP, NAMES, Order, Switch, read};
    use crate::format::OutputFormat;

    #[test]
    fn orders_are_read() {
        for (line, order) in [
            ("\\q", Order::Quit),
            ("quit;", Order::Quit),
            ("\\d hcp_now;", Order::Columns("hcp_now")),
            ("\\df", Order::Functions(None)),
            ("\\df date_*", Order::Functions(Some("date_*"))),
            ("\\x on", Order::Expanded(Switch::On)),
            ("\\timing", Order::Timing(Switch::Flip)),
            ("\\format CSV", Order::Format(Some(OutputFormat::Csv))),
            ("\\format xml", Order::Unknown),
            ("\\o 'my file.csv'", Order::Output(Some("my file.csv"))),
            ("\\i", Order::Unknown),
            ("\\pager maybe", Order::Unknown),
        ] {
            assert_eq!(read(line), Some(order), "{line}");
        }
        assert_eq!(read("SELECT '\\q'"), None);
    }

    #[test]
    fn help_names_every_order() {
        for (name, _) in NAMES.iter().filter(|(name, _)| !["\\?", "\\h", "\\dt"].contains(name)) {
            assert!(HELP.contains(&format!("  {name} ")), "{name}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 92), "it fits on a terminal");
    }
}
