//! `POST /v1/check`: may these HCPs be touched?

use super::HttpState;
use super::asking::{Asking, json_body, look, not_ready, private};
use super::problem::Problem;
use super::words::{instant, maybe_instant, word};
use super::{json, proposals};
use crate::metrics::checks::Intent;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use processors::check::{Answer, Outlook, Proposal, Reason, Verdict};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use touchpoint::{Audience, Micros};

pub(super) async fn answer(State(state): State<HttpState>, request: Request) -> Result<Response, Problem> {
    let asking = Arc::new(Asking::admit(&state, request.headers())?);
    let body = json_body(request, &state).await?;
    let began = asking.api.clock.now();
    let body = json::read(&body).map_err(|json::Malformed { line, column }| {
        let detail = format!("the body is no JSON: line {line}, column {column}");
        Problem::new(StatusCode::BAD_REQUEST, "not JSON", detail)
    })?;
    let proposals = proposals::read(body, began).map_err(|problems| Problem::of_fields(&problems))?;
    let audience = asking.caller.role.audience();
    // The usual question is one proposal while nobody writes: microseconds, less than handing it to another thread.
    let at_once = match proposals.as_slice() {
        [one] => asking.api.judge_now(one, audience),
        _ => None,
    };
    let told = match at_once {
        Some(answer) => tell(&asking, began, &proposals, &[answer.map_err(not_ready)?]),
        None => {
            let asking = asking.clone();
            let work = move || {
                let answers = asking.api.judge(&proposals, audience)?;
                Ok(tell(&asking, began, &proposals, &answers))
            };
            look(work).await?
        }
    };
    asking.audit(began, told.lines).await?;
    for (verdict, intent) in told.verdicts {
        asking.api.metrics.answered(verdict, intent);
    }
    asking.api.metrics.took(asking.api.clock.now() - began);
    Ok(private(json!({ "results": told.results })))
}

/// What goes into the audit log and what then goes out.
struct Told {
    lines: String,
    results: Vec<Value>,
    verdicts: Vec<(Verdict, Intent)>,
}

fn tell(asking: &Asking, began: Micros, proposals: &[Proposal], answers: &[Answer]) -> Told {
    let audience = asking.caller.role.audience();
    let mut told = Told { lines: String::new(), results: Vec::new(), verdicts: Vec::new() };
    for (proposal, answer) in proposals.iter().zip(answers) {
        told.lines.push_str(&line(asking, began, (proposal, answer)));
        told.results.push(result(proposal, answer, audience));
        told.verdicts.push((answer.verdict, if proposal.dry { Intent::Dry } else { Intent::Real }));
    }
    told
}

fn result(proposal: &Proposal, answer: &Answer, audience: Audience) -> Value {
    let outlooks = answer.outlooks.as_ref();
    json!({
        "hcp_id": proposal.hcp_id,
        "verdict": answer.verdict.as_str(),
        "at": instant(answer.at),
        "binding_budget": answer.binding_budget,
        "headroom": answer.headroom,
        "next_free_at": maybe_instant(answer.next_free_at),
        "reasons": answer.reasons.iter().map(reason).collect::<Vec<_>>(),
        "current": outlooks.map(|outlooks| outlook(&outlooks.current)),
        "projected": outlooks.map(|outlooks| outlook(&outlooks.projected)),
        "audience": audience.as_str(),
        "policy_version": answer.policy_version,
    })
}

pub(super) fn reason(reason: &Reason) -> Value {
    json!({
        "code": reason.code.as_str(),
        "effect": reason.code.effect().as_str(),
        "rule": reason.rule,
        "used": reason.used,
        "cap": reason.cap,
        "until": maybe_instant(reason.until),
    })
}

fn outlook(outlook: &Outlook) -> Value {
    json!({
        "interruption_load": outlook.interruption_load,
        "visits_per_week": outlook.visits_per_week,
        "coherence": outlook.coherence,
        "coherence_basis": outlook.coherence_basis,
    })
}

/// What was asked and answered; fields that were left out are left out.
fn line(asking: &Asking, at: Micros, (proposal, answer): (&Proposal, &Answer)) -> String {
    let fields = [
        ("channel", word(Some(proposal.channel))),
        ("origin", word(proposal.origin)),
        ("attendees", proposal.attendees.into()),
        ("owner_id", proposal.owner_id.clone().into()),
        ("business_function", word(proposal.business_function)),
        ("purpose", word(proposal.purpose)),
        ("product", proposal.product.clone().into()),
        ("theme", proposal.theme.clone().into()),
        ("plan_id", proposal.plan_id.clone().into()),
        ("plan_step", proposal.plan_step.clone().into()),
        ("request_id", proposal.request_id.clone().into()),
        ("solicited", if proposal.solicited { true.into() } else { Value::Null }),
        ("at", maybe_instant(proposal.at)),
        ("dry", if proposal.dry { true.into() } else { Value::Null }),
    ];
    let said = fields.into_iter().filter(|(_, value)| !value.is_null());
    let proposed: Map<String, Value> = said.map(|(name, value)| (name.to_owned(), value)).collect();
    let reasons: Vec<&str> = answer.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let rest = json!({
        "hcp_id": proposal.hcp_id,
        "proposed": proposed,
        "judged_at": instant(answer.at),
        "verdict": answer.verdict.as_str(),
        "reasons": reasons,
        "next_free_at": maybe_instant(answer.next_free_at),
        "policy_version": answer.policy_version,
    });
    asking.line(at, "check", rest)
}
