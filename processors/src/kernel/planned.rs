//! Planned touches: calls in a calendar, queued e-mails, nominations. They count nowhere as touches (metrics.md §2); a
//! forecast asks what they would come to.

use super::entry::Entry;
use super::{Instant, within};
use touchpoint::Audience;
use touchpoint::time::Micros;

/// Places and records of what `audience` knows as planned in `(from, to]`, in window order.
pub fn ahead(
    entries: &[Entry],
    audience: Audience,
    (from, to): (Micros, Micros),
) -> impl Iterator<Item = (usize, &Entry)> {
    let first = entries.partition_point(|e| e.occurred_at <= from);
    let inside = within(entries, from, to).iter().enumerate().map(move |(i, entry)| (first + i, entry));
    inside.filter(move |(_, entry)| entry.is_planned() && entry.counts_for(audience))
}

/// When the next planned touch comes within the reach of forecasts, as far ahead as alerts look: what goes over by
/// that begins without a record. `None` where no budget could go over. `live` are the entries without deletes.
pub(super) fn next_in_reach(live: &[Entry], instant: &Instant<'_>) -> Option<Micros> {
    if instant.policy.budgets.is_empty() {
        return None;
    }
    let reach = instant.policy.alerts.forecast;
    let further = live.partition_point(|entry| entry.occurred_at <= instant.at.saturating_add(reach));
    let further = live.get(further..).unwrap_or_default();
    further.iter().find(|entry| entry.is_planned()).map(|entry| entry.occurred_at - reach)
}
