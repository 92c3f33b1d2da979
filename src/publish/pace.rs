//! How fast records go out: a token bucket over elapsed time, without a clock of its own.

use std::time::Duration;

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as it goes.
    Unbounded,
    /// Records per second on average; more than zero.
    PerSecond(f64),
}

/// What may go out at once after a wait: a twentieth of a second's worth, at least one record.
const BURST_SECONDS: f64 = 0.05;

/// Hands out one token per record. Over any span it gives at most `rate × span + burst`.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenBucket {
    rate: Option<f64>,
    level: f64,
    filled_at: Duration,
}

impl TokenBucket {
    /// A bucket with one token, at elapsed time zero. A rate that is not above zero counts as the smallest one.
    pub(super) fn new(pace: Pace) -> Self {
        let rate = match pace {
            Pace::Unbounded => None,
            Pace::PerSecond(rate) => Some(if rate > 0.0 { rate } else { f64::MIN_POSITIVE }),
        };
        Self { rate, level: 1.0, filled_at: Duration::ZERO }
    }

    /// Takes a token at elapsed time `now`, which never falls; else says how long until there is one.
    pub(super) fn take(&mut self, now: Duration) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.level = (self.level + passed * rate).min((rate * BURST_SECONDS).max(1.0));
        self.filled_at = self.filled_at.max(now);
        if self.level >= 1.0 {
            self.level -= 1.0;
            return Duration::ZERO;
        }
        let wait = Duration::try_from_secs_f64((1.0 - self.level) / rate).unwrap_or(Duration::MAX);
        wait.max(Duration::from_nanos(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, TokenBucket};
    use std::time::Duration;

    /// Tokens given within `seconds` by a caller that looks every `step`.
    fn given(rate: f64, seconds: u64, step: Duration) -> u64 {
        let (mut bucket, mut now, mut count) = (TokenBucket::new(Pace::PerSecond(rate)), Duration::ZERO, 0);
        while now < Duration::from_secs(seconds) {
            while bucket.take(now).is_zero() {
                count += 1;
            }
            now += step;
        }
        count
    }

    #[test]
    fn the_rate_holds_whatever_the_step() {
        for rate in [2.0, 100.0, 5_000.0] {
            for millis in [1, 7, 20] {
                let count = given(rate, 20, Duration::from_millis(millis)) as f64;
                assert!((count - rate * 20.0).abs() <= rate * 0.06 + 1.0, "{rate} {millis} {count}");
            }
        }
    }

    #[test]
    fn a_pause_is_not_caught_up() {
        let mut bucket = TokenBucket::new(Pace::PerSecond(1_000.0));
        let later = Duration::from_secs(3_600);
        let burst = (0..10_000).take_while(|_| bucket.take(later).is_zero()).count();
        assert_eq!(burst, 50);
    }

    #[test]
    fn the_wait_it_names_is_enough_and_no_more() {
        let mut bucket = TokenBucket::new(Pace::PerSecond(4.0));
        assert!(bucket.take(Duration::ZERO).is_zero());
        let wait = bucket.take(Duration::ZERO);
        assert_eq!(wait, Duration::from_millis(250));
        assert!(!bucket.take(Duration::from_millis(249)).is_zero());
        assert!(bucket.take(Duration::from_millis(250)).is_zero());
        assert!(TokenBucket::new(Pace::Unbounded).take(Duration::ZERO).is_zero());
        let mut never = TokenBucket::new(Pace::PerSecond(0.0));
        assert!(never.take(Duration::ZERO).is_zero(), "the first token is there");
        assert!(never.take(Duration::from_secs(9)) > Duration::from_secs(1_000_000));
    }
}
