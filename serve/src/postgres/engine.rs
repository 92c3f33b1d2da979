//! Where statements are planned and run: on threads of their own, a few at a time.
//!
//! A statement that nobody waits for any more is dropped at its next step, with everything it holds. One that panics has
//! met a bug: its client is told XX000, and nobody else notices.

use super::fault::{Fault, SqlState};
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    threads: Handle,
    turns: Arc<Semaphore>,
}

impl Engine {
    /// On these threads, so many statements at a time.
    pub(super) fn new(threads: Handle, statements: usize) -> Self {
        Self { threads, turns: Arc::new(Semaphore::new(statements.max(1))) }
    }

    /// Waits until a statement may run; it may until this is dropped.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, Fault> {
        self.turns.clone().acquire_owned().await.map_err(|_| shutting_down())
    }

    /// Begins `work`, which ends when this is dropped.
    pub(super) fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> AbortOnDropHandle<Result<T, Fault>> {
        AbortOnDropHandle::new(self.threads.spawn(work))
    }

    /// What `work` comes to.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        ended(self.begin(work).await)
    }
}

/// What work came to that ended by itself, was ended, or panicked.
pub(super) fn ended<T>(work: Result<Result<T, Fault>, JoinError>) -> Result<T, Fault> {
    match work {
        Ok(result) => result,
        Err(error) if error.is_panic() => {
            tracing::error!("a statement panicked: a bug of the server");
            Err(Fault::new(SqlState::InternalError, "internal error: the statement met a bug of the server"))
        }
        Err(_) => Err(shutting_down()),
    }
}

pub(super) fn shutting_down() -> Fault {
    Fault::new(SqlState::AdminShutdown, "terminating connection due to administrator command")
}

#[cfg(test)]
mod tests {
    use super::{Engine, SqlState};
    use std::sync::Arc;
    use tokio::runtime::Handle;

    #[tokio::test]
    async fn a_panic_is_the_fault_of_one_statement() {
        let engine = Engine::new(Handle::current(), 1);
        let broken = engine.run::<()>(async { panic!("a bug") }).await;
        assert_eq!(broken.map_err(|fault| fault.state), Err(SqlState::InternalError));
        assert_eq!(engine.run(async { Ok(1) }).await, Ok(1));
    }

    #[tokio::test]
    async fn what_is_dropped_lets_go_of_what_it_holds() {
        let engine = Engine::new(Handle::current(), 1);
        let held = Arc::new(());
        let inside = held.clone();
        let work = engine.begin::<()>(async move {
            let _inside = inside;
            std::future::pending().await
        });
        tokio::task::yield_now().await;
        drop(work);
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn so_many_at_a_time() {
        let engine = Engine::new(Handle::current(), 1);
        let turn = engine.turn().await.expect("a turn");
        assert!(futures::poll!(Box::pin(engine.turn())).is_pending());
        drop(turn);
        assert!(engine.turn().await.is_ok());
    }
}
