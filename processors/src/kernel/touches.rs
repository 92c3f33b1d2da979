//! The touches of one audience, oldest first, each with its solicitation resolved (metrics.md §1).

use super::Texts;
use super::entry::Entry;
use touchpoint::time::Micros;
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Purpose, Word};

/// Why a touch is solicited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolicitedBasis {
    /// A medical touch that answers a live request of the same HCP.
    Request,
    /// Purpose service or safety.
    Exempt,
    /// The record says so, and nothing else does.
    Declared,
}

/// One touch, as the window pass needs it.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    /// Event time.
    pub at: Micros,
    /// Interned owner, 0 for unknown.
    pub owner: u32,
    /// Interned product, 0 for unknown.
    pub product: u32,
    /// Interned theme, 0 for unknown.
    pub theme: u32,
    /// Interned plan, 0 for none.
    pub plan: u32,
    /// Feed.
    pub kind: Kind,
    /// Channel.
    pub channel: Channel,
    /// Origin of an e-mail.
    pub origin: Option<Origin>,
    /// Acting function.
    pub function: BusinessFunction,
    /// Purpose.
    pub purpose: Purpose,
    /// `None` for an interruption.
    pub solicited: Option<SolicitedBasis>,
    /// Known to the day only.
    pub date_only: bool,
    /// Outside local working hours; `None` when the zone is unknown.
    pub untimely: Option<bool>,
}

impl Touch {
    /// Whether nobody asked for it.
    pub fn is_unsolicited(&self) -> bool {
        self.solicited.is_none()
    }

    /// The voice: function and owner in one key; unknown owners of a function are one voice.
    pub fn voice(&self) -> u64 {
        u64::from(self.function.code()) << 32 | u64::from(self.owner)
    }
}

/// Fills `touches` with those of `retained` (window order) that count for `audience`.
pub fn collect<T: Texts>(retained: &[Entry], texts: &T, audience: Audience, touches: &mut Vec<Touch>) {
    touches.clear();
    for entry in retained.iter().filter(|e| e.is_touch() && e.counts_for(audience)) {
        let (Some(channel), Some(function), Some(purpose)) = (entry.channel(), entry.function(), entry.purpose())
        else {
            continue; // decoding defaults all three on everything but deletes
        };
        touches.push(Touch {
            at: entry.occurred_at,
            owner: entry.owner,
            product: entry.product,
            theme: entry.theme,
            plan: entry.plan(),
            kind: entry.kind(),
            channel,
            origin: entry.origin(),
            function,
            purpose,
            solicited: solicited_basis(entry, function, purpose, || answers_request(entry, retained, texts, audience)),
            date_only: entry.is_date_only(),
            untimely: entry.untimely(),
        });
    }
}

fn solicited_basis(
    entry: &Entry,
    function: BusinessFunction,
    purpose: Purpose,
    answers_request: impl FnOnce() -> bool,
) -> Option<SolicitedBasis> {
    if function == BusinessFunction::Medical && entry.request_id != 0 && answers_request() {
        return Some(SolicitedBasis::Request);
    }
    if matches!(purpose, Purpose::Service | Purpose::Safety) {
        return Some(SolicitedBasis::Exempt);
    }
    entry.is_declared().then_some(SolicitedBasis::Declared)
}

/// Whether a live, not withdrawn request with this id came in no later than the touch.
fn answers_request<T: Texts>(touch: &Entry, retained: &[Entry], texts: &T, audience: Audience) -> bool {
    let wanted = texts.text(touch.request_id);
    let mut requests = retained.iter().take_while(|e| e.occurred_at <= touch.occurred_at);
    requests.any(|e| e.is_request() && e.counts_for(audience) && texts.text(e.event_id) == wanted)
}
