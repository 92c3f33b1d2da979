//! What concerns medical requests: how many, whether they were answered in time, who talked past them (metrics.md §4).

use super::entry::Entry;
use super::touches::Touch;
use super::values::{MaybeReal, WindowValues};
use super::{Instant, Seen, within};
use touchpoint::Purpose;
use touchpoint::time::Micros;

/// Fills `requests`, `responsiveness` and `talked_past` of one window. Without requests nothing is due.
pub fn fill(seen: Seen<'_>, length: Micros, values: &mut WindowValues) {
    if !seen.has_requests {
        return;
    }
    let is_request = |e: &&Entry| e.is_request() && e.counts_for(seen.audience);
    let from = seen.instant.at - length;
    let inside = within(seen.retained, from, seen.instant.at);
    values.requests = inside.iter().filter(is_request).count() as u32;
    values.responsiveness = responsiveness(seen.retained.iter().filter(is_request), from, seen.instant);
    let interruptions = seen.touches.iter().filter(|t| t.is_unsolicited() && t.purpose == Purpose::Promotional);
    let past = interruptions.filter(|t| t.at > from && t.product != 0);
    let talked_past = past.filter(|t| inside.iter().filter(is_request).any(|r| talks_past(t, r)));
    values.talked_past = talked_past.count() as u32;
}

/// Of the requests due in `(from, T]`, the share answered within the SLA.
fn responsiveness<'a>(requests: impl Iterator<Item = &'a Entry>, from: Micros, instant: &Instant<'_>) -> MaybeReal {
    let sla = instant.policy.request_sla;
    let (mut due, mut in_time) = (0_u32, 0_u32);
    for request in requests {
        let deadline = request.occurred_at + sla;
        if deadline <= from || deadline > instant.at {
            continue;
        }
        due += 1;
        if request.answered_at().is_some_and(|at| at - request.occurred_at <= sla) {
            in_time += 1;
        }
    }
    MaybeReal::ratio(f64::from(in_time), f64::from(due))
}

/// Whether the touch speaks of the request's product after it came in and before it was answered.
fn talks_past(touch: &Touch, request: &Entry) -> bool {
    touch.product == request.product
        && touch.at > request.occurred_at
        && request.answered_at().is_none_or(|answered| touch.at <= answered)
}
