//! Cursors, read: forward only, over one query.

use super::super::command::{Command, Cursor, CursorFormat, Extent, Fetched};
use super::{folded, query};
use crate::postgres::{Fault, SqlState};
use datafusion::sql::sqlparser::ast::{CloseCursor, Declare, DeclareType, FetchDirection, Ident, Value, ValueWithSpan};

/// What a `DECLARE` is.
///
/// # Errors
/// 0A000 unless it declares one cursor that only goes forward; what its query is refused for.
pub(super) fn declare(declared: Vec<Declare>, sql: &str) -> Result<Command, Fault> {
    let mut declared = declared.into_iter();
    let (Some(one), None) = (declared.next(), declared.next()) else {
        return Err(Fault::unsupported("DECLARE of several names"));
    };
    let (Some(name), Some(asked), Some(DeclareType::Cursor)) = (one.names.first(), one.for_query, one.declare_type)
    else {
        return Err(Fault::unsupported("DECLARE of anything but a cursor"));
    };
    if one.scroll == Some(true) {
        return Err(Fault::unsupported("a cursor that goes back").with_hint("Declare it with NO SCROLL."));
    }
    Ok(Command::Declare(Cursor {
        name: folded(name),
        query: query(*asked, sql)?,
        format: if one.binary == Some(true) { CursorFormat::Binary } else { CursorFormat::Text },
        life: if one.hold == Some(true) { Extent::Session } else { Extent::Transaction },
    }))
}

/// What a `FETCH` is.
///
/// # Errors
/// 55000 if it goes anywhere but forward, 42601 if its count is none.
pub(super) fn fetch(cursor: &Ident, direction: &FetchDirection) -> Result<Command, Fault> {
    let rows = match direction {
        FetchDirection::Next | FetchDirection::Forward { limit: None } => Fetched::Count(1),
        FetchDirection::Count { limit } | FetchDirection::Forward { limit: Some(limit) } => {
            Fetched::Count(count(limit)?)
        }
        FetchDirection::All | FetchDirection::ForwardAll => Fetched::All,
        _ => {
            return Err(Fault::new(SqlState::ObjectNotInPrerequisiteState, "cursor can only scan forward")
                .with_hint("FETCH NEXT, FETCH n and FETCH ALL go forward."));
        }
    };
    Ok(Command::Fetch { cursor: folded(cursor), rows })
}

/// What a `CLOSE` is.
pub(super) fn close(cursor: &CloseCursor) -> Command {
    match cursor {
        CloseCursor::All => Command::Close(None),
        CloseCursor::Specific { name } => Command::Close(Some(folded(name))),
    }
}

fn count(limit: &ValueWithSpan) -> Result<usize, Fault> {
    match &limit.value {
        Value::Number(digits, _) => digits.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| Fault::new(SqlState::SyntaxError, "the count of FETCH must be a whole number from 0"))
}
