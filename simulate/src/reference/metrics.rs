//! Records and a question to a row: one call per column.

use super::live::{audible, live};
use super::record::Record;
use super::row::ReferenceRow;
use super::view::{DAY, View};
use super::{budgets, coherence, interruption};
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

/// What is asked of the records of an HCP.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// T: event time up to it, with everything the records know.
    pub at: Micros,
    /// Length of the trailing window.
    pub window: WindowLength,
    /// Who asks.
    pub audience: Audience,
    /// Weights, half-life, gaps, budgets.
    pub policy: &'a Policy,
    /// Time zones, and what selectors look at.
    pub reference: &'a Reference,
}

/// The row of the one HCP whose records these are; `None` when the audience knows no live record of the last 400 days.
pub fn metrics(records: &[Record], question: &Question<'_>) -> Option<ReferenceRow> {
    let known = audible(records, question.audience);
    let hcp_id = &known.first()?.hcp_id;
    let view = View { question, hcp_id, live: live(&known) };
    if view.within(400 * DAY).is_empty() {
        return None;
    }
    Some(row(&view))
}

fn row(view: &View<'_>) -> ReferenceRow {
    ReferenceRow {
        touches: interruption::touches(view),
        unsolicited: interruption::unsolicited(view),
        calls: interruption::calls(view),
        emails: interruption::emails(view),
        invitations: interruption::invitations(view),
        requests: interruption::requests(view),
        attempts: interruption::attempts(view),
        declared: interruption::declared(view),
        interruption_load: interruption::interruption_load(view),
        visits_per_week: interruption::visits_per_week(view),
        collisions: interruption::collisions(view),
        follow_ups: interruption::follow_ups(view),
        collision_rate: interruption::collision_rate(view),
        chance_collision_rate: interruption::chance_collision_rate(view),
        burstiness: interruption::burstiness(view),
        peak_24h: interruption::peak_24h(view),
        unsolicited_share: interruption::unsolicited_share(view),
        access_rate: interruption::access_rate(view),
        untimely: interruption::untimely(view),
        theme_coverage: coherence::theme_coverage(view),
        support: coherence::support(view),
        theme_continuity: coherence::theme_continuity(view),
        cross_channel_agreement: coherence::cross_channel_agreement(view),
        cross_function_agreement: coherence::cross_function_agreement(view),
        sequential_continuity: coherence::sequential_continuity(view),
        voices: coherence::voices(view),
        function_voices: coherence::function_voices(view),
        sequence_coherence: None,
        plan_precision: None,
        plan_recall: None,
        plan_fit: None,
        responsiveness: coherence::responsiveness(view),
        talked_past: coherence::talked_past(view),
        consent_conflicts: None,
        channel_fit: None,
        coherence: coherence::coherence(view),
        coherence_basis: coherence::coherence_basis(view),
        fragmentation: coherence::fragmentation(view),
        budget_use: budgets::budget_use(view),
        binding_budget: budgets::binding_budget(view),
        headroom: budgets::headroom(view),
        next_free_at: budgets::next_free_at(view),
        zone: budgets::zone(view),
    }
}
