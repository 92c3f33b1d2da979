//! Structs, maps and lists of lists as JSON: an object per struct and map, NULL as `null`, instants in UTC.

use crate::postgres::fault::Fault;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, UInt64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use serde_json::{Map, Value};

/// Characters of a decimal that a double holds without loss.
const EXACT: usize = 15;

/// The text of every row.
pub(super) fn texts(array: &ArrayRef) -> Result<Vec<Option<String>>, Fault> {
    (0..array.len()).map(|row| Ok((!array.is_null(row)).then_some(value(array, row)?.to_string()))).collect()
}

fn value(array: &ArrayRef, row: usize) -> Result<Value, Fault> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields.iter().zip(columns).map(|(field, of)| Ok((field.name().clone(), value(of, row)?)));
            Value::Object(members.collect::<Result<Map<_, _>, Fault>>()?)
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let member = |entry| {
                let key = match value(keys, entry)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                Ok((key, value(values, entry)?))
            };
            Value::Object((0..entries.len()).map(member).collect::<Result<Map<_, _>, Fault>>()?)
        }
        DataType::List(_) => list(&array.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row))?,
        DataType::Dictionary(_, values) => value(&cast(array, values).map_err(fault)?, row)?,
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::UInt64 => Value::from(array.as_primitive::<UInt64Type>().value(row)),
        number if number.is_integer() => {
            let wide = cast(&array.slice(row, 1), &DataType::Int64).map_err(fault)?;
            Value::from(wide.as_primitive::<Int64Type>().value(0))
        }
        number if number.is_floating() => {
            let wide = cast(&array.slice(row, 1), &DataType::Float64).map_err(fault)?;
            // JSON has no infinity and no NaN.
            Value::from(wide.as_primitive::<Float64Type>().value(0))
        }
        DataType::Decimal128(..) => {
            let decimals = array.as_primitive::<Decimal128Type>();
            let text = decimals.value_as_string(row);
            // A number of JSON is a double for whoever reads it: more digits than that has stay text.
            match text.parse::<serde_json::Number>() {
                Ok(number) if text.len() <= EXACT => Value::Number(number),
                _ => Value::String(text),
            }
        }
        _ => {
            let options = FormatOptions::new();
            let formatter = ArrayFormatter::try_new(array.as_ref(), &options).map_err(fault)?;
            Value::String(formatter.value(row).to_string())
        }
    })
}

fn list(items: &ArrayRef) -> Result<Value, Fault> {
    (0..items.len()).map(|item| value(items, item)).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn fault(error: arrow::error::ArrowError) -> Fault {
    Fault::of(&DataFusionError::ArrowError(Box::new(error), None), "")
}
