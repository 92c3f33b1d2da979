//! What drivers send, in both formats, and what is none of its type.

use super::{Format, ParameterTypes};
use crate::postgres::fault::SqlState;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use pgwire::api::Type;
use tokio_util::bytes::Bytes;
use touchpoint::Tz;

fn read(of: &Type, format: Format, bytes: &[u8]) -> Result<ScalarValue, SqlState> {
    let types = ParameterTypes::new(&[of.oid()], &[]).map_err(|fault| fault.state)?;
    let values = types.read(&[Some(Bytes::copy_from_slice(bytes))], &[format], Tz::UTC).map_err(|fault| fault.state)?;
    Ok(values.into_iter().next().expect("one"))
}

#[test]
fn text_is_read_as_its_type() {
    let text = |of: &Type, value: &str| read(of, Format::Text, value.as_bytes());
    assert_eq!(text(&Type::INT8, " 7 "), Ok(ScalarValue::Int64(Some(7))));
    assert_eq!(text(&Type::BOOL, "t"), Ok(ScalarValue::Boolean(Some(true))));
    assert_eq!(text(&Type::FLOAT8, "1.5"), Ok(ScalarValue::Float64(Some(1.5))));
    assert_eq!(text(&Type::NUMERIC, "-1.50"), Ok(ScalarValue::Decimal128(Some(-150), 38, 2)));
    assert_eq!(text(&Type::TEXT, " a "), Ok(ScalarValue::Utf8(Some(" a ".into()))));
    assert_eq!(text(&Type::BYTEA, "\\x00ff"), Ok(ScalarValue::Binary(Some(vec![0, 255]))));
    let noon = Some(1_782_820_800_000_000);
    let at = Ok(ScalarValue::TimestampMicrosecond(noon, Some("UTC".into())));
    assert_eq!(text(&Type::TIMESTAMPTZ, "2026-06-30 14:00:00+02"), at);
    assert_eq!(text(&Type::TIMESTAMPTZ, "2026-06-30T12:00:00Z"), at);
    for (of, value) in
        [(&Type::INT8, "x"), (&Type::INT4, "3000000000"), (&Type::TIMESTAMPTZ, "soon"), (&Type::BOOL, "2x")]
    {
        assert_eq!(text(of, value), Err(SqlState::InvalidTextRepresentation), "{value}");
    }
    let Ok(ScalarValue::List(list)) = text(&Type::TEXT_ARRAY, r#"{a, "b \"c" ,NULL}"#) else { panic!("a list") };
    assert_eq!(ScalarValue::List(list).to_string(), "[a, b \"c, ]");
    assert_eq!(text(&Type::INT4_ARRAY, "{1,}"), Err(SqlState::InvalidTextRepresentation));
}

#[test]
fn binary_is_read_as_its_type() {
    let binary = |of: &Type, bytes: &[u8]| read(of, Format::Binary, bytes);
    assert_eq!(binary(&Type::INT4, &7_i32.to_be_bytes()), Ok(ScalarValue::Int32(Some(7))));
    let second = ScalarValue::TimestampMicrosecond(Some(946_684_800_000_001), Some("UTC".into()));
    assert_eq!(binary(&Type::TIMESTAMPTZ, &1_i64.to_be_bytes()), Ok(second));
    let groups: Vec<u8> = [2_i16, 0, 0, 2, 123, 4500].iter().flat_map(|group| group.to_be_bytes()).collect();
    assert_eq!(binary(&Type::NUMERIC, &groups), Ok(ScalarValue::Decimal128(Some(12_345), 38, 2)));
    let groups: Vec<u8> = [1_i16, -2, 0x4000, 6, 100].iter().flat_map(|group| group.to_be_bytes()).collect();
    assert_eq!(binary(&Type::NUMERIC, &groups), Ok(ScalarValue::Decimal128(Some(-1), 38, 6)));
    let uuid = Ok(ScalarValue::Utf8(Some("00010203-0405-0607-0809-0a0b0c0d0e0f".into())));
    assert_eq!(binary(&Type::UUID, &(0..16).collect::<Vec<u8>>()), uuid);
    let list =
        [&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4][..], &9_i32.to_be_bytes()].concat();
    assert_eq!(binary(&Type::INT4_ARRAY, &list).map(|list| list.to_string()), Ok("[9]".into()));
    for (of, bytes) in [(&Type::INT4, &[1_u8][..]), (&Type::INT2, &[0, 0, 0, 1]), (&Type::INT4_ARRAY, &list[..23])] {
        assert_eq!(binary(of, bytes), Err(SqlState::InvalidBinaryRepresentation), "{of}");
    }
}

#[test]
fn what_the_client_says_goes_before_what_the_statement_expects() {
    let types = ParameterTypes::new(&[0, Type::INT2.oid()], &[DataType::Float64, DataType::Int64, DataType::Utf8]);
    assert_eq!(types.expect("known").oids(), [Type::FLOAT8.oid(), Type::INT2.oid(), Type::TEXT.oid()]);
    assert_eq!(ParameterTypes::new(&[600], &[]).map_err(|fault| fault.state), Err(SqlState::UndefinedObject), "point");
    let none = ParameterTypes::new(&[], &[DataType::Int64]).expect("known").read(&[None], &[Format::Text], Tz::UTC);
    assert_eq!(none, Ok(vec![ScalarValue::Int64(None)]));
    let count = ParameterTypes::new(&[], &[DataType::Int64]).expect("known").read(&[], &[], Tz::UTC);
    assert_eq!(count.map_err(|fault| fault.state), Err(SqlState::ProtocolViolation));
}
