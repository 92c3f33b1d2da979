//! `GET /v1/accounts/{id}/weeks`: the touches of the HCPs that belong to the account now, week by week and by function, and how
//! many voices they hear.
//!
//! The live state does not hold the account that a record names: `account_metrics_at` counts by that (docs/TABLES.md).

use super::{HCPS, Members, Seen, described, members, unreadable};
use crate::api::{Api, NotReady};
use crate::http::HttpState;
use crate::http::asking::{Asking, look, private};
use crate::http::problem::Problem;
use crate::http::words::{instant, maybe_instant, word};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use processors::overview::weekly::{Touched, Week, Weekly};
use serde_json::{Value, json};
use touchpoint::{Audience, BusinessFunction, Micros};

/// Weeks back, as of the overview.
const WEEKS: usize = 13;

struct Found {
    at: Micros,
    is_described: bool,
    hcps: usize,
    oldest: Option<Micros>,
    weeks: Vec<Week>,
}

pub(in crate::http) async fn weeks(
    State(state): State<HttpState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let Path(account_id) = id.map_err(unreadable)?;
    let (api, audience, asked) = (asking.api.clone(), asking.caller.role.audience(), account_id.clone());
    let found = look(move || find(&api, &asked, audience)).await?;
    let seen = Seen { account_id: &account_id, at: found.at, hcps: found.hcps };
    seen.audit(&asking, found.is_described || found.hcps > 0).await?;
    Ok(private(json!({
        "account_id": account_id,
        "as_of": instant(found.at),
        "audience": audience.as_str(),
        "hcps": found.hcps,
        "records_from": maybe_instant(found.oldest),
        "points": found.weeks.iter().map(point).collect::<Vec<_>>(),
    })))
}

fn find(api: &Api, account_id: &str, audience: Audience) -> Result<Found, NotReady> {
    let Members { at, reference, ids, .. } = members(api, account_id, audience)?;
    let mut weekly = Weekly::new(audience, at, WEEKS);
    for hcp_id in ids.iter().take(HCPS) {
        api.read(|shards, _| {
            if let Some((shard, number)) = shards.holder(hcp_id) {
                weekly.add(shard, number);
            }
        })?;
    }
    Ok(Found {
        at,
        is_described: !described(&reference, account_id, at).is_null(),
        hcps: ids.len().min(HCPS),
        oldest: weekly.oldest,
        weeks: weekly.finish(),
    })
}

fn point(week: &Week) -> Value {
    let function = |(function, of): (&BusinessFunction, &Touched)| {
        json!({
            "business_function": word(Some(*function)),
            "touches": of.touches,
            "unsolicited": of.unsolicited,
        })
    };
    json!({
        "at": instant(week.at),
        "hcps_touched": week.hcps_touched,
        "touches": week.all.touches,
        "unsolicited": week.all.unsolicited,
        "functions": week.functions.iter().map(function).collect::<Vec<_>>(),
        "voices": week.voices,
        "function_voices": week.function_voices,
    })
}
