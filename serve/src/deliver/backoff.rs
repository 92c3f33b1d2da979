//! How long to wait before the next try: twice as long each time, up to a bound, by chance a good deal less.
//!
//! Chance keeps receivers that come back from being met by everybody at once. It comes from outside: tests bring theirs.

use std::time::Duration;

/// Waits between tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
}

impl Backoff {
    /// From `first` up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, tries: 0 }
    }

    /// The wait after one more failure; `chance` is any number, best an unpredictable one. Between half the span and the
    /// span.
    pub fn failed(&mut self, chance: u64) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.tries.min(20)).min(self.longest);
        self.tries = self.tries.saturating_add(1);
        let share = (chance % 1_000) as u32;
        doubled / 2 + doubled / 2_000 * share
    }

    /// A try went well: the next failure waits shortly again.
    pub fn succeeded(&mut self) {
        self.tries = 0;
    }

    /// Failures since the last success.
    pub fn tries(&self) -> u32 {
        self.tries
    }
}

/// A number that nobody foresees.
pub fn chance() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use std::time::Duration;

    #[test]
    fn waits_double_up_to_the_bound_and_begin_again_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let spans: Vec<_> = (0..6).map(|_| backoff.failed(999)).collect();
        for (wait, span) in spans.iter().zip([100, 200, 400, 800, 1_000, 1_000]) {
            let span = Duration::from_millis(span);
            assert!(*wait >= span / 2 && *wait <= span, "{wait:?} of {span:?}");
        }
        assert_eq!(
            Backoff::new(Duration::from_millis(100), Duration::from_secs(1)).failed(0),
            Duration::from_millis(50)
        );
        backoff.succeeded();
        assert!(backoff.failed(0) < Duration::from_millis(100));
        let mut endless = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        assert!((0..100).map(|_| endless.failed(7)).all(|wait| wait <= Duration::from_secs(60)));
    }
}
