//! Values that a client binds to the parameters of a statement.
//!
//! A parameter has the type that the client said, else the one that the statement expects, else text. Text is read as a cast
//! from text would; the binary format is taken for the types that drivers send so. What cannot be read is fault 22P02 or
//! 22P03 and names the parameter, never its value.

mod arrays;
mod binary;
#[cfg(test)]
mod tests;

use super::fault::{Fault, SqlState};
use super::rows::{Format, type_of};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use pgwire::api::Type;
use tokio_util::bytes::Bytes;
use touchpoint::Tz;

/// The types of a statement's parameters, as the client is told them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParameterTypes(Vec<Type>);

impl ParameterTypes {
    /// What the client said (0: nothing) over what the statement expects.
    ///
    /// # Errors
    /// A type that no value is taken of.
    pub(super) fn new(said: &[u32], expected: &[DataType]) -> Result<Self, Fault> {
        let of = |place: usize| match (said.get(place), expected.get(place)) {
            (Some(oid), _) if *oid != 0 => {
                Type::from_oid(*oid).filter(|of| data_type(of, Tz::UTC).is_some()).ok_or_else(|| unknown(place, *oid))
            }
            (_, Some(expected)) => type_of(expected),
            _ => Ok(Type::TEXT),
        };
        (0..expected.len().max(said.len())).map(of).collect::<Result<_, _>>().map(Self)
    }

    /// Their numbers.
    pub(super) fn oids(&self) -> Vec<u32> {
        self.0.iter().map(Type::oid).collect()
    }

    /// The values that were sent, one for each.
    ///
    /// # Errors
    /// Another count, or a value that is none of its type.
    pub(super) fn read(
        &self,
        values: &[Option<Bytes>],
        formats: &[Format],
        zone: Tz,
    ) -> Result<Vec<ScalarValue>, Fault> {
        if values.len() != self.0.len() {
            let what = format!("{} parameters are bound, the statement has {}", values.len(), self.0.len());
            return Err(Fault::new(SqlState::ProtocolViolation, what));
        }
        let sent = values.iter().zip(formats).zip(&self.0).zip(1..);
        sent.map(|(((value, format), of), number)| {
            let target = data_type(of, zone).unwrap_or(DataType::Utf8);
            let Some(bytes) = value else { return null(&target) };
            let (state, read) = match format {
                Format::Text => (SqlState::InvalidTextRepresentation, text(bytes, of, &target)),
                Format::Binary => (SqlState::InvalidBinaryRepresentation, binary::read(bytes, of, zone)),
            };
            read.ok_or_else(|| Fault::new(state, format!("parameter ${number} is no value of type {}", of.name())))
        })
        .collect()
    }
}

/// The types that a client said, as the statement is told of them; 0: nothing.
///
/// # Errors
/// A type that no value is taken of.
pub(super) fn declared(said: &[u32]) -> Result<Vec<Option<DataType>>, Fault> {
    let one = |(place, oid): (usize, &u32)| match *oid {
        0 => Ok(None),
        oid => {
            let known = Type::from_oid(oid).and_then(|of| data_type(&of, Tz::UTC));
            known.map(Some).ok_or_else(|| unknown(place, oid))
        }
    };
    said.iter().enumerate().map(one).collect()
}

fn unknown(place: usize, oid: u32) -> Fault {
    Fault::new(SqlState::UndefinedObject, format!("parameter ${} has type {oid}, which is not taken here", place + 1))
}

fn null(target: &DataType) -> Result<ScalarValue, Fault> {
    ScalarValue::try_from(target).map_err(|error| Fault::of(&error, ""))
}

/// What a value of a type is here; `None` if none is taken.
fn data_type(of: &Type, zone: Tz) -> Option<DataType> {
    Some(match *of {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 | Type::OID => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        // Its scale is that of its digits.
        Type::NUMERIC => DataType::Decimal128(38, 10),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => DataType::Utf8,
        Type::JSON | Type::UUID | Type::CHAR | Type::REGCLASS | Type::REGTYPE => DataType::Utf8,
        Type::BYTEA => DataType::Binary,
        Type::DATE => DataType::Date32,
        Type::TIME => DataType::Time64(TimeUnit::Microsecond),
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some(zone.name().into())),
        Type::INTERVAL => DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano),
        _ => DataType::new_list(data_type(&arrays::item(of)?, zone)?, true),
    })
}

fn text(bytes: &Bytes, of: &Type, target: &DataType) -> Option<ScalarValue> {
    let text = std::str::from_utf8(bytes).ok()?;
    if let DataType::List(field) = target {
        return arrays::text(text, &arrays::item(of)?, field.data_type());
    }
    let value = ScalarValue::Utf8(Some(text.to_owned()));
    match *of {
        _ if *target == DataType::Utf8 => Some(value),
        Type::NUMERIC => decimal(text.trim()),
        Type::BYTEA => hex(text).map(|bytes| ScalarValue::Binary(Some(bytes))),
        _ => ScalarValue::Utf8(Some(text.trim().to_owned())).cast_to(target).ok().filter(|value| !value.is_null()),
    }
}

/// A decimal with as many digits behind the point as were written, or a double where it is none.
fn decimal(text: &str) -> Option<ScalarValue> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = !digits.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !plain || whole.len() + fraction.len() > 38 {
        let value: f64 = text.parse().ok()?;
        return Some(ScalarValue::Float64(Some(value)));
    }
    let value: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let scale = i8::try_from(fraction.len()).ok()?;
    Some(ScalarValue::Decimal128(Some(sign * value), 38, scale))
}

/// The bytes of `\x00ff`.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?;
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}
