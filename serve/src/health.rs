//! Whether the process lives and whether it is ready, as atomics that the loop writes and the server reads.
//!
//! **Alive**: the loop turned within the stall limit. It turns also without records, while it restores and while a sink
//! is slow, so that a silent loop always means a stuck one; the creation of [`Health`] counts as the first turn.
//! **Ready**: partitions are assigned (the share may be empty) and their state is restored. Whether anything was
//! committed yet is told, but a quiet topic must not keep a process from being ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;
use touchpoint::{Clock, Micros};

macro_rules! stages {
    ($(#[$doc:meta])* $name:ident { $(#[$pdoc:meta])* $pending:ident, $(#[$ddoc:meta])* $done:ident }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $(#[$pdoc])* $pending = 0, $(#[$ddoc])* $done = 1 }
        impl $name {
            fn from_code(code: u8) -> Self { if code == Self::$done as u8 { Self::$done } else { Self::$pending } }
        }
    };
}

stages! {
    /// Where the process stands with its consumer group.
    Assignment {
        /// The group has not given a share, or took it back.
        Waiting,
        /// The group gave a share, possibly an empty one.
        Assigned
    }
}
stages! {
    /// Whether the state of the assigned share is complete.
    Restore {
        /// Not yet read from the table, or read for an earlier share.
        Pending,
        /// Complete.
        Done
    }
}
stages! {
    /// Whether this process has committed since it was assigned its share.
    Commit {
        /// Not yet.
        Pending,
        /// At least once.
        Done
    }
}

/// What the loop tells about itself.
pub struct Health {
    clock: Arc<dyn Clock>,
    stall_after: Micros,
    last_turn: AtomicI64,
    assignment: AtomicU8,
    restore: AtomicU8,
    commit: AtomicU8,
}

/// Whether the loop turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It turned this long ago.
    Turning {
        /// Time since the last turn.
        age: Micros,
    },
    /// It last turned longer ago than the limit.
    Stalled {
        /// Time since the last turn.
        age: Micros,
        /// The limit.
        limit: Micros,
    },
}

/// What readiness rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Share of partitions.
    pub assignment: Assignment,
    /// State of that share.
    pub restore: Restore,
    /// Commits since then; told, not required.
    pub commit: Commit,
}

impl Readiness {
    /// Whether requests get complete answers.
    pub fn is_ready(self) -> bool {
        self.assignment == Assignment::Assigned && self.restore == Restore::Done
    }
}

impl Health {
    /// Nothing assigned or restored; the loop counts as turned now.
    pub fn new(clock: Arc<dyn Clock>, stall_after: Duration) -> Self {
        Self {
            last_turn: AtomicI64::new(clock.now()),
            stall_after: Micros::try_from(stall_after.as_micros()).unwrap_or(Micros::MAX),
            clock,
            assignment: AtomicU8::new(Assignment::Waiting as u8),
            restore: AtomicU8::new(Restore::Pending as u8),
            commit: AtomicU8::new(Commit::Pending as u8),
        }
    }

    /// The loop turned.
    pub fn turned(&self, at: Micros) {
        self.last_turn.fetch_max(at, Ordering::Relaxed);
    }

    /// A share was given or taken. Any change of the share makes restore and commit pending again: what was restored or
    /// committed before belongs to another share.
    pub fn assigned(&self, assignment: Assignment) {
        self.restore.store(Restore::Pending as u8, Ordering::Release);
        self.commit.store(Commit::Pending as u8, Ordering::Release);
        self.assignment.store(assignment as u8, Ordering::Release);
    }

    /// How far restoring the share is.
    pub fn restored(&self, restore: Restore) {
        self.restore.store(restore as u8, Ordering::Release);
    }

    /// Whether the share was committed.
    pub fn committed(&self, commit: Commit) {
        self.commit.store(commit as u8, Ordering::Release);
    }

    /// Whether the loop turns, as of the clock's now.
    pub fn liveness(&self) -> Liveness {
        let age = self.clock.now().saturating_sub(self.last_turn.load(Ordering::Relaxed)).max(0);
        if age <= self.stall_after {
            Liveness::Turning { age }
        } else {
            Liveness::Stalled { age, limit: self.stall_after }
        }
    }

    /// What readiness rests on, now.
    pub fn readiness(&self) -> Readiness {
        Readiness {
            assignment: Assignment::from_code(self.assignment.load(Ordering::Acquire)),
            restore: Restore::from_code(self.restore.load(Ordering::Acquire)),
            commit: Commit::from_code(self.commit.load(Ordering::Acquire)),
        }
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("readiness", &self.readiness()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Assignment, Commit, Health, Liveness, Restore};
    use std::sync::Arc;
    use std::time::Duration;
    use touchpoint::time::{FixedClock, SECOND};

    fn health_at(now: i64, turned: i64) -> Health {
        let health = Health::new(Arc::new(FixedClock(now)), Duration::from_secs(30));
        // The creation counts as a turn at `now`; go back to test an older one.
        health.last_turn.store(turned, std::sync::atomic::Ordering::Relaxed);
        health
    }

    #[test]
    fn the_limit_itself_is_still_alive() {
        let now = 1_000 * SECOND;
        assert_eq!(health_at(now, 970 * SECOND).liveness(), Liveness::Turning { age: 30 * SECOND });
        let stalled = Liveness::Stalled { age: 30 * SECOND + 1, limit: 30 * SECOND };
        assert_eq!(health_at(now, 970 * SECOND - 1).liveness(), stalled);
    }

    #[test]
    fn turns_never_go_back() {
        let health = health_at(1_000 * SECOND, 995 * SECOND);
        health.turned(900 * SECOND);
        assert_eq!(health.liveness(), Liveness::Turning { age: 5 * SECOND });
    }

    #[test]
    fn ready_needs_a_share_and_its_state_but_no_commit() {
        let health = health_at(0, 0);
        assert!(!health.readiness().is_ready());
        health.assigned(Assignment::Assigned);
        assert!(!health.readiness().is_ready());
        health.restored(Restore::Done);
        assert!(health.readiness().is_ready());
        assert_eq!(health.readiness().commit, Commit::Pending);
    }

    #[test]
    fn a_new_share_must_be_restored_again() {
        let health = health_at(0, 0);
        health.assigned(Assignment::Assigned);
        health.restored(Restore::Done);
        health.committed(Commit::Done);
        health.assigned(Assignment::Assigned);
        assert_eq!(health.readiness().restore, Restore::Pending);
        assert_eq!(health.readiness().commit, Commit::Pending);
    }
}
