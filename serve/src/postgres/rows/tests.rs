//! What PostgreSQL 15 writes for the same values, in text and in binary.

use super::{Format, Formats, Shape};
use crate::postgres::fault::SqlState;
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, DurationMicrosecondArray,
    Float32Array, Float64Array, Int32Array, IntervalMonthDayNanoArray, ListArray, NullArray, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, IntervalMonthDayNanoType, Schema};
use std::sync::Arc;
use tokio_util::bytes::{Buf, Bytes, BytesMut};
use touchpoint::Tz;

/// The values of one column as they are sent; NULL is `None`.
fn sent(array: ArrayRef, format: i16, zone: Tz) -> Result<Vec<Option<Bytes>>, SqlState> {
    let schema = Arc::new(Schema::new(vec![Field::new("c", array.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![array]).expect("a batch");
    let formats = Formats::read(&[format]).expect("a format");
    let shape = Shape::new(&schema, &formats, zone).map_err(|fault| fault.state)?;
    let mut out = BytesMut::new();
    let ready = shape.ready(&batch).map_err(|fault| fault.state)?;
    shape.encode(&ready, 0..batch.num_rows(), &mut out).map_err(|fault| fault.state)?;
    let mut out = out.freeze();
    let mut values = Vec::new();
    while out.has_remaining() {
        assert_eq!(out.get_u8(), b'D');
        let length = out.get_u32() as usize;
        let mut row = out.split_to(length - 4);
        assert_eq!(row.get_u16(), 1, "columns");
        values.push(usize::try_from(row.get_i32()).ok().map(|length| row.split_to(length)));
        assert!(!row.has_remaining());
    }
    Ok(values)
}

fn texts(array: ArrayRef) -> Vec<String> {
    let text = |value: Option<Bytes>| value.map_or("NULL".into(), |v| String::from_utf8_lossy(&v).into_owned());
    sent(array, 0, Tz::UTC).expect("sent").into_iter().map(text).collect()
}

fn binary(array: ArrayRef) -> Vec<u8> {
    sent(array, 1, Tz::UTC).expect("sent").remove(0).expect("not NULL").to_vec()
}

#[test]
fn floats_are_written_as_postgres_does() {
    let values = [0.0, -0.0, 1.0, -1.5, 0.1, 1e14, 1e15, 123_456_789_012_345.0, 1.5e300, 0.0001, 0.00001, -2.5e-7];
    let expected = [
        "0",
        "-0",
        "1",
        "-1.5",
        "0.1",
        "100000000000000",
        "1e+15",
        "123456789012345",
        "1.5e+300",
        "0.0001",
        "1e-05",
        "-2.5e-07",
    ];
    assert_eq!(texts(Arc::new(Float64Array::from(values.to_vec()))), expected);
    let special = Float64Array::from(vec![Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None]);
    assert_eq!(texts(Arc::new(special)), ["NaN", "Infinity", "-Infinity", "NULL"]);
    assert_eq!(texts(Arc::new(Float32Array::from(vec![0.1, 100_000.0, 1e6]))), ["0.1", "100000", "1e+06"]);
}

#[test]
fn instants_are_in_the_zone_of_the_session() {
    let at = |micros: i64| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_timezone("UTC")) };
    let text = |micros, zone| {
        let value = sent(at(micros), 0, zone).expect("sent").remove(0).expect("not NULL");
        String::from_utf8(value.to_vec()).expect("text")
    };
    let noon = 1_782_820_800_000_000;
    assert_eq!(text(noon, Tz::UTC), "2026-06-30 12:00:00+00");
    assert_eq!(text(noon + 120_000, Tz::Europe__Berlin), "2026-06-30 14:00:00.12+02");
    assert_eq!(text(noon, Tz::Asia__Kolkata), "2026-06-30 17:30:00+05:30");
    assert_eq!(text(-62_135_596_800_000_001, Tz::UTC), "0001-12-31 23:59:59.999999+00 BC");
    let plain: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(noon), None]));
    assert_eq!(texts(plain), ["2026-06-30 12:00:00", "NULL"]);
    assert_eq!(binary(at(946_684_800_000_001)), 1_i64.to_be_bytes());
    assert_eq!(sent(at(i64::MAX), 0, Tz::UTC), Err(SqlState::DatetimeFieldOverflow));
    assert_eq!(texts(Arc::new(Date32Array::from(vec![0, -719_528 - 1]))), ["1970-01-01", "0002-12-31 BC"]);
    assert_eq!(binary(Arc::new(Date32Array::from(vec![10_958]))), 1_i32.to_be_bytes());
}

#[test]
fn numbers_without_a_type_of_their_own_are_numeric() {
    let decimals = Decimal128Array::from(vec![Some(0), Some(-5), Some(1_234_500), Some(100_000_000), None]);
    let decimals: ArrayRef = Arc::new(decimals.with_precision_and_scale(20, 3).expect("fits"));
    assert_eq!(texts(decimals), ["0.000", "-0.005", "1234.500", "100000.000", "NULL"]);
    assert_eq!(texts(Arc::new(UInt64Array::from(vec![u64::MAX]))), ["18446744073709551615"]);
    let of = |value: i128, scale: i8| {
        let array = Decimal128Array::from(vec![value]).with_precision_and_scale(38, scale).expect("fits");
        binary(Arc::new(array)).chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>()
    };
    // Groups, weight of the first, sign, digits behind the point, then the groups.
    assert_eq!(of(0, 2), [0, 0, 0, 2]);
    assert_eq!(of(12_345, 2), [2, 0, 0, 2, 123, 4500]);
    assert_eq!(of(-1, 6), [1, -2, 0x4000, 6, 100]);
    assert_eq!(of(100_000_000, 0), [1, 2, 0, 0, 1]);
    assert_eq!(of(10_000, 4), [1, 0, 0, 4, 1]);
}

#[test]
fn text_booleans_and_bytes() {
    let words: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("b")].into_iter().collect();
    assert_eq!(texts(Arc::new(words)), ["a", "NULL", "b"]);
    assert_eq!(
        texts(Arc::new(StringViewArray::from(vec![Some("ä long enough text"), None]))),
        ["ä long enough text", "NULL"]
    );
    assert_eq!(texts(Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))), ["t", "f", "NULL"]);
    assert_eq!(texts(Arc::new(BinaryArray::from(vec![&b"\x00\xff"[..]]))), ["\\x00ff"]);
    assert_eq!(texts(Arc::new(NullArray::new(2))), ["NULL", "NULL"]);
}

#[test]
fn lengths_of_time() {
    let interval = |months, days, nanos| IntervalMonthDayNanoType::make_value(months, days, nanos);
    let values =
        vec![interval(14, -3, 0), interval(0, 0, -3_661_500_000_000), interval(0, 1, 1_000), interval(0, 0, 0)];
    let expected = ["1 year 2 mons -3 days", "-01:01:01.5", "1 day 00:00:00.000001", "00:00:00"];
    assert_eq!(texts(Arc::new(IntervalMonthDayNanoArray::from(values))), expected);
    assert_eq!(texts(Arc::new(DurationMicrosecondArray::from(vec![90_000_000_000]))), ["25:00:00"]);
}

#[test]
fn lists_are_arrays_and_structs_are_json() {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), Some(vec![]), None]);
    assert_eq!(texts(Arc::new(list.clone())), ["{1,NULL}", "{}", "NULL"]);
    let expected = [
        &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 8][..],
        &1_i64.to_be_bytes(),
        &[255; 4],
    ];
    assert_eq!(binary(Arc::new(list.slice(0, 1))), expected.concat());
    assert_eq!(texts(Arc::new(list.slice(1, 1))), ["{}"]);
    let words = Arc::new(StringArray::from(vec!["a b", "NULL", "", "q\"\\", "plain"]));
    let field = Arc::new(Field::new("item", DataType::Utf8, true));
    let words = ListArray::new(field, arrow::buffer::OffsetBuffer::from_lengths([5]), words, None);
    assert_eq!(texts(Arc::new(words)), [r#"{"a b","NULL","","q\"\\",plain}"#]);
    let fields = [
        (Arc::new(Field::new("n", DataType::Int32, true)), Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef),
        (Arc::new(Field::new("t", DataType::Utf8, true)), Arc::new(StringArray::from(vec!["a\"", "b"])) as ArrayRef),
    ];
    assert_eq!(texts(Arc::new(StructArray::from(fields.to_vec()))), [r#"{"n":1,"t":"a\""}"#, r#"{"n":null,"t":"b"}"#]);
}

#[test]
fn formats_are_none_one_or_one_for_each() {
    let formats = |codes: &[i16]| Formats::read(codes).and_then(|formats| formats.of(2)).map_err(|fault| fault.state);
    assert_eq!(formats(&[]), Ok(vec![Format::Text; 2]));
    assert_eq!(formats(&[1]), Ok(vec![Format::Binary; 2]));
    assert_eq!(formats(&[0, 1]), Ok(vec![Format::Text, Format::Binary]));
    assert_eq!(formats(&[0, 1, 0]), Err(SqlState::ProtocolViolation));
    assert_eq!(formats(&[7]), Err(SqlState::ProtocolViolation));
}
