//! A gauge query planned and checked: which column is the value, which are labels, and that none is personal.

use super::GaugeLimits;
use super::file::{GaugeFile, is_lower_snake};
use super::refusal::GaugeRefusal;
use crate::lineage::{self, Lineage};
use arrow::datatypes::{DataType, Schema};
use datafusion::common::DataFusionError;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SQLOptions, SessionContext};
use std::sync::Arc;

const VALUE: &str = "value";
/// The label that makes a family one of cumulative buckets.
pub(super) const BUCKET_EDGE: &str = "le";
/// Set by every scrape, or owned by summaries.
const FOREIGN_LABELS: [&str; 3] = ["job", "instance", "quantile"];

/// A query that may run.
pub(super) struct PlannedGauge {
    /// What to execute.
    pub(super) plan: Arc<dyn ExecutionPlan>,
    /// Index of column `value`.
    pub(super) value: usize,
    /// Index and name of every label column.
    pub(super) labels: Vec<(usize, String)>,
}

impl PlannedGauge {
    /// Plans the file over the tables of `context` and checks it.
    pub(super) async fn try_new(
        file: &GaugeFile,
        context: &SessionContext,
        limits: GaugeLimits,
    ) -> Result<Self, GaugeRefusal> {
        let (plan, lineage) = plan(file.sql(), context)
            .await
            .map_err(|source| GaugeRefusal::NotOneQuery { file: file.name().to_owned(), source: Box::new(source) })?;
        let schema = plan.schema();
        let value = check_value(file.name(), &schema, &lineage)?;
        let labels = check_labels(file.name(), &schema, &lineage, value)?;
        if labels.len() > limits.labels {
            let file = file.name().to_owned();
            return Err(GaugeRefusal::TooManyLabels { file, found: labels.len(), limit: limits.labels });
        }
        Ok(Self { plan, value, labels })
    }
}

/// The physical plan of `sql`, and where each of its columns comes from. The lineage is taken before optimization, when
/// the plan still says what the author wrote; the types after it, when they are final.
async fn plan(sql: &str, context: &SessionContext) -> Result<(Arc<dyn ExecutionPlan>, Vec<Lineage>), DataFusionError> {
    let state = context.state();
    let logical = state.create_logical_plan(sql).await?;
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false).verify_plan(&logical)?;
    let lineage = lineage::of_plan(&logical);
    Ok((state.create_physical_plan(&logical).await?, lineage))
}

fn check_value(file: &str, schema: &Schema, lineage: &[Lineage]) -> Result<usize, GaugeRefusal> {
    let Some((value, field)) = schema.column_with_name(VALUE) else {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        return Err(GaugeRefusal::NoValue { file: file.to_owned(), found: names.join(", ") });
    };
    if !field.data_type().is_numeric() {
        return Err(GaugeRefusal::ValueType { file: file.to_owned(), found: field.data_type().to_string() });
    }
    match lineage.get(value) {
        Some(Lineage::Clean | Lineage::Counted(_)) => Ok(value),
        Some(Lineage::Personal(column)) => {
            Err(GaugeRefusal::PersonalValue { file: file.to_owned(), column: column.clone() })
        }
        None => Err(GaugeRefusal::PersonalValue { file: file.to_owned(), column: lineage::UNTRACED.to_owned() }),
    }
}

fn check_labels(
    file: &str,
    schema: &Schema,
    lineage: &[Lineage],
    value: usize,
) -> Result<Vec<(usize, String)>, GaugeRefusal> {
    let mut labels = Vec::with_capacity(schema.fields().len());
    for (i, field) in schema.fields().iter().enumerate().filter(|(i, _)| *i != value) {
        let (file, label) = (file.to_owned(), field.name().clone());
        let column = match lineage.get(i) {
            Some(Lineage::Clean) => lineage::personal_name(&label),
            Some(Lineage::Counted(column) | Lineage::Personal(column)) => Some(column.clone()),
            None => Some(lineage::UNTRACED.to_owned()),
        };
        if let Some(column) = column {
            return Err(GaugeRefusal::PersonalLabel { file, label, column });
        }
        if !is_lower_snake(&label) || FOREIGN_LABELS.contains(&label.as_str()) {
            return Err(GaugeRefusal::LabelName { file, label });
        }
        if !is_label_type(field.data_type()) {
            return Err(GaugeRefusal::LabelType { file, label, found: field.data_type().to_string() });
        }
        labels.push((i, label));
    }
    Ok(labels)
}

fn is_label_type(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => true,
        DataType::Dictionary(_, values) => is_label_type(values),
        other => other.is_integer(),
    }
}
