//! Interruption load: Σ w_i · 2^(−(T − t_i)/h) over the unsolicited touches of the last 400 d (metrics.md §3).

use super::Instant;
use super::touches::Touch;
use touchpoint::time::{DAY, Micros};

/// The load at T of touches that all lie in `(T − 400 d, T]`. Never negative, never NULL.
pub fn decayed(touches: &[Touch], instant: &Instant<'_>) -> f64 {
    let weights = &instant.policy.weights;
    let unsolicited = touches.iter().filter(|t| t.is_unsolicited());
    unsolicited.map(|t| weights.of(t.channel, t.origin) * decay(instant.at - t.at, instant.policy.half_life)).sum()
}

/// The factor by which a load shrinks over `span`.
pub fn decay(span: Micros, half_life: Micros) -> f64 {
    (-(span as f64) / half_life as f64).exp2()
}

/// The steady weekly number of face-to-face visits that would weigh the same: load · ln 2 · 7 d / h.
pub fn visits_per_week(load: f64, half_life: Micros) -> f64 {
    load * std::f64::consts::LN_2 * (7 * DAY) as f64 / half_life as f64
}
