//! Consent to each touch, judged at its own instant (metrics.md §4, REFERENCE.md): the capture that came last before it
//! decides, of those at one instant a refusal; where nothing was captured, the rule of the country that the HCP was in.
//!
//! An e-mail of status unsubscribed refuses e-mail from when the HCP unsubscribed on, and is itself judged without that.
//! The metrics know it for as long as it is retained.

use super::Texts;
use super::entry::Entry;
use super::known::Consent;
use super::touches::Source;
use touchpoint::Channel;
use touchpoint::reference::CountryRules;
use touchpoint::time::Micros;

/// What one unsubscribed e-mail refused.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawal {
    at: Micros,
    /// The e-mail, as the HCP's arena knows it.
    event_id: u32,
}

impl Withdrawal {
    /// When consent was withdrawn.
    pub fn at(&self) -> Micros {
        self.at
    }
}

/// Fills `found` with what the retained e-mails of the audience withdrew, oldest first.
pub fn withdrawals<T: Texts>(source: &Source<'_, T>, found: &mut Vec<Withdrawal>) {
    let unsubscribed = source.retained.iter().filter(|e| e.is_unsubscribed() && e.counts_for(source.audience));
    found.clear();
    found.extend(unsubscribed.map(|e| Withdrawal { at: e.withdrawn_at(&source.texts), event_id: e.event_id }));
    found.sort_unstable_by_key(|withdrawal| withdrawal.at);
}

/// What judges the touches of one HCP.
#[derive(Debug)]
pub struct Consents<'a> {
    consent: Consent<'a>,
    withdrawals: &'a [Withdrawal],
    /// The country that was asked for last, and its rules: HCPs rarely move.
    rules: Option<(Option<&'a str>, CountryRules<'a>)>,
}

impl<'a> Consents<'a> {
    /// Of an HCP's consent and [`withdrawals`].
    pub fn new(consent: Consent<'a>, withdrawals: &'a [Withdrawal]) -> Self {
        Self { consent, withdrawals, rules: None }
    }

    /// Whether a touch on `channel` had valid consent when it happened.
    pub fn allow(&mut self, touch: &Entry, channel: Channel) -> bool {
        let captured = self.consent.captures().last(channel, touch.occurred_at);
        let withdrawn = if channel == Channel::Email { self.withdrawn_before(touch) } else { None };
        match (captured, withdrawn) {
            (captured, Some(withdrawn)) if captured.is_none_or(|c| c.at <= withdrawn) => false,
            (Some(capture), _) => capture.allows,
            (None, _) => self.rules_at(touch.occurred_at).allow(channel, touch.occurred_at),
        }
    }

    /// When other e-mails last withdrew consent before the touch.
    fn withdrawn_before(&self, touch: &Entry) -> Option<Micros> {
        let until = self.withdrawals.partition_point(|withdrawal| withdrawal.at <= touch.occurred_at);
        let before = self.withdrawals.get(..until).unwrap_or_default();
        before.iter().rfind(|withdrawal| withdrawal.event_id != touch.event_id).map(|withdrawal| withdrawal.at)
    }

    fn rules_at(&mut self, at: Micros) -> CountryRules<'a> {
        let country = self.consent.country(at);
        match self.rules {
            Some((known, rules)) if known == country => rules,
            _ => {
                let rules = self.consent.rules(country);
                self.rules = Some((country, rules));
                rules
            }
        }
    }
}
