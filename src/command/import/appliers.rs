//! The threads that take batches into the window state: one for each of its parts.
//!
//! Every part gets every batch, in their order, and admits the rows of its HCPs; whichever is the last at a batch hands its
//! log rows to the lanes. A part may be [`AHEAD`] batches behind the reader, so that one does not wait for another at
//! every batch.

use super::hand_on;
use super::lanes::Lanes;
use arrow::array::RecordBatch;
use crossbeam_channel::{Receiver, Sender, bounded};
use processors::Shard;
use processors::state::parts::{Division, Parts, SharedBatch};
use std::sync::Arc;
use touchpoint::Micros;

/// Batches that may wait for a part.
const AHEAD: usize = 2;

/// The way to all parts.
pub(super) struct Appliers {
    division: Division,
    queues: Vec<Sender<Arc<SharedBatch>>>,
}

impl Appliers {
    /// Takes what `give` gives into `parts` at `now`, and its log rows to `log`.
    ///
    /// # Errors
    /// That of the first part that failed, else that of `give`. The parts must then be discarded.
    pub(super) fn run(
        parts: &mut Parts,
        (log, now): (&Lanes, Micros),
        give: impl FnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let division = parts.division().clone();
        let shards = parts.shards_mut();
        let mut ends: Vec<anyhow::Result<()>> = shards.iter().map(|_| Ok(())).collect();
        let given = std::thread::scope(|scope| {
            let mut queues = Vec::new();
            for ((part, shard), end) in shards.iter_mut().enumerate().zip(&mut ends) {
                let (queue, batches) = bounded(AHEAD);
                queues.push(queue);
                scope.spawn(move || *end = apply_all((part, shard), &batches, (log, now)));
            }
            // With it the queues end, and the parts after them.
            give(&Self { division, queues })
        });
        ends.into_iter().collect::<anyhow::Result<()>>().and(given)
    }

    /// Hands on a batch; waits while a part is too far behind.
    ///
    /// # Errors
    /// A part has failed, and [`Appliers::run`] says why; or the batch is not a decoded batch.
    pub(super) fn give(&self, records: RecordBatch) -> anyhow::Result<()> {
        let batch = Arc::new(SharedBatch::new(records, &self.division)?);
        let taken = self.queues.iter().all(|queue| queue.send(batch.clone()).is_ok());
        anyhow::ensure!(taken, "a part of the window state has failed, and says itself why");
        Ok(())
    }
}

/// What the thread of one part does.
fn apply_all(
    (part, shard): (usize, &mut Shard),
    batches: &Receiver<Arc<SharedBatch>>,
    (log, now): (&Lanes, Micros),
) -> anyhow::Result<()> {
    for batch in batches {
        if let Some(applied) = batch.apply(part, shard, (now, None))? {
            hand_on(log, applied.log)?;
        }
    }
    Ok(())
}
