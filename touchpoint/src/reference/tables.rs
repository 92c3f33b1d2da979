//! All reference tables of one load, as rows in no order.

use super::account::AccountRow;
use super::affiliation::AffiliationRow;
use super::consent::{ConsentRow, ConsentRuleRow};
use super::hcp::HcpRow;
use super::panel::PanelRow;
use super::person::PersonRow;
use super::plan::{PlanRow, PlanStepRow};
use super::preference::PreferenceRow;

/// A table that is `None` was not given: its columns are NULL. One that is given and empty says that there is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables {
    /// HCPs.
    pub hcps: Option<Vec<HcpRow>>,
    /// Accounts.
    pub accounts: Option<Vec<AccountRow>>,
    /// Where HCPs work.
    pub affiliations: Option<Vec<AffiliationRow>>,
    /// Colleagues.
    pub people: Option<Vec<PersonRow>>,
    /// Whom they look after.
    pub panels: Option<Vec<PanelRow>>,
    /// Who is on which plan.
    pub plans: Option<Vec<PlanRow>>,
    /// Steps of plans.
    pub plan_steps: Option<Vec<PlanStepRow>>,
    /// Captured consents.
    pub consents: Option<Vec<ConsentRow>>,
    /// What holds without a capture.
    pub consent_rules: Option<Vec<ConsentRuleRow>>,
    /// Preferred channels.
    pub preferences: Option<Vec<PreferenceRow>>,
}

impl Tables {
    /// HCPs and accounts, no other table.
    pub fn of(hcps: Vec<HcpRow>, accounts: Vec<AccountRow>) -> Self {
        Self { hcps: Some(hcps), accounts: Some(accounts), ..Self::default() }
    }
}
