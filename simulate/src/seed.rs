//! Where randomness comes from: one number per (seed, purpose, index …), and generators started from it.
//!
//! Facts that hold for good (an HCP's specialty, whether it consents) are hashes of their index, so that they need no
//! memory and do not depend on the order in which they are asked for. Draws within a day come from a ChaCha8 generator
//! of that day, so that a day is the same whatever span it is generated in. Both are the same on every platform.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a random number is for; numbers for different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Specialty,
    Access,
    Consent,
    Weight,
    Move,
    MoveTarget,
    MoveDay,
    AccountKind,
    Network,
    AccountMove,
    CongressDay,
    CongressFunctions,
    OnInvitationList,
    InvitationDay,
    Enrolled,
    PlanPhase,
    PlanGap,
    PlanSkip,
    SharedTheme,
    OwnTheme,
    BrandFocus,
    WaveDay,
    Field,
    Medical,
    Services,
    Waves,
    Congress,
    Requests,
    Plans,
    Poison,
    Live,
    Firehose,
    // New purposes come last: the others keep their numbers, and every world its records.
    Affiliation,
    AccountFacts,
    Capture,
    Preference,
}

/// A stateless source of numbers for one world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x7f4a_7c15_9e37_79b9))
    }

    /// A number in 0..2^64.
    pub(crate) fn number(self, purpose: Purpose, a: u64, b: u64) -> u64 {
        mix(mix(mix(self.0 ^ (purpose as u64)).wrapping_add(a)).wrapping_add(b))
    }

    /// A number in [0, 1).
    pub(crate) fn unit(self, purpose: Purpose, a: u64, b: u64) -> f64 {
        (self.number(purpose, a, b) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in 0..n; 0 when n is 0.
    pub(crate) fn below(self, purpose: Purpose, a: u64, b: u64, n: u64) -> u64 {
        // The high half of the product: no division, and no bias that a simulation could show.
        ((u128::from(self.number(purpose, a, b)) * u128::from(n)) >> 64) as u64
    }

    /// A generator of its own.
    pub(crate) fn generator(self, purpose: Purpose, index: i64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.number(purpose, index as u64, 0x6765_6e65))
    }
}

/// The finaliser of SplitMix64 over a Weyl step.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
