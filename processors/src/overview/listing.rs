//! The HCPs behind a count of an overview, the first of them: who is over, whose next planned touch to hold, who is
//! untouched. An answer names persons.
//!
//! | wanted | who | in which order |
//! |---|---|---|
//! | `over` | budget breached | most touches too many first |
//! | `hold` | a touch planned within the horizon breaks a budget | most touches too many first, then the earliest |
//! | `untouched` | targets without a touch in the window | longest untouched first |
//!
//! Equal ones come by id.

use super::Asked;
use super::filter::text;
use crate::forecast;
use crate::kernel::touches::{Source, Touch};
use crate::kernel::{Instant, Records, Scratch, within};
use crate::state::Shard;
use std::ops::Range;
use std::sync::Arc;
use touchpoint::policy::Zone;
use touchpoint::time::{Micros, RETENTION};

/// Which HCPs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Budget breached.
    Over,
    /// A touch planned up to so long after T breaks a budget.
    Hold(Micros),
    /// Targets without a touch in the window.
    Untouched,
}

/// One HCP of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Who.
    pub hcp_id: Arc<str>,
    /// Territory at T, `unknown` when no row says.
    pub territory: String,
    /// Specialty at T, `unknown` when no row says.
    pub specialty: String,
    /// Name of the binding budget.
    pub binding_budget: Option<String>,
    /// `cap − used` of it: negative when over.
    pub headroom: Option<i64>,
    /// When the next touch fits; `None`: unruled or forbidden.
    pub next_free_at: Option<Micros>,
    /// The latest touch of the last 400 days.
    pub last_touch_at: Option<Micros>,
    /// Of [`Wanted::Hold`] the first planned touch that goes over.
    pub over_at: Option<Micros>,
    order: (u64, Micros),
}

/// See the module.
#[derive(Debug)]
pub struct Listing {
    wanted: Wanted,
    limit: usize,
    kept: Vec<Listed>,
    total: usize,
    scratch: Scratch,
    found: Vec<Touch>,
}

impl Listing {
    /// Keeps at most `limit`.
    pub fn new(wanted: Wanted, limit: usize) -> Self {
        Self { wanted, limit, kept: Vec::new(), total: 0, scratch: Scratch::default(), found: Vec::new() }
    }

    /// Looks at some HCPs of a shard.
    pub fn add(&mut self, shard: &Shard, hcps: Range<u32>, asked: &Asked) {
        for number in hcps {
            let Some(listed) = self.one(shard, number, asked) else { continue };
            self.total += 1;
            self.kept.push(listed);
            if self.kept.len() >= 2 * self.limit.max(1) {
                self.cut();
            }
        }
    }

    /// Who is kept, in order, and how many there are.
    pub fn finish(mut self) -> (Vec<Listed>, usize) {
        self.cut();
        (self.kept, self.total)
    }

    fn cut(&mut self) {
        self.kept.sort_unstable_by(|a, b| (a.order, &a.hcp_id).cmp(&(b.order, &b.hcp_id)));
        self.kept.truncate(self.limit);
    }

    fn one(&mut self, shard: &Shard, number: u32, asked: &Asked) -> Option<Listed> {
        let hcp = shard.hcp(number)?;
        let row = shard.reference().hcp(&hcp.id, asked.at);
        let is_wanted = match self.wanted {
            Wanted::Untouched => shard.reference().is_target(&hcp.id, asked.at),
            Wanted::Over | Wanted::Hold(_) => hcp.list().is_some(),
        };
        if !is_wanted || !asked.filter.takes_row(row) {
            return None;
        }
        let brief = match self.wanted {
            Wanted::Hold(horizon) => {
                let ahead = forecast::Asked { audience: asked.audience, at: asked.at, horizon };
                Some(forecast::brief(shard, number, ahead)?)
            }
            Wanted::Over | Wanted::Untouched => None,
        };
        let last_touch_at = self.last_touch(shard, number, asked)?;
        let evaluation = shard.evaluate_at(number, asked.audience, asked.at, &mut self.scratch)?;
        let window = evaluation.windows.get(asked.window.index())?;
        let standing = evaluation.overall.standing;
        let budget = standing.columns(shard.policy());
        let is_in = match self.wanted {
            Wanted::Over => budget.is_some_and(|budget| budget.zone == Zone::Over),
            Wanted::Hold(_) => true,
            Wanted::Untouched => window.touches == 0,
        };
        let too_many = budget.map_or(0, |budget| u64::try_from(-budget.headroom).unwrap_or(0));
        let instant = Instant::new(asked.at, shard.policy(), shard.reference(), &hcp.id);
        is_in.then(|| Listed {
            hcp_id: hcp.id.clone(),
            territory: text(row, |row| &row.territory).to_owned(),
            specialty: text(row, |row| &row.specialty).to_owned(),
            binding_budget: budget.map(|budget| budget.binding_budget.to_owned()),
            headroom: budget.map(|budget| budget.headroom),
            next_free_at: standing.next_free_at(asked.at, shard.policy(), instant.zone),
            last_touch_at,
            over_at: brief.map(|brief| brief.over_at),
            order: match brief {
                Some(brief) => (u64::MAX - brief.excess, brief.over_at),
                None => (u64::MAX - too_many, last_touch_at.unwrap_or(Micros::MIN)),
            },
        })
    }

    /// When the HCP was last touched, if ever; `None` when the filter leaves it out by its touches.
    fn last_touch(&mut self, shard: &Shard, number: u32, asked: &Asked) -> Option<Option<Micros>> {
        let Some(list) = shard.hcp(number)?.list() else {
            return asked.filter.product.is_none().then_some(None);
        };
        let Records { entries, texts, audience } = list.records(asked.audience, shard.words());
        let source = Source { retained: within(entries, asked.at - RETENTION, asked.at), texts, audience };
        source.collect(within(source.retained, asked.at - asked.window.micros(), asked.at), &mut self.found);
        if !asked.filter.takes_touches(&source, &self.found) {
            return None;
        }
        Some(source.entries(source.retained).last().map(|entry| entry.occurred_at))
    }
}
