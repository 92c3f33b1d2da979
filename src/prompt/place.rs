//! Where in a statement an error is, as people see it: the line, and a mark below the word.

use crate::prompt::SqlError;
use datafusion::error::DataFusionError;
use unicode_width::UnicodeWidthChar;

/// Characters of a long line that are shown on either side of the mark.
const AROUND: usize = 60;

/// Where the parser appends the place to its message.
const LINE: &str = " at Line: ";

/// A line and a character in it, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

/// The line of the statement that is wrong and a mark below the word; `None` if the error names no place.
pub(super) fn shown(statement: &str, error: &SqlError) -> Option<String> {
    let place = match error {
        SqlError::Plan(error) => of(error)?,
        SqlError::Server(error) => of_character(statement, error.position()?)?,
        SqlError::Refused | SqlError::Run(_) => return None,
    };
    marked(statement, place)
}

/// The message of a parser without the place at its end, which is shown better.
pub(super) fn without_place(message: &str) -> &str {
    let message = message.find(LINE).map_or(message, |at| &message[..at]);
    message.strip_prefix("sql parser error: ").unwrap_or(message)
}

fn of(error: &DataFusionError) -> Option<Place> {
    if let DataFusionError::SQL(parser, _) = error.find_root()
        && let Some(place) = written(&parser.to_string())
    {
        return Some(place);
    }
    let start = error.diagnostic()?.span?.start;
    Some(Place { line: usize::try_from(start.line).ok()?, column: usize::try_from(start.column).ok()? })
}

/// `… at Line: 1, Column: 8`.
fn written(message: &str) -> Option<Place> {
    let (_, place) = message.rsplit_once(LINE)?;
    let (line, column) = place.split_once(", Column: ")?;
    let digits: String = column.chars().take_while(char::is_ascii_digit).collect();
    Some(Place { line: line.parse().ok()?, column: digits.parse().ok()? })
}

/// The place of a character, from 1, of the whole text: how servers count.
fn of_character(statement: &str, position: usize) -> Option<Place> {
    let mut left = position;
    for (index, line) in statement.split('\n').enumerate() {
        let characters = line.chars().count() + 1;
        if left <= characters {
            return Some(Place { line: index + 1, column: left });
        }
        left -= characters;
    }
    None
}

fn marked(statement: &str, place: Place) -> Option<String> {
    let line = statement.split('\n').nth(place.line.checked_sub(1)?)?.trim_end();
    let before = place.column.checked_sub(1)?;
    let from = before.saturating_sub(AROUND);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = line.chars().map(plain).skip(from).take(2 * AROUND).collect();
    let label = if statement.contains('\n') { format!("line {}: ", place.line) } else { "  ".to_owned() };
    let pad: usize = text.chars().take(before - from).map(|c| c.width().unwrap_or(0)).sum();
    Some(format!("{label}{text}\n{}^", " ".repeat(label.len() + pad)))
}

#[cfg(test)]
mod tests {
    use super::{Place, marked, of_character, shown, without_place, written};
    use crate::format::OutputFormat;
    use crate::prompt::{SqlError, SqlSession};
    use datafusion::prelude::SessionContext;

    #[test]
    fn a_mark_stands_below_the_word() {
        let place = Place { line: 2, column: 6 };
        assert_eq!(marked("SELECT a\nFROM üb", place).unwrap(), "line 2: FROM üb\n             ^");
        assert_eq!(marked("SELEKT", Place { line: 1, column: 1 }).unwrap(), "  SELEKT\n  ^");
        assert_eq!(marked("SELECT", Place { line: 3, column: 1 }), None);
        let long = format!("SELECT {} oops {}", "x, ".repeat(100), "y ".repeat(100));
        let told = marked(&long, Place { line: 1, column: 309 }).unwrap();
        let (line, mark) = told.split_once('\n').unwrap();
        assert_eq!(line.get(mark.len() - 1..).map(|rest| rest.starts_with("oops")), Some(true), "{told}");
    }

    #[test]
    fn places_are_read_as_parsers_and_servers_write_them() {
        let message = "sql parser error: Expected: an expression, found: FROM at Line: 1, Column: 8";
        assert_eq!(written(message), Some(Place { line: 1, column: 8 }));
        assert_eq!(without_place(message), "Expected: an expression, found: FROM");
        assert_eq!(of_character("ab\ncd", 5), Some(Place { line: 2, column: 2 }));
        assert_eq!(of_character("ab\ncd", 50), None);
    }

    #[tokio::test]
    async fn errors_of_the_planner_have_places() {
        let session = SqlSession::new(SessionContext::new(), OutputFormat::Table);
        for (statement, word) in [
            ("SELEKT 1", "SELEKT"),
            ("SELECT 1 AS a\nFROM nowhere", "nowhere"),
            ("SELECT b FROM (SELECT 1 AS a)", "b FROM"),
        ] {
            let error: SqlError = session.start(statement).await.err().unwrap();
            let told = shown(statement, &error).unwrap_or_else(|| panic!("no place for {statement}: {error:?}"));
            let (line, mark) = told.split_once('\n').unwrap();
            assert_eq!(line.get(mark.len() - 1..).map(|rest| rest.starts_with(word)), Some(true), "{told}");
        }
    }
}
