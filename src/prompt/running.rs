//! A statement on the threads of the runtime, apart from whoever reads its rows.
//!
//! Planning and running may take long between two moments at which they can be stopped. Whoever waits for them must hear
//! Ctrl-C all the same, so they are a task of their own; the task is stopped when the future or the stream is dropped,
//! and gives back its memory when it next pauses, or when a join of it next asks its filter.

use crate::prompt::SqlError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, stream};
use processors::sql::{Held, Leash};
use std::future::Future;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

/// Batches that may wait for their reader.
const AHEAD: usize = 2;

type Batch = Result<RecordBatch, DataFusionError>;

/// Rows on their way, and the task that makes them.
struct Rows {
    // Let go before the task is told to end: it may be computing, and then hears of nothing else.
    _leash: Leash,
    batches: mpsc::Receiver<Batch>,
    task: Option<AbortOnDropHandle<()>>,
}

impl Rows {
    /// The next batch. A task that broke off is an error: its rows are not all.
    async fn next(mut self) -> Option<(Batch, Self)> {
        if let Some(batch) = self.batches.recv().await {
            return Some((batch, self));
        }
        let ended = self.task.take()?.await;
        ended.err().map(|error| (Err(DataFusionError::External(Box::new(error))), self))
    }
}

/// Starts a statement, which ends with what it is given, and waits for its columns.
///
/// # Errors
/// As `start`; or it broke off, which is a bug.
pub(super) async fn apart<F>(start: impl FnOnce(Held) -> F) -> Result<SendableRecordBatchStream, SqlError>
where
    F: Future<Output = Result<SendableRecordBatchStream, SqlError>> + Send + 'static,
{
    let (begin, begun) = oneshot::channel();
    let (sender, batches) = mpsc::channel(AHEAD);
    let leash = Leash::default();
    let start = start(leash.held());
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        let mut rows = match start.await {
            Ok(rows) => rows,
            Err(error) => return drop(begin.send(Err(error))),
        };
        if begin.send(Ok(rows.schema())).is_err() {
            return;
        }
        while let Some(batch) = rows.next().await {
            if sender.send(batch).await.is_err() {
                return;
            }
        }
    }));
    let schema = match begun.await {
        Ok(begun) => begun?,
        Err(_) => {
            let cause = task.await.err().map_or_else(|| "no answer".to_owned(), |error| error.to_string());
            return Err(DataFusionError::Internal(format!("the statement broke off: {cause}")).into());
        }
    };
    let rows = stream::unfold(Rows { _leash: leash, batches, task: Some(task) }, Rows::next);
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
}

#[cfg(test)]
mod tests {
    use super::apart;
    use datafusion::execution::memory_pool::GreedyMemoryPool;
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use futures::StreamExt;
    use std::sync::Arc;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_dropped_statement_gives_back_its_memory() {
        let runtime =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(GreedyMemoryPool::new(1 << 30))).build_arc().unwrap();
        let context = SessionContext::new_with_config_rt(SessionConfig::new(), runtime.clone());
        let endless = "SELECT a.x, count(*) FROM generate_series(1, 1000000) AS a(x), \
                       generate_series(1, 10000000) AS b(y) WHERE a.x % 7 = b.y % 5 GROUP BY a.x";
        let run = {
            let context = context.clone();
            async move { Ok(context.sql(endless).await?.execute_stream().await?) }
        };
        let mut rows = apart(|_| run).await.unwrap();
        tokio::select! {
            row = rows.next() => panic!("it ends: {row:?}"),
            () = async { while runtime.memory_pool.reserved() == 0 { tokio::task::yield_now().await } } => {}
        }
        drop(rows);
        while runtime.memory_pool.reserved() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_breaks_off_is_no_complete_result() {
        let context = SessionContext::new();
        let run = async move {
            let rows = context.sql("SELECT 1 / (v - 3) FROM generate_series(1, 5) AS t(v)").await?;
            Ok(rows.execute_stream().await?)
        };
        let batches: Vec<_> = apart(|_| run).await.unwrap().collect().await;
        assert!(batches.last().unwrap().is_err());
        let told = apart(|_| async { panic!("a bug") }).await.err().unwrap().to_string();
        assert!(told.contains("broke off"), "{told}");
    }
}
