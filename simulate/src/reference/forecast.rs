//! docs/FORECAST.md by brute force: every world is built anew, every instant at which anything can end is tried.
//!
//! A world is a list of records in which planned touches that are taken as made have a status that says so. What a touch
//! comes to is asked of the world without it, as of its instant.

use super::budgets::{in_rule, in_scope, selects};
use super::consent::is_allowed;
use super::live::{audible, live};
use super::metrics::Question;
use super::record::Record;
use super::view::{Basis, HOUR, View, in_order, instant_of, is_request, is_touch};
use super::vocabulary::touch_statuses;
use touchpoint::policy::{Budget, MinimumGap, Per};
use touchpoint::reference::Validity;
use touchpoint::{Micros, WindowLength};

/// Planned touches of one HCP that are looked at.
const LOOKED_AT: usize = 128;

/// The forecast of one HCP.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceForecast {
    /// The planned touches of the horizon, in order.
    pub touches: Vec<ReferenceTouch>,
    /// Place of the first touch with which a budget goes over.
    pub over: Option<usize>,
    /// The excess of the HCP.
    pub excess: i64,
    /// The one touch to move.
    pub change: Option<ReferenceChange>,
    /// Planned touches of 400 days whose instant has passed.
    pub overdue: usize,
}

/// One planned touch.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceTouch {
    /// Which.
    pub event_id: String,
    /// Its feed's source system.
    pub source: String,
    /// When.
    pub occurred_at: Micros,
    /// `unsolicited`, `declared`, `exempt`, `request`.
    pub basis: String,
    /// Code and, of a budget or gap, its name.
    pub breaks: Vec<(String, Option<String>)>,
    /// Name, use with it, and cap of the binding budget.
    pub binding: Option<(String, i64, i64)>,
    /// Its excess.
    pub excess: i64,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceChange {
    /// With which touch.
    pub place: usize,
    /// When it fits; `None`: cancel it.
    pub to: Option<Micros>,
    /// The excess without it.
    pub excess_left: i64,
}

/// What bears on a touch.
struct Judged<'a> {
    basis: &'static str,
    breaks: Vec<(&'static str, Option<String>)>,
    budgets: Vec<Bearing<'a>>,
}

/// A budget that bears on a touch.
struct Bearing<'a> {
    budget: &'a Budget,
    cap: i64,
    /// With the touch, if it uses it.
    used: i64,
    is_used: bool,
}

impl Judged<'_> {
    fn excess(&self) -> i64 {
        self.budgets.iter().filter(|b| b.is_over()).map(|b| b.used - b.cap).sum()
    }

    /// The budgets that are over with the touch and less used in the other judgement of it.
    fn over_by(&self, other: &Self) -> Vec<&Budget> {
        let both = self.budgets.iter().zip(&other.budgets);
        both.filter(|(with, without)| with.is_over() && without.used < with.used).map(|(with, _)| with.budget).collect()
    }
}

impl Bearing<'_> {
    fn is_over(&self) -> bool {
        self.is_used && self.used > self.cap
    }
}

struct World<'a> {
    question: Question<'a>,
    /// Live records that are not planned.
    accepted: Vec<Record>,
    /// The planned ones after T, made, in order.
    planned: Vec<Record>,
}

/// The forecast of the HCP asked about; the window of the question does not matter.
pub fn forecast(records: &[Record], question: &Question<'_>, horizon: Micros) -> ReferenceForecast {
    let mut known = audible(records, question.audience);
    known.retain(|record| record.hcp_id == question.hcp_id);
    let at = question.at;
    let (planned, accepted): (Vec<&Record>, Vec<&Record>) = live(&known).into_iter().partition(|r| is_planned(r));
    let overdue = planned.iter().filter(|r| at - 400 * 24 * HOUR < instant_of(r) && instant_of(r) <= at).count();
    let ahead = in_order(planned.into_iter().filter(|r| instant_of(r) > at).collect());
    let world = World {
        question: *question,
        accepted: accepted.into_iter().cloned().collect(),
        planned: ahead.into_iter().take(LOOKED_AT).map(made).collect(),
    };
    let inside = world.planned.iter().filter(|r| instant_of(r) <= at + horizon).count();
    let touches: Vec<ReferenceTouch> = (0..inside).map(|place| world.told(place)).collect();
    ReferenceForecast {
        over: touches.iter().position(|touch| touch.excess > 0),
        excess: touches.iter().map(|touch| touch.excess).sum(),
        change: world.change(inside),
        touches,
        overdue,
    }
}

fn is_planned(record: &Record) -> bool {
    matches!(record.status.as_deref(), Some("planned" | "scheduled" | "nominated"))
}

fn made(record: &Record) -> Record {
    Record { status: touch_statuses(record.kind).first().map(|s| (*s).to_owned()), ..record.clone() }
}

fn moved(record: &Record, to: Micros) -> Record {
    Record { occurred_at: Some(to), ..record.clone() }
}

impl<'a> World<'a> {
    /// `touch` with the planned ones of `before` made, and everything accepted.
    fn judge<'r>(&'r self, touch: &Record, before: impl IntoIterator<Item = &'r Record>) -> Judged<'a> {
        let question = Question { at: instant_of(touch), window: WindowLength::Day, ..self.question };
        let view = View { question: &question, live: self.accepted.iter().chain(before).collect() };
        judge(self.question, &view, touch)
    }

    /// The planned touch at `place`, those before it made.
    fn judge_step(&self, place: usize, left_out: Option<usize>) -> Judged<'a> {
        let before = (0..place).filter(|i| Some(*i) != left_out).map(|i| &self.planned[i]);
        self.judge(&self.planned[place], before)
    }

    fn told(&self, place: usize) -> ReferenceTouch {
        let (touch, judged) = (&self.planned[place], self.judge_step(place, None));
        let mut binding: Option<(String, i64, i64)> = None;
        for Bearing { budget, cap, used, .. } in &judged.budgets {
            if binding.as_ref().is_none_or(|(_, u, c)| share(*used, *cap) > share(*u, *c)) {
                binding = Some((budget.name.clone(), *used, *cap));
            }
        }
        ReferenceTouch {
            event_id: touch.event_id.clone(),
            source: touch.source.clone(),
            occurred_at: instant_of(touch),
            basis: judged.basis.to_owned(),
            excess: judged.excess(),
            breaks: judged.breaks.into_iter().map(|(code, rule)| (code.to_owned(), rule)).collect(),
            binding,
        }
    }

    /// The one touch of the first `inside` to move.
    fn change(&self, inside: usize) -> Option<ReferenceChange> {
        let mut best: Option<ReferenceChange> = None;
        let delay =
            |change: &ReferenceChange| change.to.map_or(Micros::MAX, |to| to - instant_of(&self.planned[change.place]));
        let movable: Vec<usize> = (0..inside).filter(|place| self.may_be_moved(*place, inside)).collect();
        let left = |place: usize| -> i64 {
            (0..inside).filter(|i| *i != place).map(|i| self.judge_step(i, Some(place)).excess()).sum()
        };
        let least = movable.iter().map(|place| left(*place)).min()?;
        for place in movable {
            if left(place) > least {
                continue;
            }
            let change = ReferenceChange { place, to: self.earliest(place), excess_left: least };
            if best.as_ref().is_none_or(|best| delay(&change) < delay(best)) {
                best = Some(change);
            }
        }
        best
    }

    /// Whether it uses a budget that goes over with itself or a later one, and this budget may hold it back.
    fn may_be_moved(&self, place: usize, inside: usize) -> bool {
        let own = self.judge_step(place, None);
        let may_hold = |budget: &Budget| {
            let touch = &self.planned[place];
            let question = Question { at: instant_of(touch), ..self.question };
            let view = View { question: &question, live: self.known_of(place) };
            in_scope(&budget.scope, touch) && !in_rule(&view, &budget.bypass, touch)
        };
        let is_beyond = matches!(own.basis, "request" | "exempt");
        let of_itself = own.budgets.iter().any(|b| b.is_over() && may_hold(b.budget));
        let of_later = (place + 1..inside).any(|later| {
            let (with, without) = (self.judge_step(later, None), self.judge_step(later, Some(place)));
            with.over_by(&without).into_iter().any(may_hold)
        });
        !is_beyond && (of_itself || of_later)
    }

    fn known_of(&self, place: usize) -> Vec<&Record> {
        self.accepted.iter().chain(&self.planned[..place]).collect()
    }

    /// The first later instant at which it fits, if there is consent.
    fn earliest(&self, place: usize) -> Option<Micros> {
        let own = &self.planned[place];
        let mut tried: Vec<Micros> = self.turns(place);
        let zone = |at| self.question.reference.time_zone(self.question.hcp_id, at);
        if let Some(quiet) = &self.question.policy.quiet_hours {
            let released: Vec<Micros> = tried.iter().filter_map(|at| Some(quiet.release(*at, zone(*at)?))).collect();
            tried.extend(released);
        }
        tried.retain(|at| *at > instant_of(own) && *at <= touchpoint::time::LATEST);
        tried.sort_unstable();
        tried.dedup();
        let others: Vec<&Record> = (0..self.planned.len()).filter(|i| *i != place).map(|i| &self.planned[i]).collect();
        for at in tried {
            let there = moved(own, at);
            let judged = self.judge(&there, others.iter().copied().filter(|other| instant_of(other) <= at));
            let stands = judged.breaks.iter().all(|(code, _)| *code == "consent_missing") && judged.excess() == 0;
            if stands && !others.iter().any(|other| instant_of(other) > at && self.pushes(&there, other, &others)) {
                return judged.breaks.is_empty().then_some(at);
            }
        }
        None
    }

    /// Whether the moved touch takes a budget over with `other`, or lies too short before it.
    fn pushes(&self, there: &Record, other: &Record, others: &[&Record]) -> bool {
        let at = instant_of(other);
        let end = others.iter().position(|o| std::ptr::eq(*o, other)).unwrap_or(0);
        let before = || others[..end].iter().copied();
        let (with, without) = (self.judge(other, before().chain([there])), self.judge(other, before()));
        let over = !with.over_by(&without).is_empty();
        let question = Question { at, ..self.question };
        let view = View { question: &question, live: self.accepted.iter().chain(before()).collect() };
        let both = |gap: &MinimumGap| {
            [there, other].iter().all(|touch| begins_gap(&view, gap, touch)) && selects(&view, &gap.selector)
        };
        over || self.question.policy.minimum_gaps.iter().any(|gap| both(gap) && at - instant_of(there) < gap.gap)
    }

    /// Instants at which something that is in the way may end.
    fn turns(&self, place: usize) -> Vec<Micros> {
        let (question, own) = (self.question, instant_of(&self.planned[place]));
        let mut turns = vec![own + 1];
        for record in self.accepted.iter().chain(&self.planned).filter(|r| r.occurred_at.is_some()) {
            let at = instant_of(record);
            turns.push(at);
            if is_touch(record) {
                turns.extend(question.policy.budgets.iter().map(|budget| at + budget.window));
                turns.extend(question.policy.minimum_gaps.iter().map(|gap| at + gap.gap));
            }
            if is_request(record) {
                turns.push(at + 400 * 24 * HOUR);
            }
        }
        let rows = question.reference.rows();
        let mut validities: Vec<Validity> = rows.hcps(question.hcp_id).iter().map(|row| row.validity).collect();
        validities.extend(rows.affiliations(question.hcp_id).iter().map(|row| row.validity));
        let accounts: Vec<&str> =
            rows.affiliations(question.hcp_id).iter().map(|row| row.account_id.as_str()).collect();
        let own_accounts = rows.hcps(question.hcp_id).iter().filter_map(|row| row.account_id.as_deref());
        for account in accounts.into_iter().chain(own_accounts) {
            validities.extend(rows.accounts(account).iter().map(|row| row.validity));
        }
        turns.extend(validities.into_iter().flat_map(|validity| [validity.from, validity.to]));
        turns
    }
}

fn share(used: i64, cap: i64) -> f64 {
    match (used, cap) {
        (0, 0) => 0.0,
        (_, 0) => f64::INFINITY,
        _ => used as f64 / cap as f64,
    }
}

/// Whether the touch is one that begins this gap and that the gap holds back.
fn begins_gap(view: &View<'_>, gap: &MinimumGap, touch: &Record) -> bool {
    let is_exact = gap.gap >= 24 * HOUR || touch.precision.as_deref() == Some("instant");
    view.basis(touch).is_none() && in_scope(&gap.scope, touch) && is_exact
}

fn judge<'a>(question: Question<'a>, view: &View<'_>, touch: &Record) -> Judged<'a> {
    let (policy, at) = (question.policy, instant_of(touch));
    let basis = match view.basis(touch) {
        None => "unsolicited",
        Some(Basis::Declared) => "declared",
        Some(Basis::Exempt) => "exempt",
        Some(Basis::Request) => "request",
    };
    let mut judged = Judged { basis, breaks: Vec::new(), budgets: Vec::new() };
    if basis == "exempt" || basis == "request" || matches!(touch.purpose.as_deref(), Some("service" | "safety")) {
        return judged;
    }
    for budget in policy.budgets.iter().filter(|budget| selects(view, &budget.selector)) {
        let Some(cap) = budget.cap.map(i64::from) else { continue };
        let uses = counts(view, budget, touch);
        let holds = in_scope(&budget.scope, touch) && !in_rule(view, &budget.bypass, touch);
        if !uses && !holds {
            continue;
        }
        let others = view.unsolicited_of(budget.window).into_iter();
        let used =
            others.filter(|o| counts(view, budget, o) && group(budget, o) == group(budget, touch)).count() as i64;
        let code = match cap {
            0 => "forbidden",
            _ if used > cap => "over_budget",
            _ => "budget_full",
        };
        if holds && used >= cap {
            judged.breaks.push((code, Some(budget.name.clone())));
        }
        judged.budgets.push(Bearing { budget, cap, used: used + i64::from(uses), is_used: uses });
    }
    for gap in policy.minimum_gaps.iter().filter(|gap| selects(view, &gap.selector) && begins_gap(view, gap, touch)) {
        let others = view.unsolicited_of_400_days();
        if others.into_iter().any(|o| begins_gap(view, gap, o) && at - instant_of(o) < gap.gap) {
            judged.breaks.push(("minimum_gap", Some(gap.name.clone())));
        }
    }
    let zone = question.reference.time_zone(question.hcp_id, at);
    if let (Some(quiet), Some(zone)) = (&policy.quiet_hours, zone) {
        if quiet.is_quiet(at, zone) {
            judged.breaks.push(("quiet_hours", None));
        }
    }
    if question.reference.permissions().is_some() && !is_allowed(view, touch) {
        judged.breaks.push(("consent_missing", None));
    }
    judged
}

/// Whether an unsolicited touch uses the budget up.
fn counts(view: &View<'_>, budget: &Budget, touch: &Record) -> bool {
    view.basis(touch).is_none() && in_scope(&budget.scope, touch) && in_rule(view, &budget.counts, touch)
}

fn group<'r>(budget: &Budget, touch: &'r Record) -> Option<&'r str> {
    match budget.per {
        Per::Hcp => None,
        Per::Owner => touch.owner_id.as_deref(),
        Per::Product => touch.product.as_deref(),
    }
}
