//! Where the HCP stands before and after the touch: what the kernel says of the list without and with its record.

use super::case::Case;
use crate::kernel::load::visits_per_week;
use crate::kernel::{self, Entry, Instant, Scratch};
use touchpoint::time::Micros;

/// Headline values of one HCP at one instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outlook {
    /// `interruption_load`.
    pub interruption_load: f64,
    /// `visits_per_week`.
    pub visits_per_week: f64,
    /// `coherence` of the headline window; `None` when too little is known.
    pub coherence: Option<f64>,
    /// `coherence_basis`; `None` with coherence.
    pub coherence_basis: Option<String>,
    /// `collisions` of the headline window.
    pub collisions: u32,
    /// `talked_past` of the headline window.
    pub talked_past: u32,
}

/// Before and after the touch, both as of the instant of the touch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outlooks {
    /// Without it.
    pub current: Outlook,
    /// With it.
    pub projected: Outlook,
}

impl Outlooks {
    pub(super) fn new(case: &Case<'_>, at: Micros, scratch: &mut Scratch) -> Self {
        let current = outlook(case, case.entries, at, scratch);
        let mut entries = case.entries.to_vec();
        let place = entries.partition_point(|entry| entry.occurred_at <= at);
        entries.insert(place, case.touch(at));
        Self { current, projected: outlook(case, &entries, at, scratch) }
    }
}

fn outlook(case: &Case<'_>, entries: &[Entry], at: Micros, scratch: &mut Scratch) -> Outlook {
    let instant = Instant::new(at, case.rules.policy, case.rules.reference, &case.proposal.hcp_id);
    let evaluated = kernel::evaluate_headline(case.records(entries), &instant, scratch);
    let Some((values, overall)) = evaluated else { return Outlook::default() };
    Outlook {
        interruption_load: overall.load,
        visits_per_week: visits_per_week(overall.load, case.rules.policy.half_life),
        coherence: values.coherence.get(),
        coherence_basis: values.parts.basis(),
        collisions: values.collisions,
        talked_past: values.talked_past,
    }
}
