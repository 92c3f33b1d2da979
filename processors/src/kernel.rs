//! The metric kernel: the numbers of metrics.md §3 and §4 for one HCP, computed from its time-ordered list of records.
//!
//! Pure functions: no clock, no I/O; beyond the scratch buffers, which stay, only budgets and plans that bear on an HCP
//! allocate. The stream, the import and SQL
//! over history all end here, which is why they agree.
//!
//! | module | one noun |
//! |---|---|
//! | [`entry`] | one retained record, 64 bytes; [`notes`] what few records have beside |
//! | [`known`] | what plans, consents and preferences say of the HCP |
//! | [`touches`] | the touches of an audience at T, oldest first, solicitation resolved |
//! | [`consents`] | whether a touch had consent |
//! | [`plans`] | touches that are mapped to a step, steps that fall due |
//! | [`scan`] | one pass from the newest touch backwards that fills every window |
//! | [`requests`] | responsiveness and talked-past |
//! | [`load`] | the decayed load |
//! | [`budgets`] | use of budgets and when the next touch fits |
//! | [`planned`] | touches that are still to be made |
//! | [`evidence`] | the touches one by one, for what an alert names |
//! | [`tally`] | counts by key with their sum of squares |
//! | [`values`] | the metric values of one window |

pub mod budgets;
pub mod consents;
pub mod entry;
pub mod evidence;
pub mod known;
pub mod load;
pub mod notes;
pub mod planned;
pub mod plans;
pub mod requests;
pub mod scan;
pub mod tally;
#[cfg(test)]
mod tests;
pub mod touches;
pub mod values;

pub use budgets::Standing;
pub use entry::Entry;
pub use known::Known;
pub use values::{MaybeReal, WindowValues};

use touchpoint::policy::HcpFacts;
use touchpoint::time::{DAY, Micros, RETENTION};
use touchpoint::{Audience, Policy, Reference, Tz, WindowLength};

/// What an evaluation depends on besides the records.
#[derive(Debug, Clone, Copy)]
pub struct Instant<'a> {
    /// T.
    pub at: Micros,
    /// Weights, gap, SLA, budgets.
    pub policy: &'a Policy,
    /// Reference data.
    pub reference: &'a Reference,
    /// The HCP, as reference data name it; empty where nobody said.
    pub hcp_id: &'a str,
    /// What selectors see of the HCP at T.
    pub hcp: HcpFacts<'a>,
    /// What plans, consents and preferences say of the HCP.
    pub known: Known<'a>,
    /// The HCP's time zone at T, if known.
    pub zone: Option<Tz>,
}

impl<'a> Instant<'a> {
    /// One HCP at T, with what reference data say of it then.
    pub fn new(at: Micros, policy: &'a Policy, reference: &'a Reference, hcp_id: &'a str) -> Self {
        let (hcp, zone) = (HcpFacts::of(reference, hcp_id, at), reference.time_zone(hcp_id, at));
        let known = Known::of(reference, hcp_id, hcp.account, at);
        Self { at, policy, reference, hcp_id, hcp, known, zone }
    }
}

/// Text that entries refer to; equality and order are by bytes.
pub trait Texts {
    /// The text behind an id reference of an entry (`event_id`, `request_id`).
    fn text(&self, reference: u32) -> &[u8];
    /// The text behind an interned number of an entry (`product`); empty for 0.
    fn word(&self, number: u32) -> &str;
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
    /// What all windows share.
    pub overall: Overall,
}

/// What does not depend on a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overall {
    /// `interruption_load` at T.
    pub load: f64,
    /// The budgets.
    pub standing: Standing,
}

/// Buffers that evaluations reuse.
#[derive(Debug, Default)]
pub struct Scratch {
    touches: Vec<touches::Touch>,
    withdrawals: Vec<consents::Withdrawal>,
    requests: Vec<requests::Request>,
    due: Vec<plans::DueStep>,
    scan: scan::Tallies,
}

/// What is evaluated: one HCP's entries in window order, seen by one audience.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a, T> {
    /// In window order.
    pub entries: &'a [Entry],
    /// The text behind their ids and words.
    pub texts: T,
    /// Whose view.
    pub audience: Audience,
}

/// Evaluates one HCP for one audience at T over the default windows. `None` when the HCP has no row: no live record of the
/// audience with `T − 400 d < occurred_at ≤ T`, and nobody's target at T.
pub fn evaluate<T: Texts + Copy>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    scratch: &mut Scratch,
) -> Option<Evaluation> {
    let mut windows = Windows::default();
    let overall = evaluate_windows(records, instant, &LENGTHS, &mut windows, scratch)?;
    Some(Evaluation { windows, overall })
}

/// The headline window alone. `None` as in [`evaluate`].
pub fn evaluate_headline<T: Texts + Copy>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    scratch: &mut Scratch,
) -> Option<(WindowValues, Overall)> {
    headline(records, instant, None, scratch)
}

/// As [`evaluate_headline`], where the load at T of the touches before that window is known ([`load::Past`]).
pub fn evaluate_headline_after<T: Texts + Copy>(
    older_load: f64,
    records: Records<'_, T>,
    instant: &Instant<'_>,
    scratch: &mut Scratch,
) -> Option<(WindowValues, Overall)> {
    headline(records, instant, Some(older_load), scratch)
}

fn headline<T: Texts + Copy>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    older_load: Option<f64>,
    scratch: &mut Scratch,
) -> Option<(WindowValues, Overall)> {
    let mut values = [WindowValues::default()];
    let overall = pass(records, instant, (&[WindowLength::HEADLINE.micros()], &mut values), older_load, scratch)?;
    let [values] = values;
    Some((values, overall))
}

/// As [`evaluate`], for windows of the given lengths, shortest first. Fills `values` in that order.
pub fn evaluate_windows<T: Texts + Copy>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    lengths: &[Micros],
    values: &mut [WindowValues],
    scratch: &mut Scratch,
) -> Option<Overall> {
    pass(records, instant, (lengths, values), None, scratch)
}

fn pass<T: Texts + Copy>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    windows: (&[Micros], &mut [WindowValues]),
    older_load: Option<f64>,
    scratch: &mut Scratch,
) -> Option<Overall> {
    let (source, older) = fill(records, instant, windows, scratch)?;
    let weighing = load::Weighing::new(instant);
    let older_load = older_load.unwrap_or_else(|| weighing.entries(&source, older));
    let load = older_load + weighing.touches(&scratch.touches);
    Some(Overall { load, standing: budgets::standing(&source, instant) })
}

/// The values of windows of the given lengths, shortest first, without what does not depend on a window: it costs as much
/// as the longest of them holds touches. `None` as in [`evaluate`].
pub fn fill_windows<T: Texts + Copy>(
    records: Records<'_, T>,
    instant: &Instant<'_>,
    windows: (&[Micros], &mut [WindowValues]),
    scratch: &mut Scratch,
) -> Option<()> {
    fill(records, instant, windows, scratch).map(drop)
}

/// Fills windows and the scratch. Gives what there is, and those of the entries that are older than the longest window.
fn fill<'e, T: Texts + Copy>(
    records: Records<'e, T>,
    instant: &Instant<'_>,
    (lengths, values): (&[Micros], &mut [WindowValues]),
    scratch: &mut Scratch,
) -> Option<(touches::Source<'e, T>, &'e [Entry])> {
    let retained = within(records.entries, instant.at - RETENTION, instant.at);
    let is_recorded = retained.iter().rev().any(|e| e.counts_for(records.audience));
    if !is_recorded && !instant.reference.is_target(instant.hcp_id, instant.at) {
        return None;
    }
    // Only the longest window needs touches in full; of what is older, the load alone is left.
    let longest = instant.at - lengths.last().copied().unwrap_or(0);
    let (older, recent) = retained.split_at(place_after(retained, longest));
    let audience = records.audience;
    let source = touches::Source { retained, texts: records.texts, audience };
    collect(&source, instant, recent, scratch);
    plans::due(&source, instant, longest, &mut scratch.due);
    requests::collect(&source, longest - instant.policy.request_sla, &mut scratch.requests);
    let seen = Seen { retained, touches: &scratch.touches, requests: &scratch.requests, audience, instant };
    let mut pass = scan::Pass::new(seen, &mut scratch.scan);
    for (length, values) in lengths.iter().zip(values) {
        *values = pass.window(*length);
        requests::fill(seen, *length, values);
        values.plan_recall = plans::recall(&scratch.due, instant.at - length);
        values.complete(instant.policy);
    }
    Some((source, older))
}

/// Fills the touches of the scratch with those of `recent`, and with what consent and plans say of each.
fn collect<T: Texts>(source: &touches::Source<'_, T>, instant: &Instant<'_>, recent: &[Entry], scratch: &mut Scratch) {
    match instant.known.consent {
        Some(consent) => {
            consents::withdrawals(source, &mut scratch.withdrawals);
            let mut consents = consents::Consents::new(consent, &scratch.withdrawals);
            source.collect_asking(&mut consents, recent, &mut scratch.touches);
        }
        None => source.collect(recent, &mut scratch.touches),
    }
    if let Some(steps) = instant.known.steps {
        plans::map(steps, source, &mut scratch.touches);
    }
}

/// What every part of an evaluation reads.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Entries with `T − 400 d < occurred_at ≤ T`, in window order.
    pub retained: &'a [Entry],
    /// Those among them that count for the audience and lie in the longest window, oldest first.
    pub touches: &'a [touches::Touch],
    /// Whose view.
    pub audience: Audience,
    /// The requests among them that came in or fell due in the longest window, oldest first.
    pub requests: &'a [requests::Request],
    /// T and the policy.
    pub instant: &'a Instant<'a>,
}

/// The entries with `from < occurred_at ≤ to`. Deletes sort last and are never inside.
pub fn within(entries: &[Entry], from: Micros, to: Micros) -> &[Entry] {
    let until = entries.get(..place_after(entries, to)).unwrap_or_default();
    // Nothing may be as old: then there is nothing to seek.
    let is_first_inside = until.first().is_none_or(|e| e.occurred_at > from);
    let start = if is_first_inside { 0 } else { place_after(until, from) };
    until.get(start..).unwrap_or_default()
}

/// The place of the first entry with `occurred_at > at`.
fn place_after(entries: &[Entry], at: Micros) -> usize {
    place_from_end(entries, |e| e.occurred_at <= at)
}

/// The place of the first entry that is not `before`, as all after it are not. What is asked for lies near the end most of
/// the time, so the search begins there.
pub fn place_from_end(entries: &[Entry], before: impl Fn(&Entry) -> bool) -> usize {
    let (mut low, mut high, mut step) = (0, entries.len(), 1);
    while let Some(probe) = high.checked_sub(step) {
        if entries.get(probe).is_some_and(&before) {
            low = probe + 1;
            break;
        }
        high = probe;
        step *= 2;
    }
    let between = entries.get(low..high).unwrap_or_default();
    low + between.partition_point(before)
}

/// The first instant after T at which the headline values, the presence of a row, the set of retained entries or what
/// alerts are told of the days ahead can change without a new record; `None` when nothing will. `standings` are those at
/// T, of both audiences.
pub fn next_change<'s>(
    entries: &[Entry],
    instant: &Instant<'_>,
    standings: impl IntoIterator<Item = &'s Standing>,
) -> Option<Micros> {
    let (headline, sla) = (WindowLength::HEADLINE.micros(), instant.policy.request_sla);
    let mut next = Micros::MAX;
    let mut consider = |at: Micros| {
        if at > instant.at && at < next {
            next = at;
        }
    };
    let live = entries.get(..place_after(entries, entry::NO_INSTANT - 1)).unwrap_or_default();
    // Entries are in order of time, so of each kind of change the next is the first that is still to come.
    for later in [0, headline, RETENTION] {
        if let Some(entry) = live.get(place_after(live, instant.at - later)) {
            consider(entry.occurred_at + later);
        }
    }
    standings.into_iter().filter_map(Standing::next_change).for_each(&mut consider);
    instant.reference.next_change(instant.hcp_id, instant.at).into_iter().for_each(&mut consider);
    plans::changes(&instant.known, headline, &mut consider);
    budgets::next_leaving(live, instant).into_iter().for_each(&mut consider);
    planned::next_in_reach(live, instant).into_iter().for_each(&mut consider);
    let asked = live.get(place_after(live, instant.at - sla - headline)..).unwrap_or_default();
    for request in asked.iter().filter(|e| e.is_request()) {
        consider(request.occurred_at + sla);
        consider(request.occurred_at + sla + headline);
    }
    (next != Micros::MAX).then_some(next)
}
