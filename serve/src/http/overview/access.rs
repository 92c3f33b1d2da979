//! `GET /v1/overview/access`: whether visits got through in the last year, by specialty and territory.

use super::filter;
use crate::api::{Api, NotReady};
use crate::http::words::{instant, maybe_instant};
use crate::live_page::{Question, for_everybody};
use processors::Ownership;
use processors::overview::access::{Access, Asked, Bands, Cohort, Unknown};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Specialties and territories told by name; those with most HCPs.
const COHORTS: usize = 200;

pub(super) fn found(api: &Api, question: &Question) -> Result<Value, NotReady> {
    let (at, policy, reference, is_complete) = api.read(|shards, at| {
        let (policy, reference) = (shards.policy().version.clone(), shards.reference().version().to_owned());
        (at, policy, reference, shards.ownership() == Ownership::Sole)
    })?;
    let asked = Asked { audience: question.audience, at, filter: question.filter.clone() };
    let mut found = Access::default();
    for_everybody(api, |shard, hcps| found.add(shard, hcps, &asked))?;
    Ok(json!({
        "as_of": instant(at),
        "audience": question.audience.as_str(),
        "window": "365d",
        "filter": filter(&question.filter),
        "is_complete": is_complete,
        "policy_version": policy,
        "reference_version": reference,
        "records_from": maybe_instant(found.oldest),
        "all": cohort(&found.all),
        "specialties": cohorts("specialty", &found.specialties),
        "territories": cohorts("territory", &found.territories),
        "facets": {
            "territories": found.facets.territories,
            "segments": found.facets.segments,
            "specialties": found.facets.specialties,
        },
    }))
}

fn cohort(of: &Cohort) -> Value {
    json!({
        "hcps": of.hcps,
        "targets": of.targets,
        "rated": of.rated(),
        "rated_targets": of.rated_targets,
        "attempts": of.attempts,
        "reason": of.unknown().map(Unknown::as_str),
        "accessible_share": of.accessible_share(),
        "through_share": of.through_share(),
        "bands": of.bands().map(bands),
        "no_access_reporting": of.reporting(),
        "unclosed_share": of.unclosed_share(),
    })
}

fn bands(of: Bands) -> Value {
    json!({
        "accessible": of.accessible,
        "restricted": of.restricted,
        "severe": of.severe,
        "closed_by_rule": of.closed_by_rule,
    })
}

fn cohorts(name: &str, of: &BTreeMap<String, Cohort>) -> Vec<Value> {
    let mut all: Vec<(&String, &Cohort)> = of.iter().collect();
    all.sort_by_key(|(value, of)| (Reverse(of.hcps), *value));
    let told = all.into_iter().take(COHORTS);
    told.map(|(value, of)| {
        Value::Object(Map::from_iter([(name.to_owned(), value.as_str().into()), ("access".to_owned(), cohort(of))]))
    })
    .collect()
}
