//! The reference data of a world: its ten tables as effective-dated rows, and as the CSV files that users bring.
//!
//! They say what the records of the same world do: an HCP or account that moves has two rows that meet, an enrolled HCP has
//! a row for every plan cycle of the config's span, and the steps that are not skipped are done within their spans. Rows
//! are made as they are asked for, so that a world of a million HCPs takes no memory for them.
//!
//! | module | one noun |
//! |---|---|
//! | [`customers`] | HCPs, accounts, affiliations |
//! | [`company`] | people and their panels |
//! | [`plans`] | enrolments and steps |
//! | [`wishes`] | consents, their rules, preferences |
//! | [`csv_table`] | a table as a file |
//! | [`message`] | a row as the message of a topic |

mod company;
mod csv_table;
mod customers;
mod message;
mod plans;
mod wishes;

pub use message::ReferenceMessage;

use crate::world::World;
use csv_table::write_table;
use std::fs;
use std::path::{Path, PathBuf};
use touchpoint::Micros;
use touchpoint::reference::{
    AccountRow, AffiliationRow, ConsentRow, ConsentRuleRow, HcpRow, PanelRow, PersonRow, PlanRow, PlanStepRow,
    PreferenceRow, Tables, Validity,
};

/// A file that could not be written. The folder's fault; try again elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; choose a folder that can be written and has room", .path.display())]
pub struct ReferenceFileError {
    /// The file.
    pub path: PathBuf,
    /// What was refused.
    pub source: csv::Error,
}

/// The reference data of a world.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceFiles<'a> {
    world: &'a World,
}

impl<'a> ReferenceFiles<'a> {
    /// The reference data of `world`.
    pub fn new(world: &'a World) -> Self {
        Self { world }
    }

    /// Every HCP's rows, by number and then by time.
    pub fn hcp_rows(&self) -> impl Iterator<Item = HcpRow> + use<'a> {
        customers::hcps(self.world)
    }

    /// Every account's rows, by number and then by time.
    pub fn account_rows(&self) -> impl Iterator<Item = AccountRow> + use<'a> {
        customers::accounts(self.world)
    }

    /// Where every HCP works: one primary affiliation at a time, and for some another one.
    pub fn affiliation_rows(&self) -> impl Iterator<Item = AffiliationRow> + use<'a> {
        customers::affiliations(self.world)
    }

    /// Everybody who acts for the company, and whom they report to.
    pub fn person_rows(&self) -> impl Iterator<Item = PersonRow> + use<'a> {
        company::people(self.world)
    }

    /// The panels of reps and MSLs. The more active HCPs of a rep's panel are targets.
    pub fn panel_rows(&self) -> impl Iterator<Item = PanelRow> + use<'a> {
        company::panels(self.world)
    }

    /// An enrolment for each enrolled HCP and plan cycle.
    pub fn plan_rows(&self) -> impl Iterator<Item = PlanRow> + use<'a> {
        plans::enrolments(self.world)
    }

    /// The steps of every plan; every scenario has them, though not all enrol anybody.
    pub fn plan_step_rows(&self) -> impl Iterator<Item = PlanStepRow> + use<> {
        plans::steps(self.world)
    }

    /// What HCPs agreed to and refused. Some of what is done conflicts with it.
    pub fn consent_rows(&self) -> impl Iterator<Item = ConsentRow> + use<'a> {
        wishes::consents(self.world)
    }

    /// What holds where nobody said anything.
    pub fn consent_rule_rows(&self) -> impl Iterator<Item = ConsentRuleRow> + use<> {
        wishes::rules()
    }

    /// How seven of ten HCPs would rather be reached.
    pub fn preference_rows(&self) -> impl Iterator<Item = PreferenceRow> + use<'a> {
        wishes::preferences(self.world)
    }

    /// All ten tables.
    pub fn tables(&self) -> Tables {
        Tables {
            hcps: Some(self.hcp_rows().collect()),
            accounts: Some(self.account_rows().collect()),
            affiliations: Some(self.affiliation_rows().collect()),
            people: Some(self.person_rows().collect()),
            panels: Some(self.panel_rows().collect()),
            plans: Some(self.plan_rows().collect()),
            plan_steps: Some(self.plan_step_rows().collect()),
            consents: Some(self.consent_rows().collect()),
            consent_rules: Some(self.consent_rule_rows().collect()),
            preferences: Some(self.preference_rows().collect()),
        }
    }

    /// A message for every row of every table, as compacted topics have them: each table's topic holds what its file would.
    pub fn messages(&self) -> impl Iterator<Item = ReferenceMessage> + use<'a> {
        let of = self.hcp_rows().map(|row| ReferenceMessage::of(&row));
        let of = of.chain(self.account_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.affiliation_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.person_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.panel_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.plan_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.plan_step_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.consent_rows().map(|row| ReferenceMessage::of(&row)));
        let of = of.chain(self.consent_rule_rows().map(|row| ReferenceMessage::of(&row)));
        of.chain(self.preference_rows().map(|row| ReferenceMessage::of(&row)))
    }

    /// Writes a CSV file for each table into `dir`, which is made if it is missing: `hcps.csv`, `plan_steps.csv`, … Gives
    /// the number of rows.
    ///
    /// # Errors
    /// [`ReferenceFileError`] names the file.
    pub fn write(&self, dir: &Path) -> Result<u64, ReferenceFileError> {
        let made = fs::create_dir_all(dir).map_err(csv::Error::from);
        made.map_err(|source| ReferenceFileError { path: dir.to_owned(), source })?;
        let rows = write_table(dir, self.hcp_rows())?
            + write_table(dir, self.account_rows())?
            + write_table(dir, self.affiliation_rows())?
            + write_table(dir, self.person_rows())?
            + write_table(dir, self.panel_rows())?
            + write_table(dir, self.plan_rows())?
            + write_table(dir, self.plan_step_rows())?
            + write_table(dir, self.consent_rows())?
            + write_table(dir, self.consent_rule_rows())?
            + write_table(dir, self.preference_rows())?;
        Ok(rows)
    }
}

/// One open span, or two that meet at the move.
fn spans(moved: Option<Micros>) -> impl Iterator<Item = Validity> {
    let before = moved.map(|at| Validity { to: at, ..Validity::ALWAYS });
    let after = moved.map_or(Validity::ALWAYS, |at| Validity { from: at, ..Validity::ALWAYS });
    before.into_iter().chain([after])
}
