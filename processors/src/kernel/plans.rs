//! What plans say of touches (metrics.md §4, REFERENCE.md): which are mapped to a step, and which follow the one before as
//! the plan wants it.
//!
//! Plans are looked at apart, and a pair is two consecutive mapped touches of one plan. A window is the newest stretch of
//! the touches, so it holds exactly the pairs whose older touch it holds: each touch knows of the pair that it begins, and
//! [`scan`](super::scan) counts them as it counts touches.

use super::Texts;
use super::entry::Entry;
use super::touches::{Source, Touch};
use super::values::MaybeReal;
use super::{Instant, Known};
use touchpoint::Audience;
use touchpoint::reference::{PlanRow, PlanRows, PlanStepRow, PlanSteps};
use touchpoint::time::{DAY, Micros};

/// What a plan says of a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InPlan {
    /// It is mapped to no step.
    #[default]
    Unmapped,
    /// It is mapped, and no mapped touch of its plan is newer.
    Last,
    /// The next newer mapped touch of its plan follows as the plan allows it.
    Kept,
    /// It follows as the plan does not allow it.
    Broken,
}

/// One plan while its touches are gone through.
struct Followed<'a> {
    /// Interned.
    plan: u32,
    rows: PlanRows<'a>,
    newest: Option<Mapped<'a>>,
}

/// The newest mapped touch so far.
struct Mapped<'a> {
    index: usize,
    at: Micros,
    date_only: bool,
    step: &'a PlanStepRow,
}

/// Says of each of `touches`, oldest first, what its plan says of it. Touches without a plan are not looked at.
pub fn map<T: Texts>(steps: &PlanSteps, source: &Source<'_, T>, touches: &mut [Touch]) {
    // Without a plan that the table knows there is nothing in it, and nothing was allocated.
    let mut followed: Vec<Followed<'_>> = Vec::new();
    for index in 0..touches.len() {
        let Some(touch) = touches.get(index).filter(|t| t.plan != 0 && t.plan_step != 0) else { continue };
        let (at, date_only) = (touch.at, touch.date_only);
        let Some(plan) = follow(&mut followed, touch.plan, steps, source) else { continue };
        let Some(step) = plan.rows.find(source.texts.word(touch.plan_step), at) else { continue };
        let new = Mapped { index, at, date_only, step };
        let before = plan.newest.as_ref().map(|before| (before.index, pair(plan.rows, before, &new)));
        plan.newest = Some(new);
        if let Some(touch) = touches.get_mut(index) {
            touch.in_plan = InPlan::Last;
        }
        if let Some((touch, in_plan)) = before.and_then(|(i, in_plan)| Some((touches.get_mut(i)?, in_plan))) {
            touch.in_plan = in_plan;
        }
    }
}

/// The plan, if the table has steps of it.
fn follow<'f, 's, T: Texts>(
    followed: &'f mut Vec<Followed<'s>>,
    plan: u32,
    steps: &'s PlanSteps,
    source: &Source<'_, T>,
) -> Option<&'f mut Followed<'s>> {
    let known = followed.iter().position(|f| f.plan == plan);
    let place = match known {
        Some(place) => place,
        None => {
            let rows = steps.plan(source.texts.word(plan), source.audience);
            if rows.is_empty() {
                return None;
            }
            followed.push(Followed { plan, rows, newest: None });
            followed.len() - 1
        }
    };
    followed.get_mut(place)
}

/// Whether `new` may follow `before`, and in such a gap.
fn pair(rows: PlanRows<'_>, before: &Mapped<'_>, new: &Mapped<'_>) -> InPlan {
    let gap = new.at - before.at;
    let by_day = before.date_only || new.date_only;
    let binds = |bound: &Micros| !(by_day && *bound < DAY);
    let in_time = new.step.min_gap.filter(binds).is_none_or(|least| gap >= least)
        && new.step.max_gap.filter(binds).is_none_or(|most| gap <= most);
    if in_time && rows.allows(&before.step.step, new.step, new.at) { InPlan::Kept } else { InPlan::Broken }
}

/// A step that has fallen due.
#[derive(Debug, Clone, Copy)]
pub struct DueStep {
    /// The end of its span.
    pub end: Micros,
    /// Whether a touch of the span is mapped to it.
    pub done: bool,
}

/// Fills `found` with the steps of the HCP's runs that fall due after `from` and up to T, as the audience knows them.
pub fn due<T: Texts>(source: &Source<'_, T>, instant: &Instant<'_>, from: Micros, found: &mut Vec<DueStep>) {
    found.clear();
    let Some(steps) = instant.known.steps else { return };
    for (index, run) in instant.known.runs().enumerate() {
        let rows = steps.plan(&run.plan_id, source.audience);
        for (step, span) in rows.due() {
            let start = run.validity.from;
            let end = start.saturating_add(span.to);
            let holds = end <= run.validity.to && step.validity.holds(end);
            // By itself and by its account an HCP owes each step once.
            let owes = |other: &PlanRow| {
                other.plan_id == run.plan_id && other.validity.from == start && end <= other.validity.to
            };
            if !holds || end <= from || end > instant.at || instant.known.runs().take(index).any(owes) {
                continue;
            }
            let done = is_done(source, rows, step, (start.saturating_add(span.from), end));
            found.push(DueStep { end, done });
        }
    }
}

/// Of the steps that fell due after `from`, the share that was done; NULL when none did.
pub fn recall(due: &[DueStep], from: Micros) -> MaybeReal {
    let (mut all, mut done) = (0_u32, 0_u32);
    for step in due.iter().filter(|step| step.end > from) {
        all += 1;
        done += u32::from(step.done);
    }
    MaybeReal::ratio(f64::from(done), f64::from(all))
}

/// Whether a touch in `[from, to)` is mapped to the step.
fn is_done<T: Texts>(
    source: &Source<'_, T>,
    rows: PlanRows<'_>,
    step: &PlanStepRow,
    (from, to): (Micros, Micros),
) -> bool {
    let place = |at: Micros| source.retained.partition_point(|e| e.occurred_at < at);
    let span = source.retained.get(place(from)..place(to)).unwrap_or_default();
    let names = |entry: &Entry| {
        let word = |number: u32| source.texts.word(number);
        entry.plan_step() != 0 && word(entry.plan()) == step.plan_id && word(entry.plan_step()) == step.step
    };
    source.entries(span).any(|entry| names(entry) && rows.find(&step.step, entry.occurred_at).is_some())
}

/// The next instants after T at which a step of the HCP's runs falls due or is forgotten by a window of `length`.
pub(super) fn changes(known: &Known<'_>, length: Micros, mut consider: impl FnMut(Micros)) {
    let Some(steps) = known.steps else { return };
    for run in known.runs() {
        for (_, span) in steps.plan(&run.plan_id, Audience::Full).due() {
            let end = run.validity.from.saturating_add(span.to);
            consider(end);
            consider(end.saturating_add(length));
        }
    }
}

/// Whether an HCP all of whose records are open to both audiences may look different to them: a plan that bears on it has
/// medical steps.
pub fn tell_audiences_apart<T: Texts>(entries: &[Entry], texts: T, known: &Known<'_>) -> bool {
    let Some(steps) = known.steps else { return false };
    let has_medical = |plan_id: &str| steps.plan(plan_id, Audience::Full).has_medical();
    if known.runs().any(|run| has_medical(&run.plan_id)) {
        return true;
    }
    let mut last = 0;
    entries.iter().filter(|entry| entry.plan_step() != 0).any(|entry| {
        let new = std::mem::replace(&mut last, entry.plan()) != entry.plan();
        new && has_medical(texts.word(entry.plan()))
    })
}
