//! Which interaction comes next in live traffic, by how many of each a day of the world has.

use crate::calendar::{add_working_days, day_of};
use crate::draft::{Dispatch, Occurred};
use crate::id::{Owner, Role, Series};
use crate::interaction::call::CallShape;
use crate::interaction::email::EmailShape;
use crate::live::Live;
use crate::scribe::{Act, KINDS, Scribe};
use crate::world::World;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use touchpoint::Micros;
use touchpoint::policy::WorkingHours;
use touchpoint::time::SECOND;
use touchpoint::words::{Channel, Kind};

/// What can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Rep,
    Medical,
    Service,
    Wave,
    Invitation,
    Request,
    PlanStep,
}

/// Draws of a call's lateness that try to find a working hour.
const DRAWS: usize = 8;

impl Live {
    /// Begins one interaction at `now` and puts its records on their way.
    pub(super) fn spawn(&mut self, now: Micros) {
        let world = self.world.clone();
        for draw in 1..=DRAWS {
            let records = self.interaction(&world, now);
            if draw == DRAWS || is_decent(&world, &records, now) {
                return self.enqueue(records, now);
            }
        }
    }

    fn interaction(&mut self, world: &World, now: Micros) -> Vec<Dispatch> {
        let series = Series::Live(self.config.start);
        let mut scribe = Scribe::new(world, series, Micros::MIN, self.rng.clone()).resume(self.numbers);
        let now = now / SECOND * SECOND;
        match scribe.choose(&beginnings(world), Beginning::Rep) {
            Beginning::Rep => rep_act(&mut scribe, now),
            Beginning::Medical => medical_call(&mut scribe, now),
            Beginning::Service => service_call(&mut scribe, now),
            Beginning::Wave => wave_mail(&mut scribe, now),
            Beginning::Request => request(&mut scribe, now),
            Beginning::Invitation => {
                let next = scribe.rng.random_range(0..self.congresses.len().max(1));
                if let Some(congress) = self.congresses.get(next) {
                    let listed = world.invited(congress.specialty);
                    let turn = scribe.rng.random_range(0..listed.len().max(1));
                    let hcp = listed.get(turn).copied().unwrap_or_default();
                    scribe.invite_at(congress, hcp, now);
                } else {
                    wave_mail(&mut scribe, now);
                }
            }
            Beginning::PlanStep => {
                let hcp = any_hcp(&mut scribe, World::is_enrolled);
                let n = self.steps.entry(hcp).or_default();
                if let Some((theme, step)) = world.step_number(hcp, day_of(now), *n) {
                    *n += 1;
                    scribe.carry_out(theme, step, (hcp, now), None);
                }
            }
        }
        let records = scribe.take();
        let (numbers, rng): ([u32; KINDS], ChaCha8Rng) = scribe.into_parts();
        (self.numbers, self.rng) = (numbers, rng);
        records
    }
}

/// Interactions of each sort on a working day.
fn beginnings(world: &World) -> [(Beginning, f64); 7] {
    let config = world.config();
    let hcps = f64::from(config.hcps);
    let acts = f64::from(world.reps()) * config.field.acts_per_rep_day;
    let weekly = 7.0 / 5.0;
    let congresses = f64::from(config.congress.in_person_per_year + config.congress.virtual_per_year);
    let waves = f64::from(config.catalogue.brands) / (5.0 * f64::from(config.email.wave_weeks));
    [
        (Beginning::Rep, acts * config.profile.free_acts),
        (Beginning::Medical, f64::from(world.msls()) * config.field.calls_per_msl_day * config.profile.medical),
        (Beginning::Service, acts * config.profile.services),
        (Beginning::Wave, hcps * config.email.consented_share * (1.0 - config.profile.enrolled) * waves),
        (Beginning::Invitation, hcps * config.congress.invited_share * congresses / 365.0 * weekly),
        (Beginning::Request, hcps * config.requests.per_hcp_month / 30.0 * weekly * config.profile.medical),
        (Beginning::PlanStep, hcps * config.profile.enrolled * config.profile.adherence * 5.0 / 84.0 * weekly),
    ]
}

/// Calls that already happened should lie in working hours; everything else may lie anywhere.
fn is_decent(world: &World, records: &[Dispatch], now: Micros) -> bool {
    let field = &world.config().field;
    let hours = WorkingHours::weekdays(field.from_hour as u8, field.to_hour as u8);
    let Some(first) = records.iter().min_by_key(|d| d.arrival) else { return false };
    let Occurred::Instant(at) = first.draft.occurred else { return true };
    let happened = at + now - first.arrival;
    let call = first.draft.kind == Kind::Calls && !first.draft.status.may_lie_ahead(Kind::Calls);
    !call || hours.contain(happened, world.place_of(first.draft.hcp, happened).zone)
}

fn rep_act(scribe: &mut Scribe<'_>, now: Micros) {
    let u = scribe.rng.random();
    let hcp = scribe.world.pick(0..scribe.world.hcps(), u);
    let owner = scribe.world.rep_of(hcp);
    let [visit, email, phone, video, chat] = scribe.config().field.mix;
    let ways = [
        (Channel::FaceToFace, visit),
        (Channel::Email, email),
        (Channel::Phone, phone),
        (Channel::Video, video),
        (Channel::Chat, chat),
    ];
    let channel = scribe.choose(&ways, Channel::FaceToFace);
    if channel != Channel::Email {
        return call(scribe, (owner, hcp), channel, now);
    }
    let message = scribe.message(owner, hcp, day_of(now), None);
    scribe.email(&Act { owner, hcp, at: now, message }, EmailShape::default());
}

fn medical_call(scribe: &mut Scribe<'_>, now: Micros) {
    let u = scribe.rng.random();
    let hcp = scribe.world.pick(0..scribe.world.hcps(), u);
    let owner = scribe.world.msl_of(hcp);
    call(scribe, (owner, hcp), Channel::FaceToFace, now);
}

fn service_call(scribe: &mut Scribe<'_>, now: Micros) {
    let u = scribe.rng.random();
    let hcp = scribe.world.pick(0..scribe.world.hcps(), u);
    let owner = scribe.service_owner(hcp);
    call(scribe, (owner, hcp), Channel::Phone, now);
}

fn call(scribe: &mut Scribe<'_>, (owner, hcp): (Owner, u32), channel: Channel, now: Micros) {
    let planned_at = scribe.chance(scribe.config().field.planned_share).then_some(now);
    let mut at = now;
    if planned_at.is_some() {
        let day = add_working_days(day_of(now), scribe.rng.random_range(1..=10));
        at = scribe.working_moment(scribe.world.place_on(hcp, day), day).max(now + 1);
    }
    let message = scribe.message(owner, hcp, day_of(now), None);
    scribe.call(&Act { owner, hcp, at, message }, CallShape { channel, planned_at, answers: None });
}

fn wave_mail(scribe: &mut Scribe<'_>, now: Micros) {
    let hcp = any_hcp(scribe, |world, hcp| world.has_consented(hcp) && !world.is_enrolled(hcp));
    let brand = scribe.rng.random_range(0..scribe.config().catalogue.brands);
    let owner = Owner { role: Role::Hq, number: brand };
    let message = scribe.message(owner, hcp, day_of(now), Some(brand));
    scribe.email(&Act { owner, hcp, at: now, message }, EmailShape::default());
}

fn request(scribe: &mut Scribe<'_>, now: Micros) {
    let u = scribe.rng.random();
    let hcp = scribe.world.pick(0..scribe.world.hcps(), u);
    let owner = Owner { role: Role::MedicalInformation, number: 0 };
    let theme = scribe.rng.random_range(0..scribe.world.themes());
    let message = scribe.say(theme);
    scribe.request(&Act { owner, hcp, at: now, message });
}

/// An HCP for whom `fits` holds; after 32 misses anyone.
fn any_hcp(scribe: &mut Scribe<'_>, fits: impl Fn(&World, u32) -> bool) -> u32 {
    let hcps = scribe.world.hcps();
    let mut hcp = scribe.rng.random_range(0..hcps);
    for _ in 0..32 {
        if fits(scribe.world, hcp) {
            break;
        }
        hcp = scribe.rng.random_range(0..hcps);
    }
    hcp
}
