//! Plans: mapped touches, sequence, steps that fall due, and what a commercial reader may see of them.

use super::{Case, DAY, HCP, Sent, T, assert_real, hours};
use crate::kernel::WindowValues;
use touchpoint::reference::{AffiliationRow, Due, PlanRow, PlanStepRow, Tables, Validity};
use touchpoint::time::Micros;
use touchpoint::{Audience, BusinessFunction, WindowLength};

fn step(plan: &str, step: &str, position: u32) -> PlanStepRow {
    PlanStepRow { plan_id: plan.into(), step: step.into(), position, ..PlanStepRow::default() }
}

fn due(row: PlanStepRow, from: i64, to: i64) -> PlanStepRow {
    PlanStepRow { due: Some(Due { from: from * DAY, to: to * DAY }), ..row }
}

/// The HCP is on the plan from so long before T on.
fn run(plan: &str, before: Micros) -> PlanRow {
    let validity = Validity { from: T - before, ..Validity::ALWAYS };
    PlanRow { plan_id: plan.into(), hcp_id: Some(HCP.into()), validity, ..PlanRow::default() }
}

fn steps(rows: Vec<PlanStepRow>) -> Tables {
    Tables { plan_steps: Some(rows), ..Tables::default() }
}

fn sequence(rows: Vec<PlanStepRow>, touches: &[Sent<'_>]) -> Option<f64> {
    Case::new(steps(rows), touches).headline().sequence_coherence.get()
}

#[test]
fn without_steps_nothing_is_said_and_with_an_empty_table_nothing_is_mapped() {
    let touches = [Sent::visit(DAY).step("p", "a"), Sent::visit(hours(2)).step("p", "b")];
    let nothing = Case::new(Tables::default(), &touches).headline();
    assert_eq!(nothing.plan_precision.get(), None);
    let empty = Case::new(steps(Vec::new()), &touches).headline();
    assert_real(empty.plan_precision, Some(0.0));
    for values in [nothing, empty] {
        assert_eq!((values.sequence_coherence.get(), values.plan_recall.get()), (None, None));
    }
}

#[test]
fn a_touch_is_mapped_to_a_row_that_holds_when_it_happens() {
    let ended = Validity { to: T - 3 * DAY, ..Validity::ALWAYS };
    let rows = vec![PlanStepRow { validity: ended, ..step("p", "a", 1) }, step("q", "a", 1)];
    let touches = [
        Sent::visit(4 * DAY).step("p", "a"),
        Sent::visit(3 * DAY).step("p", "a"),
        Sent::visit(2 * DAY).step("q", "b"),
        Sent::visit(DAY).step("q", "a"),
        Sent::visit(hours(1)),
    ];
    assert_real(Case::new(steps(rows), &touches).headline().plan_precision, Some(2.0 / 5.0));
}

#[test]
fn the_step_before_is_the_next_lower_position_or_what_after_lists() {
    let follows = |first: &str, second: &str| {
        let after = |row: PlanStepRow, steps: &[&str]| PlanStepRow {
            after: steps.iter().map(|s| (*s).to_owned()).collect(),
            ..row
        };
        let rows = vec![step("p", "a", 1), step("p", "b", 3), step("p", "c", 7), after(step("p", "d", 8), &["a", "d"])];
        sequence(rows, &[Sent::visit(2 * DAY).step("p", first), Sent::visit(DAY).step("p", second)])
    };
    for (first, second) in [("a", "b"), ("b", "c"), ("a", "d"), ("d", "d")] {
        assert_eq!(follows(first, second), Some(1.0), "{first} {second}");
    }
    for (first, second) in [("a", "a"), ("b", "a"), ("a", "c"), ("c", "b"), ("c", "d"), ("b", "b")] {
        assert_eq!(follows(first, second), Some(0.0), "{first} {second}");
    }
}

#[test]
fn gaps_bind_to_both_ends_but_not_below_a_day_where_only_the_day_is_known() {
    let within = |min: Option<i64>, max: Option<i64>, gap: i64, is_date_only: bool| {
        let rows = vec![
            step("p", "a", 1),
            PlanStepRow { min_gap: min.map(hours), max_gap: max.map(hours), ..step("p", "b", 2) },
        ];
        let first = Sent { is_date_only, ..Sent::visit(hours(gap + 1)).step("p", "a") };
        sequence(rows, &[first, Sent::visit(hours(1)).step("p", "b")])
    };
    assert_eq!(within(Some(5), Some(9), 5, false), Some(1.0));
    assert_eq!(within(Some(5), Some(9), 9, false), Some(1.0));
    assert_eq!(within(Some(5), Some(9), 4, false), Some(0.0));
    assert_eq!(within(Some(5), Some(9), 10, false), Some(0.0));
    assert_eq!(within(Some(23), None, 4, true), Some(1.0));
    assert_eq!(within(Some(24), None, 4, true), Some(0.0));
    assert_eq!(within(None, Some(23), 100, true), Some(1.0));
    assert_eq!(within(Some(1), Some(48), 100, true), Some(0.0));
}

#[test]
fn plans_are_looked_at_apart_and_a_pair_lies_in_a_window_with_both_its_touches() {
    let rows = vec![step("p", "a", 1), step("p", "b", 2), step("q", "a", 1), step("q", "b", 2), step("r", "a", 1)];
    let touches = [
        Sent::visit(5 * DAY).step("p", "a"),
        Sent::visit(4 * DAY).step("q", "b"),
        Sent::visit(hours(30)).step("p", "b"),
        Sent::visit(hours(29)).step("nowhere", "b"),
        Sent::visit(hours(20)).step("q", "a"),
        Sent::visit(hours(10)).step("p", "a"),
        Sent::visit(hours(9)).step("r", "a"),
        Sent::visit(hours(8)).step("p", "b"),
    ];
    let case = Case::new(steps(rows), &touches);
    let of = |window| case.at(T, window, Audience::Full).expect("a row");
    // p: a b a b, of which b a is not allowed; q: b a, which is not allowed.
    assert_real(of(WindowLength::HEADLINE).sequence_coherence, Some(2.0 / 4.0));
    assert_real(of(WindowLength::HEADLINE).plan_precision, Some(7.0 / 8.0));
    assert_real(of(WindowLength::Day).sequence_coherence, Some(1.0));
    assert_real(of(WindowLength::Day).plan_precision, Some(1.0));
    // As of a moment at which only the first two had happened there is no pair.
    assert_eq!(
        case.at(T - 3 * DAY, WindowLength::HEADLINE, Audience::Full).expect("a row").sequence_coherence.get(),
        None
    );
}

fn on_plan(rows: Vec<PlanStepRow>, runs: Vec<PlanRow>, touches: &[Sent<'_>]) -> Case {
    Case::new(Tables { plans: Some(runs), ..steps(rows) }, touches)
}

#[test]
fn a_step_is_due_at_the_end_of_its_span_and_done_by_a_touch_inside_it() {
    let row = due(step("p", "a", 1), 2, 5);
    let recall = |started: Micros, touch: Micros| {
        let case = on_plan(vec![row.clone()], vec![run("p", started)], &[Sent::visit(touch).step("p", "a")]);
        case.headline().plan_recall.get()
    };
    // The span of a run that began 10 d ago is [8 d ago, 5 d ago).
    for (touch, expected) in [(8 * DAY, 1.0), (8 * DAY + 1, 0.0), (5 * DAY + 1, 1.0), (5 * DAY, 0.0)] {
        assert_eq!(recall(10 * DAY, touch), Some(expected), "{touch}");
    }
    // Due at T itself, not before; forgotten 28 d later, however old the touch is that did it.
    assert_eq!(recall(5 * DAY, 2 * DAY), Some(1.0));
    assert_eq!(recall(5 * DAY - 1, 2 * DAY), None);
    assert_eq!(recall(33 * DAY - 1, 30 * DAY), Some(1.0));
    assert_eq!(recall(33 * DAY, 30 * DAY), None);
}

#[test]
fn what_ended_before_is_not_due_and_what_is_owed_twice_is_owed_once() {
    let (row, touch) = (due(step("p", "a", 1), 0, 5), [Sent::visit(DAY)]);
    let until = |to: Micros, from: Micros| Validity { from, to };
    let of = |rows: Vec<PlanStepRow>, runs: Vec<PlanRow>| on_plan(rows, runs, &touch).headline().plan_recall.get();
    let ends = |before: Micros| PlanRow { validity: until(T - before, T - 10 * DAY), ..run("p", 10 * DAY) };
    assert_eq!(of(vec![row.clone()], vec![ends(5 * DAY)]), Some(0.0), "up to the end of the run");
    assert_eq!(of(vec![row.clone()], vec![ends(5 * DAY + 1)]), None, "after the end of the run");
    let gone = PlanStepRow { validity: until(T - 5 * DAY, 0), ..row.clone() };
    assert_eq!(of(vec![gone], vec![run("p", 10 * DAY)]), None, "the step no longer held");
    let own = run("p", 10 * DAY);
    let by_account = PlanRow { hcp_id: None, account_id: Some("acc".into()), ..own.clone() };
    let works = AffiliationRow {
        hcp_id: HCP.into(),
        account_id: "acc".into(),
        is_primary: true,
        validity: Validity { from: T - DAY, to: T + DAY },
    };
    let tables = |runs: Vec<PlanRow>| Tables {
        plans: Some(runs),
        affiliations: Some(vec![works.clone()]),
        ..steps(vec![row.clone(), due(step("p", "b", 2), 0, 6)])
    };
    let done = [Sent::visit(5 * DAY).step("p", "b")];
    let values = |runs: Vec<PlanRow>| Case::new(tables(runs), &done);
    assert_real(values(vec![own.clone(), by_account.clone()]).headline().plan_recall, Some(0.5));
    assert_real(values(vec![by_account.clone()]).headline().plan_recall, Some(0.5));
    // A run that ends early leaves the step to the other one.
    assert_real(values(vec![ends(6 * DAY), by_account.clone()]).headline().plan_recall, Some(0.5));
    // Another run of the plan owes its own steps.
    assert_real(values(vec![own, run("p", 11 * DAY)]).headline().plan_recall, Some(0.25));
    let case = values(vec![by_account]);
    let recall = |at| case.at(at, WindowLength::HEADLINE, Audience::Full).expect("a row").plan_recall.get();
    assert_eq!(recall(T + DAY), None, "the HCP has left the account");
    assert_eq!(case.next_change(T), Some(T + DAY));
}

#[test]
fn fit_is_the_harmonic_mean_and_0_when_both_are() {
    let of = |rows: Vec<PlanStepRow>, touches: &[Sent<'_>]| {
        on_plan(rows, vec![run("p", 10 * DAY)], touches).headline().plan_fit
    };
    let row = due(step("p", "a", 1), 0, 5);
    let done = Sent::visit(6 * DAY).step("p", "a");
    assert_real(of(vec![row.clone()], &[done, Sent::visit(DAY), Sent::visit(2 * DAY)]), Some(0.5));
    assert_real(of(vec![row.clone()], &[Sent::visit(DAY)]), Some(0.0));
    assert_real(of(vec![step("p", "a", 1)], &[done]), None);
    assert_eq!(on_plan(vec![row], vec![run("p", 10 * DAY)], &[Sent::visit(60 * DAY)]).headline().plan_fit.get(), None);
}

#[test]
fn a_commercial_reader_knows_no_medical_step() {
    let medical = PlanStepRow { function: Some(BusinessFunction::Medical), ..due(step("p", "m", 2), 0, 8) };
    let rows = vec![due(step("p", "a", 1), 0, 7), medical, due(step("p", "b", 3), 0, 7)];
    let touches = [
        Sent::visit(6 * DAY).step("p", "a"),
        // A sales touch that names the medical step.
        Sent::visit(4 * DAY).step("p", "m"),
        Sent::visit(2 * DAY).step("p", "b"),
    ];
    let case = on_plan(rows, vec![run("p", 10 * DAY)], &touches);
    let seen =
        |values: WindowValues| (values.plan_precision.get(), values.sequence_coherence.get(), values.plan_recall.get());
    assert_eq!(seen(case.headline()), (Some(1.0), Some(1.0), Some(2.0 / 3.0)));
    assert_eq!(seen(case.commercial()), (Some(2.0 / 3.0), Some(1.0), Some(0.5)));
    let policy = touchpoint::Policy::default();
    let known = case.instant(T, &policy).known;
    assert!(crate::kernel::plans::tell_audiences_apart(&case.entries, &case, &known));
    let plain = on_plan(vec![step("p", "a", 1)], vec![run("p", DAY)], &[Sent::visit(DAY).step("p", "a")]);
    let known = plain.instant(T, &policy).known;
    assert!(!crate::kernel::plans::tell_audiences_apart(&plain.entries, &plain, &known));
}

#[test]
fn sequence_and_plan_are_parts_of_coherence() {
    let rows = vec![due(step("p", "a", 1), 0, 5), step("p", "b", 2)];
    let touches = [Sent::visit(9 * DAY).step("p", "a"), Sent::visit(DAY).step("p", "a")];
    let values = on_plan(rows, vec![run("p", 10 * DAY)], &touches).headline();
    // Two unsolicited touches far apart do not collide; the sequence is broken; both touches are mapped, the step is done.
    assert_eq!(values.parts.basis().as_deref(), Some("coordination+sequence+plan"));
    assert_real(values.coherence, Some((1.0 + 0.0 + 1.0) / 3.0));
}

#[test]
fn steps_fall_due_and_are_forgotten_with_time_alone() {
    let case = on_plan(vec![due(step("p", "a", 1), 0, 5)], vec![run("p", DAY)], &[Sent::visit(2 * DAY)]);
    assert_eq!(case.next_change(T), Some(T + 4 * DAY));
    // The touch leaves the headline window first.
    assert_eq!(case.next_change(T + 4 * DAY), Some(T + 26 * DAY));
    assert_eq!(case.next_change(T + 26 * DAY), Some(T + 32 * DAY));
}
