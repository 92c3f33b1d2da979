//! A small table, row by row.

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int16Array, Int32Array, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use std::collections::HashMap;
use std::sync::Arc;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Oid,
    Int2,
    Int4,
    Float4,
    Flag,
    Text,
    /// One character.
    Letter,
    /// `text[]`, always NULL.
    Texts,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Null,
    Number(i64),
    Flag(bool),
    Text(String),
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Number(i64::from(value))
    }
}
impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}
impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}
impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Names and types of the columns of a grid.
pub(super) type Columns = &'static [(&'static str, Of)];

/// Its schema.
pub(super) fn schema(columns: Columns) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, of)| field(name, *of)).collect::<Vec<_>>()))
}

fn field(name: &str, of: Of) -> Field {
    let marked =
        |field: Field, key: &str, value: &str| field.with_metadata(HashMap::from([(key.to_owned(), value.to_owned())]));
    match of {
        Of::Oid => marked(Field::new(name, DataType::Int32, true), arrow_pg::datatypes::PG_OID_ALIAS_KEY, "oid"),
        Of::Int2 => Field::new(name, DataType::Int16, true),
        Of::Int4 => Field::new(name, DataType::Int32, true),
        Of::Float4 => Field::new(name, DataType::Float32, true),
        Of::Flag => Field::new(name, DataType::Boolean, true),
        Of::Text => Field::new(name, DataType::Utf8, true),
        Of::Letter => marked(Field::new(name, DataType::Utf8, true), arrow_pg::datatypes::PG_CHAR_KEY, "char"),
        Of::Texts => Field::new(name, DataType::new_list(DataType::Utf8, true), true),
    }
}

/// The table of these rows; columns that a row does not name are NULL.
///
/// # Errors
/// Never in practice: its columns are made for its schema.
pub(super) fn table(columns: Columns, rows: &[Vec<(&'static str, Cell)>]) -> Result<Arc<dyn TableProvider>> {
    let schema = schema(columns);
    let arrays = columns.iter().map(|(name, of)| array(*of, &column(name, rows))).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

fn column<'a>(name: &str, rows: &'a [Vec<(&'static str, Cell)>]) -> Vec<Option<&'a Cell>> {
    rows.iter().map(|row| row.iter().find(|(named, _)| *named == name).map(|(_, cell)| cell)).collect()
}

fn array(of: Of, cells: &[Option<&Cell>]) -> ArrayRef {
    let number = |cell: &Option<&Cell>| match cell {
        Some(Cell::Number(number)) => Some(*number),
        _ => None,
    };
    let numbers = cells.iter().map(number);
    let text = |cell: &Option<&Cell>| match cell {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    match of {
        Of::Oid | Of::Int4 => Arc::new(numbers.map(|n| n.and_then(|n| i32::try_from(n).ok())).collect::<Int32Array>()),
        Of::Int2 => Arc::new(numbers.map(|n| n.and_then(|n| i16::try_from(n).ok())).collect::<Int16Array>()),
        // Estimates of sizes: a float is near enough.
        Of::Float4 => {
            Arc::new(numbers.map(|n| n.and_then(|n| i16::try_from(n).ok()).map(f32::from)).collect::<Float32Array>())
        }
        Of::Flag => {
            let flag = |cell: &Option<&Cell>| match cell {
                Some(Cell::Flag(flag)) => Some(*flag),
                _ => None,
            };
            Arc::new(cells.iter().map(flag).collect::<BooleanArray>())
        }
        Of::Text | Of::Letter => Arc::new(cells.iter().map(text).collect::<StringArray>()),
        Of::Texts => datafusion::arrow::array::new_null_array(&DataType::new_list(DataType::Utf8, true), cells.len()),
    }
}
