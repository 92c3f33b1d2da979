//! `SET` and `SHOW`, read. Whether a setting may have a value is for the settings to say.

use super::super::command::{Command, Extent};
use super::written;
use crate::postgres::{Fault, SqlState};
use datafusion::sql::sqlparser::ast::{ContextModifier, Expr, Ident, Set, UnaryOperator, Value, ValueWithSpan};

/// What a `SET` is.
///
/// # Errors
/// 42501 for another role or user, 0A000 for forms that are not PostgreSQL's.
pub(super) fn command(set: Set) -> Result<Command, Fault> {
    match set {
        Set::SingleAssignment { scope, hivevar: false, variable, values } => {
            let extent = match scope {
                None | Some(ContextModifier::Session) => Extent::Session,
                Some(ContextModifier::Local) => Extent::Transaction,
                Some(ContextModifier::Global) => return Err(Fault::unsupported("SET GLOBAL")),
            };
            let name = written(&variable);
            Ok(Command::Set { value: text_of(&name, &values)?, name, extent })
        }
        Set::SetTimeZone { local, value } => {
            let extent = if local { Extent::Transaction } else { Extent::Session };
            let name = "TimeZone".to_owned();
            let value =
                text_of(&name, std::slice::from_ref(&value))?.filter(|zone| !zone.eq_ignore_ascii_case("local"));
            Ok(Command::Set { name, value, extent })
        }
        Set::SetNames { charset_name, .. } => Ok(Command::Set {
            name: "client_encoding".to_owned(),
            value: Some(charset_name.value),
            extent: Extent::Session,
        }),
        // The access mode of later transactions; every one of them reads, whatever it is.
        Set::SetTransaction { snapshot: None, session: true, .. } => Ok(Command::Noted { tag: "SET" }),
        Set::SetTransaction { snapshot: None, modes, .. } => {
            modes.iter().try_for_each(super::reads_only)?;
            Ok(Command::Noted { tag: "SET" })
        }
        Set::SetRole { .. } | Set::SetSessionAuthorization(_) => {
            Err(Fault::new(SqlState::InsufficientPrivilege, "permission denied to set another role or user")
                .with_hint("A connection has the role of the user that it was opened for."))
        }
        _ => Err(Fault::unsupported("this form of SET")),
    }
}

/// Whose value a `SHOW` asks; `None`: all.
pub(super) fn shown(variable: &[Ident]) -> Option<String> {
    let words: Vec<String> = variable.iter().map(|word| word.value.to_lowercase()).collect();
    let name = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["all"] => return None,
        ["time", "zone"] => "timezone".to_owned(),
        ["transaction", "isolation", "level"] => "transaction_isolation".to_owned(),
        ["session", "authorization"] => "session_authorization".to_owned(),
        words => words.join("."),
    };
    Some(name)
}

fn text_of(name: &str, values: &[Expr]) -> Result<Option<String>, Fault> {
    let words = values.iter().map(|value| word(name, value)).collect::<Result<Vec<_>, _>>()?;
    match words.as_slice() {
        [one] if one.eq_ignore_ascii_case("default") => Ok(None),
        words => Ok(Some(words.join(", "))),
    }
}

fn word(name: &str, value: &Expr) -> Result<String, Fault> {
    match value {
        Expr::Identifier(ident) => Ok(ident.value.clone()),
        Expr::Value(ValueWithSpan { value, .. }) => match value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Ok(text.clone()),
            Value::Number(digits, _) => Ok(digits.clone()),
            Value::Boolean(flag) => Ok(if *flag { "on" } else { "off" }.to_owned()),
            _ => Err(not_a_value(name)),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => word(name, expr).map(|digits| format!("-{digits}")),
        _ => Err(not_a_value(name)),
    }
}

fn not_a_value(name: &str) -> Fault {
    Fault::new(SqlState::InvalidParameterValue, format!("the value of {name} must be a text, a number or a word"))
}
