//! Questions that are answered by whoever holds the lock.

use crate::shards::{Shards, SharedShards};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A short look at the state, which tells its result itself. One that panics is dropped without having told.
pub type Question = Box<dyn FnOnce(&Shards) + Send>;

#[derive(Default)]
pub(super) struct Questions {
    waiting: Mutex<Vec<Question>>,
    /// Set before the lock is taken for writing and cleared after it was let go, before `waiting` is looked at: a question that
    /// found it set is seen by the writer.
    is_written: AtomicBool,
}

impl Questions {
    /// Somebody is about to take the lock for writing.
    pub(super) fn writing(&self) {
        self.is_written.store(true, Ordering::SeqCst);
    }

    /// They have let it go.
    pub(super) fn written(&self, shards: &SharedShards) {
        self.is_written.store(false, Ordering::SeqCst);
        self.answer(shards);
    }

    /// Answers at once, unless somebody writes: they will.
    pub(super) fn ask(&self, shards: &SharedShards, question: Question) {
        self.waiting().push(question);
        if !self.is_written.load(Ordering::SeqCst) {
            self.answer(shards);
        }
    }

    // A push or a take that panicked left whole questions.
    fn waiting(&self) -> MutexGuard<'_, Vec<Question>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers what waits now, and nothing that comes meanwhile.
    fn answer(&self, shards: &SharedShards) {
        let questions = std::mem::take(&mut *self.waiting());
        if questions.is_empty() {
            return;
        }
        // Who asks sees for themselves whether a writer panicked.
        let shards = shards.read().unwrap_or_else(PoisonError::into_inner);
        for question in questions {
            // A bug in a question is the fault of who asks, and must not end the pipeline that answers it.
            catch_unwind(AssertUnwindSafe(|| question(&shards))).unwrap_or_default();
        }
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Questions").field("is_written", &self.is_written).finish_non_exhaustive()
    }
}
