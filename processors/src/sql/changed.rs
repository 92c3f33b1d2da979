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
//! Plans are made once and run over whatever the tables hold then ([`ChangedTables::fill`]); only the columns that some
//! plan reads ([`Needs`]) are built.

use super::layout::{Layout, RowBuilder, Shared};
use crate::kernel::Scratch;
use crate::kernel::evidence::Witness;
use crate::shards::Shards;
use arrow::array::{ArrayRef, BooleanBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use touchpoint::policy::Basis;
use touchpoint::record::instant_type;
use touchpoint::{Audience, Micros, WindowLength, Word};

mod forecasts;
mod table;

pub use forecasts::forecast_schema;
pub use table::ChangedTables;

use forecasts::ForecastBuilder;

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

/// Columns of `changed_touches`: whose, as of when, when it happened, what it was, why it is solicited (NULL: it is not),
/// whether its record carries the id of a request, and the product (NULL when unknown).
pub fn touch_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
        Arc::new(Schema::new(vec![
            text("hcp_id", false),
            Field::new("as_of", instant_type(), false),
            Field::new("occurred_at", instant_type(), false),
            text("kind", false),
            text("channel", false),
            text("business_function", false),
            text("purpose", false),
            text("solicited_basis", true),
            Field::new("carries_request", DataType::Boolean, false),
            text("product", true),
        ]))
    });
    SCHEMA.clone()
}

/// The columns that plans read; a table that none reads is not built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    now: Option<BTreeSet<usize>>,
    windows: Option<BTreeSet<usize>>,
    touches: bool,
    forecast: bool,
}

impl Needs {
    /// `table` is read: these columns of it, or all.
    pub fn add(&mut self, table: ChangedTable, columns: Option<&[usize]>) {
        let columns = columns.map_or_else(|| (0..table.schema().fields().len()).collect(), <[usize]>::to_vec);
        match table {
            ChangedTable::Now => self.now.get_or_insert_default().extend(columns),
            ChangedTable::Windows => self.windows.get_or_insert_default().extend(columns),
            ChangedTable::Touches => self.touches = true,
            ChangedTable::Forecast => self.forecast = true,
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

    /// What `looks` see, as `audience` sees it. HCPs without a row at an instant have none.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn build(shards: &Shards, audience: Audience, looks: &mut [LookAt], needs: &Needs) -> Result<Self, ArrowError> {
        looks.sort_unstable();
        let layout = |columns: &Option<BTreeSet<usize>>, full: Layout| {
            columns.as_ref().map(|columns| full.project(Some(&columns.iter().copied().collect())))
        };
        let (now, windows) = (layout(&needs.now, Layout::now()), layout(&needs.windows, Layout::now_windows()));
        let as_of = looks.last().map_or(0, |look| look.at);
        let shared = Shared { as_of, audience, policy: shards.policy().clone(), reference: shards.reference().clone() };
        let mut builders = Builders {
            now: now.as_ref().map(|layout| RowBuilder::new(layout, &shared)),
            windows: windows.as_ref().map(|layout| RowBuilder::new(layout, &shared)),
            touches: needs.touches.then(TouchBuilder::default),
            forecasts: needs.forecast.then(ForecastBuilder::default),
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
    windows: Option<RowBuilder<'a>>,
    touches: Option<TouchBuilder>,
    forecasts: Option<ForecastBuilder>,
}

impl Builders<'_> {
    fn add(&mut self, shards: &Shards, audience: Audience, look: LookAt, scratch: &mut Scratch) {
        let Some(shard) = shards.get(look.shard) else { return };
        let Some(hcp) = shard.hcp(look.hcp) else { return };
        if self.now.is_some() || self.windows.is_some() {
            let evaluation = shard.evaluate_at(look.hcp, audience, look.at, scratch);
            for builder in self.now.iter_mut().chain(&mut self.windows) {
                builder.set_as_of(look.at);
                if let Some(evaluation) = &evaluation {
                    builder.push_evaluation(&hcp.id, evaluation);
                }
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

    fn finish(self) -> Result<ChangedRows, ArrowError> {
        let batches = |batch: Option<RecordBatch>| batch.into_iter().collect();
        Ok(ChangedRows {
            now: batches(self.now.map(RowBuilder::finish).transpose()?),
            windows: batches(self.windows.map(RowBuilder::finish).transpose()?),
            touches: batches(self.touches.map(TouchBuilder::finish).transpose()?),
            forecast: batches(self.forecasts.map(ForecastBuilder::finish).transpose()?),
        })
    }
}

/// Rows of `changed_touches`.
#[derive(Debug, Default)]
struct TouchBuilder {
    hcp_id: StringBuilder,
    as_of: TimestampMicrosecondBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    words: [StringBuilder; 4],
    basis: StringBuilder,
    carries_request: BooleanBuilder,
    product: StringBuilder,
}

impl TouchBuilder {
    fn push(&mut self, hcp_id: &str, as_of: Micros, witness: &Witness<'_>) {
        let facts = &witness.facts;
        self.hcp_id.append_value(hcp_id);
        self.as_of.append_value(as_of);
        self.occurred_at.append_value(witness.occurred_at);
        let words = [facts.kind.as_str(), facts.channel.as_str(), facts.function.as_str(), facts.purpose.as_str()];
        self.words.iter_mut().zip(words).for_each(|(builder, word)| builder.append_value(word));
        self.basis.append_option((facts.basis != Basis::Unsolicited).then(|| facts.basis.as_str()));
        self.carries_request.append_value(witness.carries_request);
        self.product.append_option(facts.product);
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.hcp_id.finish()),
            Arc::new(self.as_of.finish().with_timezone("UTC")),
            Arc::new(self.occurred_at.finish().with_timezone("UTC")),
        ];
        columns.extend(self.words.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        columns.push(Arc::new(self.basis.finish()));
        columns.push(Arc::new(self.carries_request.finish()));
        columns.push(Arc::new(self.product.finish()));
        RecordBatch::try_new(touch_schema(), columns)
    }
}
