//! `GET /v1/accounts/{id}`: an account, its HCPs now, and how each of them stands; `/v1/accounts/{id}/weeks`: its touches week by
//! week. Each is a view of the account in the audit log, since an account may have one HCP.
//!
//! An HCP belongs to the account that it counts for at the instant of the question (docs/REFERENCE.md). Where several
//! processes share the work, the metrics of an HCP that another one holds are `null`.

mod weeks;

pub(super) use weeks::weeks;

use super::HttpState;
use super::asking::{Asking, look, private};
use super::hcps::{headline, headline_view, unreadable};
use super::problem::Problem;
use super::words::{instant, word};
use crate::api::{Api, NotReady};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use processors::kernel::Scratch;
use processors::profile;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

/// Most HCPs of an answer.
const HCPS: usize = 1_000;

struct Found {
    at: Micros,
    policy_version: String,
    account: Value,
    total: usize,
    hcps: Vec<Value>,
}

pub(super) async fn show(
    State(state): State<HttpState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let Path(account_id) = id.map_err(unreadable)?;
    let (api, audience, asked) = (asking.api.clone(), asking.caller.role.audience(), account_id.clone());
    let found = look(move || find(&api, &asked, audience)).await?;
    let seen = Seen { account_id: &account_id, at: found.at, hcps: found.hcps.len() };
    seen.audit(&asking, !found.account.is_null() || found.total > 0).await?;
    Ok(private(json!({
        "account_id": account_id,
        "as_of": instant(found.at),
        "audience": audience.as_str(),
        "window": WindowLength::HEADLINE.as_str(),
        "policy_version": found.policy_version,
        "reference": found.account,
        "hcps": found.hcps,
        "hcps_total": found.total,
    })))
}

/// What the audit log says of a view.
struct Seen<'a> {
    account_id: &'a str,
    at: Micros,
    hcps: usize,
}

impl Seen<'_> {
    /// # Errors
    /// 503 when it could not be written; 404 when nobody knows the account.
    async fn audit(&self, asking: &Asking, is_known: bool) -> Result<(), Problem> {
        let outcome = if is_known { "shown" } else { "unknown" };
        let rest = json!({ "account_id": self.account_id, "outcome": outcome, "hcps": self.hcps });
        asking.audit(self.at, asking.line(self.at, "view_account", rest)?).await?;
        let detail = "no reference data that hold now name this account";
        let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown account", detail);
        if is_known { Ok(()) } else { Err(unknown()) }
    }
}

/// An account at an instant, and the ids of its HCPs, in order.
struct Members {
    at: Micros,
    reference: Arc<Reference>,
    policy: Arc<Policy>,
    ids: BTreeSet<String>,
}

fn members(api: &Api, account_id: &str, audience: Audience) -> Result<Members, NotReady> {
    // Cheap copies under the lock; the search runs without it.
    let (at, reference, policy, snapshots) =
        api.read(|shards, at| (at, shards.reference().clone(), shards.policy().clone(), shards.snapshots()))?;
    let is_member = |hcp_id: &str| reference.account_of(hcp_id, at) == Some(account_id);
    let described = reference.hcp_rows().map(|row| row.hcp_id.as_str()).filter(|hcp_id| is_member(hcp_id));
    let mut ids: BTreeSet<String> = described.map(str::to_owned).collect();
    // An HCP that no table describes is there when the audience sees records of it.
    let live = snapshots.iter().flat_map(|snapshot| snapshot.cells());
    let seen = live.filter(|cell| cell.headline(audience).is_some()).map(|cell| &*cell.id);
    ids.extend(seen.filter(|hcp_id| is_member(hcp_id)).map(str::to_owned));
    Ok(Members { at, reference, policy, ids })
}

fn find(api: &Api, account_id: &str, audience: Audience) -> Result<Found, NotReady> {
    let Members { at, reference, policy, ids } = members(api, account_id, audience)?;
    let (mut scratch, mut hcps) = (Scratch::default(), Vec::new());
    for hcp_id in ids.iter().take(HCPS) {
        let view = headline_view(audience, at);
        let metrics = api.read(|shards, _| profile::headline(shards, hcp_id, view, &mut scratch))?;
        hcps.push(headline(metrics.as_ref(), hcp_id));
    }
    let account = described(&reference, account_id, at);
    Ok(Found { at, policy_version: policy.version.clone(), account, total: ids.len(), hcps })
}

/// What reference data say, `null` when no row holds.
fn described(reference: &Reference, account_id: &str, at: Micros) -> Value {
    let Some(row) = reference.account(account_id, at) else { return Value::Null };
    json!({
        "parent_account_id": row.parent_account_id,
        "kind": row.kind,
        "territory": row.territory,
        "country": row.country,
        "declared_model": word(row.declared_model),
    })
}
