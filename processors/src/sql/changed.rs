//! `changed`, `changed_windows`, `changed_touches` and `changed_forecast`: the HCPs that a turn looks at, as tables for
//! alert rules.
//!
//! A row is an HCP at an instant (`as_of`): at T, and where records came late or an alert began, at earlier instants too,
//! with today's knowledge of them. So one HCP may have several rows, told apart by `as_of`.
//!
//! | table | a row is | columns |
//! |---|---|---|
//! | `changed` | HCP × instant | those of `hcp_now` |
//! | `changed_windows` | HCP × instant × window | those of `hcp_now_windows` |
//! | `changed_touches` | HCP × instant × touch of the 28 days before it | [`touch_schema`] |
//! | `changed_forecast` | HCP with planned touches, at T alone | [`forecast_schema`] |
//!
//! Plans are made once and run over whatever the tables hold then ([`ChangedTables::fill`]); only the columns and rows that
//! some plan reads ([`Needs`]) are built. As of T the cached headline values are taken, and only the windows that a plan
//! names are evaluated: of a stream nearly every look is such a one.

use super::layout::{Layout, RowBuilder, Shared};
use crate::kernel::{LENGTHS, Scratch, Windows};
use crate::shards::Shards;
use crate::state::Shard;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use std::collections::BTreeSet;
use touchpoint::{Audience, Micros, WindowLength};

mod forecasts;
mod needs;
mod table;
#[cfg(test)]
mod tests;
mod touches;

pub use forecasts::forecast_schema;
pub use needs::{Needs, Passing};
pub use table::ChangedTables;
pub use touches::touch_schema;

use forecasts::ForecastBuilder;
use touches::TouchBuilder;

/// Which of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedTable {
    /// `changed`.
    Now,
    /// `changed_windows`.
    Windows,
    /// `changed_touches`.
    Touches,
    /// `changed_forecast`.
    Forecast,
}

impl ChangedTable {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Now, Self::Windows, Self::Touches, Self::Forecast];

    /// The name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Now => "changed",
            Self::Windows => "changed_windows",
            Self::Touches => "changed_touches",
            Self::Forecast => "changed_forecast",
        }
    }

    /// Every column it can have.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Now => Layout::now().schema().clone(),
            Self::Windows => Layout::now_windows().schema().clone(),
            Self::Touches => touch_schema(),
            Self::Forecast => forecast_schema(),
        }
    }
}

/// An HCP, and the instant at which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookAt {
    /// T, or an earlier instant.
    pub at: Micros,
    /// Number of the shard.
    pub shard: i32,
    /// Number of the HCP in it.
    pub hcp: u32,
}

/// The rows of the tables.
#[derive(Debug, Clone, Default)]
pub struct ChangedRows {
    now: Vec<RecordBatch>,
    windows: Vec<RecordBatch>,
    touches: Vec<RecordBatch>,
    forecast: Vec<RecordBatch>,
}

impl ChangedRows {
    fn of(&self, table: ChangedTable) -> &[RecordBatch] {
        match table {
            ChangedTable::Now => &self.now,
            ChangedTable::Windows => &self.windows,
            ChangedTable::Touches => &self.touches,
            ChangedTable::Forecast => &self.forecast,
        }
    }

    /// Whether a table has no row.
    pub fn is_empty(&self, table: ChangedTable) -> bool {
        self.of(table).iter().all(|batch| batch.num_rows() == 0)
    }

    /// What `looks` see, as `audience` sees it. HCPs without a row at an instant have none.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn build(shards: &Shards, audience: Audience, looks: &mut [LookAt], needs: &Needs) -> Result<Self, ArrowError> {
        looks.sort_unstable();
        let layout = |columns: Option<&BTreeSet<usize>>, full: Layout| {
            columns.map(|columns| full.project(Some(&columns.iter().copied().collect())))
        };
        let read = needs.windows.as_ref();
        let now = layout(needs.now.as_ref(), Layout::now());
        let windows = layout(read.map(|read| &read.columns), Layout::now_windows());
        let windows = windows.zip(read).map(|(all, read)| all.of_windows(read.windows.iter().copied().collect()));
        let as_of = looks.last().map_or(0, |look| look.at);
        let shared = Shared { as_of, audience, policy: shards.policy().clone(), reference: shards.reference().clone() };
        let mut builders = Builders {
            now: now.as_ref().map(|layout| RowBuilder::new(layout, &shared)),
            windows: windows.as_ref().map(|layout| (layout.windows(), RowBuilder::new(layout, &shared))),
            touches: needs.touches.map(TouchBuilder::new),
            forecasts: needs.forecasts.map(ForecastBuilder::new),
        };
        let mut scratch = Scratch::default();
        looks.iter().for_each(|look| builders.add(shards, audience, *look, &mut scratch));
        builders.finish()
    }
}

/// Rows of the tables that some plan reads. One builder of each table for all instants: looks at earlier ones are
/// thousands, each at an instant of its own.
struct Builders<'a> {
    now: Option<RowBuilder<'a>>,
    windows: Option<(&'a [WindowLength], RowBuilder<'a>)>,
    touches: Option<TouchBuilder>,
    forecasts: Option<ForecastBuilder>,
}

impl Builders<'_> {
    fn add(&mut self, shards: &Shards, audience: Audience, look: LookAt, scratch: &mut Scratch) {
        let Some(shard) = shards.get(look.shard) else { return };
        let Some(hcp) = shard.hcp(look.hcp) else { return };
        if self.now.is_some() || self.windows.is_some() {
            if shard.is_cached_at(look.hcp, look.at) {
                self.add_present(shard, &hcp.id, (audience, look), scratch);
            } else {
                self.add_past(shard, &hcp.id, (audience, look), scratch);
            }
        }
        if let Some(touches) = &mut self.touches {
            let span = (look.at, WindowLength::HEADLINE.micros());
            shard.each_touch(look.hcp, audience, span, |witness| touches.push(&hcp.id, look.at, witness));
        }
        if let Some(forecasts) = &mut self.forecasts {
            forecasts.push(shard, look.hcp, (audience, look.at));
        }
    }

    fn add_present(&mut self, shard: &Shard, id: &str, (audience, look): (Audience, LookAt), scratch: &mut Scratch) {
        let Some(headline) = shard.cached_headline(look.hcp, audience) else { return };
        let overall = headline.overall(look.at, shard.policy().half_life);
        if let Some(now) = &mut self.now {
            now.set_as_of(look.at);
            now.push(id, WindowLength::HEADLINE, &headline.values, overall);
        }
        if let Some((windows, rows)) = &mut self.windows {
            let mut lengths = LENGTHS;
            lengths.iter_mut().zip(windows.iter()).for_each(|(length, window)| *length = window.micros());
            let lengths = lengths.get(..windows.len()).unwrap_or_default();
            let mut values = Windows::default();
            if shard.fill_windows_at(look.hcp, (audience, look.at), (lengths, &mut values), scratch).is_some() {
                rows.set_as_of(look.at);
                windows.iter().zip(&values).for_each(|(window, values)| rows.push(id, *window, values, overall));
            }
        }
    }

    fn add_past(&mut self, shard: &Shard, id: &str, (audience, look): (Audience, LookAt), scratch: &mut Scratch) {
        let Some(evaluation) = shard.evaluate_at(look.hcp, audience, look.at, scratch) else { return };
        for rows in self.now.iter_mut().chain(self.windows.iter_mut().map(|(_, rows)| rows)) {
            rows.set_as_of(look.at);
            rows.push_evaluation(id, &evaluation);
        }
    }

    fn finish(self) -> Result<ChangedRows, ArrowError> {
        let batches = |batch: Option<RecordBatch>| batch.into_iter().collect();
        Ok(ChangedRows {
            now: batches(self.now.map(RowBuilder::finish).transpose()?),
            windows: batches(self.windows.map(|(_, rows)| rows.finish()).transpose()?),
            touches: batches(self.touches.map(TouchBuilder::finish).transpose()?),
            forecast: batches(self.forecasts.map(ForecastBuilder::finish).transpose()?),
        })
    }
}
