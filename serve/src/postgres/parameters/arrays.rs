//! Arrays of one dimension as parameters.

use super::{data_type, decimal};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use pgwire::api::Type;
use postgres_types::Kind;
use touchpoint::Tz;

/// What an array type is of.
pub(super) fn item(of: &Type) -> Option<Type> {
    match of.kind() {
        Kind::Array(item) if !matches!(item.kind(), Kind::Array(_)) => Some(item.clone()),
        _ => None,
    }
}

/// A list of values of one type.
pub(super) fn list(items: Vec<Option<ScalarValue>>, of: &Type, zone: Tz) -> Option<ScalarValue> {
    let target = data_type(of, zone)?;
    made(items, &target)
}

fn made(items: Vec<Option<ScalarValue>>, target: &DataType) -> Option<ScalarValue> {
    let null = ScalarValue::try_from(target).ok()?;
    let cast = |item: Option<ScalarValue>| item.map_or(Some(null.clone()), |item| item.cast_to(target).ok());
    let items: Vec<ScalarValue> = items.into_iter().map(cast).collect::<Option<_>>()?;
    Some(ScalarValue::List(ScalarValue::new_list_nullable(&items, target)))
}

/// A list that is written `{1,NULL,"a b"}`.
pub(super) fn text(text: &str, of: &Type, target: &DataType) -> Option<ScalarValue> {
    let value = |item: String| match *of {
        Type::NUMERIC => decimal(&item),
        _ => Some(ScalarValue::Utf8(Some(item))),
    };
    let items = parts(text)?.into_iter().map(|part| match part {
        Some(part) => value(part).map(Some),
        None => Some(None),
    });
    made(items.collect::<Option<_>>()?, target)
}

fn parts(text: &str) -> Option<Vec<Option<String>>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut parts = Vec::new();
    let mut chars = inside.chars().peekable();
    if inside.trim().is_empty() {
        return Some(parts);
    }
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut part = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => part.push(chars.next()?),
                    c => part.push(c),
                }
            }
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
            parts.push(Some(part));
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                match c {
                    '{' | '}' | '"' => return None,
                    '\\' => part.push(chars.next()?),
                    c => part.push(c),
                }
            }
            let part = part.trim_end();
            if part.is_empty() {
                return None;
            }
            parts.push((!part.eq_ignore_ascii_case("NULL")).then(|| part.to_owned()));
        }
        match chars.next() {
            None => return Some(parts),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}
