//! The columns of metrics.md §4 about engagement plans, as docs/REFERENCE.md makes them exact.
//!
//! A touch is mapped when the tables have its step at its instant. Sequence looks at the mapped touches of the window,
//! plan by plan; recall at the steps that fell due in the window, for every run of a plan that the HCP is on.

use super::facts::{account_id, holds};
use super::record::Record;
use super::view::{HOUR, View, instant_of};
use std::collections::BTreeSet;
use touchpoint::reference::{PlanRow, PlanStepRow};
use touchpoint::{Audience, Micros, Word};

/// Of the consecutive mapped touches of one plan, the share that the plan allows; `None` without such a pair.
pub(super) fn sequence_coherence(view: &View<'_>) -> Option<f64> {
    let mapped = mapped(view, view.touches());
    let (mut pairs, mut allowed) = (0.0, 0.0);
    for (place, (touch, step)) in mapped.iter().enumerate() {
        let mut backwards = mapped.iter().take(place).rev().map(|(earlier, _)| *earlier);
        let Some(before) = backwards.find(|earlier| earlier.plan_id == touch.plan_id) else { continue };
        pairs += 1.0;
        if may_follow(view, before, touch, step) && gap_fits(before, touch, step) {
            allowed += 1.0;
        }
    }
    (pairs > 0.0).then(|| allowed / pairs)
}

/// Mapped touches / touches; `None` without touches, or without a table of steps.
pub(super) fn plan_precision(view: &View<'_>) -> Option<f64> {
    let touches = view.touches();
    let n = touches.len();
    (view.question.reference.steps().is_some() && n > 0).then(|| mapped(view, touches).len() as f64 / n as f64)
}

/// Due steps done / due steps; `None` when none was due in the window.
pub(super) fn plan_recall(view: &View<'_>) -> Option<f64> {
    let touches = mapped(view, view.touches_of_400_days());
    let due = due(view);
    let (mut all, mut done) = (0.0, 0.0);
    for owed in &due {
        all += 1.0;
        let does = |(touch, step): &(&Record, &PlanStepRow)| {
            let at = instant_of(touch);
            step.plan_id == owed.plan_id && step.step == owed.step && owed.from <= at && at < owed.to
        };
        if touches.iter().any(does) {
            done += 1.0;
        }
    }
    (all > 0.0).then(|| done / all)
}

/// Harmonic mean of precision and recall, 0 when both are 0; `None` when either is.
pub(super) fn plan_fit(view: &View<'_>) -> Option<f64> {
    let (precision, recall) = (plan_precision(view)?, plan_recall(view)?);
    let both_zero = precision == 0.0 && recall == 0.0;
    Some(if both_zero { 0.0 } else { 2.0 * precision * recall / (precision + recall) })
}

/// The steps of a plan, of any time, that the audience may know of.
fn steps<'a>(view: &View<'a>, plan_id: &str) -> Vec<&'a PlanStepRow> {
    let rows = view.question.reference.rows().plan_steps(plan_id);
    let medical = |row: &PlanStepRow| row.function.map(Word::as_str) == Some("medical");
    rows.iter().filter(|row| view.question.audience == Audience::Full || !medical(row)).collect()
}

/// Those of `touches` that are mapped, each with its step as of its own instant.
fn mapped<'a>(view: &View<'a>, touches: Vec<&'a Record>) -> Vec<(&'a Record, &'a PlanStepRow)> {
    let mut mapped = Vec::new();
    for touch in touches {
        let (Some(plan_id), Some(step)) = (&touch.plan_id, &touch.plan_step) else { continue };
        let is_its_step = |row: &&PlanStepRow| row.step == *step && holds(row.validity, instant_of(touch));
        if let Some(row) = steps(view, plan_id).into_iter().find(is_its_step) {
            mapped.push((touch, row));
        }
    }
    mapped
}

/// Whether the step of `before` may come before `step`, the step of `touch`.
fn may_follow(view: &View<'_>, before: &Record, touch: &Record, step: &PlanStepRow) -> bool {
    if !step.after.is_empty() {
        return step.after.iter().any(|allowed| Some(allowed) == before.plan_step.as_ref());
    }
    let mut lower = steps(view, &step.plan_id);
    lower.retain(|row| holds(row.validity, instant_of(touch)) && row.position < step.position);
    lower.sort_by_key(|row| row.position);
    lower.last().is_some_and(|row| Some(&row.step) == before.plan_step.as_ref())
}

/// Whether the time between the two lies in [min, max] of `step`, as far as the bounds bind.
fn gap_fits(before: &Record, touch: &Record, step: &PlanStepRow) -> bool {
    let gap = instant_of(touch) - instant_of(before);
    let to_the_day = [before, touch].iter().any(|r| r.precision.as_deref() == Some("date"));
    let binds = |bound: &Micros| !(to_the_day && *bound < 24 * HOUR);
    step.min_gap.filter(binds).is_none_or(|min| min <= gap) && step.max_gap.filter(binds).is_none_or(|max| gap <= max)
}

/// A step to be done in `[from, to)`, in the run of its plan that began at `start`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Owed<'a> {
    plan_id: &'a str,
    step: &'a str,
    start: Micros,
    from: Micros,
    to: Micros,
}

/// What fell due in the window, each once.
fn due<'a>(view: &View<'a>) -> BTreeSet<Owed<'a>> {
    let (at, window) = (view.question.at, view.question.window.micros());
    let mut due = BTreeSet::new();
    for run in enrolments(view) {
        let start = run.validity.from;
        for row in steps(view, &run.plan_id) {
            let Some(span) = row.due else { continue };
            let (from, to) = (start.saturating_add(span.from), start.saturating_add(span.to));
            if at - window < to && to <= at && to <= run.validity.to && holds(row.validity, to) {
                due.insert(Owed { plan_id: &row.plan_id, step: &row.step, start, from, to });
            }
        }
    }
    due
}

/// The runs of plans that the HCP is on by itself, or by the account that it has at T.
fn enrolments<'a>(view: &View<'a>) -> Vec<&'a PlanRow> {
    let account = account_id(view.question, view.question.at);
    let enrols = |row: &&PlanRow| match (row.hcp_id.as_deref(), row.account_id.as_deref()) {
        (Some(hcp_id), _) => hcp_id == view.question.hcp_id,
        (None, Some(account_id)) => Some(account_id) == account,
        (None, None) => false,
    };
    view.question.reference.rows().all_plans().filter(enrols).collect()
}
