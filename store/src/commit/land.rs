//! The commits of a cycle or an import, in their order.

use super::{Committed, Landed};
use crate::error::{CommitError, StoreError};
use crate::handle::{Handle, Mark, Writers};
use crate::txns;
use crate::writer::Written;
use std::time::Instant;
use touchpoint::NextOffsets;

/// How far (in offsets, over all partitions) `hcp_metrics` may fall behind before its offsets are written without rows:
/// the most that a new owner reads again, against a commit that says nothing new.
const METRICS_LAG: i64 = 65_536;

/// Files that are written and not yet part of any table.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub(crate) log: Written,
    pub(crate) dead_letters: Written,
    pub(crate) hcp_metrics: Written,
    pub(crate) alerts: Written,
    pub(crate) next: NextOffsets,
    pub(crate) extra_metrics_txns: Vec<(String, i64)>,
    pub(crate) alerts_next: NextOffsets,
}

/// Commits what is staged. Files of a table whose commit was never attempted are deleted again.
pub(crate) async fn land(writers: &mut Writers, staged: Staged) -> Result<Committed, CommitError> {
    let mut committed = Committed {
        skipped_log_rows: staged.log.skipped,
        skipped_dead_letters: staged.dead_letters.skipped,
        ..Committed::default()
    };
    fail::fail_point!("commit::before_dead_letters");
    if staged.dead_letters.rows > 0 {
        let marks = writers.dead_letters.marks(&staged.next);
        match append(&mut writers.dead_letters, &staged.dead_letters, marks).await {
            Ok(landed) => committed.dead_letters = Some(landed),
            Err(error) => {
                staged.log.discard(&writers.log.delta).await;
                staged.discard_derived(writers).await;
                return Err(error);
            }
        }
    }
    fail::fail_point!("commit::after_dead_letters");
    fail::fail_point!("commit::before_log");
    let marks = writers.log.marks(&staged.next);
    if marks.iter().any(|mark| mark.from != Some(mark.to)) {
        match append(&mut writers.log, &staged.log, marks).await {
            Ok(landed) => committed.log = Some(landed),
            Err(error) => {
                staged.discard_derived(writers).await;
                return Err(error);
            }
        }
    }
    fail::fail_point!("commit::after_log");
    fail::fail_point!("commit::before_metrics");
    match land_metrics(&mut writers.hcp_metrics, &staged).await {
        Ok(landed) => committed.hcp_metrics = landed,
        Err(error) => {
            staged.alerts.discard(&writers.alerts.delta).await;
            return Err(error);
        }
    }
    fail::fail_point!("commit::after_metrics");
    committed.alerts = land_alerts(&mut writers.alerts, &staged).await?;
    Ok(committed)
}

impl Staged {
    async fn discard_derived(&self, writers: &Writers) {
        self.hcp_metrics.discard(&writers.hcp_metrics.delta).await;
        self.alerts.discard(&writers.alerts.delta).await;
    }
}

async fn land_alerts(handle: &mut Handle, staged: &Staged) -> Result<Option<Landed>, CommitError> {
    let marks = handle.marks(&staged.alerts_next);
    // Rows without a move were written by an earlier attempt at this very cycle.
    if staged.alerts.rows == 0 || marks.iter().all(|mark| mark.from == Some(mark.to)) {
        staged.alerts.discard(&handle.delta).await;
        return Ok(None);
    }
    fail::fail_point!("commit::before_alerts");
    let landed = append(handle, &staged.alerts, marks).await?;
    fail::fail_point!("commit::after_alerts");
    Ok(Some(landed))
}

async fn land_metrics(handle: &mut Handle, staged: &Staged) -> Result<Option<Landed>, CommitError> {
    let mut marks = handle.marks(&staged.next);
    let ids = staged.extra_metrics_txns.iter().map(|(app_id, _)| app_id.clone()).collect();
    let found = txns::read(&handle.delta, ids).await;
    let found = found.map_err(StoreError::storage(handle.table, "reading transactions"))?;
    for ((app_id, to), from) in staged.extra_metrics_txns.iter().zip(found) {
        // A watermark only rises: a cycle that is committed again must not pull it back.
        let to = from.map_or(*to, |from| from.max(*to));
        marks.push(Mark { app_id: app_id.clone(), partition: None, from, to });
    }
    let moved = |mark: &&Mark| mark.from != Some(mark.to);
    let lag: i64 = marks.iter().filter(moved).map(|mark| mark.from.map_or(METRICS_LAG, |from| mark.to - from)).sum();
    let extra_moved = marks.iter().filter(moved).any(|mark| mark.partition.is_none());
    // Rows without a move were written by an earlier attempt at this very cycle.
    let has_rows = staged.hcp_metrics.rows > 0 && marks.iter().any(|mark| moved(&mark));
    if !(has_rows || extra_moved || lag >= METRICS_LAG) {
        staged.hcp_metrics.discard(&handle.delta).await;
        return Ok(None);
    }
    append(handle, &staged.hcp_metrics, marks).await.map(Some)
}

async fn append(handle: &mut Handle, written: &Written, marks: Vec<Mark>) -> Result<Landed, CommitError> {
    let started = Instant::now();
    let appended = handle.append(&written.adds, marks).await?;
    Ok(Landed {
        version: appended.version,
        rows: written.rows,
        files: written.adds.len(),
        bytes: written.bytes(),
        conflicts: appended.conflicts,
        reply: appended.reply,
        write_time: written.time,
        commit_time: started.elapsed(),
    })
}
