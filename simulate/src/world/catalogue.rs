//! What is talked about: brands, their themes (campaigns), the topics (messages) of a theme, and who takes up which.
//!
//! A speaker follows its own campaign, which changes every few weeks, or the HCP's own theme, which changes every
//! twelve weeks; how often is the scenario's `shared_theme`. Numbers run through the whole catalogue from 0.

use crate::calendar::{Day, week};
use crate::id::{Owner, Role};
use crate::seed::Purpose;
use crate::world::plan::PlanRef;
use crate::world::{HcpIndex, World};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What one touch says. `theme` and `topic` are `None` when the source system did not record them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Message {
    pub(crate) brand: u32,
    pub(crate) theme: Option<u32>,
    pub(crate) topic: Option<u32>,
    pub(crate) plan: Option<PlanRef>,
}

/// Weeks that a speaker stays with a campaign.
const CAMPAIGN_WEEKS: i64 = 4;
/// Weeks that an HCP stays with a theme: one plan cycle.
pub(crate) const CYCLE_DAYS: i64 = 84;

impl World {
    /// Number of themes.
    pub(crate) fn themes(&self) -> u32 {
        self.config().catalogue.brands * self.config().catalogue.themes_per_brand
    }

    pub(crate) fn brand_of(&self, theme: u32) -> u32 {
        theme / self.config().catalogue.themes_per_brand
    }

    /// The theme that matters to the HCP now; plans run on it.
    pub(crate) fn shared_theme(&self, hcp: HcpIndex, day: Day) -> u32 {
        let cycle = self.cycle(hcp, day);
        self.seed().below(Purpose::SharedTheme, u64::from(hcp), cycle as u64, u64::from(self.themes())) as u32
    }

    /// The number of the HCP's cycle that holds `day`; cycles of different HCPs begin on different days.
    pub(crate) fn cycle(&self, hcp: HcpIndex, day: Day) -> i64 {
        (day + self.cycle_phase(hcp)).div_euclid(CYCLE_DAYS)
    }

    /// Days that the HCP's cycles are ahead.
    pub(crate) fn cycle_phase(&self, hcp: HcpIndex) -> i64 {
        self.seed().below(Purpose::PlanPhase, u64::from(hcp), 0, CYCLE_DAYS as u64) as i64
    }

    /// The campaign of `owner` for `brand` on `day`.
    pub(crate) fn own_theme(&self, owner: Owner, brand: u32, day: Day) -> u32 {
        let per_brand = self.config().catalogue.themes_per_brand;
        let speaker = (owner.role as u64) << 48 | u64::from(owner.number) << 8 | u64::from(brand);
        let campaign = week(day).div_euclid(CAMPAIGN_WEEKS);
        let within = self.seed().below(Purpose::OwnTheme, speaker, campaign as u64, u64::from(per_brand));
        brand * per_brand + within as u32
    }

    /// Reps speak of the brand of the quarter in two of three calls, everybody else of any.
    pub(crate) fn brand_focus(&self, owner: Owner, day: Day, rng: &mut ChaCha8Rng) -> u32 {
        let brands = self.config().catalogue.brands;
        if owner.role == Role::Rep && rng.random_bool(0.67) {
            let quarter = week(day).div_euclid(13);
            return self.seed().below(Purpose::BrandFocus, quarter as u64, 0, u64::from(brands)) as u32;
        }
        rng.random_range(0..brands)
    }
}
