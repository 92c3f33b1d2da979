//! A budget: which HCPs × which touches × how many in a trailing window (metrics.md §5); and the gap between two touches.
//!
//! | question | answer |
//! |---|---|
//! | does a budget bear on an HCP? | [`Selector::matches`], with the reference row valid at T |
//! | does a touch use it up? | [`Budget::counts`]: in scope, unsolicited, not beyond policy, and `counts` says so |
//! | may a touch exceed it? | [`Budget::is_bypassed_by`]: beyond policy, or `bypass` says so |
//! | how many are used? | touches of `(T − window, T]` that count, by [`Per`] the most of any one group |
//!
//! The two rules are apart on purpose: a touch may use up a budget that does not hold it back, and the other way round.
//! Whatever a policy says, answers to medical requests, service and safety neither count nor are held back
//! ([`TouchFacts::is_beyond_policy`]). Only unsolicited touches count. Budgets hold together, in any order.

use super::facts::{ExecutionModel, HcpFacts, TouchFacts};
use super::scope::{Rule, Scope};
use super::sets::{NameSet, WordSet};
use crate::time::Micros;
use crate::words::words;

/// Which HCPs: conditions hold together, the values of one are alternatives, an empty one lets every HCP through. An HCP
/// whose attribute is unknown passes only an empty condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Segments.
    pub segments: NameSet,
    /// Specialties.
    pub specialties: NameSet,
    /// ISO 3166 countries.
    pub countries: NameSet,
    /// Territories.
    pub territories: NameSet,
    /// Primary accounts.
    pub accounts: NameSet,
    /// Execution models.
    pub execution_models: WordSet<ExecutionModel>,
}

impl Selector {
    /// Whether it selects an HCP with these facts.
    pub fn matches(&self, hcp: &HcpFacts<'_>) -> bool {
        self.segments.allows(hcp.segment)
            && self.specialties.allows(hcp.specialty)
            && self.countries.allows(hcp.country)
            && self.territories.allows(hcp.territory)
            && self.accounts.allows(hcp.account)
            && self.execution_models.allows(hcp.execution_model)
    }

    /// Whether it selects every HCP, also one of whom nothing is known.
    pub fn is_any(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it selects every HCP that `other` selects.
    pub fn covers(&self, other: &Self) -> bool {
        self.segments.covers(&other.segments)
            && self.specialties.covers(&other.specialties)
            && self.countries.covers(&other.countries)
            && self.territories.covers(&other.territories)
            && self.accounts.covers(&other.accounts)
            && self.execution_models.covers(other.execution_models)
    }
}

words! {
    /// Which touches on an HCP share a cap. With `owner` or `product` each value has the whole cap for itself, the
    /// unknown value being one of them (unknown equals unknown only, as in `collisions`); the group with the most
    /// counted touches is what the budget shows as used.
    Per in "per" {
        /// All of them.
        Hcp = "hcp",
        /// Those of one owner.
        Owner = "owner",
        /// Those about one product.
        Product = "product",
    }
}

/// So many touches in a trailing window.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// `[a-z0-9-]{1,64}`, unique among budgets and gaps; stands in `binding_budget`.
    pub name: String,
    /// Whom it protects.
    pub selector: Selector,
    /// Which touches.
    pub scope: Scope,
    /// Counted together or apart.
    pub per: Per,
    /// Most touches in the window, 0..=10_000. `Some(0)` forbids them; `None` is no limit: no use, no zone.
    pub cap: Option<u32>,
    /// Length of the trailing window, 1 h..=400 d.
    pub window: Micros,
    /// Which unsolicited touches of the scope use it up.
    pub counts: Rule,
    /// Which touches of the scope may exceed it.
    pub bypass: Rule,
}

impl Budget {
    /// Every HCP, every unsolicited touch, counted together; nothing passes beyond what always does.
    pub fn new(name: impl Into<String>, cap: Option<u32>, window: Micros) -> Self {
        Self {
            name: name.into(),
            selector: Selector::default(),
            scope: Scope::default(),
            per: Per::Hcp,
            cap,
            window,
            counts: Rule::Always,
            bypass: Rule::Never,
        }
    }

    /// Whether `touch` uses it up.
    #[inline]
    pub fn counts(&self, touch: &TouchFacts<'_>) -> bool {
        touch.is_interruption() && self.scope.matches(touch) && self.counts.matches(touch)
    }

    /// Whether `touch` may be made although the budget is used up. A touch outside the scope has nothing to exceed.
    #[inline]
    pub fn is_bypassed_by(&self, touch: &TouchFacts<'_>) -> bool {
        touch.is_beyond_policy() || !self.scope.matches(touch) || self.bypass.matches(touch)
    }

    /// `used / cap`: `None` without a cap; with cap 0, +inf once anything is used and 0 before.
    #[inline]
    pub fn use_of(&self, used: u32) -> Option<f64> {
        match (self.cap?, used) {
            (0, 0) => Some(0.0),
            (cap, used) => Some(f64::from(used) / f64::from(cap)),
        }
    }

    /// Whether the next counted touch would exceed it.
    #[inline]
    pub fn is_used_up(&self, used: u32) -> bool {
        self.cap.is_some_and(|cap| used >= cap)
    }
}

/// Least time between two touches of an HCP: an unsolicited touch in scope is too early when another one lies less than
/// `gap` before it. A touch known to the day only takes no part where the gap is below 24 h (metrics.md §1).
#[derive(Debug, Clone, PartialEq)]
pub struct MinimumGap {
    /// `[a-z0-9-]{1,64}`, unique among budgets and gaps.
    pub name: String,
    /// Whom it protects.
    pub selector: Selector,
    /// Which touches; both ends of a gap lie in it.
    pub scope: Scope,
    /// 1 h..=400 d.
    pub gap: Micros,
}

impl MinimumGap {
    /// Whether `touch` begins a gap, and is held back by one.
    #[inline]
    pub fn counts(&self, touch: &TouchFacts<'_>) -> bool {
        touch.is_interruption() && self.scope.matches(touch)
    }
}
