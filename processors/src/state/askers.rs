//! Who waits to read the shards while the pipeline writes them.
//!
//! The pipeline works in slices and lets go of the lock between them. The lock is not fair: a reader that waits takes some
//! time to wake up, and by then the pipeline would have taken it back, slice after slice. So readers whose answers somebody
//! waits for are counted, and between two slices the pipeline waits until they have been in.

use crate::shards::{Shards, SharedShards};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLockReadGuard, TryLockError};

/// How often the pipeline gives way to those who wait. Each time takes a microsecond where nobody else wants its core: this
/// bounds what readers can hold it up, which come and go faster than that.
const TIMES: u32 = 1_000;

/// See the module. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Askers {
    waiting: Arc<AtomicUsize>,
}

impl Askers {
    /// Reads, as soon as the pipeline lets go.
    pub fn read<'s>(&self, shards: &'s SharedShards) -> RwLockReadGuard<'s, Shards> {
        if let Some(free) = self.read_now(shards) {
            return free;
        }
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // A reader that panicked holds no half-written state: readers only read.
        let guard = shards.read().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::AcqRel);
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
        for _ in 0..TIMES {
            if self.waiting.load(Ordering::Acquire) == 0 {
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
        while askers.waiting.load(std::sync::atomic::Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
        drop(held);
        // As the pipeline does: it never takes the lock back while somebody waits, however slowly they wake up.
        while askers.waiting.load(std::sync::atomic::Ordering::Acquire) > 0 {
            askers.let_in();
        }
        drop(shards.write().unwrap());
        told.recv().unwrap();
        reader.join().unwrap();
        askers.let_in();
    }
}
