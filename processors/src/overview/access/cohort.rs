//! What adds up over the HCPs of a cohort, and what may be told of it.

use super::attempt::Attempts;
use hashbrown::HashMap;

/// Below so many rated HCPs nothing is told of how open they are.
pub const ENOUGH_RATED: u64 = 20;
/// An owner with so many attempts should have met a closed door.
pub const ENOUGH_ATTEMPTS: u64 = 20;
/// Fewer owners are not told of: a share of them would be about a person.
pub const ENOUGH_OWNERS: u64 = 5;

/// How far a door opens, by the share of attempts that got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Band {
    /// More than 0.7.
    Accessible,
    /// More than 0.3, up to 0.7.
    Restricted,
    /// Up to 0.3.
    Severe,
    /// The account is closed to visits.
    ClosedByRule,
}

/// Why a cohort has no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Fewer than [`ENOUGH_RATED`] rated HCPs.
    ThinSupport,
    /// Fewer than half of the owners with [`ENOUGH_ATTEMPTS`] attempts wrote down a closed door, or no owner has so many:
    /// what nobody writes down would look open.
    NotReported,
}

impl Unknown {
    /// As the API says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThinSupport => "thin_support",
            Self::NotReported => "not_reported",
        }
    }
}

/// Rated HCPs by band.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bands {
    /// More than 0.7 of the attempts got through.
    pub accessible: u64,
    /// More than 0.3, up to 0.7.
    pub restricted: u64,
    /// Up to 0.3.
    pub severe: u64,
    /// The account is closed to visits, whatever was attempted.
    pub closed_by_rule: u64,
}

impl Bands {
    /// All of them.
    pub fn rated(&self) -> u64 {
        self.accessible + self.restricted + self.severe + self.closed_by_rule
    }
}

/// One HCP, as a cohort adds it.
pub(super) struct Door<'a, F> {
    /// `None`: too few attempts to rate it.
    pub(super) band: Option<Band>,
    pub(super) is_target: bool,
    pub(super) attempts: &'a Attempts,
    /// The id behind an interned owner.
    pub(super) owner: F,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Cohort {
    /// HCPs.
    pub hcps: u64,
    /// Targets among them.
    pub targets: u64,
    /// Rated targets.
    pub rated_targets: u64,
    /// Attempts.
    pub attempts: u64,
    /// Calls still planned a week after their time.
    pub unclosed: u64,
    bands: Bands,
    completed: u64,
    /// Attempts and closed doors by owner; who is not known is nobody.
    owners: HashMap<Box<str>, [u64; 2]>,
}

impl Cohort {
    pub(super) fn add<'w, F: Fn(u32) -> &'w str>(&mut self, door: &Door<'_, F>) {
        self.hcps += 1;
        self.targets += u64::from(door.is_target);
        self.rated_targets += u64::from(door.is_target && door.band.is_some());
        self.attempts += door.attempts.count();
        self.completed += door.attempts.completed();
        self.unclosed += door.attempts.unclosed;
        match door.band {
            Some(Band::Accessible) => self.bands.accessible += 1,
            Some(Band::Restricted) => self.bands.restricted += 1,
            Some(Band::Severe) => self.bands.severe += 1,
            Some(Band::ClosedByRule) => self.bands.closed_by_rule += 1,
            None => {}
        }
        for own in door.attempts.by_owner().filter(|own| own.owner != 0) {
            let [attempts, refused] = self.owners.entry_ref((door.owner)(own.owner)).or_default();
            *attempts += own.attempts;
            *refused += own.refused;
        }
    }

    /// Rated HCPs.
    pub fn rated(&self) -> u64 {
        self.bands.rated()
    }

    /// Why nothing is told of how open the doors are; `None`: it is told.
    pub fn unknown(&self) -> Option<Unknown> {
        let (wrote, owners) = self.reporters();
        if self.rated() < ENOUGH_RATED {
            return Some(Unknown::ThinSupport);
        }
        (owners == 0 || 2 * wrote < owners).then_some(Unknown::NotReported)
    }

    /// Rated HCPs by band, as far as it is told.
    pub fn bands(&self) -> Option<Bands> {
        self.unknown().is_none().then_some(self.bands)
    }

    /// Accessible HCPs over rated ones, as far as it is told.
    pub fn accessible_share(&self) -> Option<f64> {
        self.bands().map(|bands| bands.accessible as f64 / bands.rated() as f64)
    }

    /// Attempts that got through over all, as far as it is told.
    pub fn through_share(&self) -> Option<f64> {
        let is_told = self.unknown().is_none() && self.attempts > 0;
        is_told.then(|| self.completed as f64 / self.attempts as f64)
    }

    /// Owners with enough attempts who wrote down a closed door, over all of these; `None` below [`ENOUGH_OWNERS`] of them.
    pub fn reporting(&self) -> Option<f64> {
        let (wrote, owners) = self.reporters();
        (owners >= ENOUGH_OWNERS).then(|| wrote as f64 / owners as f64)
    }

    /// Calls that nobody closed over these and the attempts; `None` without either.
    pub fn unclosed_share(&self) -> Option<f64> {
        let all = self.unclosed + self.attempts;
        (all > 0).then(|| self.unclosed as f64 / all as f64)
    }

    /// Of the owners with enough attempts those who wrote down a closed door, and all.
    fn reporters(&self) -> (u64, u64) {
        let enough = self.owners.values().filter(|[attempts, _]| *attempts >= ENOUGH_ATTEMPTS);
        enough.fold((0, 0), |(wrote, all), [_, refused]| (wrote + u64::from(*refused > 0), all + 1))
    }
}
