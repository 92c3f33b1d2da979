//! Rows of a portal on their way to the client.
//!
//! A result that fits into one piece has its audit line before the piece goes out; a longer one has a line before its first
//! piece and another before its last one. A client that reads slowly is waited for, and its query with it.

use super::asked::Asked;
use super::portals::Rows;
use super::{Connection, Failure};
use crate::postgres::running::{Piece, Rest, Run, Running};

/// Where the rows of a portal go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// All that are left; then the statement is complete.
    All,
    /// At most so many; then the portal waits.
    AtMost(usize),
}

impl Connection {
    /// Sends rows of a query; how many. Its audit line is on the disk before the first of them, and before the last word.
    pub(super) async fn take(&mut self, rows: &mut Rows, take: Take) -> Result<usize, Failure> {
        if rows.over {
            return Ok(0);
        }
        let mut asked = self.asked();
        let result = async {
            self.turn(&mut asked).await?;
            self.send(&asked, rows, take).await
        }
        .await;
        self.place.rest();
        match result {
            Ok(count) if !rows.over => Ok(count),
            Ok(count) => {
                rows.running = None;
                Ok(count)
            }
            Err(failure) => {
                rows.over = true;
                // What ran is dropped before the client is told that it ended.
                rows.running = None;
                let entry = rows.entry.clone();
                Err(self.failed(&entry, failure).await)
            }
        }
    }

    async fn send(&mut self, asked: &Asked, rows: &mut Rows, take: Take) -> Result<usize, Failure> {
        let mut left = match take {
            Take::All => usize::MAX,
            Take::AtMost(rows) => rows,
        };
        let mut sent = 0;
        while left > 0 && !rows.over {
            let piece = self.piece(asked, rows, left).await?;
            left -= piece.rows;
            sent += piece.rows;
            self.wire.out.0.extend_from_slice(&piece.bytes);
            self.relieve(asked).await?;
        }
        Ok(sent)
    }

    /// The next rows, which may go out: their audit line is written.
    pub(super) async fn piece(&mut self, asked: &Asked, rows: &mut Rows, at_most: usize) -> Result<Piece, Failure> {
        if let Some(plan) = rows.plan.take() {
            let (context, shape) = (self.context.clone(), rows.shape.clone());
            let run = Run { context, plan, shape, text: rows.entry.text() };
            rows.running = Some(Running::begin(&self.server.engine, run, &self.server.limits));
        }
        let Some(running) = rows.running.as_mut() else {
            rows.over = true;
            return Ok(Piece::nothing());
        };
        let piece = self.wait(asked, running.next(at_most)).await?;
        rows.entry.rows += u64::try_from(piece.rows).unwrap_or(u64::MAX);
        match piece.rest {
            Rest::More => self.server.journal.begin(&mut rows.entry, &self.reader).await?,
            Rest::Nothing => {
                self.server.journal.end(&rows.entry, &self.reader, Ok(())).await?;
                rows.over = true;
            }
        }
        Ok(piece)
    }
}
