//! What another policy, or a planned calendar, would have changed: stored history replayed HCP by HCP.
//!
//! HCPs do not depend on each other, so whoever has their records calls [`WhatIf::add`] for each, on as many threads as it
//! likes, and merges the [`Outcome`]s.
//!
//! - **Before** is what happened: every touch as today's knowledge has it. **After** is the same with the planned touches
//!   put on top and with what the other policy would have held taken out or moved.
//! - **Held.** Each unsolicited touch of the span that the audience sees is proposed to the policy at its own instant,
//!   in the order of time, with what has been let through until then. One that is denied is proposed again when the
//!   rules that deny it end, which may be later than that, since what was let through meanwhile has taken room; of touches
//!   proposed at one instant the one that has waited longest comes first. One that would have to wait longer than the
//!   scenario allows, or for ever, is not made. Answers to medical requests, service, safety, and whatever a rule lets
//!   bypass it, are never held by it. What happened before the span happened.
//! - A touch known to the day alone is held by no quiet hours, and by no gap under 24 h (metrics.md §1). Consent is no part
//!   of a policy: it holds nothing here.
//! - **Load and coherence** are those of the headline row at the end of each week of the span, over the HCPs with a touch
//!   in the 28 days before, before or after; each side is weighed by its own policy.
//!
//! | module | one noun |
//! |---|---|
//! | [`rules`] | what a policy says of the next touch |
//! | [`hold`] | which touches of one HCP are held, and until when |
//! | [`person`] | one HCP before and after |
//! | [`histogram`] | how values are spread, in bounded memory |
//! | [`outcome`] | what all HCPs come to |

pub mod histogram;
pub mod hold;
pub mod outcome;
pub mod person;
pub mod rules;
#[cfg(test)]
mod tests;

pub use histogram::Histogram;
pub use hold::Fate;
pub use outcome::{ChannelKey, ChannelTally, HeldTouch, Outcome, RuleTally, Spread, TerritoryTally, WeekTally};
pub use rules::HeldBy;

use crate::kernel::Scratch;
use crate::state::Shard;
use std::sync::Arc;
use touchpoint::time::{DAY, Micros};
use touchpoint::{Audience, Policy, Reference};

/// One week: at its end load and coherence are looked at.
pub const WEEK: Micros = 7 * DAY;

/// What is compared with what.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The policy that history is told under.
    pub baseline: Arc<Policy>,
    /// The policy that is tried.
    pub other: Arc<Policy>,
    /// Reference data, of both.
    pub reference: Arc<Reference>,
    /// Whose view.
    pub audience: Audience,
    /// The first instant of the span.
    pub from: Micros,
    /// The first instant after it.
    pub to: Micros,
    /// A held touch that cannot be made within this long is not made.
    pub longest_wait: Micros,
}

/// A scenario, ready for HCPs.
#[derive(Debug, Clone)]
pub struct WhatIf {
    scenario: Scenario,
    /// The policies without what does not bear on load and coherence.
    measures: [Policy; 2],
    /// Whether both give every HCP the same load and coherence.
    alike: bool,
    /// Ends of weeks, rising.
    weeks: Vec<Micros>,
    /// The source of planned touches, which nothing else is called.
    plan_source: String,
}

impl WhatIf {
    /// The last week of the span may be a part of one. Records of `plan_source` are planned touches.
    pub fn new(scenario: Scenario, plan_source: impl Into<String>) -> Self {
        let measures = [&scenario.baseline, &scenario.other].map(|policy| without_limits(policy));
        let ends = (1..).map(|n| scenario.from + n * WEEK).take_while(|end| *end < scenario.to);
        let weeks = ends.chain([scenario.to]).collect();
        let alike = measure_alike(&measures);
        Self { scenario, measures, alike, weeks, plan_source: plan_source.into() }
    }

    /// What is compared.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Ends of weeks at which load and coherence are looked at.
    pub fn weeks(&self) -> &[Micros] {
        &self.weeks
    }

    /// Adds every HCP of a shard that holds the whole history of its HCPs, `RETENTION` before the span included. `done` is
    /// told of each how many records were looked at.
    pub fn add_shard(&self, shard: &Shard, outcome: &mut Outcome, mut done: impl FnMut(usize)) {
        let planned = shard.number_of_source(&self.plan_source);
        let mut scratch = Scratch::default();
        for hcp in (0..shard.hcp_count() as u32).filter_map(|number| shard.hcp(number)) {
            let Some(list) = hcp.list() else { continue };
            let records = list.records(self.scenario.audience, shard.words());
            person::Person { what_if: self, hcp_id: &hcp.id, records, planned }.add(outcome, &mut scratch);
            done(list.entries().len());
        }
    }
}

/// The policy as far as load and coherence go: budgets and gaps would be counted at every look for nothing.
fn without_limits(policy: &Policy) -> Policy {
    Policy { budgets: Vec::new(), minimum_gaps: Vec::new(), quiet_hours: None, ..policy.clone() }
}

fn measure_alike([one, other]: &[Policy; 2]) -> bool {
    let bare = |policy: &Policy| Policy { version: String::new(), alerts: Policy::default().alerts, ..policy.clone() };
    bare(one) == bare(other)
}
