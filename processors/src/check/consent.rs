//! Whether the HCP may be reached on the channel of the proposal (docs/REFERENCE.md, "Consent").

use super::case::Case;
use touchpoint::time::Micros;
use touchpoint::{Channel, Kind, Status};

/// Whether the consent for the touch is valid at `at`; `None` while no reference table says anything of consent.
pub(super) fn is_given(case: &Case<'_>, at: Micros) -> Option<bool> {
    let permissions = case.rules.reference.permissions()?;
    let (hcp_id, channel) = (case.proposal.hcp_id.as_str(), case.proposal.channel);
    let captured = permissions.captured(hcp_id, channel, at);
    let withdrawn = if channel == Channel::Email { withdrawn(case, at) } else { None };
    Some(match (captured, withdrawn) {
        // Of what was captured at one instant the refusal decides.
        (Some(captured), Some(withdrawn)) => captured.at > withdrawn && captured.allows,
        (Some(captured), None) => captured.allows,
        (None, Some(_)) => false,
        (None, None) => {
            let country = case.rules.reference.hcp(hcp_id, at).and_then(|row| row.country.as_deref());
            permissions.allows_unasked(country, channel, at)
        }
    })
}

/// When the HCP last unsubscribed from e-mail, as far as the audience knows.
fn withdrawn(case: &Case<'_>, at: Micros) -> Option<Micros> {
    let unsubscribed = case.entries.iter().filter(|entry| {
        let is_email = entry.kind() == Kind::Emails && entry.status() == Some(Status::Unsubscribed);
        is_email && entry.counts_for(case.rules.audience)
    });
    unsubscribed.map(|entry| entry.occurred_at).filter(|withdrawn| *withdrawn <= at).max()
}
