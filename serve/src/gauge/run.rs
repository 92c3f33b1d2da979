//! One run of a gauge file: planned, checked, executed, read into a family, all within its time.

use super::GaugeLimits;
use super::file::GaugeFile;
use super::plan::{BUCKET_EDGE, PlannedGauge};
use super::refusal::GaugeFailure;
use super::series::{FamilyShape, GaugeFamily, Sample};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::DataFusionError;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use std::collections::HashSet;
use tokio::task::JoinSet;

/// Runs the file over the tables of `context`.
///
/// The query is a task of its own, so that one that computes without yielding still lets the refresh go on in time; the
/// task is aborted where it next yields.
pub(super) async fn run(
    file: &GaugeFile,
    context: &SessionContext,
    limits: GaugeLimits,
) -> Result<GaugeFamily, GaugeFailure> {
    let limit = limits.query_time;
    let mut task = JoinSet::new();
    let (own_file, own_context) = (file.clone(), context.clone());
    task.spawn(async move { query(&own_file, &own_context, limits).await });
    match tokio::time::timeout(limit, task.join_next()).await {
        Ok(Some(Ok(family))) => family,
        Ok(Some(Err(_)) | None) => Err(GaugeFailure::Running { file: file.name().to_owned(), class: "panic" }),
        Err(_elapsed) => Err(GaugeFailure::TimedOut { file: file.name().to_owned(), limit }),
    }
}

async fn query(file: &GaugeFile, context: &SessionContext, limits: GaugeLimits) -> Result<GaugeFamily, GaugeFailure> {
    let failed = |error: DataFusionError| GaugeFailure::running(file.name(), &error);
    let gauge = PlannedGauge::try_new(file, context, limits).await?;
    let mut rows = execute_stream(gauge.plan.clone(), context.task_ctx()).map_err(failed)?;
    let mut reader =
        SampleReader { file: file.name(), limit: limits.series, seen: HashSet::new(), samples: Vec::new() };
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        let columns = typed_columns(&gauge, &batch).map_err(failed)?;
        reader.read(&columns)?;
    }
    let names: Vec<String> = gauge.labels.into_iter().map(|(_, name)| name).collect();
    let shape = match names.iter().position(|name| name == BUCKET_EDGE) {
        Some(edge) => {
            reader.check_edges(edge)?;
            FamilyShape::Buckets
        }
        None => FamilyShape::Gauge,
    };
    Ok(GaugeFamily { name: file.family(), help: file.help().to_owned(), shape, labels: names, samples: reader.samples })
}

/// The value as `Float64` and the labels as `Utf8`.
struct TypedColumns {
    value: ArrayRef,
    labels: Vec<ArrayRef>,
}

fn typed_columns(gauge: &PlannedGauge, batch: &RecordBatch) -> Result<TypedColumns, DataFusionError> {
    let labels = gauge.labels.iter().map(|(i, _)| cast(batch.column(*i), &DataType::Utf8));
    Ok(TypedColumns {
        value: cast(batch.column(gauge.value), &DataType::Float64)?,
        labels: labels.collect::<Result<_, _>>()?,
    })
}

struct SampleReader<'a> {
    file: &'a str,
    limit: usize,
    seen: HashSet<Vec<String>>,
    samples: Vec<Sample>,
}

impl SampleReader<'_> {
    fn read(&mut self, columns: &TypedColumns) -> Result<(), GaugeFailure> {
        let values = columns.value.as_primitive::<Float64Type>();
        for (row, value) in values.iter().enumerate() {
            let Some(value) = value.filter(|value| !value.is_nan()) else { continue };
            let label = |column: &ArrayRef| match column.is_null(row) {
                true => String::new(),
                false => column.as_string::<i32>().value(row).to_owned(),
            };
            let labels: Vec<String> = columns.labels.iter().map(label).collect();
            if self.samples.len() == self.limit {
                return Err(GaugeFailure::TooManySeries { file: self.file.to_owned(), limit: self.limit });
            }
            if !self.seen.insert(labels.clone()) {
                return Err(GaugeFailure::RepeatedLabels { file: self.file.to_owned() });
            }
            self.samples.push(Sample { labels, value });
        }
        Ok(())
    }

    fn check_edges(&self, edge: usize) -> Result<(), GaugeFailure> {
        let is_edge = |sample: &Sample| {
            let edge: Option<f64> = sample.labels.get(edge).and_then(|text| text.parse().ok());
            edge.is_some_and(|edge| !edge.is_nan())
        };
        if self.samples.iter().all(is_edge) {
            Ok(())
        } else {
            Err(GaugeFailure::BadEdge { file: self.file.to_owned() })
        }
    }
}
