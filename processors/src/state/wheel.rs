//! When each HCP next changes by itself: touches enter, leave a window or come due without any new record.
//!
//! One timer per HCP, kept by the minute. Moving a timer leaves the old one behind; it is recognised when it fires,
//! because the HCP's own `due` says otherwise. Cost per touch, never HCPs × ticks.

use std::collections::BTreeMap;
use touchpoint::time::{Micros, SECOND};

const MINUTE: Micros = 60 * SECOND;

/// HCP numbers by the minute in which they are due.
#[derive(Debug, Default)]
pub struct Wheel {
    minutes: BTreeMap<i64, Vec<u32>>,
    timers: usize,
}

impl Wheel {
    /// Sets a timer for `hcp` at `due`.
    pub fn set(&mut self, hcp: u32, due: Micros) {
        self.timers += 1;
        self.minutes.entry(due.div_euclid(MINUTE)).or_default().push(hcp);
    }

    /// Takes every timer of the minutes up to that of `now`. Those of the present minute may not be due yet: the caller
    /// compares with the HCP's own instant and sets them again.
    pub fn take_until(&mut self, now: Micros, mut fire: impl FnMut(u32)) {
        let minute = now.div_euclid(MINUTE);
        while let Some(entry) = self.minutes.first_entry() {
            if *entry.key() > minute {
                return;
            }
            let hcps = entry.remove();
            self.timers -= hcps.len();
            hcps.into_iter().for_each(&mut fire);
        }
    }

    /// Timers held, stale ones included.
    pub fn len(&self) -> usize {
        self.timers
    }

    /// Whether no timer is set.
    pub fn is_empty(&self) -> bool {
        self.timers == 0
    }
}
