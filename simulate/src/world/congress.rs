//! The congress calendar: each specialty has its meetings every year, and invitations go out in a burst before them.

use crate::calendar::{Day, civil, day_of, day_of_civil, is_working_day};
use crate::config::Span;
use crate::id::Named;
use crate::seed::Purpose;
use crate::world::place::SPECIALTIES;
use crate::world::{HcpIndex, World};
use touchpoint::Micros;
use touchpoint::time::DAY;
use touchpoint::words::Mode;

/// One congress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Congress {
    /// Number that makes its id.
    pub(crate) number: u32,
    /// Index of the specialty.
    pub(crate) specialty: usize,
    /// First day.
    pub(crate) day: Day,
    /// On site or online.
    pub mode: Mode,
}

impl Congress {
    /// `congress_id`.
    pub fn id(&self) -> String {
        Named::Congress(self.number).id()
    }

    /// Specialty it is for.
    pub fn specialty(&self) -> &'static str {
        SPECIALTIES.get(self.specialty).copied().unwrap_or_default()
    }

    /// 00:00 UTC of its first day.
    pub fn starts(&self) -> Micros {
        self.day * DAY
    }
}

impl World {
    /// The congresses whose first day lies in `span`, by date.
    pub fn congresses(&self, span: Span) -> Vec<Congress> {
        let (first, last) = (day_of(span.from), day_of(span.to - 1));
        let mut found: Vec<_> = (civil(first).0..=civil(last).0)
            .flat_map(|year| self.congresses_of(year))
            .filter(|c| span.from <= c.starts() && c.starts() < span.to)
            .collect();
        found.sort_by_key(|c| (c.day, c.number));
        found
    }

    /// The congresses to which invitations go out on `day`.
    pub(crate) fn inviting_on(&self, day: Day) -> Vec<Congress> {
        let config = &self.config().congress;
        // Three days more, for invitations that waited for Monday.
        let from = day + 7 * i64::from(config.burst_to_weeks) - 3;
        let to = day + 7 * i64::from(config.burst_from_weeks);
        self.congresses(Span { from: from * DAY, to: (to + 1) * DAY })
    }

    /// The day on which `hcp` is invited to `congress`: within the burst, most of it in its middle, never on a weekend.
    pub(crate) fn invitation_day(&self, congress: &Congress, hcp: HcpIndex) -> Day {
        let config = &self.config().congress;
        let length = 7.0 * f64::from(config.burst_from_weeks - config.burst_to_weeks);
        let draw =
            |n: u64| self.seed().unit(Purpose::InvitationDay, u64::from(hcp) << 2 | n, u64::from(congress.number));
        let into = ((draw(0) + draw(1)) / 2.0 * length) as i64;
        let mut day = congress.day - 7 * i64::from(config.burst_from_weeks) + into;
        while !is_working_day(day) {
            day += 1;
        }
        day
    }

    fn congresses_of(&self, year: i64) -> Vec<Congress> {
        let config = &self.config().congress;
        let per_specialty = config.in_person_per_year + config.virtual_per_year;
        let first = day_of_civil(year, 1, 1);
        let mut all = Vec::new();
        for specialty in 0..SPECIALTIES.len() {
            for k in 0..per_specialty {
                let number = (year.rem_euclid(100) as u32) * 10_000 + (specialty as u32) * 100 + k;
                // Spread over the year without its first and last weeks: slot k, anywhere in the slot.
                let slot = 330.0 / f64::from(per_specialty);
                let u = self.seed().unit(Purpose::CongressDay, u64::from(number), year as u64);
                let day = first + 15 + (slot * (f64::from(k) + u)) as i64;
                // Spread evenly among the others, so that each mode has its number exactly.
                let in_person = |slots: u32| slots * config.in_person_per_year / per_specialty;
                let mode = if in_person(k + 1) > in_person(k) { Mode::InPerson } else { Mode::Virtual };
                all.push(Congress { number, specialty, day, mode });
            }
        }
        all
    }
}
