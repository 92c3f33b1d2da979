//! What differs between two loads, HCP by HCP.

use super::Reference;

/// A load that another one took the place of.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'r> {
    old: &'r Reference,
    new: &'r Reference,
    everyone: bool,
}

impl<'r> Changes<'r> {
    /// What `new` says otherwise than `old`.
    pub fn between(old: &'r Reference, new: &'r Reference) -> Self {
        let has_rules = old.permissions.is_some() == new.permissions.is_some()
            && old.permissions.as_ref().zip(new.permissions.as_ref()).is_none_or(|(old, new)| old.has_rules_of(new));
        let has_preferences = old.preferences.is_some() == new.preferences.is_some();
        Self { old, new, everyone: old.steps != new.steps || !has_rules || !has_preferences }
    }

    /// Whether any value of the HCP may come out otherwise. `true` where only the order of its rows has changed.
    pub fn bear_on(&self, hcp_id: &str) -> bool {
        let (old, new) = (self.old, self.new);
        let preferences = |of: &'r Reference| of.preferences.as_ref().map(|index| index.of(hcp_id));
        let consents = |of: &'r Reference| of.permissions.as_ref().map(|permissions| permissions.of(hcp_id));
        self.everyone
            || old.hcps.of(hcp_id) != new.hcps.of(hcp_id)
            || old.affiliations.of(hcp_id) != new.affiliations.of(hcp_id)
            || old.panels.of(hcp_id) != new.panels.of(hcp_id)
            || old.enrolled.of(hcp_id) != new.enrolled.of(hcp_id)
            || preferences(old) != preferences(new)
            || consents(old) != consents(new)
            || self.accounts(hcp_id).any(|account_id| self.changed_account(account_id))
    }

    /// The accounts that the HCP has at some time; by now they are the same in both loads.
    fn accounts(&self, hcp_id: &str) -> impl Iterator<Item = &'r str> + use<'r> {
        let named = self.new.hcps.of(hcp_id).iter().filter_map(|row| row.account_id.as_deref());
        named.chain(self.new.affiliations.of(hcp_id).iter().map(|row| row.account_id.as_str()))
    }

    fn changed_account(&self, account_id: &str) -> bool {
        let (old, new) = (self.old, self.new);
        old.accounts.of(account_id) != new.accounts.of(account_id)
            || old.enrolled_accounts.of(account_id) != new.enrolled_accounts.of(account_id)
    }
}
