//! Reference data: effective-dated facts about HCPs, accounts, people and plans, looked up by key and instant.
//!
//! Every row holds in its [`Validity`]. A touch is judged by the row valid at its instant; denominators and selectors by
//! the row valid at T. What each table decides is written in `docs/REFERENCE.md`, which is normative.
//!
//! | module | one noun |
//! |---|---|
//! | [`validity`] | when a row holds |
//! | [`tables`] | all rows of one load, not yet indexed |
//! | [`fault`] | what rows may not say of each other |
//! | [`hcp`], [`account`], [`affiliation`], [`person`], [`panel`] | a row of the table of that name |
//! | [`plan`] | enrolments and steps; [`steps`] the steps by plan, [`plan_rows`] those of one |
//! | [`changes`] | what differs between two loads |
//! | [`country`] | the code of a country |
//! | [`consent`] | captures and rules; [`permission`] what they come to |
//! | [`preference`] | preferred channels |
//! | `index` | rows by key |
//! | [`rows`] | the rows as they were given |
//! | [`sizes`] | how many rows, and which tables lost most of them |
//! | `version` | which rows these are |

pub mod account;
pub mod affiliation;
pub mod changes;
pub mod consent;
pub mod country;
pub mod fault;
pub mod hcp;
mod index;
pub mod panel;
pub mod permission;
pub mod person;
pub mod plan;
pub mod plan_rows;
pub mod preference;
pub mod rows;
pub mod sizes;
pub mod steps;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod validity;
mod version;

pub use account::{AccessStatus, AccountRow};
pub use affiliation::AffiliationRow;
pub use changes::Changes;
pub use consent::{ConsentRow, ConsentRuleRow, Regime};
pub use fault::{Clash, Fault};
pub use hcp::HcpRow;
pub use panel::PanelRow;
pub use permission::{Captures, CountryRules, Permissions};
pub use person::{PersonRow, Role};
pub use plan::{Due, PlanRow, PlanStepRow};
pub use plan_rows::PlanRows;
pub use preference::PreferenceRow;
pub use rows::Rows;
pub use sizes::Shrunk;
pub use steps::PlanSteps;
pub use tables::Tables;
pub use validity::Validity;

use crate::policy::ExecutionModel;
use crate::time::Micros;
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use index::Index;
use sizes::Sizes;
use std::collections::BTreeSet;

/// The territory, segment, … of an HCP or account that no row describes.
pub const UNKNOWN: &str = "unknown";

/// All reference data of one load.
#[derive(Debug, Clone)]
pub struct Reference {
    version: String,
    sizes: Sizes,
    hcps: Index<HcpRow>,
    accounts: Index<AccountRow>,
    affiliations: Index<AffiliationRow>,
    people: Index<PersonRow>,
    panels: Index<PanelRow>,
    enrolled: Index<PlanRow>,
    enrolled_accounts: Index<PlanRow>,
    steps: Option<PlanSteps>,
    permissions: Option<Permissions>,
    preferences: Option<Index<PreferenceRow>>,
}

impl Default for Reference {
    /// No table at all: whatever it would say is unknown.
    fn default() -> Self {
        Self::of(Tables::default())
    }
}

impl Reference {
    /// Indexes the rows.
    ///
    /// # Errors
    /// Every [`Fault`] found, not only the first.
    pub fn try_new(tables: Tables) -> Result<Self, Vec<Fault>> {
        let faults = fault::faults(&tables);
        if faults.is_empty() { Ok(Self::of(tables)) } else { Err(faults) }
    }

    /// Indexes rows without faults.
    fn of(tables: Tables) -> Self {
        let (version, sizes) = (version::version(&tables), Sizes::of(&tables));
        let plans = tables.plans.unwrap_or_default().into_iter();
        let (of_hcps, others): (Vec<_>, Vec<_>) = plans.partition(|p| p.hcp_id.is_some());
        let of_accounts = others.into_iter().filter(|p| p.account_id.is_some());
        let permissions = match (tables.consents, tables.consent_rules) {
            (None, None) => None,
            (consents, rules) => Some(Permissions::new(consents.unwrap_or_default(), rules.unwrap_or_default())),
        };
        Self {
            version,
            sizes,
            hcps: Index::new(tables.hcps.unwrap_or_default(), |r| &r.hcp_id),
            accounts: Index::new(tables.accounts.unwrap_or_default(), |r| &r.account_id),
            affiliations: Index::new(tables.affiliations.unwrap_or_default(), |r| &r.hcp_id),
            people: Index::new(tables.people.unwrap_or_default(), |r| &r.owner_id),
            panels: Index::new(tables.panels.unwrap_or_default(), |r| &r.hcp_id),
            enrolled: Index::new(of_hcps, |r| r.hcp_id.as_deref().unwrap_or_default()),
            enrolled_accounts: Index::new(of_accounts, |r| r.account_id.as_deref().unwrap_or_default()),
            steps: tables.plan_steps.map(PlanSteps::new),
            permissions,
            preferences: tables.preferences.map(|rows| Index::new(rows, |r| &r.hcp_id)),
        }
    }

    /// Which rows these are: 16 hex digits over all of them, in whatever order they came, the same for the same rows on
    /// every machine; `none` while no table was given.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The HCP's row valid at `at`.
    pub fn hcp(&self, hcp_id: &str, at: Micros) -> Option<&HcpRow> {
        self.hcps.of(hcp_id).iter().find(|r| r.validity.holds(at))
    }

    /// Every row of the HCP, whenever it holds.
    pub fn rows_of(&self, hcp_id: &str) -> &[HcpRow] {
        self.hcps.of(hcp_id)
    }

    /// The account's row valid at `at`.
    pub fn account(&self, account_id: &str, at: Micros) -> Option<&AccountRow> {
        self.accounts.of(account_id).iter().find(|r| r.validity.holds(at))
    }

    /// The colleague's row valid at `at`.
    pub fn person(&self, owner_id: &str, at: Micros) -> Option<&PersonRow> {
        self.people.of(owner_id).iter().find(|r| r.validity.holds(at))
    }

    /// The account that the HCP counts for at `at`: its primary affiliation, else what its row says.
    pub fn account_of(&self, hcp_id: &str, at: Micros) -> Option<&str> {
        let primary = self.affiliations.of(hcp_id).iter().find(|r| r.is_primary && r.validity.holds(at));
        primary.map(|r| r.account_id.as_str()).or_else(|| self.hcp(hcp_id, at)?.account_id.as_deref())
    }

    /// How the HCP's account is said to be worked at `at`.
    pub fn execution_model(&self, hcp_id: &str, at: Micros) -> Option<ExecutionModel> {
        self.account(self.account_of(hcp_id, at)?, at)?.declared_model
    }

    /// Whether anybody has the HCP as a target at `at`.
    pub fn is_target(&self, hcp_id: &str, at: Micros) -> bool {
        self.panels.of(hcp_id).iter().any(|r| r.is_target && r.validity.holds(at))
    }

    /// The HCPs that are a target at some time, each once, in no order.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.panels.iter().filter(|(_, rows)| rows.iter().any(|r| r.is_target)).map(|(hcp_id, _)| hcp_id)
    }

    /// The runs of plans that the HCP is on by itself or by the account that it has at `at`, in the order of the tables.
    pub fn enrolments(&self, hcp_id: &str, at: Micros) -> impl Iterator<Item = &PlanRow> {
        let [own, account] = self.runs(hcp_id, self.account_of(hcp_id, at));
        own.iter().chain(account)
    }

    /// As [`Reference::enrolments`], for who knows the account already: the HCP's own runs, and those of the account.
    pub fn runs(&self, hcp_id: &str, account: Option<&str>) -> [&[PlanRow]; 2] {
        [self.enrolled.of(hcp_id), account.map_or(&[], |account| self.enrolled_accounts.of(account))]
    }

    /// Steps of plans, `None` while no table of them was given.
    pub fn steps(&self) -> Option<&PlanSteps> {
        self.steps.as_ref()
    }

    /// Consents and their rules, `None` while neither table was given.
    pub fn permissions(&self) -> Option<&Permissions> {
        self.permissions.as_ref()
    }

    /// The HCP's preferences that hold at `at`.
    pub fn preferences(&self, hcp_id: &str, at: Micros) -> impl Iterator<Item = &PreferenceRow> {
        let rows = self.preferences.as_ref().map_or(&[][..], |index| index.of(hcp_id));
        rows.iter().filter(move |r| r.validity.holds(at))
    }

    /// Every HCP row, in no order.
    pub fn hcp_rows(&self) -> impl Iterator<Item = &HcpRow> {
        self.hcps.iter().flat_map(|(_, rows)| rows)
    }

    /// Every account row, in no order.
    pub fn account_rows(&self) -> impl Iterator<Item = &AccountRow> {
        self.accounts.iter().flat_map(|(_, rows)| rows)
    }

    /// Every HCP that tables `hcps` and `affiliations` know, each once, in order.
    pub fn hcp_ids(&self) -> BTreeSet<&str> {
        let described = self.hcps.iter().map(|(hcp_id, _)| hcp_id);
        described.chain(self.affiliations.iter().map(|(hcp_id, _)| hcp_id)).collect()
    }

    /// Number of distinct HCPs that table `hcps` describes.
    pub fn hcp_count(&self) -> usize {
        self.hcps.len()
    }

    /// Number of distinct accounts that table `accounts` describes.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// The HCP's time zone at `at`, `None` when unknown.
    pub fn time_zone(&self, hcp_id: &str, at: Micros) -> Option<Tz> {
        self.hcp(hcp_id, at)?.time_zone
    }

    /// The first instant after `after` at which a row that bears on the HCP's values at T begins or ceases to hold;
    /// `None` when none will. Rows that judge a touch at its own instant change nothing later.
    pub fn next_change(&self, hcp_id: &str, after: Micros) -> Option<Micros> {
        let preferences = self.preferences.as_ref().map_or(&[][..], |index| index.of(hcp_id));
        let own = self.hcps.of(hcp_id).iter().map(|r| r.validity);
        let own = own.chain(self.affiliations.of(hcp_id).iter().map(|r| r.validity));
        let own = own.chain(self.panels.of(hcp_id).iter().map(|r| r.validity));
        let own = own.chain(preferences.iter().map(|r| r.validity));
        let account = self.account_of(hcp_id, after).unwrap_or_default();
        let all = own.chain(self.accounts.of(account).iter().map(|r| r.validity));
        all.flat_map(|validity| validity.changes(after)).min()
    }

    /// Where a date-only touch is placed: 12:00 of that day in the HCP's time zone, UTC when unknown (metrics.md §1).
    pub fn noon(&self, hcp_id: &str, date: NaiveDate) -> Micros {
        let noon = date.and_time(NaiveTime::MIN) + chrono::Duration::hours(12);
        let utc = noon.and_utc().timestamp_micros();
        let Some(zone) = self.time_zone(hcp_id, utc) else { return utc };
        // Noon never falls into a clock change in any zone of the database; if one ever did, the earlier reading is used.
        zone.from_local_datetime(&noon).earliest().map_or(utc, |t| t.timestamp_micros())
    }
}
