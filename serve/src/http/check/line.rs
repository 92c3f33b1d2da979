//! What the audit log keeps of a check. Fields that were left out are left out.

use super::super::asking::Asking;
use super::super::problem::Problem;
use super::super::words::instant;
use processors::check::{Answer, Proposal};
use serde::Serialize;
use touchpoint::{Micros, Word};

#[derive(Debug, Serialize)]
struct Checked<'a> {
    hcp_id: &'a str,
    proposed: Proposed<'a>,
    judged_at: String,
    verdict: &'a str,
    reasons: Vec<&'a str>,
    next_free_at: Option<String>,
    policy_version: &'a str,
}

#[derive(Debug, Serialize)]
struct Proposed<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendees: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    solicited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    dry: bool,
}

/// As serde passes it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(said: &bool) -> bool {
    !said
}

/// One line: who asked what, and what was answered.
pub(super) fn line(asking: &Asking, at: Micros, (proposal, answer): (&Proposal, &Answer)) -> Result<String, Problem> {
    let checked = Checked {
        hcp_id: &proposal.hcp_id,
        proposed: Proposed::from(proposal),
        judged_at: instant(answer.at),
        verdict: answer.verdict.as_str(),
        reasons: answer.reasons.iter().map(|reason| reason.code.as_str()).collect(),
        next_free_at: answer.next_free_at.map(instant),
        policy_version: &answer.policy_version,
    };
    asking.line(at, "check", checked)
}

impl<'a> From<&'a Proposal> for Proposed<'a> {
    fn from(proposal: &'a Proposal) -> Self {
        Self {
            channel: proposal.channel.as_str(),
            origin: proposal.origin.map(Word::as_str),
            attendees: proposal.attendees,
            owner_id: proposal.owner_id.as_deref(),
            business_function: proposal.business_function.map(Word::as_str),
            purpose: proposal.purpose.map(Word::as_str),
            product: proposal.product.as_deref(),
            theme: proposal.theme.as_deref(),
            plan_id: proposal.plan_id.as_deref(),
            plan_step: proposal.plan_step.as_deref(),
            request_id: proposal.request_id.as_deref(),
            solicited: proposal.solicited,
            at: proposal.at.map(instant),
            dry: proposal.dry,
        }
    }
}
