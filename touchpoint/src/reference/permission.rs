//! What captured consents and the rules behind them come to: may an HCP be reached on a channel at an instant?

use super::consent::{ConsentRow, ConsentRuleRow, Regime};
use super::index::Index;
use crate::time::Micros;
use crate::words::Channel;

/// Captured consents by HCP, latest capture first, and the rules for those who said nothing.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    consents: Index<ConsentRow>,
    /// By country, those of every country under the empty one.
    rules: Index<ConsentRuleRow>,
}

/// What one HCP said, latest capture first.
#[derive(Debug, Clone, Copy)]
pub struct Captures<'a>(&'a [ConsentRow]);

/// What holds in one country where nothing was captured.
#[derive(Debug, Clone, Copy)]
pub struct CountryRules<'a> {
    own: &'a [ConsentRuleRow],
    every: &'a [ConsentRuleRow],
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
        let rules = Index::new(rules, |r| r.country.as_deref().unwrap_or_default());
        Self { consents: Index::new(consents, |r| &r.hcp_id), rules }
    }

    /// What the HCP said.
    pub fn captures(&self, hcp_id: &str) -> Captures<'_> {
        Captures(self.consents.of(hcp_id))
    }

    /// The rules of a country; of an unknown one those of every country.
    pub fn rules(&self, country: Option<&str>) -> CountryRules<'_> {
        CountryRules { own: country.map_or(&[], |country| self.rules.of(country)), every: self.rules.of("") }
    }

    /// Whether both have the same rules.
    pub(super) fn has_rules_of(&self, other: &Self) -> bool {
        self.rules == other.rules
    }

    /// Every rule, in no order.
    pub(super) fn all_rules(&self) -> impl Iterator<Item = &ConsentRuleRow> {
        self.rules.iter().flat_map(|(_, rows)| rows)
    }

    /// Every capture of the HCP, latest first.
    pub(super) fn of(&self, hcp_id: &str) -> &[ConsentRow] {
        self.consents.of(hcp_id)
    }

    /// What was captured last of the HCP and the channel up to `at`; `None` when nothing was.
    pub fn captured(&self, hcp_id: &str, channel: Channel, at: Micros) -> Option<Capture> {
        self.captures(hcp_id).last(channel, at)
    }

    /// Whether the channel is allowed at `at` where nothing was captured, by the most specific rule that holds.
    pub fn allows_unasked(&self, country: Option<&str>, channel: Channel, at: Micros) -> bool {
        self.rules(country).allow(channel, at)
    }
}

impl Captures<'_> {
    /// What was captured last of the channel up to `at`, of several at one instant all of them; `None` when nothing was.
    pub fn last(&self, channel: Channel, at: Micros) -> Option<Capture> {
        let mut rows = self.0.iter().filter(|row| row.channel.is_none_or(|c| c == channel));
        let last = rows.find(|row| row.captured_at <= at)?;
        let mut together = std::iter::once(last).chain(rows.take_while(|row| row.captured_at == last.captured_at));
        Some(Capture { at: last.captured_at, allows: together.all(|row| row.opts_in && row.validity.holds(at)) })
    }
}

impl CountryRules<'_> {
    /// Whether the channel is allowed at `at` where nothing was captured: by the rule of country and channel, then of the
    /// country, then of the channel, then of neither.
    pub fn allow(&self, channel: Channel, at: Micros) -> bool {
        let of_channel = |rules: &[ConsentRuleRow], wanted: Option<Channel>| {
            rules.iter().find(|rule| rule.channel == wanted && rule.validity.holds(at)).map(|rule| rule.regime)
        };
        let of = |rules| of_channel(rules, Some(channel)).or_else(|| of_channel(rules, None));
        let otherwise = if channel == Channel::Email { Regime::OptIn } else { Regime::OptOut };
        of(self.own).or_else(|| of(self.every)).unwrap_or(otherwise) == Regime::OptOut
    }
}
