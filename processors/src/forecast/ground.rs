//! The records of one HCP as an audience sees them, and which of them are planned: what a look at a touch is taken from.

use super::{Asked, LOOKED_AT};
use crate::check::{Look, Moment, Rules};
use crate::kernel::entry::NO_INSTANT;
use crate::kernel::touches::{self, Source};
use crate::kernel::{Entry, Records, planned, within};
use crate::state::Shard;
use crate::state::list::HcpTexts;
use touchpoint::policy::{Basis, TouchFacts};
use touchpoint::time::{Micros, RETENTION};

/// See the module.
pub(super) struct Ground<'a> {
    pub(super) rules: Rules<'a>,
    pub(super) hcp_id: &'a str,
    pub(super) entries: &'a [Entry],
    /// Places of the planned touches after T that are looked at, rising.
    pub(super) planned: Vec<usize>,
    /// The end of the horizon.
    pub(super) last: Micros,
    texts: HcpTexts<'a>,
}

impl<'a> Ground<'a> {
    /// `None` when no planned touch lies in the horizon.
    pub(super) fn of(shard: &'a Shard, number: u32, asked: Asked) -> Option<Self> {
        let hcp = shard.hcp(number)?;
        let Records { entries, texts, audience } = hcp.list()?.records(asked.audience, shard.words());
        let ahead = planned::ahead(entries, audience, (asked.at, NO_INSTANT - 1));
        // Decoding gives every record that is no delete the words that a touch needs.
        let complete = ahead.filter(|(_, entry)| touches::facts(&texts, entry, Basis::Unsolicited).is_some());
        let planned: Vec<usize> = complete.map(|(place, _)| place).take(LOOKED_AT).collect();
        let last = asked.at.saturating_add(asked.horizon);
        if entries.get(*planned.first()?)?.occurred_at > last {
            return None;
        }
        let rules = Rules { policy: shard.policy(), reference: shard.reference(), audience };
        Some(Self { rules, hcp_id: &hcp.id, entries, planned, last, texts })
    }

    /// What touches up to `at` are told from, if `known` is what is known then.
    pub(super) fn source<'k>(&self, known: &'k [Entry], at: Micros) -> Source<'k, HcpTexts<'a>> {
        Source { retained: within(known, at - RETENTION, at), texts: self.texts, audience: self.rules.audience }
    }

    /// What scopes and rules see of a touch.
    pub(super) fn facts(&self, touch: &Entry, basis: Basis) -> Option<TouchFacts<'_>> {
        touches::facts(&self.texts, touch, basis)
    }

    /// What bears on `touch`, of which `source` tells what is known.
    pub(super) fn look(&self, touch: &Entry, source: &Source<'_, HcpTexts<'a>>) -> Option<Look<'_>> {
        let facts = self.facts(touch, source.basis(touch))?;
        let heard = Source { retained: self.entries, texts: self.texts, audience: self.rules.audience };
        Some(Look::of(&Moment { rules: self.rules, hcp_id: self.hcp_id, source, heard: &heard, touch }, facts))
    }

    /// Everything as if every planned touch had been made, but for the one at `left_out`.
    pub(super) fn made_without(&self, left_out: usize) -> Vec<Entry> {
        let known = |(place, entry): (usize, &Entry)| match entry.is_planned() {
            false => Some(*entry),
            true if place != left_out && self.planned.binary_search(&place).is_ok() => Some(entry.as_made()),
            true => None,
        };
        self.entries.iter().enumerate().filter_map(known).collect()
    }
}
