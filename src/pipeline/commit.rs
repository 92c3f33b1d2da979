//! The commit that is on its way: at most one, beside the reading.

use super::cycle::Ledger;
use super::{Pipeline, PipelineError};
use crate::alerts::AlertRows;
use ingest::kafka::SourceHandle;
use std::sync::Arc;
use std::time::Duration;
use store::{CommitError, Committed, Cycle, Owner, Store};
use tokio::task::JoinHandle;
use touchpoint::time::DAY;
use touchpoint::{Micros, NextOffsets};

/// Uncommitted rows may grow to this multiple of the commit size while a commit is on its way; then reading waits.
const BACKLOG: usize = 4;
/// How long a commit is waited for before the process says that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// First and longest wait between two tries of a commit that may succeed later.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));

pub(super) struct InFlight {
    task: JoinHandle<Result<Committed, CommitError>>,
    next: NextOffsets,
    ledger: Ledger,
    /// Batches of transitions among its rows.
    alerts: usize,
}

impl InFlight {
    pub(super) fn has_alerts(&self) -> bool {
        self.alerts > 0
    }
}

impl Pipeline {
    /// Settles a commit that has ended, and starts the next one when it is due.
    pub(super) fn commit_when_due(&mut self, now: Micros, source: &SourceHandle) -> Result<(), PipelineError> {
        let settings = &self.parts.settings;
        let full = self.pending.bytes >= settings.commit_bytes;
        let crowded = self.pending.bytes >= settings.commit_bytes.saturating_mul(BACKLOG);
        let interval = Micros::try_from(settings.commit_interval.as_micros()).unwrap_or(Micros::MAX);
        let due = full || self.pending.since.is_some_and(|since| now - since >= interval);
        if self.in_flight.as_ref().is_some_and(|c| c.task.is_finished() || crowded) {
            self.settle(Some(source))?;
        }
        if due && self.in_flight.is_none() {
            self.start_commit(now)?;
        }
        Ok(())
    }

    /// Commits everything that is pending and waits for it.
    pub(super) fn commit_now(&mut self, source: &SourceHandle) -> Result<(), PipelineError> {
        self.settle(Some(source))?;
        if self.pending.since.is_some() {
            self.start_commit(self.parts.clock.now())?;
            self.settle(Some(source))?;
        }
        Ok(())
    }

    /// Waits for the commit on its way, if there is one.
    pub(super) fn settle(&mut self, source: Option<&SourceHandle>) -> Result<(), PipelineError> {
        let Some(InFlight { mut task, next, ledger, .. }) = self.in_flight.take() else { return Ok(()) };
        let ended = loop {
            let waited = self.parts.runtime.block_on(async { tokio::time::timeout(SIGN_OF_LIFE, &mut task).await });
            match waited {
                Ok(ended) => break ended,
                // A slow store is no reason to take the process for dead.
                Err(_) => self.parts.observer.is_alive(self.parts.clock.now()),
            }
        };
        let committed = match ended {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        self.parts.observer.committed(&committed, &ledger, self.parts.clock.now());
        if let Some(source) = source {
            source.committed(next);
        }
        Ok(())
    }

    fn start_commit(&mut self, now: Micros) -> Result<(), PipelineError> {
        let (hcp_metrics, extra_metrics_txns) = self.day_rows(now)?;
        let AlertRows { rows: alerts, next: alerts_next } = self.take_alert_rows()?;
        let pending = &mut self.pending;
        let cycle = Cycle {
            log: std::mem::take(&mut pending.log),
            dead_letters: std::mem::take(&mut pending.dead_letters),
            hcp_metrics,
            next: pending.next.clone(),
            extra_metrics_txns,
            alerts,
            alerts_next,
        };
        let ledger = std::mem::take(&mut pending.ledger);
        (pending.bytes, pending.since) = (0, None);
        let (next, alerts) = (cycle.next.clone(), cycle.alerts.len());
        let work = commit_until_settled(self.parts.store.clone(), self.parts.owner.clone(), cycle);
        self.in_flight = Some(InFlight { task: self.parts.runtime.spawn(work), next, ledger, alerts });
        Ok(())
    }

    /// Rows of days that closed or were revised, and for every owned partition number the last closed day and under what
    /// it was closed.
    #[expect(clippy::type_complexity, reason = "the two go straight into a cycle")]
    fn day_rows(&mut self, now: Micros) -> Result<(Vec<arrow::array::RecordBatch>, Vec<(String, i64)>), PipelineError> {
        let mut rows = Vec::new();
        let mut last = None;
        for (_, shard) in self.shards().iter_mut() {
            rows.extend(shard.close_days(now)?);
            last = last.max(shard.closed_days().map(|c| c.last));
        }
        let txns = last.filter(|_| !rows.is_empty()).map(|last| self.day_txns(last / DAY));
        Ok((rows, txns.unwrap_or_default()))
    }
}

/// Tries again while a try can help. Ownership that is lost is never tried again.
async fn commit_until_settled(store: Arc<Store>, owner: Owner, cycle: Cycle) -> Result<Committed, CommitError> {
    let mut wait = RETRY.0;
    loop {
        match store.commit(&owner, cycle.clone()).await {
            Err(error) if error.is_retryable() => {
                tracing::warn!(%error, retry_in_ms = wait.as_millis(), "commit delayed");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY.1);
            }
            settled => return settled,
        }
    }
}
