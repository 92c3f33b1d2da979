//! Which day rows an import writes.
//!
//! The final day is the first midnight at or after the last record that is not ahead of the import, but no later than the
//! last midnight before the import began. Rows that an earlier import or a pipeline wrote are revised where the imported
//! records change them.

use crate::cli::{ImportArgs, ImportDays};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use datafusion::prelude::SessionContext;
use processors::rows::constant_instant;
use processors::state::days::{ClosedDays, REVISED_DAYS};
use processors::state::parts::Parts;
use store::{Store, Table};
use touchpoint::Micros;
use touchpoint::record::RecordColumns;
use touchpoint::time::{DAY, midnight};

pub(super) struct ImportedDays {
    closed: Option<ClosedDays>,
    first: Option<Micros>,
    last: Option<Micros>,
    started_at: Micros,
    /// Greatest revisions above 0: HCP, midnight, revision.
    revisions: Vec<(String, Micros, i64)>,
}

impl ImportedDays {
    /// What the table holds.
    pub(super) async fn read(store: &Store, started_at: Micros) -> anyhow::Result<Self> {
        let context = SessionContext::new();
        context.register_table("hcp_metrics", store.provider(Table::HcpMetrics).await?)?;
        let batches = context.sql("SELECT min(as_of), max(as_of) FROM hcp_metrics").await?.collect().await?;
        let day = |batch: &RecordBatch, column: usize| {
            let instants = batch.column(column).as_primitive_opt::<TimestampMicrosecondType>()?;
            (instants.len() == 1 && instants.is_valid(0)).then(|| instants.value(0))
        };
        let closed = batches.first().and_then(|b| Some(ClosedDays { first: day(b, 0)?, last: day(b, 1)? }));
        let revisions = match closed {
            Some(closed) => revisions(&context, closed.last - REVISED_DAYS * DAY).await?,
            None => Vec::new(),
        };
        Ok(Self { closed, first: None, last: None, started_at, revisions })
    }

    /// The state is as the table knows it; what comes now may revise its rows.
    pub(super) fn start(&self, parts: &mut Parts) {
        if self.closed.is_some() {
            parts.start_days(self.closed, self.started_at);
        }
        for (hcp_id, as_of, revision) in &self.revisions {
            parts.restore_revision(hcp_id, *as_of, *revision);
        }
    }

    /// Notes the span of the records that are not ahead of the import.
    pub(super) fn saw(&mut self, records: &RecordBatch) -> anyhow::Result<()> {
        let occurred = RecordColumns::try_new(records)?.occurred_at;
        for at in occurred.iter().flatten().filter(|at| *at <= self.started_at) {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = self.last.max(Some(at));
        }
        Ok(())
    }

    /// The rows to write, computed at `now`: revisions, and the `further` days that an import asks for.
    pub(super) fn rows(
        &self,
        parts: &mut Parts,
        further: Option<&ImportArgs>,
        now: Micros,
    ) -> anyhow::Result<Vec<RecordBatch>> {
        let computed = self.close(parts, further)?;
        Ok(computed.into_iter().map(|rows| computed_at(rows, now)).collect::<Result<_, _>>()?)
    }

    fn close(&self, parts: &mut Parts, further: Option<&ImportArgs>) -> anyhow::Result<Vec<RecordBatch>> {
        let mut rows = Vec::new();
        if let Some(closed) = self.closed {
            rows.extend(parts.close_days(closed.last)?);
        }
        let (Some(args), Some(first), Some(last)) = (further, self.first, self.last) else { return Ok(rows) };
        let ceiling = |at: Micros| midnight(at - 1) + DAY;
        let last_day = args.as_of.map_or_else(|| ceiling(last).min(midnight(self.started_at)), midnight);
        let from = match args.days() {
            ImportDays::Daily => ceiling(first).min(last_day),
            ImportDays::Final => last_day,
        };
        let from = self.closed.map_or(from, |closed| from.max(closed.last + DAY));
        if from <= last_day {
            parts.start_days(Some(ClosedDays { first: from, last: from - DAY }), self.started_at);
            rows.extend(parts.close_days(last_day)?);
        }
        Ok(rows)
    }
}

/// A shard closes days at their midnight; the rows say when that was done.
fn computed_at(rows: RecordBatch, now: Micros) -> Result<RecordBatch, ArrowError> {
    let schema = rows.schema();
    let place = schema.index_of("computed_at")?;
    let mut columns = rows.columns().to_vec();
    if let Some(column) = columns.get_mut(place) {
        *column = constant_instant(now, rows.num_rows());
    }
    RecordBatch::try_new(schema, columns)
}

/// The rows after `horizon` that were revised before.
async fn revisions(context: &SessionContext, horizon: Micros) -> anyhow::Result<Vec<(String, Micros, i64)>> {
    let sql = format!(
        "SELECT arrow_cast(hcp_id, 'Utf8'), as_of, max(revision) FROM hcp_metrics \
         WHERE revision > 0 AND as_of > to_timestamp_micros({horizon}) GROUP BY 1, 2"
    );
    let mut found = Vec::new();
    for batch in context.sql(&sql).await?.collect().await? {
        let ids = batch.column(0).as_string::<i32>();
        let days = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        let revisions = batch.column(2).as_primitive::<Int64Type>();
        found.extend(
            (0..batch.num_rows()).map(|row| (ids.value(row).to_owned(), days.value(row), revisions.value(row))),
        );
    }
    Ok(found)
}
