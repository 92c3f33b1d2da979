//! HCPs, replayed side by side: lanes read the same rows, and each keeps those of its own HCPs.
//!
//! Where the rows of all HCPs would not fit into the memory that was given, a part of the HCPs goes first and the tables
//! are read again for the next one.

use super::span::LogSpan;
use super::{Asked, PLAN_SOURCE};
use crate::progress::{Progress, ProgressUnit};
use arrow::array::RecordBatch;
use futures::StreamExt;
use ingest::reference_files::planned_records;
use processors::Shard;
use processors::what_if::{Outcome, WhatIf};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{ReadLog, Store};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::task::AbortOnDropHandle;
use touchpoint::log;
use touchpoint::time::{EARLIEST, RETENTION};

/// What a row of the log comes to in memory, generously.
const RECORD_BYTES: u64 = 160;
/// Batches that wait before a lane, and batches that are decoded ahead.
const AHEAD: usize = 4;

/// Replays every HCP of the log and of the plan. Gives also how many rows were taken in.
///
/// # Errors
/// The table cannot be read.
pub async fn replay(
    store: &Store,
    what_if: &Arc<WhatIf>,
    log: &LogSpan,
    asked: &Asked,
) -> anyhow::Result<(Outcome, u64)> {
    let lanes = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let passes = usize::try_from((log.rows * RECORD_BYTES).div_ceil(asked.memory.max(1))).unwrap_or(1).max(1);
    let planned = planned_records(&asked.planned, PLAN_SOURCE)?;
    let total = log.rows * (passes as u64 + 1);
    let progress = Progress::bar(asked.progress, "replaying HCPs", total, ProgressUnit::Items);
    let mut outcome = Outcome::new(what_if.weeks().len());
    let mut rows = 0;
    for pass in 0..passes {
        let done = Arc::new(AtomicU64::new(0));
        let part = |lane: usize| Part { index: pass * lanes + lane, of: passes * lanes };
        let started = (0..lanes).map(|lane| start(what_if, part(lane), planned.clone(), done.clone()));
        let (queues, work): (Vec<_>, Vec<_>) = started.unzip();
        read(store, what_if, queues, &progress).await?;
        let before = progress.position();
        for lane in work {
            let (of_lane, taken) = lane.await??;
            progress.set(before + done.load(Ordering::Relaxed));
            outcome.merge(of_lane);
            rows += taken;
        }
    }
    // Lanes end in any order, and HCPs have none: a list that is read has one.
    outcome.held.sort_by(|a, b| (a.at, &a.hcp_id, a.channel).cmp(&(b.at, &b.hcp_id, b.channel)));
    Ok((outcome, rows))
}

/// Hands every row that bears on the span to every lane; when it ends, the lanes know that no more will come.
async fn read(store: &Store, what_if: &WhatIf, queues: Vec<Queue>, progress: &Progress) -> anyhow::Result<()> {
    let since = (what_if.scenario().from - RETENTION).max(EARLIEST);
    let rows = store.read_log(ReadLog::of_state(since)).await?;
    let decoding =
        rows.map(|batch| AbortOnDropHandle::new(tokio::spawn(async move { anyhow::Ok(log::to_record(&batch?)?) })));
    let mut decoded = decoding.buffered(AHEAD);
    while let Some(batch) = decoded.next().await {
        let batch = batch??;
        for queue in &queues {
            // A lane that failed says so when it is joined.
            drop(queue.send(batch.clone()).await);
        }
        progress.advance(batch.num_rows() as u64);
    }
    Ok(())
}

/// Some of the HCPs.
#[derive(Debug, Clone, Copy)]
struct Part {
    index: usize,
    of: usize,
}

impl Part {
    /// FNV-1a: the same HCPs on every machine, and so the same sums.
    fn holds(self, hcp_id: &str) -> bool {
        let hash = hcp_id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        ((hash ^ (hash >> 32)) as usize) % self.of == self.index
    }
}

/// Rows on their way to a lane.
type Queue = mpsc::Sender<RecordBatch>;

/// A thread with the HCPs of one part: what it is given, and what comes of it.
type Lane = (Queue, JoinHandle<anyhow::Result<(Outcome, u64)>>);

fn start(what_if: &Arc<WhatIf>, part: Part, planned: RecordBatch, done: Arc<AtomicU64>) -> Lane {
    let (queue, mut batches) = mpsc::channel::<RecordBatch>(AHEAD);
    let what_if = what_if.clone();
    let work = spawn_blocking(move || {
        let scenario = what_if.scenario();
        let mut shard = Shard::new(scenario.baseline.clone(), scenario.reference.clone());
        let mut rows = 0;
        while let Some(batch) = batches.blocking_recv() {
            rows += shard.restore_decoded(&batch, |hcp_id| part.holds(hcp_id))? as u64;
        }
        shard.restore_decoded(&planned, |hcp_id| part.holds(hcp_id))?;
        let mut outcome = Outcome::new(what_if.weeks().len());
        what_if.add_shard(&shard, &mut outcome, |records| {
            done.fetch_add(records as u64, Ordering::Relaxed);
        });
        Ok((outcome, rows))
    });
    (queue, work)
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn every_hcp_is_of_one_part() {
        let mut sizes = [0; 6];
        for id in (0..6_000).map(|n| format!("hcp-{n:06}")) {
            let parts: Vec<usize> = (0..6).filter(|index| Part { index: *index, of: 6 }.holds(&id)).collect();
            assert_eq!(parts.len(), 1, "{id}");
            sizes[parts[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (700..1_300).contains(size)), "{sizes:?}");
    }
}
