//! `calendar`: days with their week, month and weekday, to join what happened with when nothing did.
//!
//! From 1 January ten years before the present one to 31 December of the next. Public holidays are not known.

use super::built_table::{BuildRows, BuiltTable, Wanted};
use super::history_table::AsOf;
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, Datelike, NaiveDate};
use datafusion::common::Result;
use std::sync::Arc;

const YEARS_BEFORE: i32 = 10;
const YEARS_AFTER: i32 = 1;

/// See the module.
#[derive(Debug, Clone)]
pub struct Calendar {
    as_of: AsOf,
    schema: SchemaRef,
}

impl Calendar {
    /// Around an instant.
    pub fn table(as_of: AsOf) -> BuiltTable<Self> {
        let number = |name| Field::new(name, DataType::Int32, false);
        let date = |name| Field::new(name, DataType::Date32, false);
        let fields = vec![
            date("day"),
            number("year"),
            number("quarter"),
            number("month"),
            date("month_start"),
            number("iso_year"),
            number("iso_week"),
            number("weekday"),
            Field::new("is_working_day", DataType::Boolean, false),
        ];
        BuiltTable(Self { as_of, schema: Arc::new(Schema::new(fields)) })
    }
}

/// Days since 1970-01-01.
fn number(day: NaiveDate) -> i32 {
    day.to_epoch_days()
}

impl BuildRows for Calendar {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn batches(self, _: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        std::iter::once_with(move || {
            let now = DateTime::from_timestamp_micros(self.as_of.instant()).unwrap_or_default().year();
            let first = NaiveDate::from_ymd_opt(now - YEARS_BEFORE, 1, 1).unwrap_or_default();
            let last = NaiveDate::from_ymd_opt(now + YEARS_AFTER, 12, 31).unwrap_or_default();
            let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).collect();
            let numbers = |of: fn(&NaiveDate) -> i32| Arc::new(Int32Array::from_iter_values(days.iter().map(of)));
            let dates = |of: fn(&NaiveDate) -> i32| Arc::new(Date32Array::from_iter_values(days.iter().map(of)));
            let working = days.iter().map(|day| Some(day.weekday().number_from_monday() < 6));
            let columns: Vec<ArrayRef> = vec![
                dates(|day| number(*day)),
                numbers(NaiveDate::year),
                numbers(|day| day.month0() as i32 / 3 + 1),
                numbers(|day| day.month() as i32),
                dates(|day| number(*day) - day.day0() as i32),
                numbers(|day| day.iso_week().year()),
                numbers(|day| day.iso_week().week() as i32),
                numbers(|day| day.weekday().number_from_monday() as i32),
                Arc::new(working.collect::<BooleanArray>()),
            ];
            Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
        })
    }
}
