//! What planned touches would come to in the days ahead: which budgets they would break, and the one touch to move.
//!
//! docs/FORECAST.md defines it. In short: planned touches of `(T, T + horizon]` are taken in order, each looked at by the
//! rules of the check at its own instant, with everything accepted up to then and every earlier planned touch made. A
//! budget is *over* with a touch that uses it when the use with it exceeds the cap; the touches too many, summed over
//! touches and budgets, are the *excess*. The one touch to move is that without which the least excess is left, if it is
//! one that a budget may hold back; it is moved to the earliest later instant at which it fits and pushes no other over.
//!
//! - No record changes: a forecast is computed when it is asked for, for one audience, from the live list.
//! - The rules are those of the check and of budgets; this module only puts touches in their places.
//! - Cost: looks at the list of one HCP, one per planned touch; where something goes over, at most [`TRIES`] more per
//!   touch that might be moved. At most [`LOOKED_AT`] planned touches of an HCP are looked at, those that come first.
//!
//! | module | one noun |
//! |---|---|
//! | [`ground`] | the records of one HCP, with the planned ones among them |
//! | [`plan`] | the planned touches one after another, as they would turn out |
//! | [`change`] | the one touch to move, and to when |
//! | [`bound`] | whether anything can go over at all |
//! | [`ranking`] | who goes over, most over first |

mod bound;
mod change;
mod ground;
mod plan;
mod ranking;
#[cfg(test)]
mod tests;

pub use bound::may_go_over;
pub use ranking::{Ranked, Ranking};

use crate::check::Reason;
use crate::kernel::planned;
use crate::profile::{Happening, happening};
use crate::state::Shard;
use ground::Ground;
use plan::{Plan, Step};
use std::ops::RangeInclusive;
use touchpoint::time::{Micros, RETENTION};
use touchpoint::{Audience, policy::Budget};

/// How many days ahead may be asked for.
pub const DAYS: RangeInclusive<u32> = 1..=90;
/// How many days ahead are meant where nobody says.
pub const DEFAULT_DAYS: u32 = 14;
/// So many planned touches of an HCP are looked at, those that come first.
pub const LOOKED_AT: usize = 128;
/// So many instants are tried for a touch that is to be moved; then no instant is known.
pub const TRIES: usize = 256;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whose view decides.
    pub audience: Audience,
    /// T.
    pub at: Micros,
    /// Planned touches up to so long after T, above 0.
    pub horizon: Micros,
}

/// The forecast of one HCP.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// The planned touches of the horizon, in order.
    pub touches: Vec<PlannedTouch>,
    /// The first of them with which a budget goes over; `None` when none does.
    pub over: Option<Over>,
    /// Touches too many, summed over planned touches and budgets.
    pub excess: u64,
    /// The one touch to move; `None` when nothing goes over, or nothing that may be held back does it.
    pub change: Option<Change>,
    /// Planned touches of the last 400 days whose instant has passed: they are not forecast.
    pub overdue: usize,
}

/// A planned touch as it would turn out.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTouch {
    /// The record; its basis is that of the touch when it is made.
    pub record: Happening,
    /// The source system of the record.
    pub source: String,
    /// What the check would deny it for, in the order of a check.
    pub breaks: Vec<Reason>,
    /// Of the budgets that bear on it the one of highest use with it; `None` when none does.
    pub binding: Option<BudgetThere>,
    /// Its part of the excess: touches too many, summed over the budgets that it uses.
    pub excess: u64,
}

/// A budget at the instant of a planned touch, the touch made.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetThere {
    /// Its name.
    pub budget: String,
    /// Its cap.
    pub cap: u32,
    /// Touches that share the cap.
    pub used: u32,
    /// `used / cap`; +inf for cap 0 with use.
    pub budget_use: f64,
}

impl BudgetThere {
    fn of(budget: &Budget, used: u32) -> Option<Self> {
        Some(Self { budget: budget.name.clone(), cap: budget.cap?, used, budget_use: budget.use_of(used)? })
    }

    /// `cap − used`: negative when over.
    pub fn headroom(&self) -> i64 {
        i64::from(self.cap) - i64::from(self.used)
    }
}

/// A budget that goes over, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Over {
    /// The instant of the touch.
    pub at: Micros,
    /// Of the budgets that are over with it the one of highest use.
    pub there: BudgetThere,
}

/// What to do with one planned touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its place in [`Forecast::touches`].
    pub place: usize,
    /// When it fits; `None`: no such instant is known, cancel it.
    pub to: Option<Micros>,
    /// The excess that is left then.
    pub excess_left: u64,
}

impl Change {
    /// What to do, in a word: `move` or `cancel`.
    pub fn act(&self) -> &'static str {
        if self.to.is_some() { "move" } else { "cancel" }
    }
}

/// How much somebody goes over: enough to say who comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    /// Touches too many, above 0.
    pub excess: u64,
    /// When the first budget goes over.
    pub over_at: Micros,
}

/// The forecast of one HCP. Without planned touches there is nothing in it.
pub fn forecast(shard: &Shard, number: u32, asked: Asked) -> Forecast {
    let Some(list) = shard.hcp(number).and_then(|hcp| hcp.list()) else { return Forecast::default() };
    let past = (asked.at - RETENTION, asked.at);
    let overdue = planned::ahead(list.entries(), asked.audience, past).count();
    let Some(ground) = Ground::of(shard, number, asked) else { return Forecast { overdue, ..Forecast::default() } };
    let plan = Plan::of(&ground);
    let described = |step: &Step<'_>| {
        let Some(entry) = list.entries().get(step.place) else { return None };
        let mut record = happening(&ground.source(list.entries(), entry.occurred_at), entry);
        record.basis = Some(step.basis);
        let source = shard.source(entry.source).to_owned();
        let (breaks, binding) = (step.breaks.clone(), step.binding.clone());
        Some(PlannedTouch { record, source, breaks, binding, excess: step.excess() })
    };
    Forecast {
        touches: plan.inside().iter().filter_map(described).collect(),
        over: plan.over(),
        excess: plan.excess(),
        change: change::best(&plan),
        overdue,
    }
}

/// How much an HCP goes over, without what could be done about it; `None` when nothing does.
pub fn brief(shard: &Shard, number: u32, asked: Asked) -> Option<Brief> {
    let ground = Ground::of(shard, number, asked)?;
    let plan = Plan::of(&ground);
    Some(Brief { excess: plan.excess(), over_at: plan.over()?.at })
}
