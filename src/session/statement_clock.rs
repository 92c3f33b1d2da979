//! The now of the running statement of one session, however often it asks.

use std::sync::atomic::{AtomicI64, Ordering};
use touchpoint::{Clock, Micros};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct StatementClock(AtomicI64);

impl StatementClock {
    /// A statement begins.
    pub(super) fn set(&self, now: Micros) {
        self.0.store(now, Ordering::Relaxed);
    }
}

impl Clock for StatementClock {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}
