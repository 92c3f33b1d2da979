//! `GET /v1/hcps/{id}`: what is known of one HCP.

use super::HttpState;
use super::asking::{Asking, look, private};
use super::problem::Problem;
use super::words::{date, instant, maybe_instant, word};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use processors::kernel::Scratch;
use processors::profile::{BudgetStanding, GapStanding, Happening, Profile, View, WindowMetrics, profile};
use processors::rows::Value as Cell;
use serde_json::{Map, Value, json};
use touchpoint::reference::HcpRow;
use touchpoint::time::SECOND;
use touchpoint::{Audience, Micros, Reference};

/// Longest timeline of an answer.
const TIMELINE: usize = 1_000;

/// An HCP and what is known of it.
struct Known {
    at: Micros,
    gap: Micros,
    found: Option<(Profile, Value)>,
}

pub(super) async fn show(
    State(state): State<HttpState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let Path(hcp_id) = id.map_err(unreadable)?;
    let (api, audience, asked) = (asking.api.clone(), asking.caller.role.audience(), hcp_id.clone());
    let known = look(move || {
        api.read(|shards, at| {
            let view = View { audience, at, timeline: TIMELINE };
            let found = profile(shards, &asked, view, &mut Scratch::default());
            let gap = shards.policy().gap;
            Known { at, gap, found: found.map(|found| (found, described(shards.reference(), &asked, at))) }
        })
    });
    let Known { at, gap, found } = known.await?;
    let outcome = if found.is_some() { "shown" } else { "unknown" };
    let line = asking.line(at, "view_hcp", json!({ "hcp_id": hcp_id, "outcome": outcome }))?;
    asking.audit(at, line).await?;
    let Some((profile, reference)) = found else {
        let detail = "no record that your role sees and no reference data name this HCP; where several processes share \
                      the work, another one may hold it";
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown HCP", detail));
    };
    Ok(private(json!({
        "hcp_id": hcp_id,
        "as_of": instant(at),
        "audience": audience.as_str(),
        "policy_version": profile.policy_version,
        "reference": reference,
        "windows": profile.windows.iter().map(window).collect::<Vec<_>>(),
        "budgets": profile.budgets.iter().map(budget).collect::<Vec<_>>(),
        "collision_gap_seconds": seconds(gap),
        "minimum_gaps": profile.gaps.iter().map(minimum_gap).collect::<Vec<_>>(),
        "timeline": profile.timeline.iter().map(happening).collect::<Vec<_>>(),
        "records": profile.records,
    })))
}

/// An id in a path that is no text.
pub(super) fn unreadable(_: PathRejection) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unreadable id",
        "the id in the path is not UTF-8, written with % where needed",
    )
}

/// What reference data say, `null` when no row holds.
fn described(reference: &Reference, hcp_id: &str, at: Micros) -> Value {
    let row = reference.hcp(hcp_id, at);
    let account_id = reference.account_of(hcp_id, at);
    if row.is_none() && account_id.is_none() {
        return Value::Null;
    }
    let text = |of: fn(&HcpRow) -> &Option<String>| row.and_then(|row| of(row).clone());
    json!({
        "specialty": text(|row| &row.specialty),
        "segment": text(|row| &row.segment),
        "territory": text(|row| &row.territory),
        "country": text(|row| &row.country),
        "time_zone": row.and_then(|row| row.time_zone).map(|zone| zone.name()),
        "account_id": account_id,
        "execution_model": word(reference.execution_model(hcp_id, at)),
        "is_target": reference.is_target(hcp_id, at),
    })
}

/// Columns as members. What JSON cannot write, an infinite use, is `null`; the zone then says `over`.
pub(super) fn columns(metrics: &WindowMetrics) -> Map<String, Value> {
    let cell = |cell: &Cell| match cell {
        Cell::Count(count) => (*count).into(),
        Cell::Real(real) => (*real).into(),
        Cell::Text(text) => text.as_str().into(),
        Cell::Instant(at) => instant(*at).into(),
        Cell::Null => Value::Null,
    };
    metrics.columns.iter().map(|(name, value)| ((*name).to_owned(), cell(value))).collect()
}

fn window(metrics: &WindowMetrics) -> Value {
    json!({ "window": metrics.window.as_str(), "metrics": columns(metrics), "coherence_parts": parts(metrics) })
}

/// The values that entered `coherence`, by the names of its basis.
fn parts(metrics: &WindowMetrics) -> Map<String, Value> {
    let find = |name: &str| metrics.columns.iter().find(|(column, _)| *column == name).map(|(_, value)| value);
    let real = |name: &str| if let Some(Cell::Real(real)) = find(name) { Some(*real) } else { None };
    let basis = if let Some(Cell::Text(basis)) = find("coherence_basis") { basis.as_str() } else { "" };
    let value = |part: &str| match part {
        "agreement" => real("cross_function_agreement").or_else(|| real("cross_channel_agreement")),
        "coordination" => real("collision_rate").map(|rate| 1.0 - rate),
        "sequence" => real("sequence_coherence"),
        "plan" => real("plan_fit"),
        _ => None,
    };
    basis.split('+').filter(|part| !part.is_empty()).map(|part| (part.to_owned(), value(part).into())).collect()
}

fn seconds(span: Micros) -> Value {
    (span / SECOND).into()
}

fn budget(budget: &BudgetStanding) -> Value {
    json!({
        "name": budget.name,
        "per": word(Some(budget.per)),
        "cap": budget.cap,
        "window_seconds": seconds(budget.window),
        "used": budget.used,
        "headroom": i64::from(budget.cap) - i64::from(budget.used),
        "budget_use": budget.budget_use,
        "zone": word(Some(budget.zone)),
        "next_leaving_at": maybe_instant(budget.next_leaving_at),
    })
}

fn minimum_gap(gap: &GapStanding) -> Value {
    json!({ "name": gap.name, "gap_seconds": seconds(gap.gap), "until": maybe_instant(gap.until) })
}

pub(super) fn happening(record: &Happening) -> Value {
    json!({
        "kind": word(Some(record.kind)),
        "event_id": record.event_id,
        "occurred_at": instant(record.occurred_at),
        "precision": word(Some(record.precision)),
        "ingested_on": date(record.ingested_on),
        "version": record.version,
        "status": word(record.status),
        "channel": word(record.channel),
        "origin": word(record.origin),
        "business_function": word(record.business_function),
        "purpose": word(record.purpose),
        "owner_id": record.owner_id,
        "product": record.product,
        "theme": record.theme,
        "plan_id": record.plan_id,
        "plan_step": record.plan_step,
        "request_id": record.request_id,
        "answered_at": maybe_instant(record.answered_at),
        "basis": word(record.basis),
    })
}

/// The columns of one HCP by its headline window, `null` while it has no row.
pub(super) fn headline(metrics: Option<&WindowMetrics>, hcp_id: &str) -> Value {
    json!({ "hcp_id": hcp_id, "metrics": metrics.map(columns) })
}

/// Whose view a list of HCPs is.
pub(super) fn headline_view(audience: Audience, at: Micros) -> View {
    View { audience, at, timeline: 0 }
}
