//! Which fault an error of DataFusion is.
//!
//! Most of its errors are sentences; the closed kinds are used where there are any, and the beginnings of sentences where
//! not. A sentence that changes ends as a less exact state (42601 or XX000), never as another one: tests hold those that
//! clients act on.

use super::{Fault, SqlState};
use datafusion::arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

impl Fault {
    /// What `error` is to the client whose statement was `sql`.
    pub fn of(error: &DataFusionError, sql: &str) -> Self {
        match error {
            DataFusionError::Context(_, inner) => Self::of(inner, sql),
            DataFusionError::Shared(inner) => Self::of(inner, sql),
            DataFusionError::Collection(errors) => match errors.first() {
                Some(first) => Self::of(first, sql),
                None => internal("several errors, none of them told"),
            },
            DataFusionError::Diagnostic(diagnostic, inner) => {
                let fault = Self::of(inner, sql);
                match diagnostic.span {
                    Some(span) if fault.position.is_none() => fault.at_place(sql, span.start.line, span.start.column),
                    _ => fault,
                }
            }
            DataFusionError::External(inner) => of_external(inner.as_ref(), sql),
            DataFusionError::SQL(error, _) => of_parser(error, sql),
            DataFusionError::SchemaError(error, _) => of_schema(error),
            DataFusionError::ArrowError(error, _) => of_arrow(error, sql),
            DataFusionError::Plan(message) => of_plan(message),
            DataFusionError::NotImplemented(message) => Self::new(SqlState::FeatureNotSupported, first_line(message)),
            DataFusionError::Configuration(message) => Self::new(SqlState::InvalidParameterValue, first_line(message)),
            DataFusionError::Execution(message) => of_execution(message),
            DataFusionError::ResourcesExhausted(message) => {
                Self::new(SqlState::OutOfMemory, "the statement needs more memory than it may use")
                    .with_detail(first_line(message))
                    .with_hint("Ask for fewer rows or groups at a time, or again when fewer statements run.")
            }
            DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) | DataFusionError::ParquetError(_) => {
                Self::new(SqlState::IoError, "a stored table could not be read; the server's log says which")
            }
            DataFusionError::ExecutionJoin(_) => internal("a part of the query ended early"),
            DataFusionError::Internal(message)
            | DataFusionError::Substrait(message)
            | DataFusionError::Ffi(message) => internal(first_line(message)),
        }
    }
}

fn internal(message: &str) -> Fault {
    Fault::new(SqlState::InternalError, format!("internal error: {message}"))
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim_end()
}

fn of_external(error: &(dyn std::error::Error + Send + Sync + 'static), sql: &str) -> Fault {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.clone();
    }
    if let Some(inner) = error.downcast_ref::<DataFusionError>() {
        return Fault::of(inner, sql);
    }
    if let Some(inner) = error.downcast_ref::<ArrowError>() {
        return of_arrow(inner, sql);
    }
    Fault::new(SqlState::InternalError, first_line(&error.to_string()))
}

fn of_parser(error: &ParserError, sql: &str) -> Fault {
    match error {
        ParserError::RecursionLimitExceeded => {
            Fault::new(SqlState::StatementTooComplex, "the statement is nested too deeply")
        }
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            let (message, place) = without_place(first_line(message));
            let fault = Fault::new(SqlState::SyntaxError, format!("syntax error: {message}"));
            match place {
                Some((line, column)) => fault.at_place(sql, line, column),
                None => fault,
            }
        }
    }
}

/// A parser's message without the ` at Line: 1, Column: 8` at its end, and that place.
fn without_place(message: &str) -> (&str, Option<(u64, u64)>) {
    let Some((text, place)) = message.rsplit_once(" at Line: ") else { return (message, None) };
    let Some((line, column)) = place.split_once(", Column: ") else { return (message, None) };
    match (line.parse(), column.parse()) {
        (Ok(line), Ok(column)) => (text, Some((line, column))),
        _ => (message, None),
    }
}

fn of_schema(error: &SchemaError) -> Fault {
    match error {
        SchemaError::AmbiguousReference { field } => {
            Fault::new(SqlState::AmbiguousColumn, format!("column reference \"{}\" is ambiguous", field.name))
        }
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            Fault::new(SqlState::DuplicateColumn, format!("column \"{name}\" specified more than once"))
        }
        SchemaError::FieldNotFound { field, valid_fields } => {
            let fault =
                Fault::new(SqlState::UndefinedColumn, format!("column \"{}\" does not exist", field.flat_name()));
            let known: Vec<String> = valid_fields.iter().map(|field| field.flat_name()).take(SHOWN).collect();
            match (known.is_empty(), valid_fields.len() > SHOWN) {
                (true, _) => fault,
                (false, more) => {
                    fault.with_hint(format!("Columns here: {}{}.", known.join(", "), if more { ", …" } else { "" }))
                }
            }
        }
    }
}

/// So many columns are named in a hint.
const SHOWN: usize = 40;

fn of_arrow(error: &ArrowError, sql: &str) -> Fault {
    match error {
        ArrowError::DivideByZero => Fault::new(SqlState::DivisionByZero, "division by zero"),
        ArrowError::ArithmeticOverflow(message) => Fault::new(SqlState::NumericValueOutOfRange, first_line(message)),
        ArrowError::CastError(message) | ArrowError::ParseError(message) => {
            Fault::new(SqlState::InvalidTextRepresentation, first_line(message))
        }
        ArrowError::MemoryError(message) => Fault::new(SqlState::OutOfMemory, first_line(message)),
        ArrowError::OffsetOverflowError(_) => {
            Fault::new(SqlState::ProgramLimitExceeded, "a column of the result grew past 2 GB")
        }
        ArrowError::NotYetImplemented(message) => Fault::new(SqlState::FeatureNotSupported, first_line(message)),
        ArrowError::ExternalError(inner) => of_external(inner.as_ref(), sql),
        ArrowError::InvalidArgumentError(message) | ArrowError::ComputeError(message) => {
            Fault::new(SqlState::InvalidParameterValue, first_line(message))
        }
        other => internal(first_line(&other.to_string())),
    }
}

fn of_plan(message: &str) -> Fault {
    let text = first_line(message);
    let state = if text.starts_with("table '") && text.ends_with("not found") {
        return Fault::new(SqlState::UndefinedTable, relation(text));
    } else if text.starts_with("Invalid function") || text.starts_with("table function '") {
        SqlState::UndefinedFunction
    } else if text.contains("could not be coerced") || text.contains("No function matches") {
        SqlState::UndefinedFunction
    } else if text.contains("Cannot coerce") || text.contains("Unsupported CAST") {
        SqlState::CannotCoerce
    } else if text.contains("must appear in the GROUP BY clause") || text.contains("non-aggregate") {
        SqlState::GroupingError
    } else if text.contains("laceholder") {
        SqlState::UndefinedParameter
    } else if text.starts_with("DDL not supported") || text.starts_with("DML not supported") {
        SqlState::ReadOnlySqlTransaction
    } else if text.starts_with("Statement not supported") {
        SqlState::FeatureNotSupported
    } else if text.starts_with("failed to resolve schema") {
        SqlState::InvalidSchemaName
    } else if text.starts_with("failed to resolve catalog") {
        SqlState::InvalidCatalogName
    } else {
        SqlState::SyntaxError
    };
    Fault::new(state, text)
}

/// `table 'datafusion.public.x' not found`, as PostgreSQL says it.
fn relation(text: &str) -> String {
    let name = text.split('\'').nth(1).unwrap_or_default();
    let mut parts = name.splitn(3, '.');
    let shown = match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some("public"), Some(table)) => table.to_owned(),
        (Some(_), Some(schema), Some(table)) => format!("{schema}.{table}"),
        _ => name.to_owned(),
    };
    format!("relation \"{shown}\" does not exist")
}

fn of_execution(message: &str) -> Fault {
    let text = first_line(message);
    let state = if text.contains("ivide by zero") {
        SqlState::DivisionByZero
    } else if text.contains("verflow") {
        SqlState::NumericValueOutOfRange
    } else if text.contains("Error parsing timestamp") || text.contains("not a valid datetime") {
        SqlState::InvalidDatetimeFormat
    } else {
        SqlState::InvalidParameterValue
    };
    Fault::new(state, text)
}
