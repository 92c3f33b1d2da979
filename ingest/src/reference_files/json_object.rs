//! A JSON object as a row: its fields in their order, repeated ones too, which a map would hide.

use super::cell::Cell;
use super::column::{Column, listed};
use super::problem::{Found, Place};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct JsonObject {
    fields: Vec<(String, Value)>,
}

/// Where a text stops being a JSON object; the parser's own words may quote a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoObject {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl JsonObject {
    /// The object that `bytes` are.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NoObject> {
        serde_json::from_slice(bytes).map_err(|error| NoObject { line: error.line(), column: error.column() })
    }

    /// The names of its fields, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The value of a field.
    pub(super) fn cell(&self, name: &str) -> Cell<'_> {
        match self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value) {
            None | Some(Value::Null) => Cell::Empty,
            Some(Value::String(text)) => Cell::Text(text),
            Some(Value::Bool(flag)) => Cell::Flag(*flag),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Cell::Whole(whole),
                (None, Some(number)) => Cell::Number(number),
                (None, None) => Cell::Other,
            },
            Some(Value::Array(_) | Value::Object(_)) => Cell::Other,
        }
    }
}

/// The names of fields in a file or topic: each unknown one is told once.
#[derive(Debug, Default)]
pub(super) struct FieldNames {
    unknown: HashSet<String>,
}

impl FieldNames {
    /// Notes what is wrong with the names of an object. An unknown one fails the file; its row is a row all the same, so
    /// that what else is wrong with it is found. Whether no name is repeated.
    pub(super) fn check(
        &mut self,
        object: &JsonObject,
        columns: &'static [Column],
        place: Place,
        found: &mut Found<'_>,
    ) -> bool {
        let place = Some(place);
        let mut repeated = false;
        for (i, name) in object.names().enumerate() {
            if object.names().take(i).any(|earlier| earlier == name) {
                found.note(place, None, format!("each field once; the one at place {} is repeated", i + 1));
                repeated = true;
            } else if !columns.iter().any(|column| column.name == name) && self.unknown.insert(name.to_owned()) {
                let expected = format!("one of the columns {} at place {}", listed(columns), i + 1);
                found.note(place, None, format!("{expected} (of other rows the same field is not told again)"));
            }
        }
        !repeated
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = JsonObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(JsonObject { fields })
    }
}
