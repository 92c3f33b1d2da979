//! The arguments of `touch_metrics`: names, types, and a row of them as a record.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, IntervalMonthDayNanoType, IntervalUnit, Schema, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err};
use std::sync::{Arc, LazyLock};
use touchpoint::record::{RecordRow, instant_type};
use touchpoint::time::DAY;
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Micros, Op, Origin, Precision, Purpose, Status, Word};

/// How an argument is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentType {
    /// UTF-8.
    Text,
    /// Instant.
    Instant,
    /// Boolean.
    Bool,
    /// Interval.
    Interval,
}

/// Names and types, in order.
pub const ARGUMENTS: [(&str, ArgumentType); 23] = [
    ("hcp_id", ArgumentType::Text),
    ("occurred_at", ArgumentType::Instant),
    ("source", ArgumentType::Text),
    ("event_id", ArgumentType::Text),
    ("kind", ArgumentType::Text),
    ("status", ArgumentType::Text),
    ("channel", ArgumentType::Text),
    ("origin", ArgumentType::Text),
    ("business_function", ArgumentType::Text),
    ("purpose", ArgumentType::Text),
    ("owner_id", ArgumentType::Text),
    ("product", ArgumentType::Text),
    ("theme", ArgumentType::Text),
    ("plan_id", ArgumentType::Text),
    ("plan_step", ArgumentType::Text),
    ("request_id", ArgumentType::Text),
    ("status_at", ArgumentType::Instant),
    ("answered_at", ArgumentType::Instant),
    ("precision", ArgumentType::Text),
    ("solicited", ArgumentType::Bool),
    ("as_of", ArgumentType::Instant),
    ("width", ArgumentType::Interval),
    ("audience", ArgumentType::Text),
];

/// Arrow types of the arguments.
pub(in crate::sql) fn types() -> Vec<DataType> {
    let data_type = |(_, t): &(&str, ArgumentType)| match t {
        ArgumentType::Text => DataType::Utf8,
        ArgumentType::Instant => instant_type(),
        ArgumentType::Bool => DataType::Boolean,
        ArgumentType::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
    };
    ARGUMENTS.iter().map(data_type).collect()
}

/// The arguments of several rows as a batch, named.
pub(super) fn batch(values: &[ArrayRef]) -> Result<RecordBatch> {
    static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
        let fields = ARGUMENTS.iter().zip(types()).map(|((name, _), t)| Field::new(*name, t, true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    });
    Ok(RecordBatch::try_new(SCHEMA.clone(), values.to_vec())?)
}

/// T, width and audience of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) as_of: Micros,
    pub(super) width: Micros,
    pub(super) audience: Audience,
}

/// Reads rows of an argument batch.
#[derive(Debug)]
pub(in crate::sql) struct Rows<'a>(pub(in crate::sql) &'a RecordBatch);

impl<'a> Rows<'a> {
    fn text(&self, name: &str, row: usize) -> Option<&'a str> {
        let column = self.0.column_by_name(name)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn instant(&self, name: &str, row: usize) -> Option<Micros> {
        let column = self.0.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn word<W: Word>(&self, name: &str, row: usize) -> Result<Option<W>> {
        let Some(text) = self.text(name, row) else { return Ok(None) };
        match W::parse(text.as_bytes()) {
            Some(word) => Ok(Some(word)),
            None => exec_err!("touch_metrics: {name} has a word that is not in its vocabulary"),
        }
    }

    /// What is asked at a row; `None` when any of the three is NULL.
    pub(super) fn asked(&self, row: usize) -> Result<Option<Asked>> {
        let width = self.0.column_by_name("width").and_then(|c| c.as_primitive_opt::<IntervalMonthDayNanoType>());
        let width = width.filter(|w| w.is_valid(row)).map(|w| w.value(row));
        let (Some(as_of), Some(width), Some(audience)) =
            (self.instant("as_of", row), width, self.text("audience", row))
        else {
            return Ok(None);
        };
        if width.months != 0 {
            return exec_err!(
                "touch_metrics: width must be days or less, as INTERVAL '28 days'; months have no fixed length"
            );
        }
        let width = i64::from(width.days) * DAY + width.nanoseconds / 1_000;
        let Some(audience) = Audience::parse(audience) else {
            return exec_err!("touch_metrics: audience must be 'full' or 'commercial'");
        };
        Ok(Some(Asked { as_of, width, audience }))
    }

    /// The record of a row; `None` when it has no instant or no kind.
    pub(in crate::sql) fn record(&self, row: usize) -> Result<Option<RecordRow<'a>>> {
        let (Some(kind), Some(occurred_at)) = (self.word::<Kind>("kind", row)?, self.instant("occurred_at", row))
        else {
            return Ok(None);
        };
        let solicited = self.0.column_by_name("solicited").and_then(|c| c.as_boolean_opt());
        Ok(Some(RecordRow {
            kind,
            event_id: self.text("event_id", row).unwrap_or_default(),
            hcp_id: self.text("hcp_id", row).unwrap_or_default(),
            source: self.text("source", row).unwrap_or_else(|| kind.default_topic()),
            op: Op::Upsert,
            status: self.word::<Status>("status", row)?,
            occurred_at: Some(occurred_at),
            precision: self.word::<Precision>("precision", row)?,
            channel: self.word::<Channel>("channel", row)?,
            origin: self.word::<Origin>("origin", row)?,
            business_function: self.word::<BusinessFunction>("business_function", row)?,
            purpose: self.word::<Purpose>("purpose", row)?,
            owner_id: self.text("owner_id", row),
            product: self.text("product", row),
            theme: self.text("theme", row),
            plan_id: self.text("plan_id", row),
            plan_step: self.text("plan_step", row),
            request_id: self.text("request_id", row),
            solicited: solicited.is_some_and(|s| s.is_valid(row) && s.value(row)),
            status_at: self.instant("status_at", row),
            answered_at: self.instant("answered_at", row),
            ingested_at: occurred_at,
            kafka_timestamp: occurred_at,
            kafka_topic: "",
            ..RecordRow::BARE
        }))
    }
}
