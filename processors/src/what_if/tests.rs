//! Holds against a naive hour by hour replay, and what becomes of load, coherence and channels.

mod naive;

use super::{Fate, HeldBy, Outcome, Scenario, WhatIf};
use crate::state::Shard;
use naive::{Random, Touch};
use std::sync::Arc;
use touchpoint::policy::{Budget, MinimumGap, Per, QuietHours, QuietSpan, Rule, Scope, WordSet};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::reference::{HcpRow, Tables};
use touchpoint::time::{DAY, HOUR, Micros, SECOND};
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Policy, Precision, Purpose, Reference, Status};

/// 2026-03-02, a Monday, 00:00 UTC.
const MONDAY: Micros = 1_772_409_600 * SECOND;
const PLAN: &str = "the-plan";

/// A visit by a rep, unsolicited.
fn visit(at: Micros) -> RecordRow<'static> {
    RecordRow { hcp_id: "h", ..RecordRow::visit(at) }
}

fn mail(at: Micros, origin: Origin) -> RecordRow<'static> {
    let (kind, channel, status) = (Kind::Emails, Some(Channel::Email), Some(Status::Sent));
    RecordRow { kind, channel, status, origin: Some(origin), ..visit(at) }
}

fn shard(rows: &[RecordRow<'_>], reference: &Arc<Reference>) -> Shard {
    let mut shard = Shard::new(Arc::new(Policy::default()), reference.clone());
    let mut builder = RecordBuilder::default();
    for (n, row) in rows.iter().enumerate() {
        builder.push(&RecordRow { event_id: &format!("e{n:06}"), kafka_offset: n as i64, ..*row });
    }
    shard.apply(&builder.finish().expect("a batch"), MONDAY, None).expect("applied");
    shard
}

/// From Monday on, so many days, with waits of at most two weeks.
fn scenario(other: Policy, days: i64) -> Scenario {
    Scenario {
        baseline: Arc::new(Policy::default()),
        other: Arc::new(other),
        reference: Arc::new(Reference::default()),
        audience: Audience::Commercial,
        from: MONDAY,
        to: MONDAY + days * DAY,
        longest_wait: 14 * DAY,
    }
}

fn run(scenario: Scenario, rows: &[RecordRow<'_>]) -> Outcome {
    let shard = shard(rows, &scenario.reference);
    let what_if = WhatIf::new(scenario, PLAN);
    let mut outcome = Outcome::new(what_if.weeks().len());
    what_if.add_shard(&shard, &mut outcome, |_| {});
    outcome
}

/// Hours after Monday and what became of each held touch.
fn fates(outcome: &Outcome) -> Vec<(i64, HeldBy, Option<i64>)> {
    let hours = |at: Micros| (at - MONDAY) / HOUR;
    let fate = |fate| match fate {
        Fate::Later(at) => Some(hours(at)),
        Fate::Never => None,
    };
    outcome.held.iter().map(|held| (hours(held.at), held.by, fate(held.fate))).collect()
}

fn capped(cap: u32, window: Micros) -> Policy {
    Policy { budgets: vec![Budget::new("b", Some(cap), window)], ..Policy::default() }
}

#[test]
fn what_is_held_takes_the_room_of_what_comes_later() {
    let rows: Vec<_> = [0, 1, 2, 25, 60].map(|hour| visit(MONDAY + hour * HOUR)).into();
    let outcome = run(scenario(capped(1, DAY), 28), &rows);
    let by = HeldBy::Budget(0);
    // That of hour 1 goes at 24, that of hour 2 at 48, and so that of hour 25 waits until 72 and that of 60 until 96.
    assert_eq!(fates(&outcome), [(1, by, Some(24)), (2, by, Some(48)), (25, by, Some(72)), (60, by, Some(96))]);
    let tally = &outcome.channels.values().next().expect("a channel");
    assert_eq!((tally.made, tally.unsolicited, tally.later, tally.never, tally.waits.count()), (5, 5, 4, 0, 4));
    assert_eq!((outcome.hcps, outcome.hcps_held, outcome.weeks[0].later), (1, 1, 4));
}

#[test]
fn cap_0_lets_nothing_through_and_no_rule_lets_everything() {
    let rows: Vec<_> = (0..10).map(|day| visit(MONDAY + day * DAY)).collect();
    let outcome = run(scenario(capped(0, DAY), 28), &rows);
    assert_eq!(outcome.held.len(), 10);
    assert!(outcome.held.iter().all(|held| held.fate == Fate::Never));
    assert_eq!(outcome.weeks.last().and_then(|week| week.after.visits.mean()), Some(0.0));
    let outcome = run(scenario(Policy::default(), 28), &rows);
    assert_eq!(outcome.held, []);
    for week in &outcome.weeks {
        assert_eq!(week.before, week.after);
        assert_eq!(week.before.visits.count(), 1);
    }
}

#[test]
fn who_would_wait_too_long_does_not_go() {
    let rows = [visit(MONDAY), visit(MONDAY + 13 * DAY), visit(MONDAY + 14 * DAY)];
    let outcome = run(scenario(capped(1, 28 * DAY), 60), &rows);
    let by = HeldBy::Budget(0);
    assert_eq!(fates(&outcome), [(13 * 24, by, None), (14 * 24, by, Some(28 * 24))]);
}

#[test]
fn what_was_before_the_span_happened_and_what_policy_does_not_reach_is_never_held() {
    let service = RecordRow { purpose: Some(Purpose::Service), ..visit(MONDAY + HOUR) };
    let asked_for = RecordRow { solicited: true, ..visit(MONDAY + 2 * HOUR) };
    let medical = RecordRow { business_function: Some(BusinessFunction::Medical), ..visit(MONDAY + 3 * HOUR) };
    let rows = [visit(MONDAY - 2 * HOUR), visit(MONDAY - HOUR), service, asked_for, medical, visit(MONDAY + 4 * HOUR)];
    let outcome = run(scenario(capped(1, DAY), 28), &rows);
    assert_eq!(fates(&outcome), [(4, HeldBy::Budget(0), Some(23))]);
}

#[test]
fn a_policy_may_let_a_channel_pass_and_still_count_it() {
    let hq_passes = Rule::AnyOf(vec![touchpoint::policy::Condition {
        scope: Scope { origins: WordSet::of(&[Origin::Hq]), ..Scope::default() },
        ..Default::default()
    }]);
    let budgets = vec![Budget { bypass: hq_passes, ..Budget::new("b", Some(1), DAY) }];
    let rows = [mail(MONDAY, Origin::Hq), mail(MONDAY + HOUR, Origin::Hq), mail(MONDAY + 2 * HOUR, Origin::Rep)];
    let outcome = run(scenario(Policy { budgets, ..Policy::default() }, 28), &rows);
    assert_eq!(fates(&outcome), [(2, HeldBy::Budget(0), Some(25))]);
}

#[test]
fn quiet_hours_hold_until_they_are_over_and_a_date_is_no_hour() {
    let spans = vec![QuietSpan { days: WordSet::default(), from: 20 * 60, to: 13 * 60 }];
    let policy =
        Policy { quiet_hours: Some(QuietHours::try_new(spans).expect("some hours are left")), ..Policy::default() };
    let row = HcpRow { hcp_id: "h".into(), time_zone: "Europe/Berlin".parse().ok(), ..HcpRow::default() };
    let reference = Reference::try_new(Tables { hcps: Some(vec![row]), ..Tables::default() }).expect("sound");
    let noon = RecordRow { precision: Some(Precision::Date), ..visit(MONDAY + 11 * HOUR) };
    // 21:00 UTC is 22:00 in Berlin, where quiet ends at 13:00, 12:00 UTC.
    let rows = [noon, visit(MONDAY + 21 * HOUR)];
    let scenario = Scenario { reference: Arc::new(reference), ..scenario(policy, 28) };
    assert_eq!(fates(&run(scenario, &rows)), [(21, HeldBy::QuietHours, Some(36))]);
}

#[test]
fn a_planned_touch_comes_on_top_and_is_held_like_any_other() {
    let planned = |at| RecordRow { source: PLAN, ..visit(at) };
    let rows = [visit(MONDAY + DAY), planned(MONDAY + DAY + HOUR), planned(MONDAY + 9 * DAY)];
    let outcome = run(scenario(capped(1, DAY), 14), &rows);
    assert_eq!(fates(&outcome), [(25, HeldBy::Budget(0), Some(48))]);
    let tally = outcome.channels.values().next().expect("a channel");
    assert_eq!((tally.made, tally.planned), (1, 2));
    let visits = |week: usize| {
        let week = &outcome.weeks[week];
        (week.before.visits.mean().expect("an HCP"), week.after.visits.mean().expect("an HCP"))
    };
    assert!(visits(0).1 > visits(0).0 && visits(1).1 > visits(1).0, "{:?} {:?}", visits(0), visits(1));
    // Two visits of one channel are all the load there is.
    let of_weeks = visits(0).0 + visits(1).0;
    assert!((tally.visits_before - of_weeks).abs() < 1e-9, "{} {of_weeks}", tally.visits_before);
}

#[test]
fn the_load_of_channels_adds_up_to_that_of_the_kernel() {
    let mut random = Random::new(3);
    let rows: Vec<_> = (0..200).map(|_| Touch::any(&mut random, 90).row()).collect();
    let outcome = run(scenario(capped(2, 7 * DAY), 70), &rows);
    let sum = |of: fn(&super::ChannelTally) -> f64| outcome.channels.values().map(of).sum::<f64>();
    let of_weeks = |of: fn(&super::WeekTally) -> &super::Spread| {
        let visits = outcome.weeks.iter().map(|week| &of(week).visits);
        visits.map(|visits| visits.mean().unwrap_or(0.0) * visits.count() as f64).sum::<f64>()
    };
    let close = |one: f64, other: f64| assert!((one - other).abs() < 1e-9 * one, "{one} {other}");
    close(sum(|tally| tally.visits_before), of_weeks(|week| &week.before));
    close(sum(|tally| tally.visits_after), of_weeks(|week| &week.after));
    assert!(sum(|tally| tally.visits_after) < sum(|tally| tally.visits_before), "held touches weigh nothing");
}

#[test]
fn outcomes_add_up_whoever_adds_them() {
    let mut random = Random::new(5);
    let rows = |hcp_id: &'static str, random: &mut Random| -> Vec<RecordRow<'static>> {
        (0..80).map(|_| RecordRow { hcp_id, ..Touch::any(random, 60).row() }).collect()
    };
    let (one, two) = (rows("one", &mut random), rows("two", &mut random));
    let both: Vec<_> = one.iter().chain(&two).copied().collect();
    let of = |rows: &[RecordRow<'_>]| run(scenario(capped(2, 7 * DAY), 60), rows);
    let (mut merged, whole) = (of(&one), of(&both));
    merged.merge(of(&two));
    assert_eq!((merged.hcps, merged.hcps_held, merged.held.len()), (2, 2, whole.held.len()));
    assert_eq!(merged.rules, whole.rules);
    for (merged, whole) in merged.weeks.iter().zip(&whole.weeks) {
        assert_eq!(merged.after.visits.quantile(1.0), whole.after.visits.quantile(1.0));
        assert_eq!((merged.later, merged.never), (whole.later, whole.never));
    }
    assert_eq!(merged.territories["unknown"].hcps, whole.territories["unknown"].hcps);
}

#[test]
fn holds_are_those_of_an_hour_by_hour_replay() {
    let mut held = 0;
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let touches: Vec<Touch> = (0..30 + random.below(60)).map(|_| Touch::any(&mut random, 40)).collect();
        let policy = any_policy(&mut random);
        let scenario = Scenario {
            longest_wait: random.below(20 * 24) as i64 * HOUR,
            from: MONDAY + 5 * DAY,
            ..scenario(policy, 40)
        };
        let rows: Vec<_> = touches.iter().map(Touch::row).collect();
        let expected = naive::fates(&touches, &scenario);
        let outcome = run(scenario.clone(), &rows);
        let mut found: Vec<_> = outcome.held.iter().map(|held| (held.at, held.fate)).collect();
        found.sort_by_key(|(at, fate)| (*at, format!("{fate:?}")));
        assert_eq!(found, expected, "seed {seed}, {:?}", scenario.other);
        held += found.len();
    }
    assert!(held > 2_000, "{held} held touches say little");
}

fn any_policy(random: &mut Random) -> Policy {
    let scope = |random: &mut Random| match random.below(3) {
        0 => Scope { channels: WordSet::of(&[Channel::Email]), ..Scope::default() },
        1 => Scope { functions: WordSet::of(&[BusinessFunction::Sales]), ..Scope::default() },
        _ => Scope::default(),
    };
    let budgets = (0..random.below(3)).map(|n| Budget {
        scope: scope(random),
        per: [Per::Hcp, Per::Owner][random.below(2)],
        counts: [Rule::Always, Rule::Always, Rule::Never][random.below(3)].clone(),
        ..Budget::new(format!("b{n}"), Some(random.below(5) as u32), [DAY, 7 * DAY, 28 * DAY][random.below(3)])
    });
    let budgets: Vec<Budget> = budgets.collect();
    let gap = |n| MinimumGap {
        name: format!("g{n}"),
        selector: Default::default(),
        scope: Scope::default(),
        gap: [6, 24, 48][n] * HOUR,
    };
    Policy { budgets, minimum_gaps: (random.below(4)..3).map(gap).take(1).collect(), ..Policy::default() }
}
