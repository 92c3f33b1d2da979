//! What is known of one HCP at an instant, for one audience: metrics of every window, budgets, gaps, and the records
//! themselves. Evaluated anew from the live list, so that it reflects every record that was accepted.
//!
//! | module | one noun |
//! |---|---|
//! | [`standing`] | each budget and gap that bears on the HCP |
//! | [`timeline`] | its records |

pub mod shares;
mod standing;
#[cfg(test)]
mod tests;
mod timeline;

pub use standing::{BudgetStanding, GapStanding};
pub use timeline::Happening;
pub(crate) use timeline::happening;

use crate::kernel::touches::Source;
use crate::kernel::{Evaluation, Instant, Scratch, within};
use crate::rows::{self, Value, Values};
use crate::shards::Shards;
use crate::state::list::List;
use touchpoint::metric::METRICS;
use touchpoint::time::{Micros, RETENTION};
use touchpoint::{Audience, Reference, WindowLength};

/// The columns of one window, in the order of [`METRICS`].
#[derive(Debug, Clone, PartialEq)]
pub struct WindowMetrics {
    /// Which window.
    pub window: WindowLength,
    /// Name and value of each column.
    pub columns: Vec<(&'static str, Value)>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Metrics of every window, shortest first; empty while the HCP has no row (metrics.md §2).
    pub windows: Vec<WindowMetrics>,
    /// Every budget with a cap whose selector takes the HCP, in the order of the policy.
    pub budgets: Vec<BudgetStanding>,
    /// Every minimum gap whose selector takes the HCP, in the order of the policy.
    pub gaps: Vec<GapStanding>,
    /// Live records of the audience, newest first, planned ones too; at most as many as were asked for.
    pub timeline: Vec<Happening>,
    /// How many live records of the audience there are.
    pub records: usize,
    /// The policy it was evaluated by.
    pub policy_version: String,
}

/// What is asked of an HCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Whose view.
    pub audience: Audience,
    /// The instant.
    pub at: Micros,
    /// Longest timeline.
    pub timeline: usize,
}

/// The profile of an HCP; `None` when neither reference data at the instant nor a record of the audience knows it, and when
/// no record is here that the audience sees while another process may hold some ([`Shards::is_home_of`]).
pub fn profile(shards: &Shards, hcp_id: &str, view: View, scratch: &mut Scratch) -> Option<Profile> {
    let (policy, reference) = (shards.policy(), shards.reference());
    let is_described = is_described(reference, hcp_id, view.at);
    let shows_without_records = is_described && shards.is_home_of(hcp_id);
    let mut profile = Profile {
        windows: Vec::new(),
        budgets: Vec::new(),
        gaps: Vec::new(),
        timeline: Vec::new(),
        records: 0,
        policy_version: policy.version.clone(),
    };
    let instant = Instant::new(view.at, policy, reference, hcp_id);
    let Some((shard, number)) = shards.holder(hcp_id) else {
        standing::of_nobody(&instant, &mut profile);
        return shows_without_records.then_some(profile);
    };
    // Of a target that nothing was heard of there is no list, and a row all the same.
    let nothing = List::default();
    let list = shard.hcp(number).and_then(|hcp| hcp.list()).unwrap_or(&nothing);
    let records = list.records(view.audience, shard.words());
    let known = || records.entries.iter().filter(move |entry| entry.counts_for(view.audience));
    profile.records = known().count();
    if profile.records == 0 && !shows_without_records {
        return None;
    }
    let evaluation = shard.evaluate_at(number, view.audience, view.at, scratch);
    profile.windows = evaluation.map(|evaluation| windows(&evaluation, &instant)).unwrap_or_default();
    let retained = within(records.entries, view.at - RETENTION, view.at);
    let source = Source { retained, texts: records.texts, audience: view.audience };
    standing::fill(&source, &instant, &mut profile);
    profile.timeline = known().rev().take(view.timeline).map(|entry| happening(&source, entry)).collect();
    Some(profile)
}

/// Whether reference data at the instant or a record of the audience know an HCP: whether it has a profile.
pub fn is_known(shards: &Shards, hcp_id: &str, audience: Audience, at: Micros) -> bool {
    let list = shards.holder(hcp_id).and_then(|(shard, number)| shard.hcp(number)?.list());
    let is_heard_of = || list.is_some_and(|list| list.entries().iter().any(|entry| entry.counts_for(audience)));
    shards.is_home_of(hcp_id) && is_described(shards.reference(), hcp_id, at) || is_heard_of()
}

fn is_described(reference: &Reference, hcp_id: &str, at: Micros) -> bool {
    reference.hcp(hcp_id, at).is_some() || reference.account_of(hcp_id, at).is_some()
}

/// Headline values of one HCP, in the order of [`METRICS`]; `None` while it has no row for the audience.
pub fn headline(shards: &Shards, hcp_id: &str, view: View, scratch: &mut Scratch) -> Option<WindowMetrics> {
    let (shard, number) = shards.holder(hcp_id)?;
    let evaluation = shard.evaluate_at(number, view.audience, view.at, scratch)?;
    let instant = Instant::new(view.at, shard.policy(), shard.reference(), hcp_id);
    windows(&evaluation, &instant).into_iter().find(|metrics| metrics.window == WindowLength::HEADLINE)
}

fn windows(evaluation: &Evaluation, instant: &Instant<'_>) -> Vec<WindowMetrics> {
    let Instant { at, policy, zone, .. } = *instant;
    let of = |window: WindowLength| {
        let values = evaluation.windows.get(window.index())?;
        let values = Values { window: values, overall: evaluation.overall, as_of: at, policy, zone };
        let columns = METRICS.iter().map(|column| (column.name, rows::value(column.name, &values))).collect();
        Some(WindowMetrics { window, columns })
    };
    WindowLength::ALL.into_iter().filter_map(of).collect()
}
