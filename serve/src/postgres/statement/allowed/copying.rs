//! `COPY … TO STDOUT`, read. No other place can be copied to, and none from.

use super::super::command::{Command, CopyFormat, CopyOut, CopyText, Header};
use super::refusal::refused;
use crate::postgres::{Fault, SqlState};
use datafusion::sql::sqlparser::ast::{
    CopyLegacyCsvOption, CopyLegacyOption, CopyOption, CopySource, CopyTarget, ObjectName, Query as SqlQuery, Statement,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// What a `COPY … TO` is; `options` as they are written since PostgreSQL 9, and before.
///
/// # Errors
/// 42501 for a file or a program, 0A000 for options beyond the format, delimiter, NULL and header.
pub(super) fn copy(
    source: CopySource,
    target: &CopyTarget,
    options: (&[CopyOption], &[CopyLegacyOption]),
    sql: &str,
) -> Result<Command, Fault> {
    if !matches!(target, CopyTarget::Stdout) {
        return Err(refused(&Statement::Copy {
            source,
            to: true,
            target: target.clone(),
            options: Vec::new(),
            legacy_options: Vec::new(),
            values: Vec::new(),
        }));
    }
    let format = format_of(options.0, options.1)?;
    let asked = match source {
        CopySource::Query(query) => *query,
        CopySource::Table { table_name, columns } => {
            let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
            select(&table_name, &columns)?
        }
    };
    Ok(Command::Copy(CopyOut { query: super::query(asked, sql)?, format }))
}

fn select(table: &ObjectName, columns: &[String]) -> Result<SqlQuery, Fault> {
    let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
    let text = format!("SELECT {columns} FROM {table}");
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(&text).and_then(|mut parser| parser.parse_query());
    parsed
        .map(|query| *query)
        .map_err(|_| Fault::new(SqlState::SyntaxError, "the table of COPY must be a name, its columns names"))
}

fn format_of(options: &[CopyOption], legacy: &[CopyLegacyOption]) -> Result<CopyFormat, Fault> {
    let mut chosen = Chosen::default();
    for option in options {
        match option {
            CopyOption::Format(name) => chosen.kind = kind(&name.value)?,
            CopyOption::Delimiter(delimiter) => chosen.delimiter = Some(*delimiter),
            CopyOption::Null(text) => chosen.null = Some(text.clone()),
            CopyOption::Header(true) => chosen.header = Header::Names,
            CopyOption::Header(false) | CopyOption::Freeze(false) => {}
            CopyOption::Quote('"') | CopyOption::Escape('"') => {}
            CopyOption::Encoding(name) if is_utf8(name) => {}
            other => return Err(Fault::unsupported(&format!("COPY option {other}"))),
        }
    }
    for option in legacy {
        match option {
            CopyLegacyOption::Binary => chosen.kind = Kind::Binary,
            CopyLegacyOption::Delimiter(delimiter) => chosen.delimiter = Some(*delimiter),
            CopyLegacyOption::Null(text) => chosen.null = Some(text.clone()),
            CopyLegacyOption::Csv(options) => {
                chosen.kind = Kind::Csv;
                for option in options {
                    match option {
                        CopyLegacyCsvOption::Header => chosen.header = Header::Names,
                        CopyLegacyCsvOption::Quote('"') | CopyLegacyCsvOption::Escape('"') => {}
                        _ => return Err(Fault::unsupported("this option of COPY CSV")),
                    }
                }
            }
            _ => return Err(Fault::unsupported("this option of COPY")),
        }
    }
    Ok(chosen.format())
}

fn kind(name: &str) -> Result<Kind, Fault> {
    match name.to_lowercase().as_str() {
        "text" => Ok(Kind::Text),
        "csv" => Ok(Kind::Csv),
        "binary" => Ok(Kind::Binary),
        _ => Err(Fault::new(SqlState::InvalidParameterValue, "COPY format must be text, csv or binary")),
    }
}

fn is_utf8(name: &str) -> bool {
    matches!(name.to_uppercase().as_str(), "UTF8" | "UTF-8")
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Csv,
    Binary,
}

struct Chosen {
    kind: Kind,
    delimiter: Option<char>,
    null: Option<String>,
    header: Header,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { kind: Kind::Text, delimiter: None, null: None, header: Header::None }
    }
}

impl Chosen {
    fn format(self) -> CopyFormat {
        let text = |delimiter, null: &str| CopyText {
            delimiter: self.delimiter.unwrap_or(delimiter),
            null: self.null.clone().unwrap_or_else(|| null.to_owned()),
            header: self.header,
        };
        match self.kind {
            Kind::Text => CopyFormat::Text(text('\t', "\\N")),
            Kind::Csv => CopyFormat::Csv(text(',', "")),
            Kind::Binary => CopyFormat::Binary,
        }
    }
}
