//! Rows of shares: one per HCP, budget and owner or product. docs/POLICY.md has the columns, too.

use super::layout::Shared;
use crate::profile::shares::{Share, shares};
use crate::rows::{MetricBuilder, Value};
use crate::state::Shard;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use std::ops::Range;
use std::sync::Arc;
use touchpoint::Word;
use touchpoint::metric::{MetricColumn, MetricType, metric_field};
use touchpoint::time::DAY;

const fn always(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type, nullable: false, meaning }
}

const fn maybe(name: &'static str, metric_type: MetricType, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type, nullable: true, meaning }
}

/// Every column of a share, in order.
pub const COLUMNS: &[MetricColumn] = &[
    always("hcp_id", MetricType::Text, "Whom the touches reached."),
    always("as_of", MetricType::Instant, "T."),
    always("audience", MetricType::Text, "Whose view."),
    always("budget", MetricType::Text, "The budget that counts them."),
    always("per", MetricType::Text, "Which touches share its cap: hcp, owner or product."),
    maybe("owner_id", MetricType::Text, "Who made them; NULL unless per owner, and when unknown."),
    maybe("product", MetricType::Text, "About which product; NULL unless per product, and when unknown."),
    always("used", MetricType::Count, "How many lie in the window of the budget, at least 1."),
    maybe("cap", MetricType::Count, "Most that may; NULL for no limit."),
    always("window_days", MetricType::Real, "Length of the trailing window in days."),
    always("policy_version", MetricType::Text, "By which policy."),
];

/// Which columns of shares.
#[derive(Debug, Clone)]
pub struct ShareRows {
    columns: Vec<&'static MetricColumn>,
    schema: SchemaRef,
}

impl Default for ShareRows {
    fn default() -> Self {
        Self::of(COLUMNS.iter().collect())
    }
}

impl ShareRows {
    fn of(columns: Vec<&'static MetricColumn>) -> Self {
        let schema = Arc::new(Schema::new(columns.iter().map(|column| metric_field(column)).collect::<Vec<_>>()));
        Self { columns, schema }
    }

    /// Only the columns of `projection`, in its order.
    pub fn project(&self, projection: Option<&Vec<usize>>) -> Self {
        let Some(kept) = projection else { return self.clone() };
        Self::of(kept.iter().filter_map(|i| self.columns.get(*i).copied()).collect())
    }

    /// The schema of a batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The shares of some HCPs of a shard.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn batch(&self, shard: &Shard, hcps: Range<u32>, shared: &Shared) -> Result<RecordBatch, ArrowError> {
        let mut builders: Vec<MetricBuilder> = self.columns.iter().copied().map(MetricBuilder::new).collect();
        let mut rows = 0;
        for number in hcps {
            let Some(hcp) = shard.hcp(number) else { continue };
            for share in shares(shard, number, shared.audience, shared.as_of) {
                for (column, builder) in self.columns.iter().zip(&mut builders) {
                    builder.push_value(value(column.name, (&hcp.id, &share), shared));
                }
                rows += 1;
            }
        }
        let columns: Vec<ArrayRef> = builders.into_iter().map(MetricBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }
}

fn value(column: &str, (hcp_id, share): (&str, &Share<'_>), shared: &Shared) -> Value {
    let maybe = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    match column {
        "hcp_id" => Value::Text(hcp_id.to_owned()),
        "as_of" => Value::Instant(shared.as_of),
        "audience" => Value::Text(shared.audience.as_str().to_owned()),
        "budget" => Value::Text(share.budget.name.clone()),
        "per" => Value::Text(share.budget.per.as_str().to_owned()),
        "owner_id" => maybe(share.owner_id),
        "product" => maybe(share.product),
        "used" => Value::Count(share.used.into()),
        "cap" => share.budget.cap.map_or(Value::Null, |cap| Value::Count(cap.into())),
        "window_days" => Value::Real(share.budget.window as f64 / DAY as f64),
        "policy_version" => Value::Text(shared.policy.version.clone()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;

    #[test]
    fn the_document_has_every_column() {
        let document = include_str!("../../../docs/POLICY.md");
        for column in COLUMNS {
            assert!(document.contains(&format!("`{}`", column.name)), "{} is not in POLICY.md", column.name);
        }
    }
}
