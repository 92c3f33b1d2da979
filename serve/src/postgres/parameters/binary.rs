//! Parameters in the binary format.

use super::{arrays, decimal};
use datafusion::common::ScalarValue;
use pgwire::api::Type;
use tokio_util::bytes::{Buf, Bytes};
use touchpoint::Tz;

const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The value; `None` if the bytes are none of that type.
pub(super) fn read(bytes: &Bytes, of: &Type, zone: Tz) -> Option<ScalarValue> {
    let mut rest = bytes.clone();
    let value = value(&mut rest, of, zone)?;
    rest.is_empty().then_some(value)
}

fn value(rest: &mut Bytes, of: &Type, zone: Tz) -> Option<ScalarValue> {
    let micros = |rest: &mut Bytes| rest.try_get_i64().ok()?.checked_add(EPOCH_MICROS);
    Some(match *of {
        Type::BOOL => ScalarValue::Boolean(Some(rest.try_get_u8().ok()? != 0)),
        Type::INT2 => ScalarValue::Int16(Some(rest.try_get_i16().ok()?)),
        Type::INT4 => ScalarValue::Int32(Some(rest.try_get_i32().ok()?)),
        Type::INT8 => ScalarValue::Int64(Some(rest.try_get_i64().ok()?)),
        Type::OID | Type::REGCLASS | Type::REGTYPE => ScalarValue::Int64(Some(i64::from(rest.try_get_u32().ok()?))),
        Type::FLOAT4 => ScalarValue::Float32(Some(rest.try_get_f32().ok()?)),
        Type::FLOAT8 => ScalarValue::Float64(Some(rest.try_get_f64().ok()?)),
        Type::NUMERIC => numeric(rest)?,
        Type::BYTEA => ScalarValue::Binary(Some(rest.split_off(0).into())),
        Type::DATE => ScalarValue::Date32(Some(rest.try_get_i32().ok()?.checked_add(EPOCH_DAYS)?)),
        Type::TIME => ScalarValue::Time64Microsecond(Some(rest.try_get_i64().ok()?)),
        Type::TIMESTAMP => ScalarValue::TimestampMicrosecond(Some(micros(rest)?), None),
        Type::TIMESTAMPTZ => ScalarValue::TimestampMicrosecond(Some(micros(rest)?), Some(zone.name().into())),
        Type::INTERVAL => {
            let nanos = rest.try_get_i64().ok()?.checked_mul(1_000)?;
            let (days, months) = (rest.try_get_i32().ok()?, rest.try_get_i32().ok()?);
            ScalarValue::new_interval_mdn(months, days, nanos)
        }
        Type::UUID => ScalarValue::Utf8(Some(uuid(rest)?)),
        _ => match arrays::item(of) {
            Some(item) => array(rest, &item, zone)?,
            None => ScalarValue::Utf8(Some(String::from_utf8(rest.split_off(0).into()).ok()?)),
        },
    })
}

fn uuid(rest: &mut Bytes) -> Option<String> {
    let (high, low) = (rest.try_get_u64().ok()?, rest.try_get_u64().ok()?);
    let tail = low & 0xFFFF_FFFF_FFFF;
    Some(format!("{:08x}-{:04x}-{:04x}-{:04x}-{tail:012x}", high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF, low >> 48))
}

fn array(rest: &mut Bytes, item: &Type, zone: Tz) -> Option<ScalarValue> {
    let (dimensions, _has_null, _oid) = (rest.try_get_i32().ok()?, rest.try_get_i32().ok()?, rest.try_get_u32().ok()?);
    let count = match dimensions {
        0 => 0,
        1 => {
            let count = usize::try_from(rest.try_get_i32().ok()?).ok()?;
            rest.try_get_i32().ok()?;
            count
        }
        _ => return None,
    };
    let mut items = Vec::new();
    for _ in 0..count {
        let length = rest.try_get_i32().ok()?;
        items.push(match usize::try_from(length) {
            Ok(length) if length <= rest.len() => Some(read(&rest.split_to(length), item, zone)?),
            Ok(_) => return None,
            Err(_) => None,
        });
    }
    arrays::list(items, item, zone)
}

/// Groups of four digits, as text that is then read.
fn numeric(rest: &mut Bytes) -> Option<ScalarValue> {
    let groups = usize::try_from(rest.try_get_i16().ok()?).ok()?;
    let (weight, sign, scale) = (rest.try_get_i16().ok()?, rest.try_get_u16().ok()?, rest.try_get_u16().ok()?);
    let groups: Vec<i16> = (0..groups).map(|_| rest.try_get_i16().ok()).collect::<Option<_>>()?;
    let sign = match sign {
        0 => "",
        0x4000 => "-",
        0xC000 => return Some(ScalarValue::Float64(Some(f64::NAN))),
        _ => return None,
    };
    let group = |place: i32| usize::try_from(place).ok().and_then(|place| groups.get(place)).copied().unwrap_or(0);
    let weight = i32::from(weight);
    let mut text: String = (0..=weight).map(|place| format!("{:04}", group(place))).collect();
    let scale = usize::from(scale);
    if scale > 0 {
        let behind = i32::try_from(scale.div_ceil(4)).ok()?;
        let fraction: String = (weight + 1..=weight + behind).map(|place| format!("{:04}", group(place))).collect();
        text = format!("{text}.{}", fraction.get(..scale)?);
    }
    let digits = text.trim_start_matches('0');
    decimal(&format!("{sign}{}{digits}", if digits.starts_with('.') || digits.is_empty() { "0" } else { "" }))
}
