//! One HCP: what it is, where it is and when, how busy it is, who may see it.

use crate::calendar::Day;
use crate::id::Named;
use crate::seed::Purpose;
use crate::world::World;
use crate::world::place::{Place, SPECIALTIES};
use touchpoint::Micros;
use touchpoint::time::DAY;

/// Number of an HCP, from 0.
pub(crate) type HcpIndex = u32;

/// How an HCP's practice treats visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessBand {
    /// Sees most reps.
    Accessible,
    /// Sees some.
    Restricted,
    /// Sees hardly any.
    Severe,
}

/// What is known of an HCP at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Hcp {
    /// `hcp_id`.
    pub id: String,
    /// Specialty.
    pub specialty: &'static str,
    /// A is the most active fifth, then B and C.
    pub segment: &'static str,
    /// Territory number.
    pub territory: u32,
    /// Country and time zone.
    pub place: Place,
    /// Account number.
    pub account: u32,
    /// Access.
    pub access: AccessBand,
    /// Relative activity; the median HCP has 1.
    pub weight: f64,
}

/// An HCP takes the territory, place and account of another one from an instant on; its reps follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// 00:00 UTC of some day.
    pub at: Micros,
    /// The HCP whose surroundings it takes.
    pub to: u32,
}

impl World {
    /// The HCP of a number below [`World::hcps`] as it is at `at`.
    pub fn hcp(&self, hcp: u32, at: Micros) -> Hcp {
        Hcp {
            id: Named::Hcp(hcp).id(),
            specialty: SPECIALTIES.get(self.specialty(hcp)).copied().unwrap_or_default(),
            segment: self.segment(hcp),
            territory: self.territory_of(hcp, at),
            place: self.place_of(hcp, at),
            account: self.account_of(hcp, at),
            access: self.access(hcp),
            weight: self.weight(hcp),
        }
    }

    /// The one move of an HCP, if it moves.
    pub fn move_of(&self, hcp: u32) -> Option<Move> {
        let moves = &self.config().moves;
        if self.seed().unit(Purpose::Move, u64::from(hcp), 0) >= moves.share {
            return None;
        }
        let to = self.seed().below(Purpose::MoveTarget, u64::from(hcp), 0, u64::from(self.hcps())) as u32;
        let (first, last) = (moves.within.from.div_euclid(DAY) + 1, moves.within.to.div_euclid(DAY));
        let days = (last - first).max(1).unsigned_abs();
        let at = (first + self.seed().below(Purpose::MoveDay, u64::from(hcp), 0, days) as i64) * DAY;
        (self.account_before_moves(to) != self.account_before_moves(hcp)).then_some(Move { at, to })
    }

    /// The territory of an HCP at `at`.
    pub fn territory_of(&self, hcp: u32, at: Micros) -> u32 {
        self.rep_of(self.surroundings(hcp, at)).number / self.config().reps_per_territory
    }

    /// Country and time zone of an HCP at `at`.
    pub fn place_of(&self, hcp: u32, at: Micros) -> Place {
        self.place_of_territory(self.territory_of(hcp, at))
    }

    /// The account of an HCP at `at`.
    pub fn account_of(&self, hcp: u32, at: Micros) -> u32 {
        self.account_before_moves(self.surroundings(hcp, at))
    }

    /// Country and time zone of a territory.
    pub fn place_of_territory(&self, territory: u32) -> Place {
        Place::of_share((f64::from(territory) + 0.5) / f64::from(self.territories()))
    }

    pub(crate) fn specialty(&self, hcp: HcpIndex) -> usize {
        self.seed().below(Purpose::Specialty, u64::from(hcp), 0, SPECIALTIES.len() as u64) as usize
    }

    pub(crate) fn access(&self, hcp: HcpIndex) -> AccessBand {
        let access = &self.config().access;
        let u = self.seed().unit(Purpose::Access, u64::from(hcp), 0);
        if u < access.accessible_share {
            AccessBand::Accessible
        } else if u < access.accessible_share + access.severe_share {
            AccessBand::Severe
        } else {
            AccessBand::Restricted
        }
    }

    /// How often a face-to-face attempt succeeds.
    pub(crate) fn visit_success(&self, hcp: HcpIndex) -> f64 {
        let [accessible, restricted, severe] = self.config().access.success;
        match self.access(hcp) {
            AccessBand::Accessible => accessible,
            AccessBand::Restricted => restricted,
            AccessBand::Severe => severe,
        }
    }

    /// Whether headquarters may write to the HCP.
    pub(crate) fn has_consented(&self, hcp: HcpIndex) -> bool {
        self.seed().unit(Purpose::Consent, u64::from(hcp), 0) < self.config().email.consented_share
    }

    pub(crate) fn is_invited(&self, hcp: HcpIndex) -> bool {
        self.seed().unit(Purpose::OnInvitationList, u64::from(hcp), 0) < self.config().congress.invited_share
    }

    /// exp(sigma · z), z standard normal by Box and Muller.
    pub(crate) fn weight(&self, hcp: HcpIndex) -> f64 {
        (self.config().activity_sigma * self.activity(hcp)).exp()
    }

    /// Where the HCP is at noon UTC of `day`.
    pub(crate) fn place_on(&self, hcp: HcpIndex, day: Day) -> Place {
        self.place_of(hcp, day * DAY + DAY / 2)
    }

    fn activity(&self, hcp: HcpIndex) -> f64 {
        let u = 1.0 - self.seed().unit(Purpose::Weight, u64::from(hcp), 0);
        let v = self.seed().unit(Purpose::Weight, u64::from(hcp), 1);
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    pub(crate) fn segment(&self, hcp: HcpIndex) -> &'static str {
        // Standard normal quantiles of 80 % and 40 %.
        match self.activity(hcp) {
            z if z > 0.8416 => "A",
            z if z > -0.2533 => "B",
            _ => "C",
        }
    }

    /// The HCPs that shared the account of `hcp` before any move.
    pub(crate) fn neighbours(&self, hcp: HcpIndex) -> std::ops::Range<HcpIndex> {
        self.account_members(self.account_before_moves(hcp))
    }

    fn account_before_moves(&self, hcp: HcpIndex) -> u32 {
        self.share_of(hcp, self.accounts())
    }

    /// The HCP number whose surroundings hold for `hcp` at `at`.
    fn surroundings(&self, hcp: HcpIndex, at: Micros) -> HcpIndex {
        self.move_of(hcp).filter(|m| at >= m.at).map_or(hcp, |m| m.to)
    }
}
