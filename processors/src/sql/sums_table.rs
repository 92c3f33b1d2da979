//! `touches_now` and `requests_now`: counts over the live state, summed before SQL sees them.
//!
//! `touches_now(window, territory, channel, business_function, touches, unsolicited)` and
//! `requests_now(territory, state, requests)` (headline window). Requests are medical: the table is empty while fewer than
//! [`MIN_HCPS`] HCPs stand behind it, so that a count cannot point at one of them. A gauge reads a few
//! hundred rows instead of every touch.

use super::built_table::{BuildRows, BuiltTable, Wanted};
use crate::shards::{Shards, SharedShards};
use crate::state::sums::{TouchSum, TouchSums};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use touchpoint::{Audience, Word};

/// Below this many HCPs with a request nothing is told of requests.
pub const MIN_HCPS: usize = 10;

/// HCPs counted under the lock at a time: half a millisecond, since the pipeline waits meanwhile, and behind it whoever asks.
const SLICE: usize = 64;

fn schema_of(texts: &[&str], counts: &[&str]) -> SchemaRef {
    let text = texts.iter().map(|name| Field::new(*name, DataType::Utf8, false));
    let count = counts.iter().map(|name| Field::new(*name, DataType::Int64, false));
    Arc::new(Schema::new(text.chain(count).collect::<Vec<_>>()))
}

/// Calls `count` for every slice of HCPs of every shard, letting the writer in between.
fn for_slices(shards: &SharedShards, mut count: impl FnMut(&crate::Shard, std::ops::Range<u32>)) {
    let read = || shards.read().unwrap_or_else(PoisonError::into_inner);
    let of = |(number, shard): (i32, &crate::Shard)| (number, shard.hcp_count() as u32);
    let sizes: Vec<(i32, u32)> = Shards::iter(&read()).map(of).collect();
    for (number, hcps) in sizes {
        for from in (0..hcps).step_by(SLICE) {
            if let Some(shard) = read().get(number) {
                count(shard, from..from.saturating_add(SLICE as u32).min(hcps));
            }
        }
    }
}

/// What a table counts.
#[derive(Debug, Clone, Copy)]
enum Counted {
    Touches(Audience),
    Requests,
}

/// `touches_now` or `requests_now`.
#[derive(Debug, Clone)]
pub struct SumsTable {
    shards: SharedShards,
    counted: Counted,
    schema: SchemaRef,
}

impl SumsTable {
    /// `touches_now` over the live state, as `audience` sees it.
    pub fn touches(shards: SharedShards, audience: Audience) -> BuiltTable<Self> {
        let texts = ["window", "territory", "channel", "business_function"];
        let schema = schema_of(&texts, &["touches", "unsolicited"]);
        BuiltTable(Self { shards, counted: Counted::Touches(audience), schema })
    }

    /// `requests_now` over the live state.
    pub fn requests(shards: SharedShards) -> BuiltTable<Self> {
        let schema = schema_of(&["territory", "state"], &["requests"]);
        BuiltTable(Self { shards, counted: Counted::Requests, schema })
    }

    fn touch_columns(&self, audience: Audience) -> Vec<ArrayRef> {
        let mut sums = TouchSums::default();
        for_slices(&self.shards, |shard, hcps| shard.add_touches(hcps, audience, &mut sums));
        let sums: Vec<TouchSum<'_>> = sums.iter().collect();
        vec![
            Arc::new(StringArray::from_iter_values(sums.iter().map(|sum| sum.window.as_str()))),
            Arc::new(StringArray::from_iter_values(sums.iter().map(|sum| sum.territory))),
            Arc::new(StringArray::from_iter_values(sums.iter().map(|sum| sum.channel.as_str()))),
            Arc::new(StringArray::from_iter_values(sums.iter().map(|sum| sum.function.as_str()))),
            Arc::new(Int64Array::from_iter_values(sums.iter().map(|sum| sum.count.touches))),
            Arc::new(Int64Array::from_iter_values(sums.iter().map(|sum| sum.count.unsolicited))),
        ]
    }

    fn request_columns(&self) -> Vec<ArrayRef> {
        let mut sums = BTreeMap::new();
        let mut asking = 0;
        for_slices(&self.shards, |shard, hcps| asking += shard.add_requests(hcps, &mut sums));
        if asking < MIN_HCPS {
            sums.clear();
        }
        vec![
            Arc::new(StringArray::from_iter_values(sums.keys().map(|(territory, _)| territory))),
            Arc::new(StringArray::from_iter_values(sums.keys().map(|(_, state)| state.as_str()))),
            Arc::new(Int64Array::from_iter_values(sums.values().copied())),
        ]
    }
}

impl BuildRows for SumsTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn batches(self, _: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        std::iter::once_with(move || {
            let columns = match self.counted {
                Counted::Touches(audience) => self.touch_columns(audience),
                Counted::Requests => self.request_columns(),
            };
            Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
        })
    }
}
