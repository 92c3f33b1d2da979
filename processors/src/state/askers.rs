//! Who waits to read the shards while the pipeline writes them.
//!
//! The pipeline works in slices and lets go of the lock between them. The lock is not fair: a reader that waits takes some
//! time to wake up, and by then the pipeline would have taken it back, slice after slice. So readers whose answers somebody
//! waits for are counted, and between two slices the pipeline waits until as many have been in as waited when it let go:
//! those who come meanwhile wait for the next slice, or under a rush the pipeline would never go on.

use crate::shards::{Shards, SharedShards};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLockReadGuard, TryLockError};

/// How often the pipeline gives way to those who wait. Each time takes a microsecond where nobody else wants its core, and
/// up to a time slice of the scheduler where somebody does.
const TIMES: u32 = 1_000;

/// See the module. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Askers {
    queue: Arc<Queue>,
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

impl Askers {
    /// Reads, as soon as the pipeline lets go.
    pub fn read<'s>(&self, shards: &'s SharedShards) -> RwLockReadGuard<'s, Shards> {
        if let Some(free) = self.read_now(shards) {
            return free;
        }
        self.queue.came.fetch_add(1, Ordering::AcqRel);
        // A reader that panicked holds no half-written state: readers only read.
        let guard = shards.read().unwrap_or_else(PoisonError::into_inner);
        self.queue.went_in.fetch_add(1, Ordering::AcqRel);
        guard
    }

    /// Reads without waiting; `None` while the pipeline writes.
    pub fn read_now<'s>(&self, shards: &'s SharedShards) -> Option<RwLockReadGuard<'s, Shards>> {
        match shards.try_read() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Lets those in who wait. The caller is the pipeline and holds no lock.
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

#[cfg(test)]
mod tests {
    use super::Askers;
    use crate::shards::{Shards, SharedShards};
    use std::sync::atomic::Ordering;
    use std::sync::mpsc::sync_channel;
    use std::sync::{Arc, RwLock};
    use touchpoint::{Policy, Reference};

    fn shards() -> SharedShards {
        Arc::new(RwLock::new(Shards::new(Arc::new(Policy::default()), Arc::new(Reference::default()))))
    }

    #[test]
    fn a_reader_that_waits_is_in_before_the_next_slice() {
        let (shards, askers) = (shards(), Askers::default());
        let (tell, told) = sync_channel(1);
        let held = shards.write().unwrap();
        assert!(askers.read_now(&shards).is_none());
        let reader = {
            let (shards, askers) = (shards.clone(), askers.clone());
            std::thread::spawn(move || {
                let guard = askers.read(&shards);
                tell.send(()).unwrap();
                drop(guard);
            })
        };
        while askers.queue.came.load(Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
        drop(held);
        // As the pipeline does: it does not take the lock back while somebody waits, however slowly they wake up.
        while !askers.queue.has_let_in(1) {
            askers.let_in();
        }
        drop(shards.write().unwrap());
        told.recv().unwrap();
        reader.join().unwrap();
        askers.let_in();
    }

    #[test]
    fn those_who_come_while_others_are_let_in_hold_nothing_up() {
        let askers = Askers::default();
        askers.queue.came.store(usize::MAX, Ordering::Release);
        askers.queue.went_in.store(usize::MAX - 2, Ordering::Release);
        assert!(!askers.queue.has_let_in(usize::MAX), "two wait");
        askers.queue.came.fetch_add(1, Ordering::AcqRel);
        askers.queue.went_in.fetch_add(2, Ordering::AcqRel);
        assert!(askers.queue.has_let_in(usize::MAX), "the third came afterwards");
        assert!(!askers.queue.has_let_in(0), "and waits for the next time, though the count has wrapped");
        askers.queue.went_in.fetch_add(1, Ordering::AcqRel);
        assert!(askers.queue.has_let_in(0));
    }
}
