//! Forecasts over the live state, a slice of HCPs under the lock at a time.

use super::arguments::When;
use super::built_table::{BuildRows, BuiltTable, Wanted};
use super::forecast_rows::ForecastRows;
use super::live_rows::{read, shared, slices};
use crate::shards::SharedShards;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use touchpoint::Audience;

/// HCPs per batch: as many are looked at under the lock.
const SLICE: u32 = 128;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct LiveForecasts {
    shards: SharedShards,
    when: When,
    audience: Audience,
    rows: ForecastRows,
}

impl LiveForecasts {
    pub(super) fn table(shards: SharedShards, when: When, audience: Audience, rows: ForecastRows) -> BuiltTable<Self> {
        BuiltTable(Self { shards, when, audience, rows })
    }
}

impl BuildRows for LiveForecasts {
    fn schema(&self) -> SchemaRef {
        self.rows.schema().clone()
    }

    fn batches(self, wanted: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        let rows = self.rows.project(wanted.kept.as_ref());
        slices(&self.shards, SLICE).into_iter().map(move |slice| {
            let as_of = if let When::Instant(at) = self.when { at } else { slice.now };
            read(&self.shards, |shards| {
                // Rows name the policy that they were judged by, whatever was in force when the query began.
                let shared = shared(shards, as_of, self.audience);
                match shards.get(slice.shard) {
                    Some(shard) => Ok(rows.batch(shard, slice.hcps, &shared)?),
                    // A shard that was given back meanwhile has no rows any more.
                    None => Ok(RecordBatch::new_empty(rows.schema().clone())),
                }
            })
        })
    }
}
