//! What captured consents and the rules behind them come to: may an HCP be reached on a channel at an instant?

use super::consent::{ConsentRow, ConsentRuleRow, Regime};
use super::index::Index;
use crate::time::Micros;
use crate::words::Channel;

/// Captured consents by HCP, latest capture first, and the rules for those who said nothing.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    consents: Index<ConsentRow>,
    rules: Vec<ConsentRuleRow>,
}

/// The capture that decides at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capture {
    /// When it was captured.
    pub at: Micros,
    /// Whether it allows the channel at the instant asked for.
    pub allows: bool,
}

impl Permissions {
    pub(super) fn new(mut consents: Vec<ConsentRow>, rules: Vec<ConsentRuleRow>) -> Self {
        consents.sort_by_key(|row| std::cmp::Reverse(row.captured_at));
        Self { consents: Index::new(consents, |r| &r.hcp_id), rules }
    }

    /// The captures of an HCP as they were given, of any time.
    pub(super) fn consents(&self, hcp_id: &str) -> &[ConsentRow] {
        self.consents.of(hcp_id)
    }

    /// The rules as they were given, of any time.
    pub(super) fn rules(&self) -> &[ConsentRuleRow] {
        &self.rules
    }

    /// What was captured last of the HCP and the channel up to `at`, of several at one instant all of them; `None` when
    /// nothing was.
    pub fn captured(&self, hcp_id: &str, channel: Channel, at: Micros) -> Option<Capture> {
        let mut rows = self.consents.of(hcp_id).iter().filter(|row| row.channel.is_none_or(|c| c == channel));
        let last = rows.find(|row| row.captured_at <= at)?;
        let mut together = std::iter::once(last).chain(rows.take_while(|row| row.captured_at == last.captured_at));
        Some(Capture { at: last.captured_at, allows: together.all(|row| row.opts_in && row.validity.holds(at)) })
    }

    /// Whether the channel is allowed at `at` where nothing was captured, by the most specific rule that holds.
    pub fn allows_unasked(&self, country: Option<&str>, channel: Channel, at: Micros) -> bool {
        let applies = |rule: &&ConsentRuleRow| {
            rule.validity.holds(at)
                && rule.channel.is_none_or(|c| c == channel)
                && rule.country.as_deref().is_none_or(|c| Some(c) == country)
        };
        let specific = |rule: &&ConsentRuleRow| (rule.country.is_some(), rule.channel.is_some());
        let rule = self.rules.iter().filter(applies).max_by_key(specific);
        let otherwise = if channel == Channel::Email { Regime::OptIn } else { Regime::OptOut };
        rule.map_or(otherwise, |rule| rule.regime) == Regime::OptOut
    }
}
