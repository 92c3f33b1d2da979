//! The values of one column of a batch, each kind of array as what it is on the wire.

use super::column::Column;
use super::json;
use crate::postgres::fault::Fault;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, LargeStringArray,
    ListArray, StringArray, StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use datafusion::error::DataFusionError;
use pgwire::api::Type;
use touchpoint::Tz;

/// See the module.
pub(super) enum Cells<'a> {
    Null,
    Bool(BooleanArray),
    Int2(Int16Array),
    Int4(Int32Array),
    Int8(Int64Array),
    Float4(Float32Array),
    Float8(Float64Array),
    Numeric(Decimal128Array),
    Text(&'a StringArray),
    TextView(&'a StringViewArray),
    LargeText(&'a LargeStringArray),
    Owned(StringArray),
    Bytea(BinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    Timestamp(TimestampMicrosecondArray),
    TimestampTz(TimestampMicrosecondArray, Tz),
    Interval(IntervalMonthDayNanoArray),
    Duration(DurationMicrosecondArray),
    List(ListArray, Box<Cells<'static>>, u32),
    Json(Vec<Option<String>>),
}

impl<'a> Cells<'a> {
    pub(super) fn new(array: &'a ArrayRef, column: &Column, zone: Tz) -> Result<Self, Fault> {
        // The client was told of a type; values made the engine choose another one.
        if array.data_type() != &column.data_type && super::type_of(array.data_type())? != column.pg_type {
            return Cells::owned(&cast(array, &column.data_type)?, zone);
        }
        match array.data_type() {
            DataType::Utf8 => Ok(Self::Text(array.as_string())),
            DataType::Utf8View => Ok(Self::TextView(array.as_string_view())),
            DataType::LargeUtf8 => Ok(Self::LargeText(array.as_string())),
            _ if column.pg_type == Type::JSON => Ok(Self::Json(json::texts(array)?)),
            _ => Cells::owned(array, zone),
        }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(array) => array.is_null(row),
            Self::Int2(array) => array.is_null(row),
            Self::Int4(array) => array.is_null(row),
            Self::Int8(array) => array.is_null(row),
            Self::Float4(array) => array.is_null(row),
            Self::Float8(array) => array.is_null(row),
            Self::Numeric(array) => array.is_null(row),
            Self::Text(array) => array.is_null(row),
            Self::TextView(array) => array.is_null(row),
            Self::LargeText(array) => array.is_null(row),
            Self::Owned(array) => array.is_null(row),
            Self::Bytea(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Time(array) => array.is_null(row),
            Self::Timestamp(array) | Self::TimestampTz(array, _) => array.is_null(row),
            Self::Interval(array) => array.is_null(row),
            Self::Duration(array) => array.is_null(row),
            Self::List(array, ..) => array.is_null(row),
            Self::Json(texts) => texts.get(row).is_none_or(Option::is_none),
        }
    }
}

impl Cells<'static> {
    /// Of an array that may have to be cast first.
    fn owned(array: &ArrayRef, zone: Tz) -> Result<Self, Fault> {
        let Some(target) = target(array.data_type()) else { return Ok(Self::Null) };
        let array = &cast(array, &target)?;
        Ok(match array.data_type() {
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Int16 => Self::Int2(array.as_primitive::<Int16Type>().clone()),
            DataType::Int32 => Self::Int4(array.as_primitive::<Int32Type>().clone()),
            DataType::Int64 => Self::Int8(array.as_primitive::<Int64Type>().clone()),
            DataType::Float32 => Self::Float4(array.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => Self::Float8(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal128(..) => Self::Numeric(array.as_primitive::<Decimal128Type>().clone()),
            DataType::Utf8 => Self::Owned(array.as_string().clone()),
            DataType::Binary => Self::Bytea(array.as_binary().clone()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().clone()),
            DataType::Time64(_) => Self::Time(array.as_primitive::<Time64MicrosecondType>().clone()),
            DataType::Timestamp(_, None) => Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>().clone()),
            DataType::Timestamp(_, Some(_)) => {
                Self::TimestampTz(array.as_primitive::<TimestampMicrosecondType>().clone(), zone)
            }
            DataType::Interval(_) => Self::Interval(array.as_primitive::<IntervalMonthDayNanoType>().clone()),
            DataType::Duration(_) => Self::Duration(array.as_primitive::<DurationMicrosecondType>().clone()),
            DataType::List(item) => {
                let (list, item) = (array.as_list::<i32>().clone(), super::type_of(item.data_type())?);
                let values = Self::owned(list.values(), zone)?;
                Self::List(list, Box::new(values), item.oid())
            }
            other => return Err(Fault::unsupported(&format!("a column of the type {other}"))),
        })
    }
}

/// The type that an array is cast to before it is written; `None`: every value is NULL.
fn target(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Null => return None,
        DataType::Int8 | DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal256(_, scale) => {
            DataType::Decimal128(38, *scale)
        }
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::Interval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        DataType::Duration(_) => DataType::Duration(TimeUnit::Microsecond),
        DataType::Dictionary(_, values) => return target(values),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let data_type = target(item.data_type()).unwrap_or(DataType::Utf8);
            DataType::List(std::sync::Arc::new(item.as_ref().clone().with_data_type(data_type)))
        }
        other => other.clone(),
    })
}

/// The array as `target`; a value that it cannot hold is a fault and not NULL.
fn cast(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Fault> {
    if array.data_type() == target {
        return Ok(array.clone());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let fault = |error| Fault::of(&DataFusionError::ArrowError(Box::new(error), None), "");
    cast_with_options(array, target, &options).map_err(fault)
}
