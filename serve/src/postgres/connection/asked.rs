//! A statement of a client while it is being answered.
//!
//! It has a time by which it has to be over, a token by which others end it, and an entry in the audit log. Whatever is
//! waited for, its planning and its rows alike, is given up when the time is over, somebody cancels, the client is gone, or
//! the server stops; what was running is dropped then.

use super::{Connection, Failure};
use crate::metrics::sql::SqlActive;
use crate::postgres::engine::shutting_down;
use crate::postgres::fault::{Fault, SqlState};
use crate::postgres::journal::Entry;
use crate::postgres::protocol::WireError;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// See the module.
pub(super) struct Asked {
    cancelled: CancellationToken,
    deadline: Option<Instant>,
    _active: SqlActive,
    turn: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// A statement begins to be answered; `Place::rest` ends that.
    pub(super) fn asked(&self) -> Asked {
        Asked {
            cancelled: self.place.run(),
            deadline: self.settings.statement_timeout().map(|time| Instant::now() + time),
            _active: self.server.journal.metrics.active(),
            turn: None,
        }
    }

    /// A new entry of the audit log.
    pub(super) fn entry(&mut self, text: Arc<str>) -> Entry {
        self.statements += 1;
        self.server.journal.entry(format!("{}-{}", self.place.number, self.statements), text)
    }

    /// What `work` comes to, unless the statement is ended before.
    pub(super) async fn wait<T>(
        &mut self,
        asked: &Asked,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Failure> {
        let over = async {
            match asked.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = work => result.map_err(Failure::Fault),
            () = asked.cancelled.cancelled() => Err(canceled("canceling statement due to user request")),
            () = over => Err(canceled("canceling statement due to statement timeout")),
            () = self.server.stop.cancelled() => Err(shutting_down().into()),
            () = self.wire.gone() => Err(WireError::Gone.into()),
        }
    }

    /// Waits for the statement's turn to run.
    pub(super) async fn turn(&mut self, asked: &mut Asked) -> Result<(), Failure> {
        if asked.turn.is_none() {
            let engine = self.server.engine.clone();
            asked.turn = Some(self.wait(asked, engine.turn()).await?);
        }
        Ok(())
    }

    /// Writes what is much, unless the statement is ended before.
    pub(super) async fn relieve(&mut self, asked: &Asked) -> Result<(), Failure> {
        let deadline = asked.deadline;
        let over = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            written = self.wire.relieve() => Ok(written?),
            () = asked.cancelled.cancelled() => Err(canceled("canceling statement due to user request")),
            () = over => Err(canceled("canceling statement due to statement timeout")),
            () = self.server.stop.cancelled() => Err(shutting_down().into()),
        }
    }

    /// A statement failed: its audit line is written before the client is told. A fault tells nothing but itself, so it
    /// is told even where that line cannot be written, which the server's log says.
    pub(super) async fn failed(&mut self, entry: &Entry, failure: Failure) -> Failure {
        let gone = Fault::new(SqlState::ConnectionFailure, "the client is gone");
        let fault = match &failure {
            Failure::Fault(fault) => fault,
            Failure::Broken(_) => &gone,
        };
        self.server.journal.end(entry, &self.reader, Err(fault)).await.unwrap_or_default();
        failure
    }
}

fn canceled(why: &str) -> Failure {
    Failure::Fault(Fault::new(SqlState::QueryCanceled, why))
}
