//! The touches of an HCP one by one, with the facts by which rules and budgets choose among them: what an alert names as
//! having done it.

use super::entry::Entry;
use super::touches::{self, Source};
use super::{Records, Texts, within};
use touchpoint::policy::TouchFacts;
use touchpoint::time::{Micros, RETENTION};

/// One touch.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'a> {
    /// What selectors and scopes see of it.
    pub facts: TouchFacts<'a>,
    /// Interned source system: see `Shard::source`.
    pub source: u32,
    /// Its id there.
    pub event_id: &'a [u8],
    /// Event time.
    pub occurred_at: Micros,
    /// Interned owner, 0 for unknown.
    pub owner: u32,
    /// Whether the record carries the id of a request, rightly or not.
    pub carries_request: bool,
}

/// Shows `look` every touch in `(T − length, T]` that counts for the audience, oldest first.
pub fn each_touch<T: Texts + Copy>(
    records: Records<'_, T>,
    at: Micros,
    length: Micros,
    mut look: impl FnMut(&Witness<'_>),
) {
    let retained = within(records.entries, at - RETENTION, at);
    let source = Source { retained, texts: records.texts, audience: records.audience };
    for entry in source.entries(within(retained, at - length, at)) {
        if let Some(witness) = witness(&source, entry) {
            look(&witness);
        }
    }
}

fn witness<'s, T: Texts>(source: &'s Source<'_, T>, entry: &Entry) -> Option<Witness<'s>> {
    let facts = touches::facts(&source.texts, entry, source.basis(entry))?;
    Some(Witness {
        facts,
        source: entry.source,
        event_id: source.texts.text(entry.event_id),
        occurred_at: entry.occurred_at,
        owner: entry.owner,
        carries_request: !entry.request_id(&source.texts).is_empty(),
    })
}
