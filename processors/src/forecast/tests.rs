//! Forecasts of a few records whose answers are worked out by hand.

use super::{Asked, Change, Forecast, LOOKED_AT, brief, forecast};
use crate::check::Code;
use crate::state::Shard;
use std::sync::Arc;
use touchpoint::policy::{Basis, Budget, Condition, MinimumGap, Per, QuietHours, QuietSpan, Rule, Scope, WordSet};
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::reference::{HcpRow, Tables};
use touchpoint::time::{DAY, HOUR, Micros, SECOND};
use touchpoint::{
    Audience, BusinessFunction, Channel, Kind, Op, Origin, Policy, Precision, Purpose, Reference, Status,
};

/// 2026-03-02, a Monday, 12:00 UTC.
const NOW: Micros = 1_772_409_600 * SECOND + 12 * HOUR;

fn visit(event_id: &'static str, at: Micros) -> RecordRow<'static> {
    RecordRow {
        event_id,
        hcp_id: "h",
        owner_id: Some("rep"),
        ingested_at: NOW,
        kafka_timestamp: NOW,
        ..RecordRow::visit(at)
    }
}

fn planned(event_id: &'static str, at: Micros) -> RecordRow<'static> {
    RecordRow { status: Some(Status::Planned), ..visit(event_id, at) }
}

fn mail(event_id: &'static str, at: Micros) -> RecordRow<'static> {
    let (kind, status) = (Kind::Emails, Some(Status::Scheduled));
    RecordRow { kind, status, channel: Some(Channel::Email), origin: Some(Origin::Rep), ..visit(event_id, at) }
}

fn medical(row: RecordRow<'static>) -> RecordRow<'static> {
    RecordRow { business_function: Some(BusinessFunction::Medical), purpose: Some(Purpose::Scientific), ..row }
}

fn capped(cap: u32, days: i64) -> Policy {
    Policy { budgets: vec![Budget::new("few", Some(cap), days * DAY)], ..Policy::default() }
}

fn shard(policy: &Policy, tables: Tables, rows: &[RecordRow<'_>]) -> Shard {
    let reference = Reference::try_new(tables).expect("rows");
    let mut shard = Shard::new(Arc::new(policy.clone()), Arc::new(reference));
    let mut builder = RecordBuilder::default();
    for (offset, row) in (0..).zip(rows) {
        builder.push(&RecordRow { kafka_offset: offset, ..*row });
    }
    shard.apply(&builder.finish().expect("a batch"), NOW, None).expect("applied");
    shard
}

fn asked(audience: Audience) -> Asked {
    Asked { audience, at: NOW, horizon: 14 * DAY }
}

fn of(policy: &Policy, rows: &[RecordRow<'_>]) -> Forecast {
    let shard = shard(policy, Tables::default(), rows);
    let full = forecast(&shard, 0, asked(Audience::Full));
    let brief = brief(&shard, 0, asked(Audience::Full));
    assert_eq!(brief.map(|b| (b.excess, b.over_at)), full.over.as_ref().map(|over| (full.excess, over.at)));
    full
}

fn ids(forecast: &Forecast) -> Vec<&str> {
    forecast.touches.iter().map(|touch| touch.record.event_id.as_str()).collect()
}

fn codes(forecast: &Forecast) -> Vec<Vec<Code>> {
    forecast.touches.iter().map(|touch| touch.breaks.iter().map(|reason| reason.code).collect()).collect()
}

#[test]
fn a_plan_over_the_cap_is_told_with_the_touch_to_move_and_when_it_fits() {
    let rows = [visit("a", NOW - 20 * DAY), planned("p", NOW + DAY), planned("q", NOW + 2 * DAY)];
    let found = of(&capped(2, 28), &rows);
    assert_eq!((ids(&found), found.excess), (vec!["p", "q"], 1));
    assert_eq!(codes(&found), [vec![], vec![Code::BudgetFull]]);
    let uses: Vec<_> = found.touches.iter().map(|t| t.binding.as_ref().map(|b| (b.used, b.headroom()))).collect();
    assert_eq!(uses, [Some((2, 0)), Some((3, -1))]);
    let over = found.over.expect("a third of two");
    assert_eq!((over.at, over.there.budget.as_str(), over.there.budget_use), (NOW + 2 * DAY, "few", 1.5));
    // `a` leaves on day 8. Without either of the two nothing is over; the later one has the shorter way.
    assert_eq!(found.change, Some(Change { place: 1, to: Some(NOW + 8 * DAY), excess_left: 0 }));
    assert_eq!(
        (found.touches[0].record.status, found.touches[0].record.basis),
        (Some(Status::Planned), Some(Basis::Unsolicited))
    );
}

#[test]
fn what_is_no_plan_any_more_is_not_forecast_and_what_moved_stands_where_it_is_now() {
    let gone = |row: RecordRow<'static>, status| RecordRow { status: Some(status), version: 1, ..row };
    let rows = [
        planned("made", NOW + DAY),
        gone(planned("made", NOW - HOUR), Status::Completed),
        planned("cancelled", NOW + DAY),
        gone(planned("cancelled", NOW + DAY), Status::Cancelled),
        planned("deleted", NOW + DAY),
        RecordRow { op: Op::Delete, occurred_at: None, ..gone(planned("deleted", NOW + DAY), Status::Planned) },
        planned("moved", NOW + DAY),
        gone(planned("moved", NOW + 9 * DAY), Status::Planned),
        planned("overdue", NOW - DAY),
        planned("now", NOW),
        planned("last", NOW + 14 * DAY),
        planned("beyond", NOW + 14 * DAY + 1),
    ];
    let found = of(&capped(9, 28), &rows);
    assert_eq!((ids(&found), found.overdue), (vec!["moved", "last"], 2));
    assert_eq!((found.over, found.change), (None, None));
    assert_eq!(of(&capped(9, 28), &[planned("beyond", NOW + 15 * DAY)]), Forecast::default());
}

#[test]
fn what_is_never_held_back_is_never_moved() {
    // Service counts nowhere. The policy lets e-mails pass: they take the budget over, and the visit before is moved.
    let service = RecordRow { purpose: Some(Purpose::Service), ..planned("service", NOW + DAY) };
    let mails = Scope { kinds: WordSet::of(&[Kind::Emails]), ..Scope::default() };
    let mails = Rule::AnyOf(vec![Condition { scope: mails, ..Condition::default() }]);
    let budget = Budget { bypass: mails, ..Budget::new("few", Some(1), 7 * DAY) };
    let policy = Policy { budgets: vec![budget], ..Policy::default() };
    let found = of(&policy, &[service, planned("p", NOW + 2 * DAY), mail("m", NOW + 3 * DAY)]);
    assert_eq!((codes(&found), found.excess), (vec![vec![], vec![], vec![]], 1));
    assert_eq!(found.touches[0].binding, None);
    assert_eq!(found.change, Some(Change { place: 1, to: Some(NOW + 10 * DAY), excess_left: 0 }));
    let alone = of(&policy, &[mail("m", NOW + DAY), mail("n", NOW + 3 * DAY)]);
    assert_eq!((alone.excess, alone.change), (1, None), "nothing here may be held back");
}

#[test]
fn a_touch_is_moved_to_where_it_pushes_no_other_one() {
    let gap =
        MinimumGap { name: "two-days".into(), selector: Default::default(), scope: Scope::default(), gap: 2 * DAY };
    let policy = Policy { minimum_gaps: vec![gap], ..capped(1, 5) };
    // `q` is over. From day 6 on it would fit, but it would push `r` of day 10; after `r` there is room on day 15.
    let rows = [planned("p", NOW + DAY), planned("q", NOW + 4 * DAY), planned("r", NOW + 10 * DAY)];
    let found = of(&policy, &rows);
    assert_eq!(codes(&found), [vec![], vec![Code::BudgetFull], vec![]]);
    // `p` would have to go as far: both end on day 15, so the one that is nearer to it is moved.
    assert_eq!(found.change, Some(Change { place: 1, to: Some(NOW + 15 * DAY), excess_left: 0 }));
}

#[test]
fn a_touch_that_fits_nowhere_is_cancelled_and_one_that_fits_goes_first() {
    let forbidden = of(&capped(0, 7), &[planned("p", NOW + DAY), planned("q", NOW + 2 * DAY)]);
    assert_eq!(codes(&forbidden), [[Code::Forbidden], [Code::Forbidden]]);
    // Without the first one the second is over by one, without the second the first.
    assert_eq!((forbidden.excess, forbidden.change), (3, Some(Change { place: 0, to: None, excess_left: 1 })));
    let over = forbidden.over.expect("at once");
    assert_eq!((over.there.budget_use, over.there.headroom()), (f64::INFINITY, -1));
}

#[test]
fn the_touch_that_leaves_the_least_is_moved() {
    let per_owner = Budget { per: Per::Owner, ..Budget::new("voice", Some(1), 28 * DAY) };
    let policy = Policy { budgets: vec![Budget::new("few", Some(2), 28 * DAY), per_owner], ..Policy::default() };
    let of_other = |row: RecordRow<'static>| RecordRow { owner_id: Some("other"), ..row };
    let rows = [planned("p", NOW + DAY), of_other(planned("q", NOW + 2 * DAY)), planned("r", NOW + 3 * DAY)];
    let found = of(&policy, &rows);
    // The third is too many for both budgets; `q` alone would leave the one of its voice.
    assert_eq!((found.excess, found.touches[2].excess), (2, 2));
    assert_eq!(found.change.map(|change| (change.place, change.excess_left)), Some((2, 0)));
}

#[test]
fn quiet_hours_gaps_and_a_day_without_an_hour() {
    let night = QuietSpan { days: WordSet::ANY, from: 20 * 60, to: 8 * 60 };
    let gap = MinimumGap { name: "hours".into(), selector: Default::default(), scope: Scope::default(), gap: 6 * HOUR };
    let quiet_hours = QuietHours::try_new(vec![night]).ok();
    let policy = Policy { minimum_gaps: vec![gap], quiet_hours, ..capped(9, 28) };
    let row = HcpRow { hcp_id: "h".into(), time_zone: "Europe/Berlin".parse().ok(), ..HcpRow::default() };
    let known_by_day = RecordRow { precision: Some(Precision::Date), ..planned("day", NOW + 3 * DAY + HOUR) };
    let rows = [planned("late", NOW + 8 * HOUR), planned("p", NOW + 3 * DAY), known_by_day];
    let shard = shard(&policy, Tables::of(vec![row], Vec::new()), &rows);
    let found = forecast(&shard, 0, asked(Audience::Full));
    assert_eq!(codes(&found), [vec![Code::QuietHours], vec![], vec![]]);
    assert_eq!(found.change, None, "no budget goes over");
}

#[test]
fn a_commercial_role_sees_no_medical_plan_and_nothing_that_follows_from_one() {
    let rows = [medical(planned("m", NOW + DAY)), planned("p", NOW + 2 * DAY), medical(visit("made", NOW - DAY))];
    let shard = shard(&capped(1, 28), Tables::default(), &rows);
    let full = forecast(&shard, 0, asked(Audience::Full));
    assert_eq!((ids(&full), full.excess), (vec!["m", "p"], 3));
    let commercial = forecast(&shard, 0, asked(Audience::Commercial));
    assert_eq!((ids(&commercial), commercial.excess, commercial.change), (vec!["p"], 0, None));
    assert_eq!(brief(&shard, 0, asked(Audience::Commercial)), None);
    assert_eq!(forecast(&shard, 7, asked(Audience::Full)), Forecast::default(), "nobody has this number");
}

#[test]
fn an_answer_to_a_request_is_beyond_every_budget() {
    let request = RecordRow {
        kind: Kind::Requests,
        event_id: "r",
        status: Some(Status::Received),
        channel: Some(Channel::MedicalRequest),
        ..medical(visit("r", NOW - DAY))
    };
    let answer = RecordRow { request_id: Some("r"), ..medical(planned("m", NOW + DAY)) };
    let found = of(&capped(0, 28), &[request, answer]);
    assert_eq!((found.touches[0].record.basis, found.excess), (Some(Basis::Request), 0));
    assert_eq!((codes(&found), &found.touches[0].binding), (vec![vec![]], &None));
}

#[test]
fn whoever_has_a_plan_that_comes_into_reach_is_looked_at_again() {
    let mut shard = shard(&capped(1, 28), Tables::default(), &[planned("p", NOW + 20 * DAY)]);
    let mut looked_at = |now: Micros| {
        shard.advance(now);
        shard.evaluate().len()
    };
    let days = [0, 5, 6, 7, 20].map(|day| looked_at(NOW + day * DAY));
    assert_eq!(days, [1, 0, 1, 0, 1], "when it comes, fourteen days before its instant, and at it");
}

#[test]
fn a_calendar_without_end_is_looked_at_to_its_bound() {
    let names: Vec<String> = (0..200).map(|n| format!("p{n:03}")).collect();
    let rows: Vec<RecordRow<'_>> = (0..)
        .zip(&names)
        .map(|(n, name)| RecordRow { event_id: name, ..planned("", NOW + HOUR + n * 60 * SECOND) })
        .collect();
    let shard = shard(&capped(100, 28), Tables::default(), &rows);
    let found = forecast(&shard, 0, asked(Audience::Full));
    assert_eq!((found.touches.len(), found.excess), (LOOKED_AT, 28 * 29 / 2));
    assert_eq!(found.change.map(|change| change.excess_left), Some(27 * 28 / 2));
}
