//! What a table gives of each HCP: metric rows by window, the rows of its forecast, or the shares of its budgets.

use super::forecast_rows::ForecastRows;
use super::layout::{Layout, RowBuilder, Shared};
use super::share_rows::ShareRows;
use crate::kernel::Scratch;
use crate::state::Shard;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use std::fmt;
use std::ops::Range;

/// See the module.
#[derive(Debug, Clone)]
pub enum Output {
    /// A row per window of the layout.
    Metrics(Layout),
    /// A row per planned touch.
    Forecasts(ForecastRows),
    /// A row per budget and owner or product.
    Shares(ShareRows),
}

impl From<Layout> for Output {
    fn from(layout: Layout) -> Self {
        Self::Metrics(layout)
    }
}

impl From<ForecastRows> for Output {
    fn from(rows: ForecastRows) -> Self {
        Self::Forecasts(rows)
    }
}

impl From<ShareRows> for Output {
    fn from(rows: ShareRows) -> Self {
        Self::Shares(rows)
    }
}

impl Output {
    /// The schema of a batch.
    pub fn schema(&self) -> &SchemaRef {
        match self {
            Self::Metrics(layout) => layout.schema(),
            Self::Forecasts(rows) => rows.schema(),
            Self::Shares(rows) => rows.schema(),
        }
    }

    /// Only the columns of `projection`, in its order.
    pub fn project(&self, projection: Option<&Vec<usize>>) -> Self {
        match self {
            Self::Metrics(layout) => Self::Metrics(layout.project(projection)),
            Self::Forecasts(rows) => Self::Forecasts(rows.project(projection)),
            Self::Shares(rows) => Self::Shares(rows.project(projection)),
        }
    }

    /// The rows of some HCPs of a shard; those without any leave none.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn batch(
        &self,
        shard: &Shard,
        hcps: Range<u32>,
        shared: &Shared,
        scratch: &mut Scratch,
    ) -> Result<RecordBatch, ArrowError> {
        let layout = match self {
            Self::Metrics(layout) => layout,
            Self::Forecasts(rows) => return rows.batch(shard, hcps, shared),
            Self::Shares(rows) => return rows.batch(shard, hcps, shared),
        };
        let mut rows = RowBuilder::new(layout, shared);
        for number in hcps {
            let evaluation = shard.evaluate_at(number, shared.audience, shared.as_of, scratch);
            if let (Some(evaluation), Some(hcp)) = (evaluation, shard.hcp(number)) {
                rows.push_evaluation(&hcp.id, &evaluation);
            }
        }
        rows.finish()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metrics(layout) => {
                let windows: Vec<&str> = layout.windows().iter().map(|w| w.as_str()).collect();
                write!(f, "windows=[{}]", windows.join(", "))
            }
            Self::Forecasts(_) => f.write_str("forecast"),
            Self::Shares(_) => f.write_str("budget shares"),
        }
    }
}
