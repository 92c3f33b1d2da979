//! The simulated company and its customers: who there is, where, with whom, and what is talked about.
//!
//! HCPs, reps, MSLs and accounts are numbered from 0; neighbours share accounts, reps and territories. Facts are hashes
//! of the numbers, so a world of a million HCPs takes eight bytes each (the running sum of their weights) and no time
//! to build. A world never changes; moves are facts with a date.

mod catalogue;
mod congress;
mod hcp;
mod place;
mod plan;

pub use congress::Congress;
pub use hcp::{AccessBand, Hcp, Move};
pub use place::Place;
pub use plan::{Plan, PlanStep, StepChannel};

pub(crate) use catalogue::Message;
pub(crate) use hcp::HcpIndex;
pub(crate) use place::{ACCOUNT_KINDS, HEADQUARTERS};
pub(crate) use plan::{PlanRef, Run};

use crate::config::{ConfigError, WorldConfig};
use crate::id::{Named, Owner, Role};
use crate::seed::Seed;
use std::ops::Range;

/// A seeded company with its HCPs; equal configs make equal worlds.
#[derive(Debug, Clone)]
pub struct World {
    config: WorldConfig,
    seed: Seed,
    reps: u32,
    msls: u32,
    accounts: u32,
    territories: u32,
    /// Running sum of the HCPs' weights, one longer than there are HCPs.
    weights: Vec<f64>,
    /// By specialty: the HCPs on the invitation lists.
    invited: Vec<Vec<HcpIndex>>,
}

impl World {
    /// Builds the world of `config`.
    ///
    /// # Errors
    /// [`ConfigError`] with every value that is out of its range.
    pub fn build(config: WorldConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let seed = Seed::new(config.seed);
        let hcps = f64::from(config.hcps);
        let count = |size: f64| ((hcps / size).round() as u32).clamp(1, config.hcps);
        let reps = count(config.panel);
        let mut world = Self {
            seed,
            reps,
            msls: count(config.msl_panel),
            accounts: count(config.account_size),
            territories: reps.div_ceil(config.reps_per_territory),
            weights: Vec::with_capacity(config.hcps as usize + 1),
            invited: vec![Vec::new(); place::SPECIALTIES.len()],
            config,
        };
        let mut sum = 0.0;
        world.weights.push(sum);
        for hcp in 0..world.config.hcps {
            sum += world.weight(hcp);
            world.weights.push(sum);
            if world.is_invited(hcp) {
                let specialty = world.specialty(hcp);
                world.invited.iter_mut().skip(specialty).take(1).for_each(|list| list.push(hcp));
            }
        }
        Ok(world)
    }

    /// The config the world was built from.
    pub fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// Number of HCPs.
    pub fn hcps(&self) -> u32 {
        self.config.hcps
    }

    /// Number of reps.
    pub fn reps(&self) -> u32 {
        self.reps
    }

    /// Number of MSLs.
    pub fn msls(&self) -> u32 {
        self.msls
    }

    /// Number of accounts.
    pub fn accounts(&self) -> u32 {
        self.accounts
    }

    /// Number of territories.
    pub fn territories(&self) -> u32 {
        self.territories
    }

    /// The `territory` of a number below [`World::territories`].
    pub fn territory_id(&self, territory: u32) -> String {
        Named::Territory(territory).id()
    }

    /// The HCPs that a rep looks after.
    pub fn panel(&self, rep: u32) -> Range<u32> {
        self.slice(rep, self.reps)
    }

    /// The HCPs that an MSL looks after.
    pub fn msl_panel(&self, msl: u32) -> Range<u32> {
        self.slice(msl, self.msls)
    }

    /// The HCPs of an account before any move.
    pub fn account_members(&self, account: u32) -> Range<u32> {
        self.slice(account, self.accounts)
    }

    /// The rep who looks after an HCP.
    pub fn rep_of(&self, hcp: u32) -> Owner {
        Owner { role: Role::Rep, number: self.share_of(hcp, self.reps) }
    }

    /// The MSL who looks after an HCP.
    pub fn msl_of(&self, hcp: u32) -> Owner {
        Owner { role: Role::Msl, number: self.share_of(hcp, self.msls) }
    }

    /// Every product id.
    pub fn product_ids(&self) -> Vec<String> {
        (0..self.config.catalogue.brands).map(|b| Named::Product(b + 1).id()).collect()
    }

    /// Every theme id.
    pub fn theme_ids(&self) -> Vec<String> {
        (0..self.themes()).map(|t| Named::Theme(t + 1).id()).collect()
    }

    pub(crate) fn seed(&self) -> Seed {
        self.seed
    }

    /// The HCP at `u` in [0, 1) of the weight of `range`; its first one when the range has no weight.
    pub(crate) fn pick(&self, range: Range<u32>, u: f64) -> HcpIndex {
        let at = |i: u32| self.weights.get(i as usize).copied().unwrap_or_default();
        let target = at(range.start) + u * (at(range.end) - at(range.start));
        let sums = self.weights.get(range.start as usize + 1..range.end as usize).unwrap_or_default();
        range.start + sums.partition_point(|sum| *sum <= target) as u32
    }

    /// The HCPs of a specialty who are on invitation lists.
    pub(crate) fn invited(&self, specialty: usize) -> &[HcpIndex] {
        self.invited.get(specialty).map_or(&[], Vec::as_slice)
    }

    /// Which of `parts` equal shares of the HCPs holds `hcp`.
    fn share_of(&self, hcp: u32, parts: u32) -> u32 {
        (u64::from(hcp) * u64::from(parts) / u64::from(self.config.hcps)) as u32
    }

    /// The HCPs in share `part` of `parts`.
    fn slice(&self, part: u32, parts: u32) -> Range<u32> {
        let start = |p: u32| (u64::from(p) * u64::from(self.config.hcps)).div_ceil(u64::from(parts)) as u32;
        start(part.min(parts))..start(part.saturating_add(1).min(parts))
    }
}
