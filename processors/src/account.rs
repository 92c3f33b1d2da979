//! The numbers of accounts at an instant, from the live records of their HCPs (docs/TABLES.md defines each).
//!
//! A touch counts for the account that its record names, if that is known at the touch, else for the HCP's account then,
//! else for [`UNASSIGNED`]; an HCP counts for its account at T. An account pools those below it, by the rows that hold at T,
//! each interaction once. Collisions and agreement within HCPs are those of one HCP's touches for the account, by the kernel
//! that computes HCP rows; loads are those of whole HCPs.
//!
//! | module | one noun |
//! |---|---|
//! | [`columns`] | the columns of a row, with their meaning |
//! | `list` | the records of one HCP, and what accounts ask of its touches |
//! | `sums` | what adds up over HCPs |
//! | `standing` | what reference data say of an account: parents, complexity, required model |
//! | `row` | sums to values |

pub mod columns;
mod list;
mod row;
mod standing;
mod sums;
#[cfg(test)]
mod tests;

pub use row::AccountRow;
pub use standing::{complexity, required_model};

use crate::kernel::{self, Entry, Evaluation, Instant, Records, Scratch};
use crate::state::dictionary::Dictionary;
use crate::state::list::HcpTexts;
use list::HcpList;
use std::collections::BTreeMap;
use sums::AccountSums;
use touchpoint::record::RecordRow;
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

/// The account of touches and HCPs that have none.
pub const UNASSIGNED: &str = "unassigned";

/// What is asked of all accounts.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// T.
    pub as_of: Micros,
    /// Whose view: the records are the live ones of this audience.
    pub audience: Audience,
    /// Weights and gaps.
    pub policy: &'a Policy,
    /// Who is where.
    pub reference: &'a Reference,
}

/// The ids of one HCP's records take more than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ids of one HCP's records exceed 4 GiB")]
pub struct TooLong;

/// Collects HCPs, one after another.
#[derive(Debug)]
pub struct AccountBook<'a> {
    asked: Asked<'a>,
    words: Dictionary,
    scratch: Scratch,
    accounts: BTreeMap<String, AccountSums>,
}

impl<'a> AccountBook<'a> {
    /// The accounts that hold at T, without HCPs.
    pub fn new(asked: Asked<'a>) -> Self {
        let known = asked.reference.account_rows().filter(|row| row.validity.holds(asked.as_of));
        let accounts = known.map(|row| (row.account_id.clone(), AccountSums::default())).collect();
        Self { asked, words: Dictionary::default(), scratch: Scratch::default(), accounts }
    }

    /// Adds an HCP with its live records of the last 400 days, in any order; with none, an HCP that reference data know.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn add(&mut self, hcp_id: &str, records: &[RecordRow<'_>]) -> Result<(), TooLong> {
        let asked = self.asked;
        let list = HcpList::new(&mut self.words, records, &asked)?;
        let texts = HcpTexts::new(list.ids(), self.words.words());
        let instant = Instant::new(asked.as_of, asked.policy, asked.reference, hcp_id);
        let scratch = &mut self.scratch;
        let mut evaluate = |entries: &[Entry]| {
            kernel::evaluate(Records { entries, texts, audience: asked.audience }, &instant, scratch)
        };
        let all = evaluate(list.entries());
        let home = standing::lineage(asked.reference.account_of(hcp_id, asked.as_of), &asked);
        let load = all.map_or(0.0, |all| all.overall.load);
        home.iter().for_each(|account| self.accounts.entry(account.clone()).or_default().add_hcp(load));

        let touches = list.touches(texts, &asked);
        let mut pools: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, touch) in touches.iter().enumerate() {
            for account in standing::lineage(touch.account, &asked) {
                pools.entry(account).or_default().push(place);
            }
        }
        for (account, pool) in pools {
            let evaluation: Option<Evaluation> = match pool.len() == touches.len() {
                true => all,
                false => evaluate(&list.only(&touches, &pool)),
            };
            let Some(evaluation) = evaluation else { continue };
            let is_home = home.contains(&account);
            let sums = self.accounts.entry(account).or_default();
            for (window, values) in WindowLength::ALL.into_iter().zip(&evaluation.windows) {
                let from = asked.as_of - window.micros();
                let own = pool.iter().filter_map(|place| touches.get(*place)).filter(|touch| touch.at > from);
                sums.add_touches(window, values, own, is_home);
            }
        }
        Ok(())
    }

    /// A row for each account and window, by account.
    pub fn rows(&self) -> impl Iterator<Item = AccountRow<'_>> {
        self.accounts.iter().flat_map(|(account_id, sums)| {
            WindowLength::ALL.into_iter().map(move |window| AccountRow::new(account_id, window, sums, self.asked))
        })
    }
}
