//! Interruption load: Σ w_i · 2^(−(T − t_i)/h) over the unsolicited touches of the last 400 d (metrics.md §3).
//!
//! Every term shrinks by the same factor, so a sum that was made once holds at any later T: [`Past`] keeps that of the
//! touches which have left the headline window, most of all.

use super::entry::{Entry, WEIGHT_CLASSES, weight_class};
use super::touches::{Source, Touch};
use super::{Instant, Texts, within};
use touchpoint::time::{DAY, Micros, RETENTION};
use touchpoint::{Audience, Channel, Origin, Word};

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
        sum(touches.map(|e| self.one(e.weight_class(), e.occurred_at)))
    }

    /// The load of the unsolicited among `touches`. Never negative, never NULL.
    pub fn touches(&self, touches: &[Touch]) -> f64 {
        let unsolicited = touches.iter().filter(|t| t.is_unsolicited());
        sum(unsolicited.map(|t| self.one(weight_class(t.channel, t.origin), t.at)))
    }

    fn one(&self, class: usize, at: Micros) -> f64 {
        let weight = self.weights.get(class).copied().unwrap_or(0.0);
        weight * ((self.at - at) as f64 * self.rate).exp2()
    }
}

/// From 0: the sum of nothing would be −0, which readers see.
fn sum(loads: impl Iterator<Item = f64>) -> f64 {
    loads.fold(0.0, |sum, load| sum + load)
}

/// The load of the touches of one HCP up to some instant, for each audience. The default knows of none.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// Event time of the oldest entry that it was told from: once that is no longer retained, so is this.
    since: Micros,
    /// Touches up to here are in it.
    until: Micros,
    /// When it weighs `loads`.
    at: Micros,
    /// In the order of [`Audience::ALL`].
    loads: [f64; Audience::ALL.len()],
}

impl Default for Past {
    fn default() -> Self {
        Self { since: Micros::MAX, until: Micros::MIN, at: 0, loads: [0.0; Audience::ALL.len()] }
    }
}

impl Past {
    /// To be told of every entry that comes, goes or is another than before.
    pub fn changed(&mut self, occurred_at: Micros) {
        if occurred_at <= self.until {
            *self = Self::default();
        }
    }

    /// The loads of the touches with `T − 400 d < occurred_at ≤ until` at T, in the order of [`Audience::ALL`]. Only what was
    /// not in it before is looked at; `entries` are all of the HCP.
    pub fn loads<T: Texts + Copy>(
        &mut self,
        (entries, texts): (&[Entry], T),
        instant: &Instant<'_>,
        until: Micros,
    ) -> [f64; Audience::ALL.len()] {
        let horizon = instant.at - RETENTION;
        if self.since <= horizon || until < self.until || instant.at < self.at {
            *self = Self::default();
        }
        let new = within(entries, self.until.max(horizon), until);
        if let Some(last) = new.last() {
            let retained = within(entries, horizon, instant.at);
            let weighing = Weighing::new(instant);
            for (audience, load) in Audience::ALL.into_iter().zip(&mut self.loads) {
                let source = Source { retained, texts, audience };
                *load = *load * decay(instant.at - self.at, instant.policy.half_life) + weighing.entries(&source, new);
            }
            (self.at, self.until) = (instant.at, last.occurred_at);
            self.since = retained.first().map_or(Micros::MAX, |oldest| oldest.occurred_at);
        }
        let factor = decay(instant.at - self.at, instant.policy.half_life);
        self.loads.map(|load| load * factor)
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
