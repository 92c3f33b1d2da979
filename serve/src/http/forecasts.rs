//! `GET /v1/forecast`: who goes over in the days ahead. `GET /v1/hcps/{id}/forecast`: the planned touches of one HCP, and
//! which one to move (docs/FORECAST.md).
//!
//! The first looks at every HCP that has plans, a slice of them under the lock at a time, and for one request at a time:
//! whoever comes while it does is told to come again.

use super::HttpState;
use super::asking::{Asking, look, private};
use super::check::ReasonBody;
use super::hcps::{happening, unreadable};
use super::problem::Problem;
use super::query::{self, Parameter};
use super::words::{instant, word};
use crate::api::{Api, NotReady};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use processors::forecast::{Asked, BudgetThere, DAYS, DEFAULT_DAYS, Forecast, Over, PlannedTouch, Ranking, forecast};
use processors::profile::is_known;
use serde_json::{Value, json};
use touchpoint::time::DAY;
use touchpoint::{Audience, Micros};

/// HCPs looked at under one lock.
const SLICE: u32 = 128;

fn days() -> Parameter {
    Parameter { name: "days", range: DAYS, default: DEFAULT_DAYS }
}

fn limit() -> Parameter {
    Parameter { name: "limit", range: 1..=1_000, default: 100 }
}

/// What an answer is computed from.
struct Basis {
    asked: Asked,
    policy_version: String,
}

impl Basis {
    /// The members that every answer has.
    fn head(&self) -> Value {
        let Asked { audience, at, horizon } = self.asked;
        json!({
            "as_of": instant(at),
            "until": instant(at.saturating_add(horizon)),
            "audience": audience.as_str(),
            "policy_version": self.policy_version,
        })
    }
}

pub(super) async fn of_hcp(
    State(state): State<HttpState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let Path(hcp_id) = id.map_err(unreadable)?;
    let [days] = query::read(query.as_deref(), &[days()])?;
    let (api, audience, whom) = (asking.api.clone(), asking.caller.role.audience(), hcp_id.clone());
    let found = look(move || {
        api.read(|shards, at| {
            let asked = Asked { audience, at, horizon: Micros::from(days) * DAY };
            let basis = Basis { asked, policy_version: shards.policy().version.clone() };
            let of_holder = || shards.holder(&whom).map(|(shard, number)| forecast(shard, number, asked));
            let found = is_known(shards, &whom, audience, at).then(|| of_holder().unwrap_or_default());
            (basis, found)
        })
    });
    let (basis, found) = found.await?;
    let outcome = if found.is_some() { "shown" } else { "unknown" };
    let rest = json!({ "hcp_id": hcp_id, "days": days, "outcome": outcome });
    asking.audit(basis.asked.at, asking.line(basis.asked.at, "view_forecast", rest)?).await?;
    let Some(found) = found else {
        let detail = "no record that your role sees and no reference data name this HCP; where several processes share \
                      the work, another one may hold it";
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown HCP", detail));
    };
    let touches: Vec<Value> = found.touches.iter().map(touch).collect();
    let answer = joined(json!({ "hcp_id": hcp_id }), basis.head());
    Ok(private(joined(joined(answer, summary(&found)), json!({ "touches": touches }))))
}

/// Who goes over.
struct Listed {
    basis: Basis,
    hcps: Vec<Value>,
    total: usize,
}

pub(super) async fn list(
    State(state): State<HttpState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let [days, limit] = query::read(query.as_deref(), &[days(), limit()])?;
    let (api, audience) = (asking.api.clone(), asking.caller.role.audience());
    let Ok(_alone) = asking.api.scan.try_lock() else {
        let detail = "another forecast of everybody is being made; ask again in a moment";
        let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        return Err(busy.with_header(header::RETRY_AFTER, "1"));
    };
    let horizon = Micros::from(days) * DAY;
    let listed = look(move || everybody(&api, (audience, horizon), limit as usize)).await?;
    let at = listed.basis.asked.at;
    let rest = json!({ "days": days, "hcps": listed.hcps.len() });
    asking.audit(at, asking.line(at, "view_forecasts", rest)?).await?;
    let answer = json!({ "hcps": listed.hcps, "hcps_total": listed.total });
    Ok(private(joined(listed.basis.head(), answer)))
}

fn everybody(api: &Api, (audience, horizon): (Audience, Micros), limit: usize) -> Result<Listed, NotReady> {
    let (basis, places) = api.read(|shards, at| {
        let counts = shards.iter().map(|(number, shard)| (number, shard.hcp_count() as u32));
        let basis = Basis { asked: Asked { audience, at, horizon }, policy_version: shards.policy().version.clone() };
        (basis, counts.collect::<Vec<_>>())
    })?;
    let mut ranking = Ranking::new(limit);
    for (number, count) in places {
        for from in (0..count).step_by(SLICE as usize) {
            let hcps = from..from.saturating_add(SLICE).min(count);
            api.read(|shards, _| {
                if let Some(shard) = shards.get(number) {
                    ranking.add(shard, hcps, basis.asked);
                }
            })?;
        }
    }
    let (ranked, total) = ranking.finish();
    let mut hcps = Vec::with_capacity(ranked.len());
    for one in ranked {
        let of = |shards: &processors::Shards, _| {
            let (shard, number) = shards.holder(&one.hcp_id)?;
            Some(forecast(shard, number, basis.asked))
        };
        // Records that came meanwhile may have mended it.
        let found = api.read(of)?.filter(|found| found.over.is_some());
        hcps.extend(found.map(|found| joined(json!({ "hcp_id": &*one.hcp_id }), summary(&found))));
    }
    Ok(Listed { basis, hcps, total })
}

/// One object of the members of two.
fn joined(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

fn summary(found: &Forecast) -> Value {
    json!({
        "planned": found.touches.len(),
        "overdue": found.overdue,
        "excess": found.excess,
        "over": found.over.as_ref().map(over),
        "change": change(found),
    })
}

fn over(over: &Over) -> Value {
    json!({ "at": instant(over.at), "budget": there(&over.there) })
}

/// A use that JSON cannot write, an infinite one, is `null`.
fn there(there: &BudgetThere) -> Value {
    json!({
        "name": there.budget,
        "cap": there.cap,
        "used": there.used,
        "headroom": there.headroom(),
        "budget_use": there.budget_use,
    })
}

fn change(found: &Forecast) -> Value {
    let moved = found.change.and_then(|change| Some((change, found.touches.get(change.place)?)));
    let Some((change, touch)) = moved else { return Value::Null };
    json!({
        "act": change.act(),
        "kind": word(Some(touch.record.kind)),
        "source": touch.source,
        "event_id": touch.record.event_id,
        "occurred_at": instant(touch.record.occurred_at),
        "move_to": change.to.map(instant),
        "excess_left": change.excess_left,
    })
}

fn touch(touch: &PlannedTouch) -> Value {
    json!({
        "record": happening(&touch.record),
        "source": touch.source,
        "breaks": touch.breaks.iter().map(ReasonBody::from).collect::<Vec<_>>(),
        "budget": touch.binding.as_ref().map(there),
        "excess": touch.excess,
    })
}
