//! The rows as they were given, by key alone: nothing here looks at an instant or decides anything.
//!
//! For those who decide for themselves, such as the naive metrics that the product is tested against.

use super::{
    AccountRow, AffiliationRow, ConsentRow, ConsentRuleRow, HcpRow, PanelRow, PersonRow, PlanRow, PlanStepRow,
    PreferenceRow, Reference,
};

/// The rows of all tables.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    reference: &'a Reference,
}

impl Reference {
    /// The rows as they were given.
    pub fn rows(&self) -> Rows<'_> {
        Rows { reference: self }
    }
}

impl<'a> Rows<'a> {
    /// Rows of `hcps` about the HCP.
    pub fn hcps(self, hcp_id: &str) -> &'a [HcpRow] {
        self.reference.hcps.of(hcp_id)
    }

    /// Rows of `accounts` about the account.
    pub fn accounts(self, account_id: &str) -> &'a [AccountRow] {
        self.reference.accounts.of(account_id)
    }

    /// Rows of `affiliations` about the HCP.
    pub fn affiliations(self, hcp_id: &str) -> &'a [AffiliationRow] {
        self.reference.affiliations.of(hcp_id)
    }

    /// Every row of `affiliations`, in no order.
    pub fn all_affiliations(self) -> impl Iterator<Item = &'a AffiliationRow> {
        self.reference.affiliations.iter().flat_map(|(_, rows)| rows)
    }

    /// Every row of `people`, in no order.
    pub fn all_people(self) -> impl Iterator<Item = &'a PersonRow> {
        self.reference.people.iter().flat_map(|(_, rows)| rows)
    }

    /// Rows of `panels` about the HCP.
    pub fn panels(self, hcp_id: &str) -> &'a [PanelRow] {
        self.reference.panels.of(hcp_id)
    }

    /// Every row of `panels`, in no order.
    pub fn all_panels(self) -> impl Iterator<Item = &'a PanelRow> {
        self.reference.panels.iter().flat_map(|(_, rows)| rows)
    }

    /// Every row of `plans` that names an HCP or an account, in no order.
    pub fn all_plans(self) -> impl Iterator<Item = &'a PlanRow> {
        let (of_hcps, of_accounts) = (self.reference.enrolled.iter(), self.reference.enrolled_accounts.iter());
        of_hcps.chain(of_accounts).flat_map(|(_, rows)| rows)
    }

    /// Rows of `plan_steps` about the plan; empty also while the table was not given.
    pub fn plan_steps(self, plan_id: &str) -> &'a [PlanStepRow] {
        self.reference.steps.as_ref().map_or(&[], |steps| steps.rows(plan_id))
    }

    /// Every row of `plan_steps`, in no order; none also while the table was not given.
    pub fn all_plan_steps(self) -> impl Iterator<Item = &'a PlanStepRow> {
        self.reference.steps.iter().flat_map(|steps| steps.all_rows())
    }

    /// Rows of `consents` about the HCP, in no order; empty also while the table was not given.
    pub fn consents(self, hcp_id: &str) -> &'a [ConsentRow] {
        self.reference.permissions.as_ref().map_or(&[], |permissions| permissions.of(hcp_id))
    }

    /// Every row of `consent_rules`, in no order; empty also while the table was not given.
    pub fn consent_rules(self) -> impl Iterator<Item = &'a ConsentRuleRow> {
        self.reference.permissions.iter().flat_map(|permissions| permissions.all_rules())
    }

    /// Rows of `preferences` about the HCP; empty also while the table was not given.
    pub fn preferences(self, hcp_id: &str) -> &'a [PreferenceRow] {
        self.reference.preferences.as_ref().map_or(&[], |preferences| preferences.of(hcp_id))
    }
}
