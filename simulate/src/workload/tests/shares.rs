//! The configured shares come out again when they are counted in 200,000 records.

use super::{config, identity, instant, near, object, span, text, workload};
use crate::Scenario;
use std::collections::{HashMap, HashSet};
use touchpoint::time::{DAY, HOUR};
use touchpoint::words::Kind;

/// What was seen of one interaction.
#[derive(Default)]
struct Seen {
    owner: String,
    channel: String,
    statuses: HashSet<String>,
    lateness: Option<i64>,
    edited: bool,
    deleted: bool,
}

/// Enough for 200,000 records a year.
const HCPS: u32 = 2_600;

struct Count {
    interactions: HashMap<(Kind, (String, String, String)), Seen>,
    records: usize,
    bytes: usize,
    repeated: usize,
    unknown_fields: usize,
    dates: usize,
}

fn count(days: i64) -> Count {
    let mut payloads = HashSet::new();
    let mut count =
        Count { interactions: HashMap::new(), records: 0, bytes: 0, repeated: 0, unknown_fields: 0, dates: 0 };
    for item in workload(config(Scenario::Coverage, HCPS, days)).history(span(days)) {
        let fields = object(&item);
        count.records += 1;
        count.bytes += item.payload.len();
        count.unknown_fields += usize::from(fields.contains_key("crm_note"));
        if !payloads.insert(item.payload.clone()) {
            count.repeated += 1;
            continue;
        }
        let seen = count.interactions.entry((item.kind, identity(&fields))).or_default();
        let status = text(&fields, "status").unwrap_or_default();
        if fields.contains_key("version") {
            if text(&fields, "op").is_some() {
                seen.deleted = true
            } else {
                seen.edited = true
            }
            continue;
        }
        seen.owner = text(&fields, "owner_id").unwrap_or_default().to_owned();
        seen.channel = text(&fields, "channel").or(text(&fields, "intake")).unwrap_or("email").to_owned();
        seen.statuses.insert(status.to_owned());
        if matches!(status, "completed" | "no_access") {
            match instant(&fields, "occurred_at") {
                Some(at) => seen.lateness = Some(instant(&fields, "recorded_at").unwrap() - at),
                None => count.dates += 1,
            }
        }
    }
    count
}

#[test]
fn shares_come_out_as_configured() {
    let count = count(365);
    assert!(count.records > 200_000, "only {} records", count.records);
    near("bytes a record", count.bytes as f64 / count.records as f64, 270.0, 30.0);
    near("duplicates", count.repeated as f64 / count.records as f64, 0.005, 0.0007);
    near("unknown fields", count.unknown_fields as f64 / count.records as f64, 0.01, 0.001);
    corrections(&count);
    field_mix(&count);
    lateness(&count);
    emails(&count);
    intake(&count);
}

fn share(count: &Count, of: impl Fn(Kind, &Seen) -> bool, what: impl Fn(&Seen) -> bool) -> f64 {
    let all: Vec<_> = count.interactions.iter().filter(|((kind, _), seen)| of(*kind, seen)).collect();
    all.iter().filter(|(_, seen)| what(seen)).count() as f64 / all.len() as f64
}

fn corrections(count: &Count) {
    // Corrections of the last days have not arrived yet.
    near("edited", share(count, |_, _| true, |s| s.edited), 0.01, 0.0015);
    near("deleted", share(count, |_, _| true, |s| s.deleted), 0.003, 0.0008);
    let calls = count.interactions.iter().filter(|((k, _), s)| *k == Kind::Calls && s.lateness.is_some()).count();
    near("date only", count.dates as f64 / (count.dates + calls) as f64, 0.05, 0.006);
}

fn field_mix(count: &Count) {
    let by_rep =
        |kind: Kind, seen: &Seen| kind != Kind::Congress && kind != Kind::Requests && seen.owner.starts_with("rep-");
    for (channel, expected) in
        [("face_to_face", 0.70), ("email", 0.20), ("phone", 0.05), ("video", 0.03), ("chat", 0.02)]
    {
        near(channel, share(count, by_rep, |s| s.channel == channel), expected, 0.01);
    }
    let planned = |kind: Kind, seen: &Seen| kind == Kind::Calls && seen.statuses.contains("planned");
    near("planned", share(count, |k, _| k == Kind::Calls, |s| s.statuses.contains("planned")), 0.35, 0.015);
    near("cancelled", share(count, planned, |s| s.statuses.contains("cancelled")), 0.08, 0.01);
}

fn lateness(count: &Count) {
    let entered = |kind: Kind, seen: &Seen| kind == Kind::Calls && seen.lateness.is_some();
    let between =
        |from: i64, to: i64| share(count, entered, |s| s.lateness.is_some_and(|late| (from..to).contains(&late)));
    near("within 4 h", between(0, 4 * HOUR), 0.70, 0.012);
    near("within 3 d", between(4 * HOUR, 3 * DAY), 0.25, 0.012);
    near("within 30 d", between(3 * DAY, 30 * DAY + HOUR), 0.05, 0.006);
}

fn emails(count: &Count) {
    let delivered = |by: &'static str| {
        move |kind: Kind, s: &Seen| kind == Kind::Emails && s.statuses.contains("delivered") && s.owner.starts_with(by)
    };
    // Either a person or a machine opens: 1 − (1 − p)(1 − 0.15).
    near("rep opens", share(count, delivered("rep-"), |s| s.statuses.contains("opened")), 0.405, 0.02);
    near("hq opens", share(count, delivered("hq-"), |s| s.statuses.contains("opened")), 0.235, 0.01);
}

fn intake(count: &Count) {
    let requests = count.interactions.keys().filter(|(kind, _)| *kind == Kind::Requests).count();
    // 1 per 25 HCP-months of 30 days, for a year.
    near("requests", requests as f64, f64::from(HCPS) / 25.0 * 365.0 / 30.0, 120.0);
    for (way, expected) in [("phone", 0.45), ("rep", 0.29), ("email", 0.26)] {
        near(way, share(count, |k, _| k == Kind::Requests, |s| s.channel == way), expected, 0.045);
    }
}

/// Pairs of touches of one HCP from different channels in 90 days: the share with equal themes.
fn theme_agreement(scenario: Scenario) -> f64 {
    let mut touches: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for item in workload(config(scenario, 600, 90)).history(span(90)) {
        let fields = object(&item);
        let touch = matches!(text(&fields, "status"), Some("completed" | "sent" | "invited"));
        if let (true, Some(theme)) = (touch && item.kind != Kind::Requests, text(&fields, "theme")) {
            let channel = text(&fields, "channel").unwrap_or(item.kind.default_topic()).to_owned();
            touches.entry(item.key).or_default().push((channel, theme.to_owned()));
        }
    }
    let (mut equal, mut pairs) = (0_u64, 0_u64);
    for list in touches.values() {
        for (i, a) in list.iter().enumerate() {
            for b in list.get(i + 1..).unwrap_or_default().iter().filter(|b| b.0 != a.0) {
                pairs += 1;
                equal += u64::from(a.1 == b.1);
            }
        }
    }
    equal as f64 / pairs as f64
}

#[test]
fn scenarios_differ_in_theme_agreement_the_way_they_say() {
    let [coverage, navigation, orchestration] = Scenario::ALL.map(theme_agreement);
    assert!(coverage < 0.25, "coverage {coverage}");
    assert!(coverage + 0.1 < navigation, "coverage {coverage}, navigation {navigation}");
    assert!(navigation + 0.1 < orchestration, "navigation {navigation}, orchestration {orchestration}");
}

#[test]
fn plans_are_carried_out_in_order_and_mostly_step_by_step() {
    let workload = workload(config(Scenario::Orchestration, 800, 160));
    let plans: HashMap<_, _> = workload.world().plans().into_iter().map(|p| (p.id.clone(), p.steps)).collect();
    let mut touches: HashMap<_, HashMap<_, (i64, usize)>> = HashMap::new();
    for item in workload.history(span(160)) {
        let fields = object(&item);
        let (plan, step) = (text(&fields, "plan_id"), text(&fields, "plan_step"));
        if let (Some(plan), Some(step), Some("completed" | "sent")) = (plan, step, text(&fields, "status")) {
            let Some(at) = instant(&fields, "occurred_at") else { continue };
            let step = step.trim_start_matches('s').parse().unwrap();
            touches.entry((item.key, plan.to_owned())).or_default().insert(identity(&fields), (at, step));
        }
    }
    let (mut pairs, mut next) = (0, 0);
    for ((_, plan), steps) in &touches {
        let mut steps: Vec<_> = steps.values().collect();
        steps.sort();
        for pair in steps.windows(2) {
            let gap = pair[1].0 - pair[0].0;
            // The same plan can come again in the next cycle, three weeks after its last step at the earliest.
            if pair[1].1 <= pair[0].1 && gap > 20 * DAY {
                continue;
            }
            assert!(pair[1].1 > pair[0].1, "{plan}: step {} after step {}", pair[1].1, pair[0].1);
            pairs += 1;
            let allowed = &plans[plan][pair[1].1 - 1];
            let span = allowed.min_gap_days * DAY..=allowed.max_gap_days * DAY;
            if pair[1].1 == pair[0].1 + 1 {
                assert!(span.contains(&gap), "{plan}: step {} out of its gap", pair[1].1);
                next += 1;
            }
        }
    }
    assert!(pairs > 1_000 && next * 4 > pairs * 3, "{next} of {pairs} pairs are step by step");
}
