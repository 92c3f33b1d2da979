//! Access over the window state against the naive reference, over seeded streams of calls: versions, deletes, dates, ties
//! within a local day, owners who never write down a closed door.

use crate::adversary::{PRESENT, Sent};
use crate::kernel_against_reference::{reference_records, shard_of};
use processors::Shard;
use processors::overview::Filter;
use processors::overview::access::{Access, Asked, Cohort, Unknown};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use simulate::reference::{self, Question, Record, ReferenceAccess};
use std::sync::Arc;
use touchpoint::reference::{AccessStatus, AccountRow, HcpRow, PanelRow, Tables, Validity};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Kind, Micros, Policy, Reference, WindowLength};

const HCPS: usize = 70;
const OWNERS: usize = 7;

fn company() -> Arc<Reference> {
    let zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata"];
    let hcp = |n: usize| HcpRow {
        hcp_id: format!("hcp-{n:02}"),
        territory: (n % 9 != 0).then(|| if n % 2 == 0 { "north" } else { "south" }.to_owned()),
        specialty: (n % 5 != 0).then(|| "cardiology".to_owned()),
        account_id: (n % 10 == 3).then(|| "shut".to_owned()),
        time_zone: zones.get(n % 4).and_then(|zone| zone.parse().ok()),
        ..HcpRow::default()
    };
    let shut = AccountRow {
        account_id: "shut".into(),
        access_status: Some(AccessStatus::Closed),
        validity: Validity { to: PRESENT - 3 * DAY, ..Validity::ALWAYS },
        ..AccountRow::default()
    };
    let panel = |n: usize| PanelRow {
        owner_id: "rep-0".into(),
        hcp_id: format!("hcp-{n:02}"),
        is_target: n % 3 != 1,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    };
    let mut tables = Tables::of((0..HCPS).map(hcp).collect(), vec![shut]);
    tables.panels = Some((0..HCPS + 3).filter(|n| n % 3 != 0).map(panel).collect());
    Arc::new(Reference::try_new(tables).expect("no faults"))
}

/// Most calls are visits; each HCP's door opens as often as its number says, and only some owners write that it did not.
fn stream(seed: u64) -> Vec<Sent> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let writers = 1 + seed as usize % OWNERS;
    (0..2_000).map(|_| call(&mut rng, writers)).collect()
}

fn call(rng: &mut ChaCha8Rng, writers: usize) -> Sent {
    let (hcp, owner) = (rng.random_range(0..HCPS), rng.random_range(0..OWNERS));
    let hcp_id = format!("hcp-{hcp:02}");
    let at = PRESENT - i64::from(rng.random_range(-20..410)) * DAY + i64::from(rng.random_range(0..24)) * HOUR;
    let instant = chrono::DateTime::from_timestamp_micros(at).expect("in range");
    let is_open = rng.random_bool((hcp % 10) as f64 / 9.0) || owner >= writers;
    let channel = ["face_to_face", "face_to_face", "face_to_face", "phone"].choose(rng).expect("channels");
    let function = ["sales", "sales", "sales", "sales", "medical", "marketing"].choose(rng).expect("functions");
    let is_planned = at > PRESENT || rng.random_bool(0.1);
    let format = if rng.random_bool(0.2) { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%SZ" };
    let mut fields = json!({
        "event_id": format!("c{}", rng.random_range(0..1_500)),
        "hcp_id": hcp_id,
        "version": rng.random_range(0..3),
        "status": if is_planned { "planned" } else if is_open { "completed" } else { "no_access" },
        "channel": channel,
        "occurred_at": instant.format(format).to_string(),
        "business_function": function,
    });
    if rng.random_bool(0.9) {
        fields["owner_id"] = json!(format!("rep-{owner}"));
    }
    if rng.random_bool(0.05) {
        fields["purpose"] = json!("service");
    }
    if rng.random_bool(0.03) {
        fields["op"] = json!("delete");
    }
    Sent { kind: Kind::Calls, hcp_id, payload: serde_json::to_vec(&fields).expect("JSON") }
}

/// What the cohort says, as the reference would say it; what it keeps back is taken from `expected`, once it is right to.
fn check(cohort: &Cohort, expected: &ReferenceAccess, place: &str) {
    let rated: u64 = expected.bands.iter().sum();
    let [enough, wrote] = expected.owners;
    assert_eq!((cohort.hcps, [cohort.targets, cohort.rated_targets]), (expected.hcps, expected.targets), "{place}");
    assert_eq!((cohort.rated(), cohort.attempts), (rated, expected.attempts[0]), "{place}");
    assert_eq!(cohort.unclosed, expected.unclosed, "{place}");
    let unknown = match () {
        () if rated < 20 => Some(Unknown::ThinSupport),
        () if enough == 0 || (wrote as f64) < 0.5 * enough as f64 => Some(Unknown::NotReported),
        () => None,
    };
    assert_eq!(cohort.unknown(), unknown, "{place}");
    assert_eq!(cohort.reporting(), (enough >= 5).then(|| wrote as f64 / enough as f64), "{place}");
    let told = cohort.bands().map(|bands| [bands.accessible, bands.restricted, bands.severe, bands.closed_by_rule]);
    assert_eq!(told, unknown.is_none().then_some(expected.bands), "{place}");
    let share = unknown.is_none().then(|| expected.bands[0] as f64 / rated as f64);
    assert_eq!(cohort.accessible_share(), share, "{place}");
    let through = unknown.is_none().then(|| expected.attempts[1] as f64 / expected.attempts[0] as f64);
    assert_eq!(cohort.through_share(), through, "{place}");
}

fn compare(shard: &Shard, records: &[Record], (audience, at): (Audience, Micros)) -> Option<Unknown> {
    let mut found = Access::default();
    found.add(shard, 0..shard.hcp_count() as u32, &Asked { audience, at, filter: Filter::default() });
    let (policy, data) = (&**shard.policy(), &**shard.reference());
    let question = Question { hcp_id: "", at, window: WindowLength::HEADLINE, audience, policy, reference: data };
    let place = format!("{} at {at}", audience.as_str());
    check(&found.all, &reference::access(records, &question, |_| true), &place);
    for (territory, cohort) in &found.territories {
        let is_there = |of: &Question<'_>| {
            let row =
                of.reference.rows().hcps(of.hcp_id).iter().find(|row| row.validity.from <= at && at < row.validity.to);
            row.and_then(|row| row.territory.as_deref()).unwrap_or("unknown") == territory
        };
        check(cohort, &reference::access(records, &question, is_there), &format!("{place} {territory}"));
    }
    assert_eq!(found.territories.values().map(|cohort| cohort.hcps).sum::<u64>(), found.all.hcps);
    assert_eq!(found.specialties.values().map(|cohort| cohort.attempts).sum::<u64>(), found.all.attempts);
    found.all.unknown()
}

#[test]
fn access_is_that_of_the_naive_reference() {
    let (data, policy) = (company(), Arc::new(Policy::default()));
    let mut met = Vec::new();
    for seed in 0..6 {
        let sent = stream(seed);
        let order: Vec<usize> = (0..sent.len()).collect();
        let shard = shard_of(&sent, &order, 128, &policy, &data);
        let records = reference_records(&sent, &data);
        for audience in Audience::ALL {
            for at in [PRESENT, PRESENT - 10 * DAY] {
                met.push(compare(&shard, &records, (audience, at)));
            }
        }
    }
    assert!(met.contains(&None) && met.contains(&Some(Unknown::NotReported)), "both were met: {met:?}");
}
