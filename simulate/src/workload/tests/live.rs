//! Live traffic keeps its rate, stays near now, and consists of acceptable records.

use super::{START, config, identity, instant, near, object, reference, span, text, workload};
use crate::reference::{DEFAULT_TOLERANCE, Placement, Record};
use crate::{LiveConfig, Produced, Scenario};
use std::collections::{HashMap, HashSet};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::words::Word;

/// Wednesday, 13:00 UTC.
const NOW: i64 = START + 58 * DAY + 13 * HOUR;

fn traffic(scenario: Scenario, seconds: i64) -> Vec<Produced> {
    let workload = workload(config(scenario, 1_000, 90));
    let mut live = workload.live(LiveConfig::new(200.0, NOW));
    let mut items = Vec::new();
    for second in 0..seconds {
        let now = NOW + second * SECOND;
        while let Some(item) = live.next_due(now) {
            assert!(item.arrival <= now);
            items.push(item);
        }
        assert!(live.next_due_at() > now);
    }
    items
}

#[test]
fn the_rate_is_kept_and_the_same_call_gives_the_same_bytes() {
    let items = traffic(Scenario::Coverage, 100);
    near("records", items.len() as f64, 20_000.0, 600.0);
    assert!(items.is_sorted_by_key(|i| i.arrival));
    assert_eq!(items, traffic(Scenario::Coverage, 100));
}

#[test]
fn every_record_is_accepted_and_lies_near_now() {
    for scenario in Scenario::ALL {
        let workload = workload(config(scenario, 1_000, 90));
        let reference = reference(workload.world());
        let (mut kinds, mut recent, mut happened) = ([0; 4], 0, 0);
        for (line, item) in traffic(scenario, 120).into_iter().enumerate() {
            kinds[usize::from(item.kind.code())] += 1;
            let placement = Placement {
                position: (0, line as u64),
                reference: &reference,
                kafka_timestamp: item.arrival,
                ingested_at: item.arrival,
                future_tolerance: DEFAULT_TOLERANCE,
            };
            Record::parse(item.kind, &item.payload, placement)
                .unwrap_or_else(|reason| panic!("{reason}: {}", String::from_utf8_lossy(&item.payload)));
            let fields = object(&item);
            assert!(instant(&fields, "recorded_at").unwrap() <= item.arrival);
            let planned = matches!(text(&fields, "status"), Some("planned" | "cancelled" | "nominated" | "scheduled"));
            if let (Some(at), false) = (instant(&fields, "occurred_at"), planned) {
                assert!(
                    at <= item.arrival && at > item.arrival - 60 * DAY,
                    "{}",
                    String::from_utf8_lossy(&item.payload)
                );
                happened += 1;
                recent += usize::from(at > item.arrival - DAY);
            }
        }
        assert!(kinds.iter().all(|n| *n > 50), "{scenario:?}: {kinds:?}");
        assert!(recent * 10 > happened * 7, "{scenario:?}: {recent} of {happened} within a day");
    }
}

#[test]
fn lives_go_on_within_minutes() {
    let mut statuses: HashMap<_, HashSet<String>> = HashMap::new();
    for item in traffic(Scenario::Orchestration, 200) {
        let fields = object(&item);
        let status = text(&fields, "status").or(text(&fields, "op")).unwrap().to_owned();
        statuses.entry((item.kind, identity(&fields))).or_default().insert(status);
    }
    let with = |a: &str, b: &str| statuses.values().filter(|s| s.contains(a) && s.contains(b)).count();
    assert!(with("sent", "delivered") > 1000 && with("delivered", "clicked") > 3);
    assert!(with("planned", "completed") > 30 && with("received", "answered") > 30);
    assert!(with("completed", "delete") > 2);
}

#[test]
fn live_ids_are_not_those_of_history_or_of_another_run() {
    let workload = workload(config(Scenario::Coverage, 300, 90));
    let ids = |items: &[Produced]| -> HashSet<_> { items.iter().map(|i| identity(&object(i)).1).collect() };
    let run = |start| {
        let mut live = workload.live(LiveConfig::new(100.0, start));
        std::iter::from_fn(|| live.next_due(start + 20 * SECOND)).collect::<Vec<_>>()
    };
    let history = ids(&workload.history(span(90)).collect::<Vec<_>>());
    let (first, second) = (ids(&run(NOW)), ids(&run(NOW + SECOND)));
    assert!(first.len() > 500);
    assert!(first.is_disjoint(&history) && first.is_disjoint(&second));
}
