//! One simulated day: everything that begins on it, written down with all its later records.
//!
//! A day is a local day: working hours are those of the HCP. So the first record of a day's interactions can arrive as
//! early as [`EARLIEST_ARRIVAL`] before its 00:00 UTC, and never earlier.

mod field;
mod headquarters;
mod orchestrated;

use crate::calendar::{Day, civil, is_working_day};
use crate::draft::Dispatch;
use crate::id::{Owner, Role, Series};
use crate::scribe::{Act, Scribe};
use crate::seed::Purpose;
use crate::world::World;
use rand::Rng;
use rand_distr::{Distribution, Poisson};
use touchpoint::Micros;
use touchpoint::time::HOUR;

/// Local time is at most 14 hours ahead of UTC.
pub(crate) const EARLIEST_ARRIVAL: Micros = 14 * HOUR;

/// All records of the interactions that begin on `day`, in no order; without those that begin before `not_before`.
pub(crate) fn write_day(world: &World, day: Day, not_before: Micros) -> Vec<Dispatch> {
    if !is_working_day(day) {
        return Vec::new();
    }
    let generator = |purpose| world.seed().generator(purpose, day);
    let mut scribe = Scribe::new(world, Series::History(day), not_before, generator(Purpose::Field));
    scribe.field_day(day);
    scribe.rng = generator(Purpose::Medical);
    scribe.medical_day(day);
    scribe.rng = generator(Purpose::Services);
    scribe.service_day(day);
    scribe.rng = generator(Purpose::Waves);
    scribe.wave_day(day);
    scribe.rng = generator(Purpose::Congress);
    scribe.invitation_day(day);
    scribe.rng = generator(Purpose::Requests);
    scribe.request_day(day);
    scribe.rng = generator(Purpose::Plans);
    scribe.plan_day(day);
    scribe.take()
}

impl Scribe<'_> {
    /// A Poisson number, 0 for a mean of 0.
    pub(crate) fn count(&mut self, mean: f64) -> u32 {
        Poisson::new(mean).map_or(0, |d| d.sample(&mut self.rng) as u32)
    }

    /// The factor of the month on field work.
    pub(crate) fn season(&self, day: Day) -> f64 {
        if civil(day).1 == 8 { self.config().field.august_factor } else { 1.0 }
    }

    fn request_day(&mut self, day: Day) {
        let config = self.config();
        // Everything of a week comes in on its five working days.
        let daily = config.requests.per_hcp_month / 30.0 * 7.0 / 5.0;
        let count = self.count(daily * f64::from(config.hcps) * config.profile.medical);
        for _ in 0..count {
            let u = self.rng.random();
            let hcp = self.world.pick(0..config.hcps, u);
            let at = self.working_moment(self.world.place_on(hcp, day), day);
            let owner = Owner { role: Role::MedicalInformation, number: 0 };
            let theme = self.rng.random_range(0..self.world.themes());
            let message = self.say(theme);
            self.request(&Act { owner, hcp, at, message });
        }
    }
}
