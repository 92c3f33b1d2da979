//! Records and a question to a row: one call per column.

use super::facts::is_target;
use super::live::{audible, live};
use super::record::Record;
use super::row::ReferenceRow;
use super::view::View;
use super::{budgets, coherence, consent, interruption, plans, preferences};
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

/// What is asked about an HCP.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who is asked about; of a target there is something to say without any record.
    pub hcp_id: &'a str,
    /// T: event time up to it, with everything the records know.
    pub at: Micros,
    /// Length of the trailing window.
    pub window: WindowLength,
    /// Who asks.
    pub audience: Audience,
    /// Weights, half-life, gaps, budgets.
    pub policy: &'a Policy,
    /// What is known of HCPs, accounts, plans, consents and preferences.
    pub reference: &'a Reference,
}

/// The row of the HCP asked about, of whom `records` may hold nothing or more than the HCP's own; `None` when the
/// audience knows no live record of the last 400 days and nobody has the HCP as a target at T.
pub fn metrics(records: &[Record], question: &Question<'_>) -> Option<ReferenceRow> {
    let mut known = audible(records, question.audience);
    known.retain(|record| record.hcp_id == question.hcp_id);
    let view = View { question, live: live(&known) };
    if view.of_400_days().is_empty() && !is_target(question) {
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
        sequence_coherence: plans::sequence_coherence(view),
        plan_precision: plans::plan_precision(view),
        plan_recall: plans::plan_recall(view),
        plan_fit: plans::plan_fit(view),
        responsiveness: coherence::responsiveness(view),
        talked_past: coherence::talked_past(view),
        consent_conflicts: consent::consent_conflicts(view),
        channel_fit: preferences::channel_fit(view),
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
