//! Forecasts of seeded random calendars against the brute force of `simulate::reference`: every planned touch, what it
//! breaks, the excess, and the one touch to move, for both audiences, under awkward policies and reference data.

use crate::adversary::{self, PRESENT, Sent};
use crate::budget_policies;
use crate::kernel_against_reference::{reference_data, reference_records, shard_of};
use processors::Shard;
use processors::forecast::{Asked, Forecast, PlannedTouch, forecast};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use simulate::reference::{self, Question, Record, ReferenceForecast};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::policy::Budget;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Kind, Micros, Policy, WindowLength, Word};

/// Planned touches of all kinds around [`PRESENT`], some of them rescheduled, cancelled, made or deleted.
fn calendar(seed: u64, count: usize) -> Vec<Sent> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| plan(rng)).collect()
}

fn plan(rng: &mut ChaCha8Rng) -> Sent {
    let kind = *[Kind::Calls, Kind::Calls, Kind::Emails, Kind::Congress].choose(rng).expect("kinds");
    let hcp_id = format!("hcp-{}", rng.random_range(0..5));
    let statuses = match kind {
        Kind::Calls => ["planned", "planned", "planned", "cancelled", "completed"],
        Kind::Emails => ["scheduled", "scheduled", "scheduled", "failed", "sent"],
        _ => ["nominated", "nominated", "nominated", "cancelled", "invited"],
    };
    let status = *statuses.choose(rng).expect("statuses");
    let at = PRESENT + rng.random_range(-6..24) * DAY + rng.random_range(0..8) * 3 * HOUR;
    let text = chrono::DateTime::from_timestamp_micros(at).expect("in range");
    let occurred_at = match rng.random_range(0..5) {
        0 => text.format("%Y-%m-%d").to_string(),
        _ => text.to_rfc3339(),
    };
    let mut record = json!({
        "event_id": format!("p{}", rng.random_range(0..40)),
        "hcp_id": hcp_id,
        "status": status,
        "occurred_at": occurred_at,
        "version": rng.random_range(0..3),
        "op": if rng.random_bool(0.04) { "delete" } else { "upsert" },
        "owner_id": *["rep-1", "rep-2", "msl-1"].choose(rng).expect("owners"),
        "business_function": *["sales", "sales", "marketing", "medical", "access"].choose(rng).expect("functions"),
        "solicited": rng.random_bool(0.05),
    });
    match kind {
        Kind::Calls => record["channel"] = json!(["face_to_face", "phone"].choose(rng)),
        Kind::Emails => record["origin"] = json!(["rep", "hq"].choose(rng)),
        _ => {}
    }
    if rng.random_bool(0.5) {
        record["product"] = json!(["alpha", "beta"].choose(rng));
    }
    if rng.random_bool(0.2) {
        record["request_id"] = json!(format!("e{}", rng.random_range(0..60)));
    }
    Sent { kind, hcp_id, payload: record.to_string().into_bytes() }
}

fn world(seed: u64, records: usize, plans: usize) -> Vec<Sent> {
    [adversary::stream(seed, records), calendar(10_000 + seed, plans)].concat()
}

/// One that binds everybody, so that calendars go over it.
fn tight(seed: u64) -> Policy {
    let everyday = budget_policies::everyday();
    let mut budgets = vec![Budget::new("four", Some(4), 14 * DAY), Budget::new("two", Some(2), 3 * DAY)];
    budgets.extend(everyday.budgets.iter().filter(|b| b.cap != Some(0)).cloned());
    let quiet_hours = everyday.quiet_hours.clone().filter(|_| seed.is_multiple_of(2));
    Policy { version: "tight".into(), budgets, quiet_hours, ..everyday }
}

fn policies(seed: u64) -> Vec<Arc<Policy>> {
    let all =
        [tight(seed), budget_policies::waiting(), budget_policies::seeded(seed), budget_policies::seeded(500 + seed)];
    all.into_iter().map(Arc::new).collect()
}

/// What both say, in the same words.
#[derive(Debug, PartialEq)]
struct Told {
    touches: Vec<ToldTouch>,
    over_at: Option<Micros>,
    excess: i64,
    change: Option<(usize, Option<Micros>, i64)>,
    overdue: usize,
}

#[derive(Debug, PartialEq)]
struct ToldTouch {
    which: (String, String, Micros),
    basis: String,
    breaks: Vec<(String, Option<String>)>,
    binding: Option<(String, i64, i64)>,
    excess: i64,
}

fn of_product(found: Forecast) -> Told {
    let touch = |touch: PlannedTouch| ToldTouch {
        which: (touch.source, touch.record.event_id, touch.record.occurred_at),
        basis: touch.record.basis.map_or_else(String::new, |basis| basis.as_str().to_owned()),
        breaks: touch.breaks.into_iter().map(|reason| (reason.code.as_str().to_owned(), reason.rule)).collect(),
        binding: touch.binding.map(|there| (there.budget, i64::from(there.used), i64::from(there.cap))),
        excess: touch.excess as i64,
    };
    Told {
        touches: found.touches.into_iter().map(touch).collect(),
        over_at: found.over.map(|over| over.at),
        excess: found.excess as i64,
        change: found.change.map(|change| (change.place, change.to, change.excess_left as i64)),
        overdue: found.overdue,
    }
}

fn of_reference(found: ReferenceForecast) -> Told {
    let over_at = found.over.map(|place| found.touches[place].occurred_at);
    let touch = |touch: reference::ReferenceTouch| ToldTouch {
        which: (touch.source, touch.event_id, touch.occurred_at),
        basis: touch.basis,
        breaks: touch.breaks,
        binding: touch.binding,
        excess: touch.excess,
    };
    Told {
        touches: found.touches.into_iter().map(touch).collect(),
        over_at,
        excess: found.excess,
        change: found.change.map(|change| (change.place, change.to, change.excess_left)),
        overdue: found.overdue,
    }
}

/// What became of the forecasts that were compared.
#[derive(Debug, Default)]
struct Seen {
    touches: usize,
    breaking: usize,
    over: usize,
    moved: usize,
    cancelled: usize,
    left: usize,
    nothing_to_move: usize,
}

impl Seen {
    fn add(&mut self, told: &Told) {
        self.touches += told.touches.len();
        self.breaking += told.touches.iter().filter(|touch| !touch.breaks.is_empty()).count();
        self.over += usize::from(told.excess > 0);
        match told.change {
            Some((_, to, left)) => {
                self.moved += usize::from(to.is_some());
                self.cancelled += usize::from(to.is_none());
                self.left += usize::from(left > 0);
            }
            None => self.nothing_to_move += usize::from(told.excess > 0),
        }
    }
}

fn compare(
    shard: &Shard,
    by_hcp: &BTreeMap<String, Vec<Record>>,
    place: &str,
    (at, horizon): (Micros, Micros),
    seen: &mut Seen,
) {
    for (hcp_id, records) in by_hcp {
        for audience in Audience::ALL {
            let number = shard.number_of(hcp_id).expect("heard of");
            let found = of_product(forecast(shard, number, Asked { audience, at, horizon }));
            let (policy, reference) = (&**shard.policy(), &**shard.reference());
            let question = Question { hcp_id, at, window: WindowLength::HEADLINE, audience, policy, reference };
            let expected = of_reference(reference::forecast(records, &question, horizon));
            assert_eq!(found, expected, "{place} {} {hcp_id} {audience:?} at {at} over {horizon}", policy.version);
            seen.add(&found);
        }
    }
}

#[test]
fn forecasts_equal_brute_force() {
    let (data, mut seen) = (reference_data(), Seen::default());
    for seed in 0..12 {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let sent = world(seed, 120, 90);
        let order: Vec<usize> = (0..sent.len()).collect();
        let by_hcp = reference::by_hcp(&reference_records(&sent, &data));
        for policy in policies(seed) {
            let shard = shard_of(&sent, &order, 1_000, &policy, &data);
            let at = PRESENT + rng.random_range(-3..4) * DAY + rng.random_range(0..24) * HOUR;
            let days = *[1, 5, 14, 90].choose(rng).expect("days");
            compare(&shard, &by_hcp, &format!("seed {seed}"), (at, days * DAY), &mut seen);
        }
    }
    assert!(seen.touches > 1_000 && seen.breaking > 300, "{seen:?}");
    for count in [seen.over, seen.moved, seen.cancelled, seen.left, seen.nothing_to_move] {
        assert!(count >= 5, "{seen:?}");
    }
}

#[test]
fn a_moved_touch_fits_and_what_was_told_to_be_left_is_left() {
    let (data, mut moved) = (reference_data(), 0);
    for seed in 100..116 {
        let sent = world(seed, 100, 80);
        let policy = Arc::new(tight(seed));
        let of = |sent: &[Sent]| shard_of(sent, &(0..sent.len()).collect::<Vec<_>>(), 1_000, &policy, &data);
        let shard = of(&sent);
        let asked = Asked { audience: Audience::Full, at: PRESENT, horizon: 14 * DAY };
        for number in 0..shard.hcp_count() as u32 {
            let before = forecast(&shard, number, asked);
            let Some((change, to)) = before.change.and_then(|change| Some((change, change.to?))) else { continue };
            let touch = &before.touches[change.place];
            let hcp_id = &shard.hcp(number).expect("known").id;
            let after = of(&[sent.clone(), vec![rescheduled(hcp_id, touch, to)]].concat());
            let number = after.number_of(hcp_id).expect("known");
            let there = forecast(&after, number, Asked { horizon: to - PRESENT, ..asked });
            let is_it = |t: &&PlannedTouch| (&t.record.event_id, &t.source) == (&touch.record.event_id, &touch.source);
            let place = there.touches.iter().filter(is_it).find(|t| t.record.kind == touch.record.kind);
            assert!(place.is_some_and(|t| t.breaks.is_empty() && t.excess == 0), "seed {seed}: {change:?} {place:?}");
            assert_eq!(forecast(&after, number, asked).excess, change.excess_left, "seed {seed} {hcp_id}: {change:?}");
            moved += 1;
        }
    }
    assert!(moved >= 10, "{moved}");
}

/// The next version of a planned touch, at another instant.
fn rescheduled(hcp_id: &str, touch: &PlannedTouch, to: Micros) -> Sent {
    let record = &touch.record;
    let at = chrono::DateTime::from_timestamp_micros(to).expect("in range").to_rfc3339();
    let mut next = json!({
        "event_id": record.event_id, "hcp_id": hcp_id, "source": touch.source, "version": record.version + 1,
        "status": record.status.map(Word::as_str), "occurred_at": at,
        "business_function": record.business_function.map(Word::as_str), "purpose": record.purpose.map(Word::as_str),
        "owner_id": record.owner_id, "product": record.product, "theme": record.theme, "plan_id": record.plan_id,
        "plan_step": record.plan_step, "request_id": record.request_id,
    });
    match record.kind {
        Kind::Calls => next["channel"] = json!(record.channel.map(Word::as_str)),
        Kind::Emails => next["origin"] = json!(record.origin.map(Word::as_str)),
        Kind::Congress | Kind::Requests => {}
    }
    Sent { kind: record.kind, hcp_id: hcp_id.to_owned(), payload: next.to_string().into_bytes() }
}
