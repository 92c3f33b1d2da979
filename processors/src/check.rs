//! The pre-touch check: may this HCP be touched now, why not, and when again (metrics.md §5)?
//!
//! A [`Proposal`] is judged against the live list of its HCP, so that the answer reflects every record that was accepted.
//! It is judged as of the instant at which the touch would be made, with the records and the reference data known now; a
//! touch that is proposed for the past is judged as of now. The answer is that of one audience, and what the audience does
//! not see decides nothing.
//!
//! - Budgets and gaps bear on the touch by their own scopes: one that it would neither use nor be stopped by is left out.
//! - Answers to live medical requests, service and safety are never held back, by nothing.
//! - Where several processes share the work, one that shows the audience no record of the HCP answers only if it would have
//!   them all ([`Shards::is_home_of`]); otherwise another one may hold what decides, and the touch is denied.
//! - At [`Answer::next_free_at`] the same check passes, and before it denies: every instant between is denied by one of
//!   the reasons that were met on the way, with touches that are still to come and changes of reference data looked at.
//! - A commercial caller learns nothing of medical touches, so one that proposes them is told so and not judged.
//!
//! | module | one noun |
//! |---|---|
//! | [`proposal`] | a touch that somebody means to make |
//! | [`reason`] | why a check ends as it does |
//! | [`case`] | a proposal beside the records of its HCP |
//! | [`look`] | what bears on the touch at one instant |
//! | [`consent`] | whether the channel is allowed |
//! | [`outlook`] | load and coherence before and after |

mod case;
mod consent;
mod look;
mod outlook;
mod proposal;
mod reason;
#[cfg(test)]
mod tests;

pub(crate) use case::Rules;
pub(crate) use look::{BudgetLook, Look, Moment, shares_cap};
pub use outlook::{Outlook, Outlooks};
pub use proposal::Proposal;
pub use reason::{Code, Reason, Verdict};

use crate::kernel::Scratch;
use crate::shards::Shards;
use crate::state::interner::Interner;
use crate::state::list::List;
use case::Case;
use touchpoint::policy::{Basis, Zone};
use touchpoint::time::{LATEST, Micros};
use touchpoint::{Audience, BusinessFunction, Purpose};

/// Who asks, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whose view decides.
    pub audience: Audience,
    /// Now.
    pub now: Micros,
}

/// What a check says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The strongest effect of all reasons.
    pub verdict: Verdict,
    /// The instant that was judged.
    pub at: Micros,
    /// Everything that speaks for or against it, what denies first.
    pub reasons: Vec<Reason>,
    /// Of the budgets that bear on the touch the one of highest use; `None` when none does.
    pub binding_budget: Option<String>,
    /// Its cap − used, without the touch; negative when over.
    pub headroom: Option<i64>,
    /// The first instant from `at` on at which the same check does not deny; `None` when nothing that is known will
    /// make it pass.
    pub next_free_at: Option<Micros>,
    /// Load and coherence before and after; `None` where another process may hold the records of the HCP.
    pub outlooks: Option<Outlooks>,
    /// The policy it was judged by.
    pub policy_version: String,
}

/// Judges a proposal. Cost: the records of one HCP times the budgets; nothing depends on the number of HCPs.
pub fn check(shards: &Shards, proposal: &Proposal, asked: Asked, scratch: &mut Scratch) -> Answer {
    let (policy, reference) = (shards.policy(), shards.reference());
    let at = proposal.at.unwrap_or(asked.now).max(asked.now).min(LATEST);
    let holder = shards.holder(&proposal.hcp_id);
    let rules = Rules { policy, reference, audience: asked.audience };
    let (none, nothing) = (List::default(), Interner::default());
    let (list, words) = match holder {
        Some((shard, number)) => (shard.hcp(number).and_then(|hcp| hcp.list()).unwrap_or(&none), shard.words()),
        None => (&none, &nothing),
    };
    let case = Case::new(proposal, rules, list.records(asked.audience, words), words);
    // By what the audience sees: a record that is hidden from it must not tell by the answer that it is there.
    if !case.has_records() && !shards.is_home_of(&proposal.hcp_id) {
        return elsewhere(proposal, at, &policy.version);
    }
    let outlooks = Outlooks::new(&case, at, scratch);
    judge(&case, at, outlooks)
}

/// What can be said without the records of the HCP: service and safety pass whatever they are, nothing else does.
fn elsewhere(proposal: &Proposal, at: Micros, policy_version: &str) -> Answer {
    let code = if is_exempt(proposal) { Code::ServiceOrSafety } else { Code::HeldElsewhere };
    Answer {
        verdict: code.effect(),
        at,
        reasons: vec![Reason::new(code)],
        binding_budget: None,
        headroom: None,
        next_free_at: is_exempt(proposal).then_some(at),
        outlooks: None,
        policy_version: policy_version.to_owned(),
    }
}

fn judge(case: &Case<'_>, at: Micros, outlooks: Outlooks) -> Answer {
    let look = Look::new(case, at);
    let mut reasons = look.holds();
    let next_free_at = if is_hidden(case) { Some(at) } else { next_free_at(case, &look) };
    if is_hidden(case) {
        reasons = vec![Reason::new(Code::NotJudged)];
    } else {
        reasons.extend(remarks(case, &look, &outlooks));
    }
    if case.rules.reference.hcp(&case.proposal.hcp_id, at).is_none() && !case.has_records() {
        reasons.push(Reason::new(Code::HcpUnknown));
    }
    reasons.sort_by_key(|reason| reason.code);
    let binding = look.binding().filter(|_| !is_hidden(case));
    Answer {
        verdict: reasons.iter().map(|reason| reason.code.effect()).max().unwrap_or(Verdict::Allow),
        at,
        binding_budget: binding.map(|look| look.budget.name.clone()),
        headroom: binding.map(|look| i64::from(look.cap) - i64::from(look.used)),
        next_free_at,
        reasons,
        outlooks: Some(outlooks),
        policy_version: case.rules.policy.version.clone(),
    }
}

/// Whether the audience would not see the touch: nothing may be concluded from what it does not see.
fn is_hidden(case: &Case<'_>) -> bool {
    let is_medical = case.proposal.function() == BusinessFunction::Medical;
    is_medical && case.rules.audience == Audience::Commercial && !is_exempt(case.proposal)
}

fn is_exempt(proposal: &Proposal) -> bool {
    matches!(proposal.purpose(), Purpose::Service | Purpose::Safety)
}

/// What warns or explains, and denies nothing.
fn remarks(case: &Case<'_>, look: &Look<'_>, outlooks: &Outlooks) -> Vec<Reason> {
    let policy = case.rules.policy;
    match look.facts.basis {
        Basis::Request => return vec![Reason::new(Code::AnswersRequest)],
        Basis::Exempt => return vec![Reason::new(Code::ServiceOrSafety)],
        Basis::Unsolicited | Basis::Declared => {}
    }
    let mut remarks = look.remarks(|budget_use| policy.zones.of(Some(budget_use)) == Some(Zone::Near));
    let rises = |of: fn(&Outlook) -> u32| of(&outlooks.projected) > of(&outlooks.current);
    let untimely = case.touch(look.at).untimely() == Some(true) && look.facts.is_interruption();
    let found = [
        (rises(|o| o.collisions), Code::CollisionRisk),
        (rises(|o| o.talked_past), Code::TalksPastRequest),
        (untimely, Code::OutsideWorkingHours),
        (look.zone.is_none() && policy.quiet_hours.is_some(), Code::TimeZoneUnknown),
    ];
    remarks.extend(found.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| Reason::new(code)));
    remarks
}

/// From one instant to the next at which something that denies ends, until nothing does.
fn next_free_at(case: &Case<'_>, first: &Look<'_>) -> Option<Micros> {
    let (mut at, mut holds) = (first.at, first.holds());
    loop {
        let ends = holds.iter().map(|hold| hold.until.unwrap_or(Micros::MAX));
        let Some(latest) = ends.max() else { return Some(at) };
        if holds.iter().any(|hold| hold.code == Code::ConsentMissing) {
            // Nobody knows when the HCP will be asked, and answer.
            return None;
        }
        // Another row of reference data may take a rule away, or bring one, before it ends by itself.
        let changes = case.rules.reference.next_change(&case.proposal.hcp_id, at);
        at = changes.map_or(latest, |change| latest.min(change));
        if at > LATEST {
            return None;
        }
        holds = Look::new(case, at).holds();
    }
}
