//! Alerts, replayed under both policies: rows of the log in the order in which they came in, with a turn at every tick.
//!
//! A tick lies every so often after the beginning of the span; its turn knows every row that came in by then. So the
//! clock is that of the rows. What is found does not depend on the wall clock, and on the distance of ticks only where a
//! condition begins or ends by ageing alone (then by at most one tick), or holds for less than a tick (then it is told
//! as over).

use super::alert_lane::{AlertHistory, AlertLane, LaneParts, Step};
use super::span::LogSpan;
use super::{Asked, BothHistories, PLAN_SOURCE};
use crate::policy;
use crate::progress::{Progress, ProgressUnit};
use arrow::array::{Array, RecordBatch};
use futures::StreamExt;
use ingest::reference_files::planned_records;
use serve::alert_rule::RuleFile;
use std::sync::Arc;
use store::{Arrival, ReadLog, Store};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use touchpoint::record::RecordColumns;
use touchpoint::time::{EARLIEST, RETENTION};
use touchpoint::{Audience, Micros, Policy, log};

/// Steps that wait before a lane.
const AHEAD: usize = 64;

/// Replays. Gives also how many rows each lane took in.
///
/// # Errors
/// The table cannot be read, or a rule could not answer.
pub async fn replay(store: &Store, log_span: &LogSpan, asked: &Asked) -> anyhow::Result<(BothHistories, u64)> {
    let scenario = &asked.scenario;
    let files = rules(scenario.audience)?;
    let parts = |policy: &Arc<Policy>| LaneParts {
        policy: policy.clone(),
        reference: scenario.reference.clone(),
        files: &files,
        key: asked.key.clone(),
    };
    let before = Running::start(AlertLane::new(parts(&scenario.baseline)).await?);
    // Nothing else can come out of the same policy and the same records.
    let is_the_same = asked.planned.is_empty() && policy::means_the_same(&scenario.baseline, &scenario.other);
    let after = if is_the_same { None } else { Some(Running::start(AlertLane::new(parts(&scenario.other)).await?)) };
    let progress = Progress::bar(asked.progress, "replaying alerts", log_span.rows, ProgressUnit::Items);
    let mut feed = Feed::new(asked, before, after)?;
    let since = (scenario.from - RETENTION).max(EARLIEST);
    let mut rows = store.read_log_in_order(ReadLog::of_state(since), asked.arrival).await?;
    while let Some(batch) = rows.next().await {
        let batch = log::to_record(&batch?)?;
        progress.advance(batch.num_rows() as u64);
        if !feed.take(&batch).await? {
            break;
        }
    }
    let taken = feed.taken;
    Ok((feed.end().await?, taken))
}

/// The rules that come with Touchload, as far as `audience` may see their alerts.
///
/// # Errors
/// A file is not sound: a bug of this build.
pub fn rules(audience: Audience) -> anyhow::Result<Vec<RuleFile>> {
    let files = serve::alert_rule::shipped()?;
    Ok(files.into_iter().filter(|file| audience == Audience::Full || file.audience() == audience).collect())
}

/// A lane on its thread.
struct Running {
    steps: mpsc::Sender<Step>,
    work: JoinHandle<anyhow::Result<AlertHistory>>,
}

impl Running {
    fn start(lane: AlertLane) -> Self {
        let (steps, queue) = mpsc::channel(AHEAD);
        let runtime = Handle::current();
        Self { steps, work: spawn_blocking(move || lane.run(queue, &runtime)) }
    }

    /// `false`: the lane has failed, and says why when it is joined.
    async fn tell(&self, step: Step) -> bool {
        self.steps.send(step).await.is_ok()
    }

    async fn end(self) -> anyhow::Result<AlertHistory> {
        drop(self.steps);
        self.work.await?
    }
}

/// Rows and ticks on their way to the lanes.
struct Feed {
    before: Running,
    after: Option<Running>,
    /// Planned touches, by instant, and how many of them were handed on.
    planned: (RecordBatch, Vec<Micros>, usize),
    arrival: Arrival,
    /// The next turn; `None` when the last has been.
    tick: Option<Micros>,
    to: Micros,
    every: Micros,
    taken: u64,
}

impl Feed {
    fn new(asked: &Asked, before: Running, after: Option<Running>) -> anyhow::Result<Self> {
        let mut planned = asked.planned.clone();
        planned.sort_by_key(|touch| touch.at);
        let instants = planned.iter().map(|touch| touch.at).collect();
        let planned = (planned_records(&planned, PLAN_SOURCE)?, instants, 0);
        let (from, to) = (asked.scenario.from, asked.scenario.to);
        let every = asked.every.max(1);
        Ok(Self { before, after, planned, arrival: asked.arrival, tick: Some(from), to, every, taken: 0 })
    }

    /// Hands on rows, which came in after those before, with the turns that lie between. `false` when nothing more is
    /// wanted.
    async fn take(&mut self, rows: &RecordBatch) -> anyhow::Result<bool> {
        let arrivals = arrivals(rows, self.arrival)?;
        let mut from = 0;
        while let Some(tick) = self.tick {
            let end = from + arrivals.get(from..).unwrap_or_default().partition_point(|at| *at <= tick);
            if end > from {
                self.taken += (end - from) as u64;
                if !self.tell(Step::Rows(rows.slice(from, end - from))).await {
                    return Ok(false);
                }
            }
            if end == rows.num_rows() {
                return Ok(true);
            }
            from = end;
            if !self.turn(tick).await {
                return Ok(false);
            }
        }
        Ok(false)
    }

    async fn tell(&self, step: Step) -> bool {
        if let Some(after) = &self.after {
            let (one, other) = tokio::join!(self.before.tell(step.clone()), after.tell(step));
            return one && other;
        }
        self.before.tell(step).await
    }

    /// The turn at `tick`, with what was planned until then.
    async fn turn(&mut self, tick: Micros) -> bool {
        let (rows, instants, done) = &mut self.planned;
        let end = instants.partition_point(|at| *at <= tick);
        let due = (end > *done).then(|| rows.slice(*done, end - *done));
        *done = end;
        if let (Some(after), Some(due)) = (&self.after, due)
            && !after.tell(Step::Rows(due)).await
        {
            return false;
        }
        self.tick = (tick < self.to).then(|| (tick + self.every).min(self.to));
        self.tell(Step::Turn(tick)).await
    }

    /// The turns that are left, and what came of all.
    async fn end(mut self) -> anyhow::Result<BothHistories> {
        while let Some(tick) = self.tick {
            if !self.turn(tick).await {
                break;
            }
        }
        let after = self.after.map(Running::end);
        let before = self.before.end().await?;
        let after = match after {
            Some(after) => after.await?,
            None => before.clone(),
        };
        Ok(BothHistories { before, after })
    }
}

/// When each row came in, as the order of the log has it: of what has no such instant, before everything.
fn arrivals(rows: &RecordBatch, arrival: Arrival) -> anyhow::Result<Vec<Micros>> {
    let columns = RecordColumns::try_new(rows)?;
    let at = |row: usize| {
        let is_imported = columns.kafka_topic.value(row).starts_with("import:");
        if arrival == Arrival::AsTaken && !is_imported {
            return columns.ingested_at.value(row);
        }
        if columns.occurred_at.is_valid(row) { columns.occurred_at.value(row) } else { Micros::MIN }
    };
    Ok((0..rows.num_rows()).map(at).collect())
}
