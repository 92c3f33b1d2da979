//! `GET /v1/overview`: how the HCPs of a filter stand now.

use super::{filter, of_question};
use crate::api::{Api, NotReady};
use crate::http::words::{date, instant, word};
use crate::live_page::{Question, for_everybody};
use processors::Ownership;
use processors::arrivals::DayShare;
use processors::overview::{CELL_FRAGMENTATION, CELL_USE, Causes, Detail, Facets, Overview, Spread, Standings};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Width of a band of load, in visits per week.
const BAND: f64 = 0.25;
/// Bands; the last one takes everything beyond.
const BANDS: usize = 25;
/// Territories told by name; those with most targets.
const TERRITORIES: usize = 200;

pub(super) fn found(api: &Api, question: &Question) -> Result<Value, NotReady> {
    let (at, policy, reference, is_complete) = api.read(|shards, at| {
        let (policy, reference) = (shards.policy().clone(), shards.reference().clone());
        (at, policy, reference, shards.ownership() == Ownership::Sole)
    })?;
    let asked = of_question(question, at, Detail::Whole);
    let mut found = Overview::default();
    for_everybody(api, |shard, hcps| found.add(shard, hcps, &asked))?;
    let [p50, p90, p99] = found.spread.percentiles([50, 90, 99]);
    Ok(json!({
        "as_of": instant(at),
        "audience": question.audience.as_str(),
        "window": question.window.as_str(),
        "filter": filter(&question.filter),
        "is_complete": is_complete,
        "policy_version": policy.version,
        "reference_version": reference.version(),
        "hcps": standings(&found.all),
        "targets": standings(&found.targets),
        "territories": territories(&found.territories),
        "touches": found.touches[0],
        "unsolicited": found.touches[1],
        "collisions": collisions(&found),
        "visits_per_week": {
            "p50": p50, "p90": p90, "p99": p99,
            "bands": bands(&found.spread),
        },
        "completeness": completeness(api, question),
        "quadrant": quadrant(&found.spread),
        "collision_pairs": pairs(&found.causes),
        "touches_on_over": sources(&found.causes),
        "facets": facets(&found.facets),
    }))
}

/// How complete recent days are, of the territory or everybody; `null` before the log was looked at.
fn completeness(api: &Api, question: &Question) -> Value {
    let Some(learnt) = api.live_page.arrivals() else { return Value::Null };
    let (arrivals, territory) = (learnt.of(question.audience), question.filter.territory.as_deref());
    let day = |of: DayShare| json!({ "day": date(of.day), "share": of.share });
    json!({
        "as_of": instant(arrivals.at()),
        "last_7_days": arrivals.share(territory, 1..=7),
        "days": arrivals.days(territory).into_iter().map(day).collect::<Vec<_>>(),
    })
}

pub(super) fn standings(of: &Standings) -> Value {
    json!({
        "hcps": of.hcps,
        "without_budget": of.without_budget,
        "clear": of.clear,
        "near": of.near,
        "full": of.full,
        "over": of.over,
        "untouched": of.untouched,
    })
}

pub(super) fn collisions(found: &Overview) -> Value {
    let of = found.collisions;
    json!({ "collisions": of.collisions, "pairs": of.pairs, "expected_by_chance": of.by_chance })
}

fn territories(of: &BTreeMap<String, Standings>) -> Vec<Value> {
    let mut all: Vec<(&String, &Standings)> = of.iter().collect();
    all.sort_by_key(|(name, of)| (Reverse(of.hcps), *name));
    let told = all.into_iter().take(TERRITORIES);
    told.map(|(name, of)| json!({ "territory": name, "targets": standings(of) })).collect()
}

fn bands(spread: &Spread) -> Vec<Value> {
    let band = |(n, hcps): (usize, u64)| json!({ "from": n as f64 * BAND, "hcps": hcps });
    spread.bands(BAND, BANDS).into_iter().enumerate().map(band).collect()
}

/// Marks where there are few enough, cells always. An infinite use is `null`.
fn quadrant(spread: &Spread) -> Value {
    let cell = |((of_use, of_fragmentation), hcps): (&(u8, u8), &u64)| {
        json!({
            "budget_use_from": f64::from(*of_use) * CELL_USE,
            "fragmentation_from": f64::from(*of_fragmentation) * CELL_FRAGMENTATION,
            "hcps": hcps,
        })
    };
    let mark =
        |(budget_use, fragmentation): &(f64, f64)| json!({ "budget_use": budget_use, "fragmentation": fragmentation });
    json!({
        "hcps": spread.placed,
        "thin_support": spread.thin,
        "cell_budget_use": CELL_USE,
        "cell_fragmentation": CELL_FRAGMENTATION,
        "cells": spread.cells.iter().map(cell).collect::<Vec<_>>(),
        "marks": spread.marks().map(|marks| marks.iter().map(mark).collect::<Vec<_>>()),
    })
}

fn pairs(causes: &Causes) -> Vec<Value> {
    let mut pairs: Vec<_> = causes.pairs.iter().collect();
    pairs.sort_by_key(|(key, count)| (Reverse(**count), **key));
    let pair = |((first, then), collisions): (&processors::overview::PairKey, &u64)| json!({ "first": word(Some(*first)), "then": word(Some(*then)), "collisions": collisions });
    pairs.into_iter().map(pair).collect()
}

fn sources(causes: &Causes) -> Vec<Value> {
    let mut sources: Vec<_> = causes.on_over.iter().collect();
    sources.sort_by_key(|(key, count)| (Reverse(**count), **key));
    let source = |((function, channel, origin), touches): (&processors::overview::SourceKey, &u64)| {
        json!({
            "business_function": word(Some(*function)),
            "channel": word(Some(*channel)),
            "origin": word(*origin),
            "unsolicited": touches,
        })
    };
    sources.into_iter().map(source).collect()
}

fn facets(of: &Facets) -> Value {
    json!({
        "territories": of.territories,
        "segments": of.segments,
        "specialties": of.specialties,
        "products": of.products,
    })
}
