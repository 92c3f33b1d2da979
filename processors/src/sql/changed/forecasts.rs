//! Rows of `changed_forecast`: what the planned touches of an HCP come to, as far ahead as the policy's alerts look.
//!
//! A forecast is made of the present alone. What was planned at an earlier instant nobody knows any more, so looks at
//! earlier instants have no row.

use super::needs::ForecastsRead;
use crate::forecast::{Asked, Forecast, forecast, may_go_over};
use crate::rows::{MetricBuilder, Value};
use crate::state::Shard;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::{Arc, LazyLock};
use touchpoint::metric::{MetricColumn, MetricType, metric_field};
use touchpoint::{Audience, Micros, Word};

const fn column(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type, nullable: true, meaning }
}

const fn always(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { nullable: false, ..column(name, metric_type, meaning) }
}

const COLUMNS: &[MetricColumn] = &[
    always("hcp_id", MetricType::Text, "Whom it is about."),
    always("as_of", MetricType::Instant, "T."),
    always("planned", MetricType::Count, "Planned touches within the reach of alerts, at least 1."),
    always("excess", MetricType::Count, "Touches too many, over planned touches and budgets."),
    column("over_at", MetricType::Instant, "When the first budget goes over; NULL when none does."),
    column("binding_budget", MetricType::Text, "That budget, of several the one of highest use; NULL with over_at."),
    column("budget_use", MetricType::Real, "Its use then; NULL with over_at."),
    column("headroom", MetricType::Count, "Its cap - used then; NULL with over_at."),
    column("act", MetricType::Text, "move or cancel; NULL when there is no touch to move."),
    column("move_channel", MetricType::Text, "Channel of the one touch to move; NULL with act."),
    column("move_from", MetricType::Instant, "When that touch is planned; NULL with act."),
    column("move_to", MetricType::Instant, "When it fits; NULL but for act move."),
    column("excess_left", MetricType::Count, "The excess without it; NULL with act."),
];

/// Every column of `changed_forecast`.
pub fn forecast_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> =
        LazyLock::new(|| Arc::new(Schema::new(COLUMNS.iter().map(metric_field).collect::<Vec<Field>>())));
    SCHEMA.clone()
}

/// Rows of one instant and audience.
#[derive(Debug)]
pub(super) struct ForecastBuilder {
    read: ForecastsRead,
    builders: Vec<MetricBuilder>,
}

impl ForecastBuilder {
    pub(super) fn new(read: ForecastsRead) -> Self {
        Self { read, builders: COLUMNS.iter().map(MetricBuilder::new).collect() }
    }

    /// Adds the row of an HCP, if it has planned touches.
    pub(super) fn push(&mut self, shard: &Shard, number: u32, (audience, at): (Audience, Micros)) {
        let Some(hcp) = shard.hcp(number).filter(|_| at >= shard.now()) else { return };
        let asked = Asked { audience, at, horizon: shard.policy().alerts.forecast };
        if self.read == ForecastsRead::GoingOver && !may_go_over(shard, number, asked) {
            return;
        }
        let forecast = forecast(shard, number, asked);
        if forecast.touches.is_empty() {
            return;
        }
        for (column, builder) in COLUMNS.iter().zip(&mut self.builders) {
            builder.push_value(match column.name {
                "hcp_id" => Value::Text(hcp.id.to_string()),
                "as_of" => Value::Instant(at),
                name => value(name, &forecast),
            });
        }
    }

    pub(super) fn finish(self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = self.builders.into_iter().map(MetricBuilder::finish).collect();
        RecordBatch::try_new(forecast_schema(), columns)
    }
}

fn value(column: &str, forecast: &Forecast) -> Value {
    let count = |number: u64| Value::Count(i64::try_from(number).unwrap_or(i64::MAX));
    let moved = forecast.change.and_then(|change| Some((change, forecast.touches.get(change.place)?)));
    match (column, &forecast.over, moved) {
        ("planned", ..) => count(forecast.touches.len() as u64),
        ("excess", ..) => count(forecast.excess),
        ("over_at", Some(over), _) => Value::Instant(over.at),
        ("binding_budget", Some(over), _) => Value::Text(over.there.budget.clone()),
        ("budget_use", Some(over), _) => Value::Real(over.there.budget_use),
        ("headroom", Some(over), _) => Value::Count(over.there.headroom()),
        ("act", _, Some((change, _))) => Value::Text(change.act().to_owned()),
        ("move_channel", _, Some((_, touch))) => {
            touch.record.channel.map_or(Value::Null, |channel| Value::Text(channel.as_str().to_owned()))
        }
        ("move_from", _, Some((_, touch))) => Value::Instant(touch.record.occurred_at),
        ("move_to", _, Some((change, _))) => change.to.map_or(Value::Null, Value::Instant),
        ("excess_left", _, Some((change, _))) => count(change.excess_left),
        _ => Value::Null,
    }
}
