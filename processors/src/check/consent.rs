//! Whether the HCP may be reached on the channel of the touch (docs/REFERENCE.md, "Consent"): as a touch at that instant would
//! be judged, and more carefully in two things. An unsubscription holds however old it is, until the HCP opts in again; and it
//! holds also where no table says anything of consent.

use super::look::Moment;
use crate::kernel::Texts;
use crate::kernel::consents::{Consents, withdrawals};
use crate::kernel::known::Known;
use touchpoint::Channel;

/// Whether the consent for the touch is valid at its instant; `None` while neither a reference table nor the HCP says anything
/// of consent.
pub(super) fn is_given<T: Texts>(moment: &Moment<'_, '_, T>, channel: Channel) -> Option<bool> {
    let Moment { rules, hcp_id, heard, touch, .. } = *moment;
    let at = touch.occurred_at;
    let mut found = Vec::new();
    withdrawals(heard, &mut found);
    match Known::of(rules.reference, hcp_id, None, at).consent {
        Some(consent) => Some(Consents::new(consent, &found).allow(touch, channel)),
        None => (channel == Channel::Email && found.iter().any(|withdrawal| withdrawal.at() <= at)).then_some(false),
    }
}
