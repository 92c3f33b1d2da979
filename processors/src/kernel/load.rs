//! Interruption load: Σ w_i · 2^(−(T − t_i)/h) over the unsolicited touches of the last 400 d (metrics.md §3).

use super::entry::{Entry, WEIGHT_CLASSES, weight_class};
use super::touches::{Source, Touch};
use super::{Instant, Texts};
use touchpoint::time::{DAY, Micros};
use touchpoint::{Channel, Origin, Word};

/// What one touch weighs at T.
#[derive(Debug)]
pub struct Weighing {
    weights: [f64; WEIGHT_CLASSES],
    at: Micros,
    /// −1 / h: a product is cheaper than a quotient.
    rate: f64,
}

impl Weighing {
    /// By the policy of `instant`, at its T.
    pub fn new(instant: &Instant<'_>) -> Self {
        let mut weights = [0.0; WEIGHT_CLASSES];
        for channel in Channel::ALL {
            weights[weight_class(*channel, None)] = instant.policy.weights.of(*channel, None);
        }
        let hq = Some(Origin::Hq);
        weights[weight_class(Channel::Email, hq)] = instant.policy.weights.of(Channel::Email, hq);
        Self { weights, at: instant.at, rate: -1.0 / instant.policy.half_life as f64 }
    }

    /// The load of the unsolicited among `older`, entries of the source. Never negative, never NULL.
    pub fn entries<T: Texts>(&self, source: &Source<'_, T>, older: &[Entry]) -> f64 {
        let touches = source.entries(older).filter(|e| source.solicited_basis(e).is_none());
        touches.map(|e| self.one(e.weight_class(), e.occurred_at)).sum()
    }

    /// The load of the unsolicited among `touches`. Never negative, never NULL.
    pub fn touches(&self, touches: &[Touch]) -> f64 {
        let unsolicited = touches.iter().filter(|t| t.is_unsolicited());
        unsolicited.map(|t| self.one(weight_class(t.channel, t.origin), t.at)).sum()
    }

    fn one(&self, class: usize, at: Micros) -> f64 {
        let weight = self.weights.get(class).copied().unwrap_or(0.0);
        weight * ((self.at - at) as f64 * self.rate).exp2()
    }
}

/// The factor by which a load shrinks over `span`.
pub fn decay(span: Micros, half_life: Micros) -> f64 {
    (-(span as f64) / half_life as f64).exp2()
}

/// The steady weekly number of face-to-face visits that would weigh the same: load · ln 2 · 7 d / h.
pub fn visits_per_week(load: f64, half_life: Micros) -> f64 {
    load * std::f64::consts::LN_2 * (7 * DAY) as f64 / half_life as f64
}
