//! The day rows of `hcp_metrics`: what held at each 00:00 UTC, and its revisions.
//!
//! When time passes midnight, one row per HCP whose headline columns other than load differ from its row before. A record
//! that arrives later changes the days from its event time on: the HCP's list is copied before its first such change,
//! and when the cycle closes both lists are evaluated at each affected midnight, at most 35 days back. A row is written
//! again (revision + 1) where the value changed, and where the change ended, so that "the last row at or before a day, of
//! the greatest revision" is always that day's value; an HCP that has no row any more gets one of counts 0 and rates NULL. Days before the first closed one have no rows: they are answered
//! by `hcp_metrics_at`.
//!
//! Audience full, like everything in `hcp_metrics`.

use super::list::List;
use super::live::Headline;
use super::shard::Shard;
use super::waiting::Waits;
use crate::kernel::{self, Instant, Overall, Scratch, Standing, WindowValues};
use crate::rows::{MetricBuilder, Values, constant_instant};
use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use std::sync::Arc;
use touchpoint::metric::{METRICS, hcp_metrics_schema};
use touchpoint::time::{DAY, Micros, midnight};
use touchpoint::{Audience, WindowLength};

/// How many midnights back a late record still revises.
pub const REVISED_DAYS: i64 = 35;

/// Which days a shard has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedDays {
    /// First midnight with rows.
    pub first: Micros,
    /// Last midnight with rows; `first − 1 d` when none is closed yet.
    pub last: Micros,
}

/// Bookkeeping between two closes.
#[derive(Debug, Default)]
pub struct Days {
    closed: Option<ClosedDays>,
    touched: HashMap<u32, Before>,
    revisions: HashMap<(u32, Micros), i64>,
    /// Whether the next day is closed for every HCP: another policy moves values without any record.
    everyone: bool,
    /// HCPs that have a row at the next midnight since other reference data moved their values, and whether each had a row
    /// then: what they come to on the day before is not what was written.
    expected: HashMap<u32, Row>,
}

/// Whether an HCP has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Present,
    Absent,
}

#[derive(Debug)]
struct Before {
    list: List,
    from: Micros,
}

/// A row to be written.
struct DayRow {
    hcp: u32,
    as_of: Micros,
    revision: i64,
    values: WindowValues,
    overall: Overall,
}

/// The row of an HCP that has none any more.
fn gone() -> (WindowValues, Overall) {
    (WindowValues::default(), Overall { load: 0.0, standing: Standing::default() })
}

/// What a day row is compared by: everything but the load, which changes by itself.
fn compared((values, overall): (WindowValues, Overall)) -> (WindowValues, Standing) {
    (values, overall.standing)
}

impl Days {
    /// The next day gets a row of every HCP.
    pub(super) fn expect_everyone(&mut self) {
        self.everyone = true;
    }

    /// The next day gets a row of this HCP, or one that takes back `before`, its headline up to now.
    pub(super) fn expect(&mut self, number: u32, before: Option<&Headline>) {
        let row = if before.is_some() { Row::Present } else { Row::Absent };
        if self.closed.is_some() {
            self.expected.entry(number).or_insert(row);
        }
    }

    fn revises(&self, from: Micros) -> bool {
        self.closed.is_some_and(|c| c.last >= c.first && from <= c.last)
    }
}

impl Shard {
    /// Starts day rows: nothing was ever closed (`None`), or up to `closed` by an earlier process. Records applied before
    /// this call are taken as already accounted for.
    pub fn start_days(&mut self, closed: Option<ClosedDays>, now: Micros) {
        let fresh = ClosedDays { first: midnight(now) + DAY, last: midnight(now) };
        self.days = Days { closed: Some(closed.unwrap_or(fresh)), ..Days::default() };
    }

    /// The next day gets a row of everybody: policy or reference data are others than those of the days before, and nobody
    /// knows whom they moved.
    pub fn expect_everyone(&mut self) {
        self.days.expect_everyone();
    }

    /// A revision that an earlier process wrote.
    pub fn restore_revision(&mut self, hcp_id: &str, as_of: Micros, revision: i64) {
        if let Some(number) = self.number_of(hcp_id) {
            let known = self.days.revisions.entry((number, as_of)).or_default();
            *known = revision.max(*known);
        }
    }

    /// Which days are closed.
    pub fn closed_days(&self) -> Option<ClosedDays> {
        self.days.closed
    }

    /// Remembers an HCP's entries before a change that reaches back to `from`, once per close.
    pub(super) fn remember_before(&mut self, number: u32, from: Micros) {
        if !self.days.revises(from) {
            return;
        }
        if let Some(before) = self.days.touched.get_mut(&number) {
            before.from = before.from.min(from);
            return;
        }
        let Some(list) = self.hcp(number).map(|h| h.list().cloned().unwrap_or_default()) else { return };
        self.days.touched.insert(number, Before { list, from });
    }

    /// Writes revisions of closed days and closes every day up to `now`. `None` when there is no row to write.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn close_days(&mut self, now: Micros) -> Result<Option<RecordBatch>, ArrowError> {
        let Some(mut closed) = self.days.closed else { return Ok(None) };
        let mut rows = Vec::new();
        let mut scratch = Scratch::default();
        for (number, before) in std::mem::take(&mut self.days.touched) {
            self.revise(number, &before, closed, &mut scratch, &mut rows);
        }
        let horizon = closed.last - REVISED_DAYS * DAY;
        self.days.revisions.retain(|(_, as_of), _| *as_of > horizon);
        let gap = closed.last < midnight(now) - DAY;
        while closed.last + DAY <= now {
            closed.last += DAY;
            self.close_day(closed, gap, &mut scratch, &mut rows);
        }
        self.days.closed = Some(closed);
        if rows.is_empty() { Ok(None) } else { self.day_batch(&rows, now).map(Some) }
    }

    fn revise(
        &mut self,
        number: u32,
        before: &Before,
        closed: ClosedDays,
        scratch: &mut Scratch,
        rows: &mut Vec<DayRow>,
    ) {
        let start = midnight(before.from - 1) + DAY; // the first midnight at or after the change
        let start = start.max(closed.first).max(closed.last - (REVISED_DAYS - 1) * DAY);
        let mut previous_changed = false;
        let mut as_of = start;
        while as_of <= closed.last {
            let old = self.headline(number, Some(&before.list), as_of, scratch);
            let new = self.hcp(number).and_then(|h| self.headline(number, h.list(), as_of, scratch));
            let changed = old.map(compared) != new.map(compared);
            if changed || previous_changed {
                if let Some((values, overall)) = new.or_else(|| old.map(|_| gone())) {
                    let revision = self.days.revisions.entry((number, as_of)).or_default();
                    *revision += 1;
                    rows.push(DayRow { hcp: number, as_of, revision: *revision, values, overall });
                }
            }
            previous_changed = changed;
            as_of += DAY;
        }
    }

    /// Rows of one midnight. After a gap nobody knows which HCPs aged meanwhile, so all are looked at.
    fn close_day(&mut self, closed: ClosedDays, gap: bool, scratch: &mut Scratch, rows: &mut Vec<DayRow>) {
        let as_of = closed.last;
        let policy_changed = std::mem::take(&mut self.days.everyone);
        let always = as_of == closed.first || policy_changed;
        let expected = std::mem::take(&mut self.days.expected);
        for number in 0..self.hcp_count() as u32 {
            let Some(hcp) = self.hcp(number) else { continue };
            let moved = expected.get(&number);
            // Whoever still waits to be evaluated changed as well.
            let changed = hcp.changed_since_midnight || hcp.waits != Waits::Not;
            if !(gap || always || moved.is_some() || changed) {
                continue;
            }
            let today = self.headline(number, hcp.list(), as_of, scratch);
            let must = (always || moved.is_some()) && today.is_some() || moved == Some(&Row::Present);
            let written = must || {
                let yesterday = self.headline(number, hcp.list(), as_of - DAY, scratch);
                yesterday.map(compared) != today.map(compared)
            };
            if written {
                let (values, overall) = today.unwrap_or_else(gone);
                rows.push(DayRow { hcp: number, as_of, revision: 0, values, overall });
            }
            // What changed after this midnight must be looked at again at the next one.
            let still_ahead = hcp.entries().iter().any(|e| e.occurred_at > as_of && !e.is_delete());
            let standing = today.as_ref().map(|(_, overall)| &overall.standing);
            let next = kernel::next_change(hcp.entries(), &self.instant_of(number, as_of), standing);
            let ages = next.is_some_and(|t| t <= as_of + DAY);
            if let Some(hcp) = self.hcp_mut(number) {
                hcp.changed_since_midnight = still_ahead || ages;
            }
        }
    }

    fn instant_of(&self, number: u32, at: Micros) -> Instant<'_> {
        let hcp_id = self.hcp(number).map_or("", |h| &h.id);
        Instant::new(at, self.policy(), self.reference(), hcp_id)
    }

    fn headline(
        &self,
        number: u32,
        list: Option<&List>,
        at: Micros,
        scratch: &mut Scratch,
    ) -> Option<(WindowValues, Overall)> {
        let nothing = List::default();
        let records = list.unwrap_or(&nothing).records(Audience::Full, self.words());
        kernel::evaluate_headline(records, &self.instant_of(number, at), scratch)
    }

    fn day_batch(&self, rows: &[DayRow], now: Micros) -> Result<RecordBatch, ArrowError> {
        let (mut ids, mut windows, mut versions) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
        let mut as_of = TimestampMicrosecondBuilder::with_capacity(rows.len()).with_timezone("UTC");
        let mut revisions = Int64Builder::with_capacity(rows.len());
        let mut metrics: Vec<MetricBuilder> = METRICS.iter().map(MetricBuilder::new).collect();
        for row in rows {
            ids.append_value(self.hcp(row.hcp).map_or("", |h| &h.id));
            windows.append_value(WindowLength::HEADLINE.as_str());
            versions.append_value(&self.policy().version);
            as_of.append_value(row.as_of);
            revisions.append_value(row.revision);
            let Instant { policy, zone, .. } = self.instant_of(row.hcp, row.as_of);
            let values = Values { window: &row.values, overall: row.overall, as_of: row.as_of, policy, zone };
            metrics.iter_mut().for_each(|m| m.push(&values));
        }
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(ids.finish()), Arc::new(windows.finish()), Arc::new(as_of.finish())];
        columns.extend(metrics.into_iter().map(MetricBuilder::finish));
        columns.push(Arc::new(versions.finish()));
        columns.push(Arc::new(revisions.finish()));
        columns.push(constant_instant(now, rows.len()));
        RecordBatch::try_new(hcp_metrics_schema(), columns)
    }
}
