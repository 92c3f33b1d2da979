//! The zone of a budget use: a ceiling, never a target.

use crate::words::words;

words! {
    /// How near an HCP is to the binding budget (metrics.md §5).
    Zone in "zone" {
        /// Well below.
        Clear = "clear",
        /// The end is near.
        Near = "near",
        /// The next touch breaches.
        Full = "full",
        /// Breached.
        Over = "over",
    }
}

/// Where zones begin. Full is at 1 and over beyond it, whatever a policy says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zones {
    /// Use at which `near` begins, in (0, 1).
    pub near: f64,
}

impl Zones {
    /// The zone of a budget use; `None` for `None` (no budget).
    pub fn of(&self, budget_use: Option<f64>) -> Option<Zone> {
        let used = budget_use?;
        Some(match used {
            _ if used > 1.0 => Zone::Over,
            _ if used == 1.0 => Zone::Full,
            _ if used >= self.near => Zone::Near,
            _ => Zone::Clear,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Zone, Zones};

    #[test]
    fn a_use_has_one_zone_and_the_borders_are_sharp() {
        let zones = Zones { near: 0.75 };
        assert_eq!(zones.of(None), None);
        for (used, zone) in [
            (0.0, Zone::Clear),
            (0.749_999, Zone::Clear),
            (0.75, Zone::Near),
            (0.999_999, Zone::Near),
            (1.0, Zone::Full),
            (1.000_001, Zone::Over),
            (f64::INFINITY, Zone::Over),
        ] {
            assert_eq!(zones.of(Some(used)), Some(zone), "{used}");
        }
        // Every cap that a policy may name is full at its cap and at nothing else.
        for cap in 1..=10_000_u32 {
            let of = |used: u32| zones.of(Some(f64::from(used) / f64::from(cap)));
            assert_ne!(of(cap - 1), Some(Zone::Full));
            assert_eq!((of(cap), of(cap + 1)), (Some(Zone::Full), Some(Zone::Over)));
        }
    }
}
