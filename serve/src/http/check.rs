//! `POST /v1/check`: may these HCPs be touched?

mod body;
mod line;

pub(super) use body::ReasonBody;

use super::HttpState;
use super::asking::{Asking, json_body, look, not_answered, not_ready, private};
use super::problem::Problem;
use super::{json, proposals};
use crate::metrics::checks::Intent;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use body::Body;
use line::line;
use processors::check::{Answer, Proposal};
use std::sync::Arc;

/// Proposals that are judged by whoever holds the lock, which takes microseconds each; more go to a thread that waits for it.
const A_FEW: usize = 16;

pub(super) async fn answer(State(state): State<HttpState>, request: Request) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, request.headers())?;
    let body = json_body(request, &state).await?;
    let began = asking.api.clock.now();
    let body = json::read(&body).map_err(|json::Malformed { line, column }| {
        let detail = format!("the body is no JSON: line {line}, column {column}");
        Problem::new(StatusCode::BAD_REQUEST, "not JSON", detail)
    })?;
    let proposals = proposals::read(body, began).map_err(|problems| Problem::of_fields(&problems))?;
    let (proposals, answers) = judge(&asking, proposals).await?;
    let judged = proposals.iter().zip(&answers);
    let lines = judged.clone().map(|judged| line(&asking, began, judged)).collect::<Result<_, Problem>>()?;
    asking.audit(began, lines).await?;
    for (proposal, answer) in judged.clone() {
        asking.api.metrics.answered(answer.verdict, if proposal.dry { Intent::Dry } else { Intent::Real });
    }
    asking.api.metrics.took(asking.api.clock.now() - began);
    Ok(private(Body::of(judged, asking.caller.role.audience())))
}

async fn judge(asking: &Asking, proposals: Vec<Proposal>) -> Result<(Vec<Proposal>, Vec<Answer>), Problem> {
    let (api, audience) = (Arc::clone(&asking.api), asking.caller.role.audience());
    if proposals.len() <= A_FEW {
        let judged = api.judge_soon(proposals, audience).await;
        return judged.map_err(|_| not_answered())?.map_err(not_ready);
    }
    look(move || api.judge(&proposals, audience).map(|answers| (proposals, answers))).await
}
