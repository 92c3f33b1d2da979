//! Load consists of acceptable records over all HCPs in the asked mix.

use super::{config, near, object, reference, span, text, workload};
use crate::reference::{DEFAULT_TOLERANCE, Placement, Record};
use crate::{FirehoseConfig, Scenario};
use std::collections::HashMap;
use touchpoint::words::{Kind, Word};

#[test]
fn load_is_valid_varied_and_of_the_asked_mix() {
    let workload = workload(config(Scenario::Coverage, 500, 90));
    let reference = reference(workload.world());
    let (mut kinds, mut hcps, mut ids) = ([0.0; 4], HashMap::new(), std::collections::HashSet::new());
    let count = 40_000;
    let mut last = span(90).from;
    for (line, item) in workload.firehose(FirehoseConfig::new(count, span(90))).unwrap().enumerate() {
        assert!(last <= item.arrival && item.arrival < span(90).to);
        last = item.arrival;
        let fields = object(&item);
        assert_eq!(text(&fields, "hcp_id"), Some(item.key.as_str()));
        assert!(ids.insert(text(&fields, "event_id").unwrap().to_owned()));
        kinds[usize::from(item.kind.code())] += 1.0;
        *hcps.entry(item.key.clone()).or_insert(0_u32) += 1;
        let placement = Placement {
            position: (0, line as u64),
            reference: &reference,
            kafka_timestamp: item.arrival,
            ingested_at: item.arrival,
            future_tolerance: DEFAULT_TOLERANCE,
        };
        Record::parse(item.kind, &item.payload, placement)
            .unwrap_or_else(|reason| panic!("{reason}: {}", String::from_utf8_lossy(&item.payload)));
    }
    assert_eq!(ids.len() as u64, count);
    assert_eq!(hcps.len(), 500);
    let busiest = f64::from(*hcps.values().max().unwrap());
    // n^(−1/1.5) of the records.
    near("busiest HCP", busiest / count as f64, 500_f64.powf(-1.0 / 1.5), 0.003);
    for (kind, share) in Kind::ALL.iter().zip([0.35, 0.45, 0.08, 0.12]) {
        near(kind.as_str(), kinds[usize::from(kind.code())] / count as f64, share, 0.01);
    }
}

#[test]
fn refilling_one_item_gives_what_the_iterator_gives() {
    let workload = workload(config(Scenario::Navigation, 200, 90));
    let mut refilled = workload.firehose(FirehoseConfig::new(500, span(90))).unwrap();
    let mut again = workload.firehose(FirehoseConfig::new(500, span(90))).unwrap();
    let mut item = again.next().unwrap();
    for expected in workload.firehose(FirehoseConfig::new(500, span(90))).unwrap() {
        assert!(refilled.refill(&mut item));
        assert_eq!(item, expected);
    }
    assert!(!refilled.refill(&mut item));
}
