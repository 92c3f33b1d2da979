//! What concerns medical requests: how many, whether they were answered in time, who talked past them (metrics.md §4).

use super::touches::{Source, Touch};
use super::values::{MaybeReal, WindowValues};
use super::{Seen, place_after};
use touchpoint::Purpose;
use touchpoint::time::Micros;

/// A live request that was not withdrawn.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Event time.
    at: Micros,
    /// When it was answered.
    answered_at: Option<Micros>,
    /// Interned product, 0 for unknown.
    product: u32,
}

/// Fills `requests` with those among the retained entries that came in after `from` and count for the audience, oldest
/// first.
pub fn collect<T>(source: &Source<'_, T>, from: Micros, requests: &mut Vec<Request>) {
    requests.clear();
    let late = source.retained.get(place_after(source.retained, from)..).unwrap_or_default();
    let counted = late.iter().filter(|e| e.is_request() && e.counts_for(source.audience));
    requests.extend(counted.map(|e| Request { at: e.occurred_at, answered_at: e.answered_at(), product: e.product }));
}

/// Fills `requests`, `responsiveness` and `talked_past` of one window. Without requests nothing is due.
pub fn fill(seen: Seen<'_>, length: Micros, values: &mut WindowValues) {
    if seen.requests.is_empty() {
        return;
    }
    let from = seen.instant.at - length;
    let inside = seen.requests.get(seen.requests.partition_point(|r| r.at <= from)..).unwrap_or_default();
    values.requests = inside.len() as u32;
    values.responsiveness = responsiveness(seen, from);
    if inside.is_empty() {
        return;
    }
    let interruptions = seen.touches.iter().filter(|t| t.is_unsolicited() && t.purpose == Purpose::Promotional);
    let past = interruptions.filter(|t| t.at > from && t.product != 0);
    values.talked_past = past.filter(|t| inside.iter().any(|r| talks_past(t, r))).count() as u32;
}

/// Of the requests due in `(from, T]`, the share answered within the SLA.
fn responsiveness(seen: Seen<'_>, from: Micros) -> MaybeReal {
    let sla = seen.instant.policy.request_sla;
    let (mut due, mut in_time) = (0_u32, 0_u32);
    for request in seen.requests {
        let deadline = request.at + sla;
        if deadline <= from || deadline > seen.instant.at {
            continue;
        }
        due += 1;
        if request.answered_at.is_some_and(|at| at - request.at <= sla) {
            in_time += 1;
        }
    }
    MaybeReal::ratio(f64::from(in_time), f64::from(due))
}

/// Whether the touch speaks of the request's product after it came in and before it was answered.
fn talks_past(touch: &Touch, request: &Request) -> bool {
    touch.product == request.product
        && touch.at > request.at
        && request.answered_at.is_none_or(|answered| touch.at <= answered)
}
