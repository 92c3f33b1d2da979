//! Scalar functions that make much of little, bounded.
//!
//! What a scalar function makes is held by no memory pool: `repeat('x', 10000000000)` takes the memory of the machine before
//! anybody is asked. So the functions whose result may be far longer than what they are given are told beforehand how long it
//! would be at most, and refuse with 54000: more than [`CALL`] in one step, which is a batch of rows, or a constant of more
//! than [`CONSTANT`], which may stand in every row of a batch.
//!
//! | function | at most |
//! |---|---|
//! | `repeat` | bytes × times |
//! | `lpad`, `rpad` | bytes, and the wanted characters at the widest of the filling |
//! | `replace` | bytes, and the new text wherever the old one fits |
//! | `array_repeat`, `array_resize` | bytes of an item × times |
//! | `range`, `generate_series` of numbers and times | 8 bytes × steps |

use crate::postgres::{Fault, SqlState};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::kernels::length::length;
use datafusion::arrow::datatypes::{
    DataType, FieldRef, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// Bytes that one call may make.
const CALL: u64 = 64 << 20;
/// Bytes of a constant: those of the longest statement.
const CONSTANT: u64 = 1 << 20;

/// How long the result of a call is at most, of the values of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Growth {
    Times,
    Padded,
    Replaced,
    Items,
    Steps,
}

const FUNCTIONS: [(&str, Growth); 8] = [
    ("repeat", Growth::Times),
    ("lpad", Growth::Padded),
    ("rpad", Growth::Padded),
    ("replace", Growth::Replaced),
    ("array_repeat", Growth::Items),
    ("array_resize", Growth::Items),
    ("range", Growth::Steps),
    ("generate_series", Growth::Steps),
];

/// Puts the bounded ones in place of those that the session has.
pub(super) fn install(context: &SessionContext) {
    for (name, growth) in FUNCTIONS {
        if let Some(inner) = context.state().scalar_functions().get(name).cloned() {
            context.register_udf(ScalarUDF::new_from_impl(Bounded { inner, growth }));
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.inner().coerce_types(arguments)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let (rows, limit) = if constant { (1, CONSTANT) } else { (args.number_rows, CALL) };
        if self.growth.bytes(&args.args, rows)? > limit {
            return Err(DataFusionError::External(Box::new(self.too_much(limit))));
        }
        self.inner.invoke_with_args(args)
    }
}

impl Bounded {
    fn too_much(&self, limit: u64) -> Fault {
        let what = if limit == CONSTANT { "a value" } else { "a batch of rows" };
        let message = format!("{}() would make more than {} MiB for {what}", self.name(), limit >> 20);
        Fault::new(SqlState::ProgramLimitExceeded, message).with_hint("Ask for shorter texts or lists.")
    }
}

impl Growth {
    /// Bytes of all rows, at most.
    fn bytes(self, args: &[ColumnarValue], rows: usize) -> Result<u64> {
        let bytes_of = |at: usize| Each::of(args.get(at), sizes);
        let number_of = |at: usize| Each::of(args.get(at), numbers);
        let each: Box<dyn Fn(usize) -> u64> = match self {
            Self::Times => {
                let (text, times) = (bytes_of(0)?, number_of(1)?);
                Box::new(move |row| text.at(row).saturating_mul(count(times.at(row))))
            }
            Self::Padded => {
                let (text, wanted, filling) = (bytes_of(0)?, number_of(1)?, Each::of(args.get(2), widths)?);
                Box::new(move |row| {
                    let width = filling.get(row).unwrap_or(1);
                    text.at(row).saturating_add(count(wanted.at(row)).saturating_mul(width))
                })
            }
            Self::Replaced => {
                let (text, old, new) = (bytes_of(0)?, bytes_of(1)?, bytes_of(2)?);
                Box::new(move |row| {
                    let text = text.at(row);
                    text.saturating_add((text / old.at(row).max(1) + 1).saturating_mul(new.at(row)))
                })
            }
            Self::Items => {
                // `array_repeat(item, times)`, `array_resize(list, length, item)`.
                let (item, times) = (bytes_of(if args.len() > 2 { 2 } else { 0 })?, number_of(1)?);
                Box::new(move |row| item.at(row).max(8).saturating_mul(count(times.at(row))))
            }
            Self::Steps => {
                let first = if args.len() > 1 { Some(Each::of(args.first(), places)?) } else { None };
                let last = Each::of(args.get(usize::from(args.len() > 1)), places)?;
                let step = Each::of(args.get(2), places)?;
                Box::new(move |row| {
                    let first = first.as_ref().map_or(0, |first| first.at(row));
                    let distance = last.at(row).abs_diff(first);
                    let step = step.get(row).unwrap_or(1).unsigned_abs().max(1);
                    u64::try_from(distance / step).unwrap_or(u64::MAX).saturating_add(1).saturating_mul(8)
                })
            }
        };
        Ok((0..rows).map(each).fold(0, u64::saturating_add))
    }
}

fn count(times: i64) -> u64 {
    u64::try_from(times).unwrap_or(0)
}

/// A value of each row, or one of all of them; none of an argument that is left out.
struct Each<T>(Vec<T>);

impl<T: Copy + Default> Each<T> {
    fn of(value: Option<&ColumnarValue>, read: impl Fn(&ArrayRef) -> Result<Vec<T>>) -> Result<Self> {
        match value {
            Some(ColumnarValue::Array(array)) => read(array).map(Self),
            Some(ColumnarValue::Scalar(value)) => read(&value.to_array()?).map(Self),
            None => Ok(Self(Vec::new())),
        }
    }

    fn get(&self, row: usize) -> Option<T> {
        self.0.get(row).or(self.0.first()).copied()
    }

    fn at(&self, row: usize) -> T {
        self.get(row).unwrap_or_default()
    }
}

/// Bytes of each value.
fn sizes(array: &ArrayRef) -> Result<Vec<u64>> {
    let of = array.data_type();
    if let Some(width) = of.primitive_width() {
        return Ok(vec![u64::try_from(width).unwrap_or(u64::MAX); array.len()]);
    }
    if matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        let lengths = cast(length(array)?.as_ref(), &DataType::Int64)?;
        return Ok(lengths.as_primitive::<Int64Type>().iter().map(|bytes| count(bytes.unwrap_or(0))).collect());
    }
    let one = |row: usize| -> Result<u64> {
        Ok(u64::try_from(array.slice(row, 1).to_data().get_slice_memory_size()?).unwrap_or(u64::MAX))
    };
    (0..array.len()).map(one).collect()
}

/// Bytes of the widest character of each text.
fn widths(array: &ArrayRef) -> Result<Vec<u64>> {
    let texts = cast(array, &DataType::LargeUtf8)?;
    let width = |text: Option<&str>| text.into_iter().flat_map(str::chars).map(char::len_utf8).max().unwrap_or(1);
    Ok(texts.as_string::<i64>().iter().map(|text| u64::try_from(width(text)).unwrap_or(4)).collect())
}

fn numbers(array: &ArrayRef) -> Result<Vec<i64>> {
    let numbers = cast(array, &DataType::Int64)?;
    Ok(numbers.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default).collect())
}

/// Numbers as they are; instants, days and lengths of time in microseconds, a month at its shortest.
fn places(array: &ArrayRef) -> Result<Vec<i128>> {
    const DAY: i128 = 86_400_000_000;
    match array.data_type() {
        DataType::Null => Ok(vec![0; array.len()]),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            let instants = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let instants = instants.as_primitive::<TimestampMicrosecondType>();
            Ok(instants.iter().map(|at| i128::from(at.unwrap_or_default())).collect())
        }
        DataType::Interval(_) => {
            let lengths = cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
            let lengths = lengths.as_primitive::<IntervalMonthDayNanoType>();
            let micros = lengths.iter().map(Option::unwrap_or_default).map(|length| {
                let days = i128::from(length.months) * 28 + i128::from(length.days);
                days * DAY + i128::from(length.nanoseconds) / 1_000
            });
            Ok(micros.collect())
        }
        _ => Ok(numbers(array)?.into_iter().map(i128::from).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::session::{answered, session};

    #[tokio::test]
    async fn what_would_take_the_memory_of_the_machine_is_refused() {
        let context = session();
        for sql in [
            "SELECT repeat('x', 10000000000)",
            "SELECT length(repeat(hcp_id, 10000000000)) FROM touchpoints",
            "SELECT repeat(repeat('x', 1000000), 1000000)",
            "SELECT lpad('x', 2000000000)",
            "SELECT rpad(hcp_id, 2000000000, 'ä') FROM touchpoints",
            "SELECT replace(repeat('x', 1000000), 'x', repeat('y', 1000000))",
            "SELECT array_repeat(n, 100000000) FROM touchpoints",
            "SELECT list_repeat('x', 100000000)",
            "SELECT array_resize(tags, 100000000, 'x') FROM touchpoints",
            "SELECT range(10000000000)",
            "SELECT generate_series(1, n * 100000000) FROM touchpoints",
            "SELECT generate_series(occurred_at, occurred_at + INTERVAL '40 years', INTERVAL '1 second') FROM touchpoints",
            "SELECT generate_series(DATE '1900-01-01', DATE '2100-01-01', INTERVAL '1 second')",
        ] {
            let fault = answered(&context, sql).await.expect_err(sql);
            assert_eq!(fault.state.code(), "54000", "{sql}: {fault}");
            assert!(fault.message.contains("MiB"), "{sql}: {fault}");
        }
    }

    #[tokio::test]
    async fn what_is_of_use_is_made() {
        let context = session();
        for (sql, expected) in [
            ("SELECT length(repeat('=', 80))", "80"),
            ("SELECT lpad('7', 3, '0')", "007"),
            ("SELECT rpad(hcp_id, 4, '.') FROM touchpoints WHERE n = 3", "h1.."),
            ("SELECT replace('a,b', ',', ';')", "a;b"),
            ("SELECT array_length(array_repeat(n, 1000)) FROM touchpoints WHERE n = 3", "1000"),
            ("SELECT array_length(range(0, 100000, 1))", "100000"),
            ("SELECT array_length(generate_series(DATE '2026-01-01', DATE '2026-12-31', INTERVAL '1 day'))", "365"),
            ("SELECT length(repeat(hcp_id, 1000000)) FROM touchpoints WHERE n = 3", "2000000"),
            ("SELECT repeat('x', NULL) IS NULL AND repeat('x', -1) = ''", "true"),
        ] {
            let rows = answered(&context, sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"));
            assert_eq!(rows, [expected], "{sql}");
        }
    }
}
