//! A row as the message of a compacted topic: key and value are JSON objects, unknown cells left out.

use super::csv_table::{TableRow, VALIDITY, all_cells};
use serde_json::{Map, Number, Value};

/// Columns that hold numbers; they are no texts.
const NUMBERS: &[&str] = &[
    "sites",
    "decision_makers",
    "formulary_control",
    "pathway_control",
    "therapy_complexity",
    "min_touches",
    "max_touches",
    "position",
    "min_gap_h",
    "max_gap_h",
    "due_from_d",
    "due_to_d",
    "share",
];
/// Columns that hold `true` or `false`.
const FLAGS: &[&str] = &["is_primary", "is_target"];

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceMessage {
    /// The table.
    pub table: &'static str,
    /// The key columns of the row.
    pub key: Vec<u8>,
    /// The row.
    pub value: Vec<u8>,
}

impl ReferenceMessage {
    /// The message of a row.
    pub(super) fn of<R: TableRow>(row: &R) -> Self {
        let names = R::COLUMNS.iter().copied().chain(VALIDITY);
        let known = names.zip(all_cells(row)).filter(|(_, cell)| !cell.is_empty());
        let value: Map<String, Value> = known.map(|(name, cell)| (name.to_owned(), typed(name, cell))).collect();
        let is_key = |name: &str| R::KEY.contains(&name) || name == VALIDITY[0];
        let key: Map<String, Value> =
            value.iter().filter(|(name, _)| is_key(name)).map(|(name, cell)| (name.clone(), cell.clone())).collect();
        let bytes = |object: Map<String, Value>| Value::Object(object).to_string().into_bytes();
        Self { table: R::TABLE, key: bytes(key), value: bytes(value) }
    }
}

fn typed(column: &str, cell: String) -> Value {
    match cell.parse::<Number>() {
        Ok(number) if NUMBERS.contains(&column) => Value::Number(number),
        _ if FLAGS.contains(&column) => Value::Bool(cell == "true"),
        _ => Value::String(cell),
    }
}
