//! What a check answers, as docs/API.md has it.

use super::super::words::instant;
use processors::check::{Answer, Outlook, Proposal, Reason};
use serde::Serialize;
use touchpoint::Audience;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    results: Vec<ResultBody<'a>>,
}

impl<'a> Body<'a> {
    pub(super) fn of(judged: impl Iterator<Item = (&'a Proposal, &'a Answer)>, audience: Audience) -> Self {
        Self { results: judged.map(|(proposal, answer)| ResultBody::new(proposal, answer, audience)).collect() }
    }
}

#[derive(Debug, Serialize)]
struct ResultBody<'a> {
    hcp_id: &'a str,
    verdict: &'a str,
    at: String,
    binding_budget: Option<&'a str>,
    headroom: Option<i64>,
    next_free_at: Option<String>,
    reasons: Vec<ReasonBody<'a>>,
    current: Option<OutlookBody<'a>>,
    projected: Option<OutlookBody<'a>>,
    audience: &'a str,
    policy_version: &'a str,
}

impl<'a> ResultBody<'a> {
    fn new(proposal: &'a Proposal, answer: &'a Answer, audience: Audience) -> Self {
        let outlooks = answer.outlooks.as_ref();
        Self {
            hcp_id: &proposal.hcp_id,
            verdict: answer.verdict.as_str(),
            at: instant(answer.at),
            binding_budget: answer.binding_budget.as_deref(),
            headroom: answer.headroom,
            next_free_at: answer.next_free_at.map(instant),
            reasons: answer.reasons.iter().map(ReasonBody::from).collect(),
            current: outlooks.map(|outlooks| OutlookBody::from(&outlooks.current)),
            projected: outlooks.map(|outlooks| OutlookBody::from(&outlooks.projected)),
            audience: audience.as_str(),
            policy_version: &answer.policy_version,
        }
    }
}

/// Why a touch is allowed or not.
#[derive(Debug, Serialize)]
pub(in super::super) struct ReasonBody<'a> {
    code: &'a str,
    effect: &'a str,
    rule: Option<&'a str>,
    used: Option<u32>,
    cap: Option<u32>,
    until: Option<String>,
}

impl<'a> From<&'a Reason> for ReasonBody<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            code: reason.code.as_str(),
            effect: reason.code.effect().as_str(),
            rule: reason.rule.as_deref(),
            used: reason.used,
            cap: reason.cap,
            until: reason.until.map(instant),
        }
    }
}

#[derive(Debug, Serialize)]
struct OutlookBody<'a> {
    interruption_load: f64,
    visits_per_week: f64,
    coherence: Option<f64>,
    coherence_basis: Option<&'a str>,
}

impl<'a> From<&'a Outlook> for OutlookBody<'a> {
    fn from(outlook: &'a Outlook) -> Self {
        Self {
            interruption_load: outlook.interruption_load,
            visits_per_week: outlook.visits_per_week,
            coherence: outlook.coherence,
            coherence_basis: outlook.coherence_basis.as_deref(),
        }
    }
}
