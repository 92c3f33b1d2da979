//! What every stream promises, seen from outside: bytes parsed again, shares counted again.

mod contract;
mod files;
mod live;
mod load;
mod poison;
mod shares;
mod tables;

use crate::{Produced, ReferenceFiles, Scenario, Span, Workload, World, WorldConfig};
use serde_json::{Map, Value};
use std::sync::Arc;
use touchpoint::time::DAY;
use touchpoint::{Micros, Reference};

/// 2026-01-05, a Monday.
const START: Micros = 20_458 * DAY;

fn span(days: i64) -> Span {
    Span { from: START, to: START + days * DAY }
}

fn config(scenario: Scenario, hcps: u32, days: i64) -> WorldConfig {
    WorldConfig::new(scenario, hcps, 7, span(days))
}

fn workload(config: WorldConfig) -> Workload {
    Workload::new(Arc::new(World::build(config).unwrap()))
}

fn reference(world: &World) -> Reference {
    Reference::try_new(ReferenceFiles::new(world).tables()).unwrap()
}

fn object(item: &Produced) -> Map<String, Value> {
    match serde_json::from_slice(&item.payload) {
        Ok(Value::Object(fields)) => fields,
        other => panic!("{other:?} of {}", String::from_utf8_lossy(&item.payload)),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).map(|v| v.as_str().unwrap_or_else(|| panic!("{name} is no text: {v}")))
}

fn instant(fields: &Map<String, Value>, name: &str) -> Option<Micros> {
    let text = text(fields, name)?;
    (text.len() > 10).then(|| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros())
}

/// Source, id and HCP; the kind is known where it is used.
fn identity(fields: &Map<String, Value>) -> (String, String, String) {
    let own = |name| text(fields, name).unwrap_or_default().to_owned();
    (own("source"), own("event_id"), own("hcp_id"))
}

fn near(what: &str, share: f64, expected: f64, tolerance: f64) {
    assert!((share - expected).abs() <= tolerance, "{what}: {share:.4}, expected {expected} ± {tolerance}");
}
