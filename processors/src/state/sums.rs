//! Counts over all HCPs that gauges read: touches by territory, channel and function; requests by how they were answered.

use super::shard::Shard;
use crate::kernel::touches;
use crate::kernel::{LENGTHS, within};
use std::collections::BTreeMap;
use touchpoint::reference::UNKNOWN;
use touchpoint::time::{Micros, RETENTION};
use touchpoint::{Audience, BusinessFunction, Channel, WindowLength};

/// Touches of one window, territory, channel and function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TouchCount {
    /// All.
    pub touches: i64,
    /// Those nobody asked for.
    pub unsolicited: i64,
}

/// Key of [`TouchSums`]: window, territory, channel, function.
pub type TouchKey = (WindowLength, String, Channel, BusinessFunction);

/// Counts by key.
pub type TouchSums = BTreeMap<TouchKey, TouchCount>;

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
            let territory = self.territory(&hcp.id, now);
            for (length, micros) in WindowLength::ALL.into_iter().zip(LENGTHS) {
                for touch in found.iter().filter(|t| t.at > now - micros) {
                    let key = (length, territory.clone(), touch.channel, touch.function);
                    let count = sums.entry(key).or_default();
                    count.touches += 1;
                    count.unsolicited += i64::from(touch.is_unsolicited());
                }
            }
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
                *sums.entry((self.territory(&hcp.id, now), state)).or_default() += 1;
            }
        }
        asking
    }

    fn territory(&self, hcp_id: &str, at: Micros) -> String {
        let row = self.reference().hcp(hcp_id, at);
        row.and_then(|r| r.territory.as_deref()).unwrap_or(UNKNOWN).to_owned()
    }
}
