//! Counts of HCPs by zone (metrics.md §5).

use touchpoint::policy::Zone;

/// See the module. The zones and `without_budget` add up to `hcps`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standings {
    /// Everybody.
    pub hcps: u64,
    /// No budget bears on them.
    pub without_budget: u64,
    /// Well below.
    pub clear: u64,
    /// The end is near.
    pub near: u64,
    /// The next touch breaches.
    pub full: u64,
    /// Breached.
    pub over: u64,
    /// No touch in the window.
    pub untouched: u64,
}

impl Standings {
    /// One HCP more.
    pub(super) fn add(&mut self, zone: Option<Zone>, touches: u32) {
        self.hcps += 1;
        self.untouched += u64::from(touches == 0);
        *match zone {
            None => &mut self.without_budget,
            Some(Zone::Clear) => &mut self.clear,
            Some(Zone::Near) => &mut self.near,
            Some(Zone::Full) => &mut self.full,
            Some(Zone::Over) => &mut self.over,
        } += 1;
    }
}
