//! Whether the HCP may be reached on the channel of the proposal (docs/REFERENCE.md, "Consent"): as a touch at that instant
//! would be judged, and more carefully in two things. An unsubscription holds however old it is, until the HCP opts in again;
//! and it holds also where no table says anything of consent.

use super::case::Case;
use crate::kernel::consents::{Consents, withdrawals};
use crate::kernel::known::Known;
use touchpoint::Channel;
use touchpoint::time::Micros;

/// Whether the consent for the touch is valid at `at`; `None` while neither a reference table nor the HCP says anything of
/// consent.
pub(super) fn is_given(case: &Case<'_>, at: Micros) -> Option<bool> {
    let channel = case.proposal.channel;
    let mut found = Vec::new();
    withdrawals(&case.heard(), &mut found);
    match Known::of(case.rules.reference, &case.proposal.hcp_id, None, at).consent {
        Some(consent) => Some(Consents::new(consent, &found).allow(&case.touch(at), channel)),
        None => (channel == Channel::Email && found.iter().any(|withdrawal| withdrawal.at() <= at)).then_some(false),
    }
}
