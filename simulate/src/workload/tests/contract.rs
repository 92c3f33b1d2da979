//! Every record is one that the input contract accepts; streams are reproducible and in order.

use super::{config, identity, instant, object, reference, span, text, workload};
use crate::reference::{DEFAULT_TOLERANCE, Placement, Record};
use crate::{Produced, Scenario};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use touchpoint::time::{DAY, HOUR};
use touchpoint::words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Purpose, Status, Word};

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let items = |seed| {
        let config = crate::WorldConfig { seed, ..config(Scenario::Orchestration, 400, 40) };
        workload(config).history(span(40)).collect::<Vec<Produced>>()
    };
    let first = items(7);
    assert!(first.len() > 2_000, "only {} records", first.len());
    assert_eq!(first, items(7));
    let other: HashSet<Vec<u8>> = items(8).into_iter().map(|i| i.payload).collect();
    let shared = first.iter().filter(|i| other.contains(&i.payload)).count();
    assert!(shared * 100 < first.len(), "{shared} records in common");
}

#[test]
fn a_longer_span_only_adds_what_arrives_later() {
    let workload = workload(config(Scenario::Navigation, 300, 60));
    let short: Vec<_> = workload.history(span(20)).collect();
    let long: Vec<_> = workload.history(span(60)).take(short.len()).collect();
    assert_eq!(short, long);
}

#[test]
fn arrivals_never_step_back_and_stay_in_the_span() {
    let mut last = super::START;
    for item in workload(config(Scenario::Coverage, 500, 30)).history(span(30)) {
        assert!(last <= item.arrival && item.arrival < span(30).to);
        last = item.arrival;
    }
    assert!(last > span(30).to - 2 * DAY);
}

#[test]
fn every_record_keeps_the_contract() {
    for scenario in Scenario::ALL {
        let workload = workload(config(scenario, 500, 150));
        let reference = reference(workload.world());
        let (mut kinds, mut statuses) = ([0; 4], HashSet::new());
        for (line, item) in workload.history(span(150)).enumerate() {
            let fields = object(&item);
            check(&item, &fields);
            kinds[usize::from(item.kind.code())] += 1;
            statuses.insert((item.kind, text(&fields, "status").map(str::to_owned)));
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
        assert!(kinds.iter().all(|n| *n > 100), "{scenario:?}: {kinds:?}");
        for status in ["planned", "cancelled", "no_access", "completed"] {
            assert!(statuses.contains(&(Kind::Calls, Some(status.to_owned()))), "{scenario:?} has no {status} call");
        }
        for status in ["sent", "delivered", "bounced", "opened", "clicked"] {
            assert!(statuses.contains(&(Kind::Emails, Some(status.to_owned()))), "{scenario:?} has no {status} e-mail");
        }
        for status in ["nominated", "invited", "declined", "accepted", "attended"] {
            assert!(statuses.contains(&(Kind::Congress, Some(status.to_owned()))), "{scenario:?}: {status}");
        }
        for status in ["received", "answered", "closed"] {
            assert!(statuses.contains(&(Kind::Requests, Some(status.to_owned()))), "{scenario:?}: {status}");
        }
    }
}

fn is_word<W: Word>(fields: &Map<String, Value>) -> Option<W> {
    let text = text(fields, W::FIELD)?;
    Some(W::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is no {}", W::FIELD)))
}

fn check(item: &Produced, fields: &Map<String, Value>) {
    assert!(item.expected.is_none() && !item.payload.contains(&b'\n'));
    assert_eq!(text(fields, "hcp_id"), Some(item.key.as_str()));
    for name in ["event_id", "source", "account_id", "owner_id", "product", "theme", "topic", "plan_id", "plan_step"] {
        assert!(text(fields, name).is_none_or(|t| (1..=128).contains(&t.len())), "{name}");
    }
    let delete = is_word::<Op>(fields) == Some(Op::Delete);
    let status = is_word::<Status>(fields);
    let recorded_at = instant(fields, "recorded_at").unwrap();
    assert!(recorded_at <= item.arrival);
    if delete {
        assert!(status.is_none() && fields["version"].as_i64().unwrap() > 0);
        return;
    }
    let status = status.unwrap();
    assert!(item.kind.statuses().contains(&status), "{status} of {}", item.kind);
    if let Some(at) = instant(fields, "occurred_at") {
        assert!(at <= item.arrival + 24 * HOUR || status.may_lie_ahead(item.kind), "{status} ahead");
    } else {
        assert_eq!((item.kind, text(fields, "occurred_at").unwrap().len()), (Kind::Calls, 10));
    }
    assert_eq!(is_word::<Channel>(fields).is_some(), item.kind == Kind::Calls);
    assert_eq!(is_word::<Origin>(fields).is_some(), item.kind == Kind::Emails);
    assert_eq!(is_word::<Mode>(fields).is_some(), item.kind == Kind::Congress);
    assert_eq!(is_word::<Intake>(fields).is_some(), item.kind == Kind::Requests);
    let _: (Option<BusinessFunction>, Option<Purpose>) = (is_word(fields), is_word(fields));
}

#[test]
fn corrections_follow_what_they_correct_and_duplicates_are_identical() {
    let mut seen: HashMap<_, i64> = HashMap::new();
    let mut bytes: HashMap<_, Vec<u8>> = HashMap::new();
    let (mut deletes, mut edits, mut duplicates) = (0, 0, 0);
    for item in workload(config(Scenario::Coverage, 2_000, 90)).history(span(90)) {
        let fields = object(&item);
        let version = fields.get("version").map_or(0, |v| v.as_i64().unwrap());
        let key = (item.kind, identity(&fields));
        let moment = (text(&fields, "recorded_at").map(str::to_owned), text(&fields, "status").map(str::to_owned));
        if let Some(first) = bytes.get(&(key.clone(), moment.clone(), version)) {
            assert_eq!(first, &item.payload);
            duplicates += 1;
            continue;
        }
        if version > 0 {
            assert_eq!(seen.get(&key), Some(&0), "a correction before its interaction");
            if text(&fields, "op") == Some("delete") { deletes += 1 } else { edits += 1 }
        } else {
            seen.insert(key.clone(), 0);
        }
        bytes.insert((key, moment, version), item.payload);
    }
    assert!(deletes > 20 && edits > 60 && duplicates > 60, "{deletes} deletes, {edits} edits, {duplicates} duplicates");
}

#[test]
fn requests_are_answered_by_touches_that_name_them() {
    let (mut requests, mut answers) = (HashSet::new(), 0);
    for item in workload(config(Scenario::Navigation, 1_500, 90)).history(span(90)) {
        let fields = object(&item);
        if item.kind == Kind::Requests {
            requests.insert((item.key.clone(), text(&fields, "event_id").unwrap().to_owned()));
        } else if let Some(request) = text(&fields, "request_id") {
            // The answer can be recorded before a rep enters the request, but not before another way in.
            assert!(request.starts_with("r-"));
            assert_eq!(text(&fields, "business_function"), Some("medical"));
            answers += usize::from(requests.contains(&(item.key.clone(), request.to_owned())));
        }
    }
    assert!(requests.len() > 100 && answers > requests.len() / 2, "{answers} answers to {}", requests.len());
}
