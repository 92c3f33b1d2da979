//! Whether the HCP may be reached on the channel of the touch (docs/REFERENCE.md, "Consent"): as a touch at that instant
//! would be judged.

use super::look::Moment;
use crate::kernel::Texts;
use crate::kernel::consents::{Consents, withdrawals};
use crate::kernel::known::Known;
use touchpoint::Channel;

/// Whether the consent for the touch is valid at its instant; `None` while no reference table says anything of consent.
pub(super) fn is_given<T: Texts>(moment: &Moment<'_, '_, T>, channel: Channel) -> Option<bool> {
    let Moment { rules, hcp_id, source, touch } = *moment;
    let consent = Known::of(rules.reference, hcp_id, None, touch.occurred_at).consent?;
    let mut found = Vec::new();
    withdrawals(source, &mut found);
    Some(Consents::new(consent, &found).allow(touch, channel))
}
