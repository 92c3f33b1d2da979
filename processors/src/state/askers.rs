//! Who waits to read the shards while the pipeline writes them.
//!
//! The pipeline works in slices and lets go of the lock between them. There are two ways to be answered meanwhile.
//!
//! A [`Question`] takes microseconds and is never handed the lock: whoever holds it answers. Where nobody writes that is the
//! one who asks; otherwise the pipeline answers when its slice is done, so that no thread has to wake up, take the lock and
//! give it back. [`Askers::write`] is the only way to write where questions are asked.
//!
//! Longer looks take the lock themselves. It is not fair: a reader that waits takes some time to wake up, and by then the
//! pipeline would have taken it back, slice after slice. So they are counted, and between two slices the pipeline waits until
//! as many have been in as waited when it let go: those who come meanwhile wait for the next slice, or under a rush the
//! pipeline would never go on.

mod questions;
#[cfg(test)]
mod tests;

pub use questions::Question;

use crate::shards::{Shards, SharedShards};
use questions::Questions;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard, TryLockError};

/// How often the pipeline gives way to those who wait. Each time takes a microsecond where nobody else wants its core, and
/// up to a time slice of the scheduler where somebody does.
const TIMES: u32 = 1_000;

/// See the module. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Askers {
    queue: Arc<Queue>,
    questions: Arc<Questions>,
}

/// Both only grow, and wrap around.
#[derive(Debug, Default)]
struct Queue {
    came: AtomicUsize,
    went_in: AtomicUsize,
}

impl Queue {
    fn has_let_in(&self, until: usize) -> bool {
        self.went_in.load(Ordering::Acquire).wrapping_sub(until) as isize >= 0
    }
}

/// The shards, held for writing. Questions that came meanwhile are answered when it is dropped.
pub struct Writing<'s> {
    // Dropped in this order.
    shards: RwLockWriteGuard<'s, Shards>,
    _then: ThenAnswer<'s>,
}

impl Deref for Writing<'_> {
    type Target = Shards;

    fn deref(&self) -> &Shards {
        &self.shards
    }
}

impl DerefMut for Writing<'_> {
    fn deref_mut(&mut self) -> &mut Shards {
        &mut self.shards
    }
}

struct ThenAnswer<'s> {
    questions: &'s Questions,
    shards: &'s SharedShards,
}

impl Drop for ThenAnswer<'_> {
    fn drop(&mut self) {
        self.questions.written(self.shards);
    }
}

impl Askers {
    /// Has a question answered: at once, or by the pipeline as soon as its slice is done. Never waits for a slice.
    pub fn ask(&self, shards: &SharedShards, question: Question) {
        self.questions.ask(shards, question);
    }

    /// Writes. The caller is the one thread that does.
    pub fn write<'s>(&'s self, shards: &'s SharedShards) -> Writing<'s> {
        self.questions.writing();
        let then = ThenAnswer { questions: &self.questions, shards };
        // A reader that panicked holds no half-written state: readers only read.
        Writing { shards: shards.write().unwrap_or_else(PoisonError::into_inner), _then: then }
    }

    /// Reads, as soon as the pipeline lets go.
    pub fn read<'s>(&self, shards: &'s SharedShards) -> RwLockReadGuard<'s, Shards> {
        match shards.try_read() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {}
        }
        self.queue.came.fetch_add(1, Ordering::AcqRel);
        // A reader that panicked holds no half-written state: readers only read.
        let guard = shards.read().unwrap_or_else(PoisonError::into_inner);
        self.queue.went_in.fetch_add(1, Ordering::AcqRel);
        guard
    }

    /// Lets those in who wait to read. The caller is the pipeline and holds no lock.
    pub fn let_in(&self) {
        let until = self.queue.came.load(Ordering::Acquire);
        for _ in 0..TIMES {
            if self.queue.has_let_in(until) {
                return;
            }
            std::thread::yield_now();
        }
    }
}
