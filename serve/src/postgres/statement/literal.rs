//! A value as it is written in SQL, of its own type.

use crate::postgres::Fault;
use datafusion::arrow::array::Array as _;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{
    Array, ArrayElemTypeDef, CastKind, DataType as Written, ExactNumberInfo, Expr, TimezoneInfo, Value,
};

/// `value`, written. Text without a cast, so that it is taken for what it is compared with.
///
/// # Errors
/// 0A000: no parameter is of its type.
pub(super) fn literal(value: &ScalarValue) -> Result<Expr, Fault> {
    let text = match value {
        ScalarValue::Int64(Some(number)) if *number >= 0 => {
            return Ok(Expr::Value(Value::Number(number.to_string(), false).with_empty_span()));
        }
        ScalarValue::Boolean(Some(flag)) => return Ok(Expr::Value(Value::Boolean(*flag).with_empty_span())),
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            return Ok(quoted(text));
        }
        ScalarValue::Binary(Some(bytes)) | ScalarValue::BinaryView(Some(bytes)) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            return Ok(Expr::Value(Value::HexStringLiteral(hex).with_empty_span()));
        }
        ScalarValue::List(list) => {
            let items = if list.is_empty() || list.is_null(0) { None } else { Some(list.value(0)) };
            let Some(items) = items else { return cast(null(), &value.data_type()) };
            let items = (0..items.len()).map(|at| ScalarValue::try_from_array(&items, at));
            let items = items.collect::<Result<Vec<_>, _>>().map_err(|error| Fault::of(&error, ""))?;
            let elem = items.iter().map(literal).collect::<Result<_, _>>()?;
            return cast(Expr::Array(Array { elem, named: true }), &value.data_type());
        }
        value if value.is_null() => return cast(null(), &value.data_type()),
        ScalarValue::TimestampMicrosecond(Some(_), Some(_)) => instant(value)?,
        ScalarValue::Decimal128(Some(number), _, scale) => decimal(*number, *scale),
        ScalarValue::IntervalMonthDayNano(Some(interval)) => {
            format!("{} months {} days {} nanoseconds", interval.months, interval.days, interval.nanoseconds)
        }
        value => text_of(value)?,
    };
    cast(quoted(&text), &value.data_type())
}

fn text_of(value: &ScalarValue) -> Result<String, Fault> {
    match value.cast_to(&DataType::Utf8).map_err(|error| Fault::of(&error, ""))? {
        ScalarValue::Utf8(Some(text)) => Ok(text),
        _ => Err(Fault::unsupported("a parameter of this type")),
    }
}

/// An instant with its zone, which is UTC's.
fn instant(value: &ScalarValue) -> Result<String, Fault> {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()));
    text_of(&value.cast_to(&utc).map_err(|error| Fault::of(&error, ""))?)
}

fn decimal(number: i128, scale: i8) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if number < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn quoted(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span())
}

fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

fn cast(expr: Expr, to: &DataType) -> Result<Expr, Fault> {
    if *to == DataType::Null {
        return Ok(expr);
    }
    let data_type = written(to).ok_or_else(|| Fault::unsupported("a parameter of this type"))?;
    Ok(Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None })
}

/// A type as it is written in SQL.
fn written(of: &DataType) -> Option<Written> {
    Some(match of {
        DataType::Boolean => Written::Boolean,
        DataType::Int16 => Written::SmallInt(None),
        DataType::Int32 => Written::Integer(None),
        DataType::Int64 => Written::BigInt(None),
        DataType::Float32 => Written::Real,
        DataType::Float64 => Written::DoublePrecision,
        DataType::Decimal128(precision, scale) => {
            Written::Numeric(ExactNumberInfo::PrecisionAndScale(u64::from(*precision), i64::from(*scale)))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Written::Text,
        DataType::Binary | DataType::BinaryView => Written::Bytea,
        DataType::Date32 => Written::Date,
        DataType::Time64(_) => Written::Time(None, TimezoneInfo::None),
        DataType::Timestamp(_, None) => Written::Timestamp(Some(6), TimezoneInfo::None),
        DataType::Timestamp(_, Some(_)) => Written::Timestamp(Some(6), TimezoneInfo::WithTimeZone),
        DataType::Interval(_) => Written::Interval { fields: None, precision: None },
        DataType::List(item) => {
            Written::Array(ArrayElemTypeDef::SquareBracket(Box::new(written(item.data_type())?), None))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::literal;
    use datafusion::common::ScalarValue;

    #[test]
    fn a_value_is_written_as_itself() {
        let text = |value: ScalarValue| literal(&value).map(|expr| expr.to_string()).map_err(|fault| fault.message);
        assert_eq!(text(ScalarValue::Int64(Some(7))).as_deref(), Ok("7"));
        assert_eq!(text(ScalarValue::Int64(Some(-7))).as_deref(), Ok("CAST('-7' AS BIGINT)"));
        assert_eq!(text(ScalarValue::Int32(None)).as_deref(), Ok("CAST(NULL AS INTEGER)"));
        assert_eq!(text("it's".into()).as_deref(), Ok("'it''s'"));
        assert_eq!(text(ScalarValue::Decimal128(Some(-5), 38, 2)).as_deref(), Ok("CAST('-0.05' AS NUMERIC(38,2))"));
        let at = ScalarValue::TimestampMicrosecond(Some(1_000_001), Some("Europe/Berlin".into()));
        assert_eq!(text(at).as_deref(), Ok("CAST('1970-01-01T00:00:01.000001Z' AS TIMESTAMP(6) WITH TIME ZONE)"));
        let list = ScalarValue::new_list_nullable(
            &[ScalarValue::Int32(Some(1))],
            &datafusion::arrow::datatypes::DataType::Int32,
        );
        assert_eq!(text(ScalarValue::List(list)).as_deref(), Ok("CAST(ARRAY[CAST('1' AS INTEGER)] AS INTEGER[])"));
    }
}
