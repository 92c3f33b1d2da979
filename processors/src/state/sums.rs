//! Counts over all HCPs that gauges read: touches by territory, channel and function; requests by how they were answered.

use super::shard::Shard;
use crate::kernel::tally::FEW;
use crate::kernel::touches;
use crate::kernel::{LENGTHS, within};
use std::collections::BTreeMap;
use touchpoint::reference::UNKNOWN;
use touchpoint::time::{Micros, RETENTION};
use touchpoint::{Audience, BusinessFunction, Channel, WindowLength, Word};

/// Touches of one window, territory, channel and function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TouchCount {
    /// All.
    pub touches: i64,
    /// Those nobody asked for.
    pub unsolicited: i64,
}

/// Counts of a territory, by window, channel and function.
type Cells = [[[TouchCount; FEW]; FEW]; WindowLength::ALL.len()];

/// Touches by window, territory, channel and function.
#[derive(Debug, Default)]
pub struct TouchSums {
    by_territory: BTreeMap<String, Box<Cells>>,
}

/// One of [`TouchSums`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TouchSum<'s> {
    /// Window.
    pub window: WindowLength,
    /// Territory of the HCPs, today.
    pub territory: &'s str,
    /// Channel.
    pub channel: Channel,
    /// Function.
    pub function: BusinessFunction,
    /// How many; at least one.
    pub count: TouchCount,
}

impl TouchSums {
    /// Every sum that is not 0, in one order.
    pub fn iter(&self) -> impl Iterator<Item = TouchSum<'_>> {
        let of_window = |territory, window: WindowLength, cells: &[[TouchCount; FEW]; FEW]| {
            let mut sums = Vec::new();
            for (channel, functions) in Channel::ALL.iter().zip(cells) {
                let counted = BusinessFunction::ALL.iter().zip(functions).filter(|(_, count)| count.touches > 0);
                sums.extend(counted.map(|(function, count)| TouchSum {
                    window,
                    territory,
                    channel: *channel,
                    function: *function,
                    count: *count,
                }));
            }
            sums
        };
        self.by_territory.iter().flat_map(move |(territory, windows)| {
            let windows = WindowLength::ALL.into_iter().zip(windows.iter());
            windows.flat_map(move |(window, cells)| of_window(territory.as_str(), window, cells))
        })
    }

    fn count(&mut self, territory: &str, count: impl FnOnce(&mut Cells)) {
        // Most HCPs are of a territory that is there: no copy of its name.
        match self.by_territory.get_mut(territory) {
            Some(cells) => count(cells),
            None => count(self.by_territory.entry(territory.to_owned()).or_default()),
        }
    }
}

/// How a request of the headline window stands at T.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestState {
    /// Not answered, SLA still running.
    Open,
    /// Not answered, SLA over.
    PastSla,
    /// Answered after the SLA.
    AnsweredLate,
    /// Answered within the SLA.
    AnsweredInTime,
}

impl RequestState {
    /// The text in column `state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::PastSla => "past_sla",
            Self::AnsweredLate => "answered_late",
            Self::AnsweredInTime => "answered_in_time",
        }
    }
}

impl Shard {
    /// Adds the touches of HCPs `from..to` at the shard's present time, as `audience` sees them.
    pub fn add_touches(&self, hcps: std::ops::Range<u32>, audience: Audience, sums: &mut TouchSums) {
        let (now, mut found) = (self.now(), Vec::new());
        for hcp in hcps.filter_map(|n| self.hcp(n)) {
            let Some(list) = hcp.list() else { continue };
            let retained = within(list.entries(), now - RETENTION, now);
            let source = touches::Source { retained, texts: list.records(audience, self.words()).texts, audience };
            source.collect(within(retained, now - LENGTHS[LENGTHS.len() - 1], now), &mut found);
            if found.is_empty() {
                continue;
            }
            sums.count(self.territory(&hcp.id, now), |cells| found.iter().for_each(|touch| add(cells, touch, now)));
        }
    }

    /// Adds the requests of the headline window by territory and state, and gives the number of HCPs behind them.
    /// Medical: audience full only.
    pub fn add_requests(&self, hcps: std::ops::Range<u32>, sums: &mut BTreeMap<(String, RequestState), i64>) -> usize {
        let mut asking = 0;
        let (now, sla) = (self.now(), self.policy().request_sla);
        for hcp in hcps.filter_map(|n| self.hcp(n)) {
            let inside = within(hcp.entries(), now - WindowLength::HEADLINE.micros(), now);
            let mut requests = inside.iter().filter(|e| e.is_request() && e.counts_for(Audience::Full)).peekable();
            asking += usize::from(requests.peek().is_some());
            for request in requests {
                let state = match request.answered_at() {
                    Some(at) if at - request.occurred_at <= sla => RequestState::AnsweredInTime,
                    Some(_) => RequestState::AnsweredLate,
                    None if request.occurred_at + sla <= now => RequestState::PastSla,
                    None => RequestState::Open,
                };
                *sums.entry((self.territory(&hcp.id, now).to_owned(), state)).or_default() += 1;
            }
        }
        asking
    }

    fn territory(&self, hcp_id: &str, at: Micros) -> &str {
        let row = self.reference().hcp(hcp_id, at);
        row.and_then(|r| r.territory.as_deref()).unwrap_or(UNKNOWN)
    }
}

/// Adds a touch to every window that holds it at `now`.
fn add(cells: &mut Cells, touch: &touches::Touch, now: Micros) {
    let (channel, function) = (usize::from(touch.channel.code()), usize::from(touch.function.code()));
    // Windows come shortest first, and the longer ones hold what a shorter one holds.
    let first = LENGTHS.partition_point(|length| touch.at <= now - length);
    for window in cells.iter_mut().skip(first) {
        if let Some(count) = window.get_mut(channel).and_then(|functions| functions.get_mut(function)) {
            count.touches += 1;
            count.unsolicited += i64::from(touch.is_unsolicited());
        }
    }
}
