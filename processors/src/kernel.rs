//! The metric kernel: the numbers of metrics.md §3 and §4 for one HCP, computed from its time-ordered list of records.
//!
//! Pure functions: no clock, no I/O, no allocation once the scratch buffers have grown. The stream, the import and SQL
//! over history all end here, which is why they agree.
//!
//! | module | one noun |
//! |---|---|
//! | [`entry`] | one retained record, 72 bytes |
//! | [`touches`] | the touches of an audience at T, oldest first, solicitation resolved |
//! | [`scan`] | one pass from the newest touch backwards that fills every window |
//! | [`requests`] | responsiveness and talked-past |
//! | [`load`] | the decayed load |
//! | [`tally`] | counts by key with their sum of squares |
//! | [`values`] | the metric values of one window |

pub mod entry;
pub mod load;
pub mod requests;
pub mod scan;
pub mod tally;
pub mod touches;
pub mod values;

pub use entry::Entry;
pub use values::{MaybeReal, WindowValues};

use touchpoint::time::{DAY, Micros, RETENTION};
use touchpoint::{Audience, Policy, WindowLength};

/// What an evaluation depends on besides the records.
#[derive(Debug, Clone, Copy)]
pub struct Instant<'a> {
    /// T.
    pub at: Micros,
    /// Weights, gap, SLA.
    pub policy: &'a Policy,
    /// Whether the HCP's time zone at T is known.
    pub zone_known: bool,
}

/// Text that entries refer to; equality and order are by bytes.
pub trait Texts {
    /// The text behind an id reference of an entry (`event_id`, `request_id`).
    fn text(&self, reference: u32) -> &[u8];
}

/// The lengths of [`WindowLength::ALL`], shortest first.
pub const LENGTHS: [Micros; WindowLength::ALL.len()] = [DAY, 7 * DAY, 28 * DAY, 90 * DAY];

/// Values of every default window, in the order of [`WindowLength::ALL`].
pub type Windows = [WindowValues; LENGTHS.len()];

/// The result of one evaluation: every default window, and the load that all of them share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// In the order of [`WindowLength::ALL`].
    pub windows: Windows,
    /// `interruption_load` at T.
    pub load: f64,
}

/// Buffers that evaluations reuse.
#[derive(Debug, Default)]
pub struct Scratch {
    touches: Vec<touches::Touch>,
    scan: scan::Tallies,
}

/// Evaluates one HCP for one audience at T over the default windows; `entries` in window order. `None` when the HCP has no
/// row: no live record of the audience with `T − 400 d < occurred_at ≤ T`.
pub fn evaluate<T: Texts>(
    entries: &[Entry],
    texts: &T,
    audience: Audience,
    instant: &Instant<'_>,
    scratch: &mut Scratch,
) -> Option<Evaluation> {
    let mut windows = Windows::default();
    let lengths = LENGTHS.iter().copied().zip(windows.iter_mut());
    let load = evaluate_windows(Records { entries, texts, audience }, instant, lengths, scratch)?;
    Some(Evaluation { windows, load })
}

/// What is evaluated: one HCP's entries in window order, seen by one audience.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a, T> {
    /// In window order.
    pub entries: &'a [Entry],
    /// The text behind their ids.
    pub texts: &'a T,
    /// Whose view.
    pub audience: Audience,
}

/// As [`evaluate`], for windows of any length, shortest first. Gives the load.
pub fn evaluate_windows<'w, T: Texts>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    lengths: impl Iterator<Item = (Micros, &'w mut WindowValues)>,
    scratch: &mut Scratch,
) -> Option<f64> {
    let retained = within(records.entries, instant.at - RETENTION, instant.at);
    if !retained.iter().any(|e| e.counts_for(records.audience)) {
        return None;
    }
    touches::collect(retained, records.texts, records.audience, &mut scratch.touches);
    let load = load::decayed(&scratch.touches, instant);
    let seen = Seen { retained, touches: &scratch.touches, audience: records.audience, instant };
    let mut pass = scan::Pass::new(seen, &mut scratch.scan);
    for (length, values) in lengths {
        *values = pass.window(length);
        requests::fill(seen, length, values);
        values.complete(instant.policy);
    }
    Some(load)
}

/// What every part of an evaluation reads.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Entries with `T − 400 d < occurred_at ≤ T`, in window order.
    pub retained: &'a [Entry],
    /// The touches among them that count for the audience, oldest first.
    pub touches: &'a [touches::Touch],
    /// Whose view.
    pub audience: Audience,
    /// T and the policy.
    pub instant: &'a Instant<'a>,
}

/// The entries with `from < occurred_at ≤ to`. Deletes sort last and are never inside.
pub fn within(entries: &[Entry], from: Micros, to: Micros) -> &[Entry] {
    let start = entries.partition_point(|e| e.occurred_at <= from);
    let end = entries.partition_point(|e| e.occurred_at <= to);
    entries.get(start..end).unwrap_or_default()
}

/// The first instant after T at which the headline values, the presence of a row or the set of retained entries can
/// change without a new record; `None` when nothing will.
pub fn next_change(entries: &[Entry], instant: &Instant<'_>) -> Option<Micros> {
    let (headline, sla) = (WindowLength::HEADLINE.micros(), instant.policy.request_sla);
    let mut next = Micros::MAX;
    let mut consider = |at: Micros| {
        if at > instant.at && at < next {
            next = at;
        }
    };
    for entry in entries {
        // Until then a version is remembered, so that a late repetition cannot win: `Hcp::purge`.
        consider((i64::from(entry.ingested_day) + 1) * DAY + RETENTION);
        if entry.is_delete() {
            continue;
        }
        consider(entry.occurred_at);
        consider(entry.occurred_at + headline);
        consider(entry.occurred_at + RETENTION);
        if entry.is_request() {
            consider(entry.occurred_at + sla);
            consider(entry.occurred_at + sla + headline);
        }
    }
    (next != Micros::MAX).then_some(next)
}
