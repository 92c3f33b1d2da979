//! Bad records are as many as asked for, each bad for its reason, and the good ones do not notice.

use super::{config, near, reference, span, workload};
use crate::reference::{DEFAULT_TOLERANCE, Placement, Record};
use crate::{PoisonConfig, Produced, Scenario, Workload, World, WorldConfig};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use touchpoint::RejectReason;
use touchpoint::words::Word;

fn poisoned(share: f64, reasons: &[RejectReason]) -> Workload {
    let poison = PoisonConfig { share, reasons: reasons.to_vec(), oversized_bytes: 4_000 };
    workload(WorldConfig { poison, ..config(Scenario::Coverage, 800, 60) })
}

#[test]
fn the_share_is_kept_and_every_reason_occurs() {
    let items: Vec<Produced> = poisoned(0.1, &PoisonConfig::ALL).history(span(60)).collect();
    let bad: Vec<_> = items.iter().filter_map(|i| i.expected).collect();
    near("bad records", bad.len() as f64 / items.len() as f64, 0.1, 0.001);
    let mut by_reason = BTreeMap::new();
    bad.iter().for_each(|reason| *by_reason.entry(*reason).or_insert(0_usize) += 1);
    for reason in PoisonConfig::ALL {
        near(reason.as_str(), by_reason[&reason] as f64 / bad.len() as f64, 1.0 / 6.0, 0.01);
    }
    assert!(items.is_sorted_by_key(|i| i.arrival));
}

#[test]
fn good_records_are_the_same_at_every_share() {
    let good = |share| {
        let items = poisoned(share, &PoisonConfig::EVERYWHERE).history(span(60));
        items.filter(|i| i.expected.is_none()).collect::<Vec<_>>()
    };
    let clean = good(0.0);
    assert!(clean.len() > 5_000);
    assert_eq!(clean, good(0.3));
}

#[test]
fn each_bad_record_is_bad_for_its_reason_alone() {
    let workload = poisoned(0.5, &PoisonConfig::ALL);
    let reference = reference(workload.world());
    let mut seen = HashSet::new();
    for (line, item) in workload.history(span(60)).enumerate() {
        let placement = Placement {
            position: (0, line as u64),
            reference: &reference,
            kafka_timestamp: item.arrival,
            ingested_at: item.arrival,
            future_tolerance: DEFAULT_TOLERANCE,
        };
        let parsed = Record::parse(item.kind, &item.payload, placement);
        let shown = String::from_utf8_lossy(&item.payload);
        match item.expected {
            None => assert!(parsed.is_ok(), "{shown}"),
            Some(RejectReason::KeyMismatch) => assert_ne!(parsed.unwrap().hcp_id, item.key),
            Some(RejectReason::Oversized) => {
                assert!(parsed.is_ok(), "{shown}");
                assert_eq!(item.payload.len(), 4_000);
            }
            Some(reason) => {
                assert_eq!(parsed.err(), Some(reason), "{shown}");
                seen.insert((reason, item.kind));
            }
        }
    }
    assert_eq!(seen.len(), 16, "four reasons by four kinds");
}

#[test]
fn impossible_poison_is_refused_with_every_problem() {
    let poison = PoisonConfig { share: 2.0, reasons: vec![RejectReason::Tombstone], oversized_bytes: 1 };
    let error = World::build(WorldConfig { poison, hcps: 0, ..config(Scenario::Coverage, 1, 1) }).unwrap_err();
    assert_eq!(error.problems.len(), 3, "{error}");
}

#[test]
fn one_hcp_is_world_enough() {
    let poison = PoisonConfig { share: 0.2, ..PoisonConfig::default() };
    let world = World::build(WorldConfig { poison, ..config(Scenario::Orchestration, 1, 30) }).unwrap();
    let items: Vec<_> = Workload::new(Arc::new(world)).history(span(300)).collect();
    assert!(!items.is_empty() && items.iter().any(|i| i.expected.is_some()));
}
