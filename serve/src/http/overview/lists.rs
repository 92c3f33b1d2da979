//! `GET /v1/overview/hcps`: the HCPs behind a count. It names persons, so it is audited.

use super::asked::Query;
use super::filter;
use crate::http::HttpState;
use crate::http::asking::{Asking, look, private};
use crate::http::problem::Problem;
use crate::http::words::{instant, maybe_instant};
use crate::live_page::for_everybody;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use processors::overview::{Asked, Detail, Listed, Listing, Wanted};
use serde_json::{Value, json};

pub(in crate::http) async fn list(
    State(state): State<HttpState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let query = Query::of_persons(query.as_deref())?;
    let wanted = query.list.unwrap_or(Wanted::Over);
    let (api, audience, limit) = (asking.api.clone(), asking.caller.role.audience(), query.limit);
    let (window, kept) = (query.window, query.filter.clone());
    // One at a time looks at everybody; the others wait their turn.
    let _alone = asking.api.scan.lock().await;
    let found = look(move || {
        let at = api.read(|_, at| at)?;
        let asked = Asked { audience, at, window, filter: kept, detail: Detail::Counts };
        let mut listing = Listing::new(wanted, limit);
        for_everybody(&api, |shard, hcps| listing.add(shard, hcps, &asked))?;
        Ok((at, listing.finish()))
    });
    let (at, (listed, total)) = found.await?;
    let name = name(wanted);
    let rest = json!({ "list": name, "hcps": listed.len() });
    asking.audit(at, asking.line(at, "list_hcps", rest)?).await?;
    Ok(private(json!({
        "as_of": instant(at),
        "audience": audience.as_str(),
        "window": window.as_str(),
        "filter": filter(&query.filter),
        "list": name,
        "hcps": listed.iter().map(described).collect::<Vec<_>>(),
        "hcps_total": total,
    })))
}

fn name(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Over => "over",
        Wanted::Hold(_) => "hold",
        Wanted::Untouched => "untouched",
    }
}

fn described(one: &Listed) -> Value {
    json!({
        "hcp_id": &*one.hcp_id,
        "territory": one.territory,
        "specialty": one.specialty,
        "binding_budget": one.binding_budget,
        "headroom": one.headroom,
        "next_free_at": maybe_instant(one.next_free_at),
        "last_touch_at": maybe_instant(one.last_touch_at),
        "over_at": maybe_instant(one.over_at),
    })
}
