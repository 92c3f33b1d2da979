//! The cells of a table as text: what a terminal may be shown of a value, and how wide that is.
//!
//! NULL is `NULL`, and a text that reads so is `"NULL"`; an empty text is empty. A cell has a line per line of its value.
//! Control characters are `U+FFFD`.

use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use unicode_width::UnicodeWidthStr;

/// Field metadata that says that a column of text holds numbers, of more digits than any type of Arrow.
pub(crate) const NUMBERS: &str = "touchload.numbers";

/// Which side the cells of a column keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Text, instants, everything else.
    Left,
    /// Numbers: they are never cut, for half a number is another number.
    Right,
}

/// One column of a table.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) side: Side,
    /// One per row.
    pub(super) cells: Vec<String>,
}

impl Column {
    /// Terminal columns of its widest cell.
    pub(super) fn cell_width(&self) -> usize {
        self.cells.iter().flat_map(|cell| cell.split('\n')).map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    /// Terminal columns of its name.
    pub(super) fn name_width(&self) -> usize {
        self.name.width()
    }
}

/// Every column with every cell.
///
/// # Errors
/// A value without a text form.
pub(super) fn columns(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<Column>, ArrowError> {
    let options = FormatOptions::new().with_null("NULL").with_display_error(false);
    let mut columns = Vec::with_capacity(schema.fields().len());
    for (index, field) in schema.fields().iter().enumerate() {
        let mut cells = Vec::new();
        for batch in batches {
            let array = batch.column(index);
            let formatter = ArrayFormatter::try_new(array, &options)?;
            // A dictionary may hold its NULL among the values, where `is_null` does not look.
            let nulls = array.logical_nulls();
            for row in 0..array.len() {
                let text = formatter.value(row).try_to_string()?;
                let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                cells.push(if !is_null && text == "NULL" { "\"NULL\"".to_owned() } else { harmless(text) });
            }
        }
        columns.push(Column { name: harmless(field.name().clone()), side: side(field), cells });
    }
    Ok(columns)
}

fn side(field: &Field) -> Side {
    let plain = match field.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    if plain.is_numeric() || field.metadata().contains_key(NUMBERS) { Side::Right } else { Side::Left }
}

fn harmless(text: String) -> String {
    if !text.chars().any(|c| c.is_control() && c != '\n') {
        return text;
    }
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}
