//! Rows of forecasts: one per planned touch of an HCP, in order. docs/FORECAST.md has the columns, too.

use super::layout::Shared;
use crate::forecast::{Asked, Forecast, PlannedTouch, forecast};
use crate::rows::{MetricBuilder, Value};
use crate::state::Shard;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use std::ops::Range;
use std::sync::Arc;
use touchpoint::metric::{MetricColumn, MetricType, metric_field};
use touchpoint::{Micros, Word};

const fn always(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type, nullable: false, meaning }
}

const fn text(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Text, nullable: true, meaning }
}

const fn number(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type, nullable: true, meaning }
}

/// Every column of a forecast, in order.
pub const COLUMNS: &[MetricColumn] = &[
    always("hcp_id", MetricType::Text, "Whom it would reach."),
    always("as_of", MetricType::Instant, "T."),
    always("audience", MetricType::Text, "Whose view."),
    always("occurred_at", MetricType::Instant, "When it is planned."),
    always("precision", MetricType::Text, "How exactly that is known."),
    always("kind", MetricType::Text, "Feed of the record."),
    always("source", MetricType::Text, "Source system of the record."),
    always("event_id", MetricType::Text, "Id of the record there."),
    text("status", "State of the record."),
    text("channel", "Channel."),
    text("origin", "Who sends an e-mail; NULL of other kinds."),
    text("business_function", "Function that acts."),
    text("purpose", "Why it acts."),
    text("owner_id", "Who acts; NULL when unknown."),
    text("product", "About which product; NULL when unknown."),
    text("theme", "Of which campaign; NULL when unknown."),
    text("plan_id", "Of which engagement plan; NULL without one."),
    text("plan_step", "Step of it; NULL without one."),
    text("request_id", "The request that it would answer; NULL for none."),
    text("basis", "Whether and why it will be solicited."),
    text("breaks", "What the check would deny it for; NULL for nothing."),
    text("binding_budget", "The budget of highest use with it; NULL when none bears on it."),
    number("budget_use", MetricType::Real, "used / cap there; NULL with binding_budget."),
    number("headroom", MetricType::Count, "cap - used there; NULL with binding_budget."),
    always("excess", MetricType::Count, "Its touches too many, over all budgets that it uses."),
    always("hcp_excess", MetricType::Count, "Those of its HCP."),
    text("act", "move or cancel on the one touch to move, else NULL."),
    number("move_to", MetricType::Instant, "When it fits; NULL but for move."),
    number("excess_left", MetricType::Count, "The HCP's excess without it; NULL but on the one touch to move."),
    always("policy_version", MetricType::Text, "By which policy."),
];

/// Which forecasts, and which of their columns.
#[derive(Debug, Clone)]
pub struct ForecastRows {
    horizon: Micros,
    columns: Vec<&'static MetricColumn>,
    schema: SchemaRef,
}

/// A planned touch in its forecast.
struct Row<'a> {
    hcp_id: &'a str,
    shared: &'a Shared,
    forecast: &'a Forecast,
    place: usize,
    touch: &'a PlannedTouch,
}

impl ForecastRows {
    /// Every column of forecasts so far ahead.
    pub fn new(horizon: Micros) -> Self {
        Self::of(horizon, COLUMNS.iter().collect())
    }

    fn of(horizon: Micros, columns: Vec<&'static MetricColumn>) -> Self {
        let schema = Arc::new(Schema::new(columns.iter().map(|column| metric_field(column)).collect::<Vec<_>>()));
        Self { horizon, columns, schema }
    }

    /// Only the columns of `projection`, in its order.
    pub fn project(&self, projection: Option<&Vec<usize>>) -> Self {
        let Some(kept) = projection else { return self.clone() };
        Self::of(self.horizon, kept.iter().filter_map(|i| self.columns.get(*i).copied()).collect())
    }

    /// The schema of a batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The forecasts of some HCPs of a shard.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn batch(&self, shard: &Shard, hcps: Range<u32>, shared: &Shared) -> Result<RecordBatch, ArrowError> {
        let mut builders: Vec<MetricBuilder> = self.columns.iter().copied().map(MetricBuilder::new).collect();
        let (asked, mut rows) = (Asked { audience: shared.audience, at: shared.as_of, horizon: self.horizon }, 0);
        for number in hcps {
            let Some(hcp) = shard.hcp(number) else { continue };
            let forecast = forecast(shard, number, asked);
            for (place, touch) in forecast.touches.iter().enumerate() {
                let row = Row { hcp_id: &hcp.id, shared, forecast: &forecast, place, touch };
                for (column, builder) in self.columns.iter().zip(&mut builders) {
                    builder.push_value(row.value(column.name));
                }
                rows += 1;
            }
        }
        let columns: Vec<ArrayRef> = builders.into_iter().map(MetricBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }
}

fn word<W: Word>(word: Option<W>) -> Value {
    word.map_or(Value::Null, |word| Value::Text(word.as_str().to_owned()))
}

fn maybe(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.clone()))
}

fn count(number: u64) -> Value {
    Value::Count(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Row<'_> {
    fn value(&self, column: &str) -> Value {
        let record = &self.touch.record;
        match column {
            "hcp_id" => Value::Text(self.hcp_id.to_owned()),
            "as_of" => Value::Instant(self.shared.as_of),
            "audience" => Value::Text(self.shared.audience.as_str().to_owned()),
            "occurred_at" => Value::Instant(record.occurred_at),
            "precision" => word(Some(record.precision)),
            "kind" => word(Some(record.kind)),
            "source" => Value::Text(self.touch.source.clone()),
            "event_id" => Value::Text(record.event_id.clone()),
            "status" => word(record.status),
            "channel" => word(record.channel),
            "origin" => word(record.origin),
            "business_function" => word(record.business_function),
            "purpose" => word(record.purpose),
            "owner_id" => maybe(record.owner_id.as_ref()),
            "product" => maybe(record.product.as_ref()),
            "theme" => maybe(record.theme.as_ref()),
            "plan_id" => maybe(record.plan_id.as_ref()),
            "plan_step" => maybe(record.plan_step.as_ref()),
            "request_id" => maybe(record.request_id.as_ref()),
            "basis" => word(record.basis),
            "policy_version" => Value::Text(self.shared.policy.version.clone()),
            _ => self.outcome(column),
        }
    }

    fn outcome(&self, column: &str) -> Value {
        let there = self.touch.binding.as_ref();
        let change = self.forecast.change.filter(|change| change.place == self.place);
        match column {
            "breaks" => self.breaks().map_or(Value::Null, Value::Text),
            "binding_budget" => there.map_or(Value::Null, |there| Value::Text(there.budget.clone())),
            "budget_use" => there.map_or(Value::Null, |there| Value::Real(there.budget_use)),
            "headroom" => there.map_or(Value::Null, |there| Value::Count(there.headroom())),
            "excess" => count(self.touch.excess),
            "hcp_excess" => count(self.forecast.excess),
            "act" => change.map_or(Value::Null, |change| Value::Text(change.act().to_owned())),
            "move_to" => change.and_then(|change| change.to).map_or(Value::Null, Value::Instant),
            "excess_left" => change.map_or(Value::Null, |change| count(change.excess_left)),
            _ => Value::Null,
        }
    }

    /// `budget_full:rep-email+quiet_hours`.
    fn breaks(&self) -> Option<String> {
        let told = self.touch.breaks.iter().map(|reason| match &reason.rule {
            Some(rule) => format!("{}:{rule}", reason.code.as_str()),
            None => reason.code.as_str().to_owned(),
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join("+"))
    }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, ForecastRows};

    #[test]
    fn a_projection_keeps_its_order_and_the_document_has_every_column() {
        let rows = ForecastRows::new(1).project(Some(&vec![26, 0]));
        let names: Vec<&str> = rows.schema().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["act", "hcp_id"]);
        let document = include_str!("../../../docs/FORECAST.md");
        for column in COLUMNS {
            assert!(document.contains(&format!("`{}`", column.name)), "{} is not in FORECAST.md", column.name);
        }
    }
}
