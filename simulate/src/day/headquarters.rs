//! What headquarters sends: waves of e-mail, and invitations in the weeks before a congress.

use crate::calendar::{Day, day_of, local_instant, week, weekday};
use crate::id::{Owner, Role};
use crate::interaction::email::EmailShape;
use crate::scribe::{Act, Scribe};
use crate::seed::Purpose;
use crate::world::{Congress, HEADQUARTERS, HcpIndex};
use rand::Rng;
use touchpoint::Micros;
use touchpoint::time::{DAY, SECOND};

/// Who may invite, in the order in which functions join in.
const INVITERS: [Role; 5] = [Role::Rep, Role::Hq, Role::Msl, Role::Access, Role::PatientServices];

impl Scribe<'_> {
    /// The waves of the brands whose week it is, spread over Tuesday to Thursday, sent in the morning of headquarters.
    /// HCPs in a plan get headquarters' mail as a step of it, not in waves.
    pub(super) fn wave_day(&mut self, day: Day) {
        if !(1..=3).contains(&weekday(day)) {
            return;
        }
        let (brands, every) = (self.config().catalogue.brands, i64::from(self.config().email.wave_weeks));
        for brand in 0..brands {
            let turn = i64::from(brand) * every / i64::from(brands);
            if (week(day) + turn).rem_euclid(every) == 0 {
                self.wave(brand, day);
            }
        }
    }

    fn wave(&mut self, brand: u32, day: Day) {
        let owner = Owner { role: Role::Hq, number: brand };
        let key = (week(day) as u64) << 8 | u64::from(brand);
        for hcp in 0..self.world.hcps() {
            let turn = self.world.seed().below(Purpose::WaveDay, u64::from(hcp), key, 3) as i64;
            if turn + 1 != weekday(day) || !self.world.has_consented(hcp) || self.world.is_enrolled(hcp) {
                continue;
            }
            let at = local_instant(HEADQUARTERS, day, 9 * 3600) + self.rng.random_range(0..3 * 3600) * SECOND;
            let message = self.message(owner, hcp, day, Some(brand));
            self.email(&Act { owner, hcp, at, message }, EmailShape::default());
        }
    }

    /// The invitations that go out on `day`.
    pub(super) fn invitation_day(&mut self, day: Day) {
        let world = self.world;
        for congress in world.inviting_on(day) {
            for hcp in world.invited(congress.specialty) {
                if world.invitation_day(&congress, *hcp) == day {
                    self.invite(&congress, *hcp, day);
                }
            }
        }
    }

    fn invite(&mut self, congress: &Congress, hcp: HcpIndex, day: Day) {
        let at = self.working_moment(self.world.place_on(hcp, day), day);
        self.invite_at(congress, hcp, at);
    }

    /// Invites an HCP, and lets a second function do so days later where nobody coordinates.
    pub(crate) fn invite_at(&mut self, congress: &Congress, hcp: HcpIndex, at: Micros) {
        let [fewest, most] = self.config().congress.functions;
        let number = u64::from(congress.number);
        let inviting = fewest
            + self.world.seed().below(Purpose::CongressFunctions, number, 0, u64::from(most - fewest + 1)) as u32;
        let first = self.rng.random_range(0..inviting) as usize;
        self.invite_as(first, congress, hcp, at);
        if inviting > 1 && self.chance(self.config().profile.second_invitation) {
            let second = (first + self.rng.random_range(1..inviting) as usize) % inviting as usize;
            let later = self.rng.random_range(0..5) * DAY + self.rng.random_range(0..3600) * SECOND;
            self.invite_as(second, congress, hcp, at + later);
        }
    }

    fn invite_as(&mut self, inviter: usize, congress: &Congress, hcp: HcpIndex, at: Micros) {
        let role = INVITERS.get(inviter).copied().unwrap_or(Role::Hq);
        let owner = match role {
            Role::Rep => self.world.rep_of(hcp),
            Role::Msl => self.world.msl_of(hcp),
            Role::Access | Role::PatientServices => Owner { role, number: self.world.rep_of(hcp).number / 10 },
            Role::Hq | Role::MedicalInformation => Owner { role, number: congress.number % 7 },
        };
        let message = self.message(owner, hcp, day_of(at), None);
        self.invitation(&Act { owner, hcp, at, message }, congress);
    }
}
