//! A query that runs: its rows, encoded on the threads of statements, in pieces that wait for the client.
//!
//! At most two pieces wait; while nobody takes them the query stands still. Rows and bytes are counted, and past the
//! limits the query ends with 54000. Dropping it ends it and frees what it holds, also while it computes.

use super::engine::{Engine, ended};
use super::fault::{Fault, SqlState};
use super::limits::Limits;
use super::rows::Shape;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use processors::sql::{Held, Leash, yielding};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::bytes::BytesMut;
use tokio_util::task::AbortOnDropHandle;

/// Bytes of a piece.
const PIECE: usize = 64 << 10;
/// Pieces that wait.
const WAITING: usize = 2;

/// What follows a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Perhaps more rows.
    More,
    /// Nothing: these were the last.
    Nothing,
}

/// Rows, each a message.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: BytesMut,
    pub(super) rows: usize,
    pub(super) rest: Rest,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Running {
    // Let go before the task is told to end: it may be computing, and then hears of nothing else.
    _leash: Leash,
    pieces: mpsc::Receiver<Piece>,
    task: AbortOnDropHandle<Result<(), Fault>>,
    held: Option<Piece>,
    over: bool,
}

/// What is run.
pub(super) struct Run {
    pub(super) context: SessionContext,
    pub(super) plan: LogicalPlan,
    pub(super) shape: Arc<Shape>,
    pub(super) text: Arc<str>,
}

impl Running {
    /// Begins it.
    pub(super) fn begin(engine: &Engine, run: Run, limits: &Limits) -> Self {
        let (sender, pieces) = mpsc::channel(WAITING);
        let (limits, leash) = (*limits, Leash::default());
        let leashed = leash.held();
        let task =
            engine.begin(async move { Producer { run, limits, leashed, sender, rows: 0, bytes: 0 }.produce().await });
        Self { _leash: leash, pieces, task, held: None, over: false }
    }

    /// At most so many of the next rows; all rows of a piece with `usize::MAX`.
    ///
    /// # Errors
    /// What the query failed with. It is over then.
    pub(super) async fn next(&mut self, at_most: usize) -> Result<Piece, Fault> {
        if self.over {
            return Ok(Piece::nothing());
        }
        let piece = match self.held.take() {
            Some(piece) => piece,
            None => match self.pieces.recv().await {
                Some(piece) => piece,
                None => {
                    self.over = true;
                    ended((&mut self.task).await)?;
                    return Ok(Piece::nothing());
                }
            },
        };
        let (piece, held) = piece.split(at_most);
        self.held = held;
        self.over = piece.rest == Rest::Nothing;
        Ok(piece)
    }
}

impl Piece {
    /// No rows, and none after them.
    pub(super) fn nothing() -> Self {
        Self { bytes: BytesMut::new(), rows: 0, rest: Rest::Nothing }
    }

    /// The first rows, and the others if there are any.
    fn split(mut self, at_most: usize) -> (Self, Option<Self>) {
        if self.rows <= at_most {
            return (self, None);
        }
        let mut end = 0;
        for _ in 0..at_most {
            let length = self.bytes.get(end + 1..end + 5).and_then(|length| length.try_into().ok()).unwrap_or_default();
            end += 1 + usize::try_from(u32::from_be_bytes(length)).unwrap_or_default();
        }
        let first = self.bytes.split_to(end.min(self.bytes.len()));
        self.rows -= at_most;
        (Self { bytes: first, rows: at_most, rest: Rest::More }, Some(self))
    }
}

struct Producer {
    run: Run,
    limits: Limits,
    leashed: Held,
    sender: mpsc::Sender<Piece>,
    rows: u64,
    bytes: u64,
}

impl Producer {
    async fn produce(mut self) -> Result<(), Fault> {
        let text = self.run.text.clone();
        let fault = |error| Fault::of(&error, &text);
        let frame = self.run.context.execute_logical_plan(self.run.plan.clone()).await.map_err(fault)?;
        let tasks = Arc::new(frame.task_ctx());
        let plan = yielding(frame.create_physical_plan().await.map_err(fault)?, &self.leashed).map_err(fault)?;
        let mut batches = execute_stream(plan, tasks).map_err(fault)?;
        let mut piece = Piece { bytes: BytesMut::new(), rows: 0, rest: Rest::More };
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(fault)?;
            let ready = self.run.shape.ready(&batch)?;
            for row in 0..batch.num_rows() {
                if self.rows == self.limits.rows {
                    let what = format!("more than {} rows", self.limits.rows);
                    return self.too_much(piece, what).await;
                }
                let before = piece.bytes.len();
                self.run.shape.encode(&ready, row..row + 1, &mut piece.bytes)?;
                self.rows += 1;
                self.bytes += u64::try_from(piece.bytes.len() - before).unwrap_or(u64::MAX);
                piece.rows += 1;
                if self.bytes > self.limits.bytes {
                    let what = format!("more than {} bytes", self.limits.bytes);
                    return self.too_much(piece, what).await;
                }
                if piece.bytes.len() >= PIECE {
                    let full =
                        std::mem::replace(&mut piece, Piece { bytes: BytesMut::new(), rows: 0, rest: Rest::More });
                    if self.sender.send(full).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        piece.rest = Rest::Nothing;
        // Whoever no longer takes it does not want it.
        self.sender.send(piece).await.unwrap_or_default();
        Ok(())
    }

    /// The rows so far, and that there are too many.
    async fn too_much(self, piece: Piece, what: String) -> Result<(), Fault> {
        self.sender.send(piece).await.unwrap_or_default();
        Err(Fault::new(SqlState::ProgramLimitExceeded, format!("the statement returns {what}"))
            .with_hint("Ask for fewer rows or columns: aggregate, filter, or add a LIMIT."))
    }
}

#[cfg(test)]
mod tests;
