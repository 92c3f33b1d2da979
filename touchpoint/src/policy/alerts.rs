//! When an alert begins and when it ends: two borders each, so that a value on one of them does not flicker.

use crate::time::Micros;

/// A pair of borders. The span between them changes nothing: what fires goes on, what does not stays quiet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Fires when the value is above this.
    pub above: f64,
    /// Ends when the value is at or below this; at most `above`.
    pub clear: f64,
}

/// What a value says, given both borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Above the upper border.
    Fires,
    /// Between the borders: as before.
    Stays,
    /// At or below the lower border, or not known.
    Ends,
}

impl Threshold {
    /// What `value` says. NULL ends: what is not known raises nobody, and keeps nothing alive.
    pub fn verdict(&self, value: Option<f64>) -> Verdict {
        match value {
            Some(value) if value > self.above => Verdict::Fires,
            Some(value) if value > self.clear => Verdict::Stays,
            _ => Verdict::Ends,
        }
    }
}

/// The thresholds of the shipped alert rules. Rules that fire on any one occurrence have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlertThresholds {
    /// `budget_use` of the headline row: over budget.
    pub budget_use: Threshold,
    /// How far ahead planned touches are held against the budgets: going over.
    pub forecast: Micros,
    /// `collisions` of the 7d row: a burst.
    pub collisions: Threshold,
    /// `fragmentation` of the headline row …
    pub fragmentation: Threshold,
    /// … of an HCP with so many `visits_per_week`.
    pub busy: Threshold,
    /// `load_p90` of an account: over-touched.
    pub account_load: Threshold,
}

#[cfg(test)]
mod tests {
    use super::{Threshold, Verdict};

    #[test]
    fn between_the_borders_nothing_changes() {
        let threshold = Threshold { above: 1.0, clear: 0.9 };
        for (value, verdict) in [
            (Some(1.25), Verdict::Fires),
            (Some(f64::INFINITY), Verdict::Fires),
            (Some(1.0), Verdict::Stays),
            (Some(0.95), Verdict::Stays),
            (Some(0.9), Verdict::Ends),
            (Some(0.0), Verdict::Ends),
            (Some(f64::NAN), Verdict::Ends),
            (None, Verdict::Ends),
        ] {
            assert_eq!(threshold.verdict(value), verdict, "{value:?}");
        }
    }
}
