//! Whether the HCP may be reached on the channel of the proposal (docs/REFERENCE.md, "Consent"): as a touch at that instant
//! would be judged.

use super::case::Case;
use crate::kernel::consents::{Consents, withdrawals};
use crate::kernel::known::Known;
use touchpoint::time::Micros;

/// Whether the consent for the touch is valid at `at`; `None` while no reference table says anything of consent.
pub(super) fn is_given(case: &Case<'_>, at: Micros) -> Option<bool> {
    let consent = Known::of(case.rules.reference, &case.proposal.hcp_id, None, at).consent?;
    let mut found = Vec::new();
    withdrawals(&case.source(at), &mut found);
    Some(Consents::new(consent, &found).allow(&case.touch(at), case.proposal.channel))
}
