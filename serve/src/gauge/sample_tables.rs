//! The tables a gauge sees, with rows written by hand, for tests.
//!
//! A metric that a row does not name is 0, or NULL where it may be.

use crate::metrics::{MetricsSettings, PipelineMetrics};
use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use prometheus::Registry;
use std::sync::Arc;
use touchpoint::Topics;
use touchpoint::metric::{METRICS, MetricType, metric_field};
use touchpoint::time::{FixedClock, SECOND};

/// An HCP as `hcp_now` shows it.
pub(crate) struct HcpSample {
    pub(crate) hcp_id: &'static str,
    pub(crate) territory: &'static str,
    pub(crate) basis: Option<&'static str>,
    pub(crate) metrics: &'static [(&'static str, f64)],
}

/// `hcp_id`, instant, attributes, metrics, policy.
pub(crate) fn hcp_now(rows: &[HcpSample]) -> MemTable {
    let mut columns: Vec<(Field, ArrayRef)> = vec![
        text("hcp_id", rows.iter().map(|r| r.hcp_id)),
        (
            Field::new("as_of", touchpoint::record::instant_type(), false),
            Arc::new(TimestampMicrosecondArray::from(vec![0; rows.len()]).with_timezone("UTC")),
        ),
    ];
    for attribute in ["specialty", "segment", "country", "account_id"] {
        columns.push(text(attribute, rows.iter().map(|_| "unknown")));
    }
    columns.push(text("territory", rows.iter().map(|r| r.territory)));
    for metric in METRICS {
        let value = |row: &HcpSample| row.metrics.iter().find(|(name, _)| *name == metric.name).map(|(_, v)| *v);
        let sure = |row: &HcpSample| value(row).or((!metric.nullable).then_some(0.0));
        let array: ArrayRef = match metric.metric_type {
            MetricType::Count => Arc::new(Int64Array::from_iter(rows.iter().map(|r| sure(r).map(|v| v as i64)))),
            MetricType::Real => Arc::new(Float64Array::from_iter(rows.iter().map(sure))),
            MetricType::Text if metric.name == "coherence_basis" => {
                Arc::new(StringArray::from_iter(rows.iter().map(|r| r.basis)))
            }
            MetricType::Text | MetricType::Instant => new_null_array(metric_field(metric).data_type(), rows.len()),
        };
        columns.push((metric_field(metric), array));
    }
    columns.push(text("policy_version", rows.iter().map(|_| "default-1")));
    table(columns)
}

/// `window`, `territory`, `channel`, `business_function`, `touches`, `unsolicited`.
pub(crate) fn touches_now(rows: &[(&'static str, &'static str, &'static str, &'static str, i64, i64)]) -> MemTable {
    table(vec![
        text("window", rows.iter().map(|r| r.0)),
        text("territory", rows.iter().map(|r| r.1)),
        text("channel", rows.iter().map(|r| r.2)),
        text("business_function", rows.iter().map(|r| r.3)),
        counts("touches", rows.iter().map(|r| r.4)),
        counts("unsolicited", rows.iter().map(|r| r.5)),
    ])
}

/// `territory`, `state`, `requests`.
pub(crate) fn requests_now(rows: &[(&'static str, &'static str, i64)]) -> MemTable {
    table(vec![
        text("territory", rows.iter().map(|r| r.0)),
        text("state", rows.iter().map(|r| r.1)),
        counts("requests", rows.iter().map(|r| r.2)),
    ])
}

/// A context with these three tables.
pub(crate) fn context(hcps: &[HcpSample]) -> SessionContext {
    let context = SessionContext::new();
    let touches = touches_now(&[
        ("7d", "north", "email", "marketing", 5, 4),
        ("7d", "south", "email", "marketing", 2, 2),
        ("28d", "north", "face_to_face", "sales", 10, 9),
        ("90d", "north", "face_to_face", "sales", 99, 99),
    ]);
    let requests = requests_now(&[
        ("north", "open", 1),
        ("north", "past_sla", 2),
        ("south", "past_sla", 3),
        ("south", "answered_late", 4),
        ("south", "answered_in_time", 7),
    ]);
    for (name, table) in [("hcp_now", hcp_now(hcps)), ("touches_now", touches), ("requests_now", requests)] {
        context.register_table(name, Arc::new(table)).expect("the context is new");
    }
    context
}

/// The standing set on a new registry, at 1,000 s.
pub(crate) fn metrics() -> (Registry, PipelineMetrics) {
    let registry = Registry::new();
    let clock = Arc::new(FixedClock(1_000 * SECOND));
    let settings = MetricsSettings { clock, topics: Topics::default(), version: "0.1.0" };
    let metrics = PipelineMetrics::register(&registry, settings).expect("the registry is new");
    (registry, metrics)
}

fn text(name: &str, values: impl Iterator<Item = &'static str>) -> (Field, ArrayRef) {
    (Field::new(name, DataType::Utf8, false), Arc::new(StringArray::from_iter_values(values)))
}

fn counts(name: &str, values: impl Iterator<Item = i64>) -> (Field, ArrayRef) {
    (Field::new(name, DataType::Int64, false), Arc::new(Int64Array::from_iter_values(values)))
}

fn table(columns: Vec<(Field, ArrayRef)>) -> MemTable {
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("columns of one length");
    MemTable::try_new(schema, vec![vec![batch]]).expect("one schema")
}
