//! `GET /v1/alerts`, `GET /v1/alerts/{id}`, `POST /v1/alerts/{id}/acknowledge`: the alerts that are open, as of their last
//! transition, and the way to accept one.
//!
//! An alert of a rule that looks at medical records is nothing that a commercial role knows of. Where several processes share
//! the work each shows its own, and says so.

mod wanted;

use super::HttpState;
use super::asking::{Asking, json_body, look, private};
use super::hcps::unreadable;
use super::json::{self, Node};
use super::problem::Problem;
use super::proposals::FieldProblems;
use super::words::{all, instant, maybe_instant, word};
use crate::open_alerts::{NotAccepted, OpenAlerts, place};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use processors::Ownership;
use processors::alert::{TouchRef, Transition};
use serde_json::{Value, json};
use touchpoint::alert::{AckReason, SubjectKind};
use touchpoint::reference::UNKNOWN;
use touchpoint::{Micros, Reference, Word};
use wanted::Wanted;

/// One page.
struct Page {
    at: Micros,
    is_complete: bool,
    total: usize,
    shown: Vec<Transition>,
    next: Option<String>,
}

pub(super) async fn list(
    State(state): State<HttpState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let open = open(&asking)?;
    let wanted = Wanted::read(query.as_deref()).map_err(|problems| Problem::of_fields(&problems))?;
    let (api, audience) = (asking.api.clone(), asking.caller.role.audience());
    let Page { at, is_complete, total, shown, next } = look(move || {
        api.read(|shards, at| {
            let territory = |alert: &Transition| territory(shards.reference(), alert, at);
            let found = open.list(audience, |alert| wanted.lets_through(alert, || territory(alert)));
            let (total, is_complete) = (found.len(), shards.ownership() == Ownership::Sole);
            let mut rest = found.into_iter().skip_while(|alert| !wanted.is_after_cursor(place(alert)));
            let shown: Vec<Transition> = rest.by_ref().take(wanted.limit).collect();
            let next = rest.next().and(shown.last()).map(wanted::cursor);
            Page { at, is_complete, total, shown, next }
        })
    })
    .await?;
    asking.audit(at, asking.line(at, "list_alerts", json!({ "alerts": shown.len() }))?).await?;
    Ok(private(json!({
        "as_of": instant(at),
        "audience": audience.as_str(),
        "is_complete": is_complete,
        "total": total,
        "alerts": shown.iter().map(described).collect::<Vec<_>>(),
        "next": next,
    })))
}

pub(super) async fn show(
    State(state): State<HttpState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let Path(id) = id.map_err(unreadable)?;
    let (at, found) = find(&asking, open(&asking)?, &id).await?;
    asking.audit(at, line(&asking, at, "view_alert", (&id, found.as_ref()))?).await?;
    found.map(|alert| private(described(&alert))).ok_or_else(unknown)
}

pub(super) async fn acknowledge(
    State(state): State<HttpState>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, request.headers())?;
    let Path(id) = id.map_err(unreadable)?;
    let alerts = open(&asking)?;
    let body = json_body(request, &state).await?;
    let body = json::read(&body).map_err(|json::Malformed { line, column }| {
        let detail = format!("the body is no JSON: line {line}, column {column}");
        Problem::new(StatusCode::BAD_REQUEST, "not JSON", detail)
    })?;
    let reason = reason(body).map_err(|problems| Problem::of_fields(&problems))?;
    let (at, found) = find(&asking, alerts.clone(), &id).await?;
    // Before it is done: what cannot be audited is not done either.
    let mut asked = said((&id, found.as_ref()));
    asked["reason"] = reason.as_str().into();
    asking.audit(at, asking.line(at, "acknowledge_alert", asked)?).await?;
    let alert = found.ok_or_else(unknown)?;
    match alerts.acknowledge(alert.alert.id, reason).await {
        Ok(accepted) => Ok(private(described(&accepted))),
        Err(NotAccepted::NotOpen(_)) => Err(unknown()),
        Err(NotAccepted::NotNow) => {
            let detail = "the pipeline did not take it up in time; accepting again does no harm";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not now", detail).with_header(header::RETRY_AFTER, "5"))
        }
    }
}

/// # Errors
/// 503 where alerts are off.
fn open(asking: &Asking) -> Result<OpenAlerts, Problem> {
    asking.api.alerts.clone().ok_or_else(|| {
        let detail = "alerts are off: set [alerts] enabled";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no alerts", detail)
    })
}

async fn find(asking: &Asking, open: OpenAlerts, id: &str) -> Result<(Micros, Option<Transition>), Problem> {
    let (api, audience, id) = (asking.api.clone(), asking.caller.role.audience(), id.to_owned());
    look(move || api.read(|_, at| (at, open.get(&id, audience)))).await
}

fn unknown() -> Problem {
    let detail = "no open alert that your role sees has this id; table alerts has what is over, and where several processes \
                  share the work another one may hold it";
    Problem::new(StatusCode::NOT_FOUND, "unknown alert", detail)
}

/// The body `{"reason": "…"}`.
fn reason(body: Node) -> Result<AckReason, FieldProblems> {
    let mut problems = FieldProblems::default();
    let expected = || format!("once, one of {}", all::<AckReason>().join(", "));
    let mut found = None;
    let Node::Object(members) = body else {
        problems.add("#".to_owned(), "an object with the member reason");
        return Err(problems);
    };
    for (name, value) in members {
        match (name.as_str(), value) {
            ("reason", Node::Text(text)) if found.is_none() => {
                found = Some(AckReason::parse(text.as_bytes()));
            }
            ("reason", _) => problems.add("#/reason".to_owned(), expected()),
            _ => problems.add(format!("#/{}", super::proposals::escaped(&name)), "no other member than reason"),
        }
    }
    match found.flatten() {
        Some(reason) if problems.count() == 0 => Ok(reason),
        Some(_) => Err(problems),
        None => {
            problems.add("#/reason".to_owned(), expected());
            Err(problems)
        }
    }
}

/// The territory of whom an alert is about, `None` for a storm.
fn territory<'r>(reference: &'r Reference, open: &Transition, at: Micros) -> Option<&'r str> {
    let subject = &open.alert.subject;
    let known = match subject.kind {
        SubjectKind::Hcp => reference.hcp(&subject.id, at).and_then(|row| row.territory.as_deref()),
        SubjectKind::Account => reference.account(&subject.id, at).and_then(|row| row.territory.as_deref()),
        SubjectKind::Rule => return None,
    };
    known.or(Some(UNKNOWN))
}

fn line(asking: &Asking, at: Micros, action: &str, about: (&str, Option<&Transition>)) -> Result<String, Problem> {
    asking.line(at, action, said(about))
}

/// What an audit line says of an alert.
fn said((id, found): (&str, Option<&Transition>)) -> Value {
    // What nobody knows is not written down: a caller could put anything there.
    let Some(open) = found else { return json!({ "outcome": "unknown" }) };
    let subject = &open.alert.subject;
    let member = match subject.kind {
        SubjectKind::Hcp => "hcp_id",
        SubjectKind::Account => "account_id",
        SubjectKind::Rule => "rule",
    };
    json!({ "outcome": "shown", "alert_id": id, member: &*subject.id })
}

/// An alert as answers have it. What JSON cannot write, an infinite value, is `null`.
fn described(open: &Transition) -> Value {
    let Transition { alert, state, at, ack_reason, .. } = open;
    let touch = |touch: &TouchRef| json!({ "kind": word(Some(touch.kind)), "ref": &*touch.event_id, "occurred_at": instant(touch.occurred_at) });
    json!({
        "alert_id": alert.id.as_str(),
        "rule": &*alert.rule.name,
        "severity": word(Some(alert.rule.severity)),
        "audience": alert.rule.audience.as_str(),
        "subject": { "kind": word(Some(alert.subject.kind)), "id": &*alert.subject.id },
        "state": word(Some(*state)),
        "origin": word(Some(alert.origin)),
        "ack_reason": word(*ack_reason),
        "since": instant(alert.since),
        "at": instant(*at),
        "value": alert.facts.value,
        "binding": alert.facts.binding.as_deref(),
        "act": { "kind": word(Some(alert.rule.act)), "until": maybe_instant(alert.facts.hold_until) },
        "summary": &*alert.facts.summary,
        "touches": alert.touches.iter().map(touch).collect::<Vec<_>>(),
        "policy_version": &*alert.policy_version,
    })
}
