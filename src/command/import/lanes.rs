//! One table written by several tasks side by side, behind a bounded queue.
//!
//! Encoding is the dearest part of an import, and no order is needed between the rows of different files, so each lane
//! takes whatever batch is next and writes files of its own. In memory are at most one batch per lane in the queue, one
//! at work, and the writers' open row groups ([`store::writer::OPEN_BYTES`] for all lanes together).

use arrow::array::RecordBatch;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::num::NonZeroUsize;
use store::{CommitError, Store, Table, TableWriter, Written};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

/// See the module. It must be ended by [`Lanes::finish`] or [`Lanes::abort`].
pub(super) struct Lanes {
    queue: Sender<RecordBatch>,
    given_up: CancellationToken,
    lanes: Vec<JoinHandle<Result<Written, CommitError>>>,
}

impl Lanes {
    pub(super) async fn open(store: &Store, table: Table, count: NonZeroUsize) -> Self {
        let (queue, batches) = bounded(count.get());
        let given_up = CancellationToken::new();
        let mut lanes = Vec::new();
        for _ in 0..count.get() {
            let writer = store.writer(table).await.one_of(count.get());
            let (batches, given_up, runtime) = (batches.clone(), given_up.clone(), Handle::current());
            lanes.push(spawn_blocking(move || runtime.block_on(write_all(writer, &batches, &given_up))));
        }
        Self { queue, given_up, lanes }
    }

    /// Hands on a batch; waits while every lane is busy. `false` when a lane has failed: [`Lanes::finish`] says why.
    pub(super) fn write(&self, batch: RecordBatch) -> bool {
        !self.given_up.is_cancelled() && self.queue.send(batch).is_ok()
    }

    /// Ends all files.
    ///
    /// # Errors
    /// That of the first lane that failed; what the others wrote is deleted as far as possible.
    pub(super) async fn finish(self) -> anyhow::Result<Written> {
        drop(self.queue);
        let mut written = Written::default();
        let mut failed = None;
        for lane in self.lanes {
            match lane.await? {
                Ok(files) => written = written.and(files),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(written), |error| Err(error.into()))
    }

    /// Gives up: deletes, as far as possible, what was written. Gives the error of a lane that has failed by itself.
    pub(super) async fn abort(self) -> Option<anyhow::Error> {
        self.given_up.cancel();
        self.finish().await.err()
    }
}

/// What one lane does, on a thread that may block.
async fn write_all(
    mut writer: TableWriter,
    batches: &Receiver<RecordBatch>,
    given_up: &CancellationToken,
) -> Result<Written, CommitError> {
    for batch in batches {
        if given_up.is_cancelled() {
            break;
        }
        if let Err(error) = writer.write(batch).await {
            given_up.cancel();
            writer.abort().await;
            return Err(error);
        }
    }
    if given_up.is_cancelled() {
        writer.abort().await;
        return Ok(Written::default());
    }
    Ok(writer.finish().await?)
}
