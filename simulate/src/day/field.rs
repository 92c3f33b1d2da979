//! The day of reps, MSLs, market access and patient services.

use crate::calendar::{Day, add_working_days};
use crate::id::{Owner, Role};
use crate::interaction::call::CallShape;
use crate::interaction::email::EmailShape;
use crate::scribe::{Act, Scribe};
use crate::world::HcpIndex;
use rand::Rng;
use std::ops::Range;
use touchpoint::time::HOUR;
use touchpoint::words::Channel;

/// How often a rep looks for somebody not yet seen that day before giving up the slot.
const TRIES: usize = 6;

impl Scribe<'_> {
    /// Calls and e-mails of every rep.
    pub(super) fn field_day(&mut self, day: Day) {
        let config = self.config();
        let mean = config.field.acts_per_rep_day * config.profile.free_acts * self.season(day);
        let mut seen = Vec::new();
        for rep in 0..self.world.reps() {
            let owner = Owner { role: Role::Rep, number: rep };
            seen.clear();
            for _ in 0..self.count(mean).min(config.field.max_acts_per_day) {
                let Some(hcp) = self.next_hcp(self.world.panel(rep), &seen) else { continue };
                seen.push(hcp);
                self.rep_act(owner, hcp, day);
            }
        }
    }

    /// Calls of every MSL.
    pub(super) fn medical_day(&mut self, day: Day) {
        let config = self.config();
        let mean = config.field.calls_per_msl_day * config.profile.medical * self.season(day);
        for msl in 0..self.world.msls() {
            for _ in 0..self.count(mean) {
                let u = self.rng.random();
                let hcp = self.world.pick(self.world.msl_panel(msl), u);
                let ways = [(Channel::FaceToFace, 0.6), (Channel::Video, 0.3), (Channel::Phone, 0.1)];
                let channel = self.choose(&ways, Channel::FaceToFace);
                self.field_call(Owner { role: Role::Msl, number: msl }, hcp, day, channel);
            }
        }
    }

    /// Calls of market access and patient services: services, never promotion.
    pub(super) fn service_day(&mut self, day: Day) {
        let config = self.config();
        let mean = f64::from(self.world.reps()) * config.field.acts_per_rep_day * config.profile.services;
        for _ in 0..self.count(mean * self.season(day)) {
            let u = self.rng.random();
            let hcp = self.world.pick(0..config.hcps, u);
            let owner = self.service_owner(hcp);
            let ways = [(Channel::Phone, 0.5), (Channel::FaceToFace, 0.3), (Channel::Video, 0.2)];
            let channel = self.choose(&ways, Channel::Phone);
            self.field_call(owner, hcp, day, channel);
        }
    }

    /// Market access or patient services of the HCP's region.
    pub(crate) fn service_owner(&mut self, hcp: HcpIndex) -> Owner {
        let role = self.choose(&[(Role::Access, 0.6), (Role::PatientServices, 0.4)], Role::Access);
        Owner { role, number: self.world.rep_of(hcp).number / 10 }
    }

    /// What a rep does next, by the channel mix.
    fn rep_act(&mut self, owner: Owner, hcp: HcpIndex, day: Day) {
        let [visit, email, phone, video, chat] = self.config().field.mix;
        let ways = [
            (Channel::FaceToFace, visit),
            (Channel::Email, email),
            (Channel::Phone, phone),
            (Channel::Video, video),
            (Channel::Chat, chat),
        ];
        let channel = self.choose(&ways, Channel::FaceToFace);
        if channel != Channel::Email {
            return self.field_call(owner, hcp, day, channel);
        }
        let at = self.working_moment(self.world.place_on(hcp, day), day);
        let message = self.message(owner, hcp, day, None);
        let scheduled_at = self.chance(0.15).then(|| at - self.rng.random_range(HOUR / 2..3 * HOUR));
        self.email(&Act { owner, hcp, at, message }, EmailShape { scheduled_at, answers: None });
    }

    /// A call today, or one put into the calendar today for one of the next ten working days.
    fn field_call(&mut self, owner: Owner, hcp: HcpIndex, day: Day, channel: Channel) {
        let planned = self.chance(self.config().field.planned_share);
        let planned_at = planned.then(|| self.working_moment(self.world.place_on(hcp, day), day));
        let held_on = if planned { add_working_days(day, self.rng.random_range(1..=10)) } else { day };
        let at = self.working_moment(self.world.place_on(hcp, held_on), held_on);
        let message = self.message(owner, hcp, held_on, None);
        self.call(&Act { owner, hcp, at, message }, CallShape { channel, planned_at, answers: None });
    }

    /// Somebody of the panel not seen yet today, often in the account of whoever was seen last.
    fn next_hcp(&mut self, panel: Range<u32>, seen: &[HcpIndex]) -> Option<HcpIndex> {
        let same_account = self.chance(self.config().profile.same_account);
        let neighbours = seen.last().filter(|_| same_account).map(|last| {
            let members = self.world.neighbours(*last);
            members.start.max(panel.start)..members.end.min(panel.end)
        });
        for attempt in 0..TRIES {
            let range = neighbours.clone().filter(|_| attempt < TRIES / 2).unwrap_or_else(|| panel.clone());
            let u = self.rng.random();
            let hcp = self.world.pick(range, u);
            if !seen.contains(&hcp) {
                return Some(hcp);
            }
        }
        None
    }
}
