//! Metric values as Arrow rows, only the wanted columns.
//!
//! A row comes from [`Values`]: the window values, the load, the budgets and the policy.

mod read;

use crate::kernel::{Overall, WindowValues};
use arrow::array::{ArrayRef, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use read::Read;
use std::sync::Arc;
use touchpoint::metric::MetricColumn;
use touchpoint::time::Micros;
use touchpoint::{Policy, Tz};

/// Everything a metric column can be computed from.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// Values of one window.
    pub window: &'a WindowValues,
    /// Load at T, and budgets.
    pub overall: Overall,
    /// T.
    pub as_of: Micros,
    /// The policy of the evaluation.
    pub policy: &'a Policy,
    /// The HCP's time zone at T, if known: quiet hours are local.
    pub zone: Option<Tz>,
}

/// One value of a metric column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count.
    Count(i64),
    /// A real number.
    Real(f64),
    /// Text.
    Text(String),
    /// An instant.
    Instant(Micros),
    /// NULL.
    Null,
}

/// The value of column `name`; NULL for a name that no column has.
pub fn value(name: &str, values: &Values<'_>) -> Value {
    let told = match Read::of(name) {
        Read::Count(read) => read(values).map(Value::Count),
        Read::Real(read) => read(values).map(Value::Real),
        Read::Text(read) => read(values).map(|text| Value::Text(text.into_owned())),
        Read::Instant(read) => read(values).map(Value::Instant),
        Read::Nothing => None,
    };
    told.unwrap_or(Value::Null)
}

/// Collects the values of one metric column.
#[derive(Debug)]
pub struct MetricBuilder {
    read: Read,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    Count(Int64Builder),
    Real(Float64Builder),
    Text(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
}

impl MetricBuilder {
    /// An empty column.
    pub fn new(column: &'static MetricColumn) -> Self {
        use touchpoint::metric::MetricType;
        let storage = match column.metric_type {
            MetricType::Count => Storage::Count(Int64Builder::new()),
            MetricType::Real => Storage::Real(Float64Builder::new()),
            MetricType::Text => Storage::Text(StringBuilder::new()),
            MetricType::Instant => Storage::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        };
        Self { read: Read::of(column.name), storage }
    }

    /// Adds the value of one row.
    pub fn push(&mut self, values: &Values<'_>) {
        match (&mut self.storage, self.read) {
            (Storage::Count(b), Read::Count(read)) => b.append_option(read(values)),
            (Storage::Real(b), Read::Real(read)) => b.append_option(read(values)),
            (Storage::Text(b), Read::Text(read)) => b.append_option(read(values)),
            (Storage::Instant(b), Read::Instant(read)) => b.append_option(read(values)),
            // A column whose type is not that of its values: a bug, which a test of every column would show.
            (..) => self.push_value(Value::Null),
        }
    }

    /// Adds one value; one of another type than the column's is NULL.
    pub fn push_value(&mut self, value: Value) {
        match (&mut self.storage, value) {
            (Storage::Count(b), Value::Count(n)) => b.append_value(n),
            (Storage::Count(b), _) => b.append_null(),
            (Storage::Real(b), Value::Real(r)) => b.append_value(r),
            (Storage::Real(b), _) => b.append_null(),
            (Storage::Text(b), Value::Text(t)) => b.append_value(t),
            (Storage::Text(b), _) => b.append_null(),
            (Storage::Instant(b), Value::Instant(at)) => b.append_value(at),
            (Storage::Instant(b), _) => b.append_null(),
        }
    }

    /// The column.
    pub fn finish(mut self) -> ArrayRef {
        match &mut self.storage {
            Storage::Count(b) => Arc::new(b.finish()),
            Storage::Real(b) => Arc::new(b.finish()),
            Storage::Text(b) => Arc::new(b.finish()),
            Storage::Instant(b) => Arc::new(b.finish()),
        }
    }
}

/// A column of instants that are all the same.
pub fn constant_instant(at: Micros, rows: usize) -> ArrayRef {
    let mut builder = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
    builder.append_value_n(at, rows);
    Arc::new(builder.finish())
}
