//! Access: whether the visits of the last year got through, by specialty and territory, with the bias of what is written
//! down beside it (docs/LIVEPAGE.md, "Access").
//!
//! An **attempt** is a face-to-face call of function sales that came to completed or no_access, whose purpose is neither
//! service nor safety; of one owner at one HCP on one local day there is one, and completed wins. An HCP is rated from
//! [`RATED_FROM`] attempts on, or by the rule of its account. A call that is still planned a week after its time is
//! **unclosed**: nobody wrote down what became of it.
//!
//! Everybody with a row for the audience at T counts (metrics.md §2), with the reference rows of T; the local day is that
//! of the row valid at the call. No id is kept but those of owners, of whom a [`Cohort`] tells how many there are.
//!
//! | module | one noun |
//! |---|---|
//! | [`attempt`] | the attempts and the unclosed calls of one HCP |
//! | [`cohort`] | what adds up over HCPs, and what may be told of it |

mod attempt;
mod cohort;
#[cfg(test)]
mod tests;

pub use cohort::{Bands, Cohort, ENOUGH_ATTEMPTS, ENOUGH_OWNERS, ENOUGH_RATED, Unknown};

use super::filter::text;
use super::known::{Known, View};
use super::{Facets, Filter, older};
use crate::state::Shard;
use crate::state::list::List;
use attempt::Attempts;
use cohort::Door;
use std::collections::BTreeMap;
use std::ops::Range;
use touchpoint::Audience;
use touchpoint::reference::AccessStatus;
use touchpoint::time::{DAY, Micros};

/// How far back attempts count.
pub const YEAR: Micros = 365 * DAY;
/// So many attempts rate an HCP.
pub const RATED_FROM: u32 = 4;
/// A call that is still planned so long after its time is unclosed.
pub const CLOSED_WITHIN: Micros = 7 * DAY;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whose view.
    pub audience: Audience,
    /// T.
    pub at: Micros,
    /// Which HCPs; a product says nothing here and is left out of account.
    pub filter: Filter,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Access {
    /// Everybody in the filter.
    pub all: Cohort,
    /// The same by specialty, `unknown` where no row says.
    pub specialties: BTreeMap<String, Cohort>,
    /// The same by territory, `unknown` where no row says.
    pub territories: BTreeMap<String, Cohort>,
    /// What may be filtered by.
    pub facets: Facets,
    /// Event time of the oldest record that was looked at; `None` without any.
    pub oldest: Option<Micros>,
    attempts: Attempts,
}

impl Access {
    /// Looks at some HCPs of a shard.
    pub fn add(&mut self, shard: &Shard, hcps: Range<u32>, asked: &Asked) {
        // Of a target that nothing was heard of there is no list, and a row all the same.
        let (reference, nothing) = (shard.reference(), List::default());
        let view = View { audience: asked.audience, at: asked.at };
        for number in hcps {
            let Some(known) = Known::of(shard, number, &nothing, view) else { continue };
            self.facets.add(known.row);
            if !asked.filter.takes_row(known.row) {
                continue;
            }
            self.oldest = older(self.oldest, known.oldest);
            let zone = |at| reference.time_zone(known.id, at);
            self.attempts.take(&known.source, asked.at, zone);
            let account = reference.account_of(known.id, asked.at);
            let account = account.and_then(|account| reference.account(account, asked.at));
            let is_closed = account.is_some_and(|row| row.access_status == Some(AccessStatus::Closed));
            let door = Door {
                band: self.attempts.band(is_closed),
                is_target: known.is_target,
                attempts: &self.attempts,
                owner: |number| shard.words().text(number),
            };
            self.all.add(&door);
            add(&mut self.specialties, text(known.row, |row| &row.specialty), &door);
            add(&mut self.territories, text(known.row, |row| &row.territory), &door);
        }
    }
}

fn add<'w>(cohorts: &mut BTreeMap<String, Cohort>, name: &str, door: &Door<'_, impl Fn(u32) -> &'w str>) {
    match cohorts.get_mut(name) {
        Some(known) => known.add(door),
        None => cohorts.entry(name.to_owned()).or_default().add(door),
    }
}
