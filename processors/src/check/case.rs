//! One proposal beside the records of its HCP: the touch as the kernel would see its record, and the text behind both.

use super::proposal::Proposal;
use crate::kernel::entry::Words;
use crate::kernel::notes::Notes;
use crate::kernel::touches::Source;
use crate::kernel::{Entry, Records, Texts, within};
use crate::state::dictionary::untimely;
use crate::state::interner::Interner;
use crate::state::list::HcpTexts;
use touchpoint::policy::{Meeting, TouchFacts};
use touchpoint::time::{Micros, RETENTION};
use touchpoint::{Audience, Kind, Origin, Policy, Reference};

// Words that no record ever said have no number: the proposal's own have these, which no interner reaches.
const OWNER: u32 = u32::MAX;
const PRODUCT: u32 = u32::MAX - 1;
const THEME: u32 = u32::MAX - 2;
const PLAN: u32 = u32::MAX - 3;
const STEP: u32 = u32::MAX - 4;
/// References that no arena reaches, which ends before 4 GiB.
const EVENT_ID: u32 = u32::MAX;
const REQUEST_ID: u32 = u32::MAX - 1;

/// What a case is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) reference: &'a Reference,
    pub(crate) audience: Audience,
}

/// See the module.
pub(super) struct Case<'a> {
    pub(super) proposal: &'a Proposal,
    pub(super) rules: Rules<'a>,
    /// In window order; empty where no record is known.
    pub(super) entries: &'a [Entry],
    texts: CaseTexts<'a>,
    touch: Entry,
}

impl<'a> Case<'a> {
    /// `known` are the records of the HCP, `words` those of its shard.
    pub(super) fn new(
        proposal: &'a Proposal,
        rules: Rules<'a>,
        known: Records<'a, HcpTexts<'a>>,
        words: &Interner,
    ) -> Self {
        let mut touch = Entry::new(Words {
            kind: proposal.kind(),
            status: proposal.status(),
            channel: Some(proposal.channel),
            origin: (proposal.kind() == Kind::Emails).then_some(proposal.origin.unwrap_or(Origin::Rep)),
            meeting: Meeting::of(proposal.kind(), proposal.attendees),
            function: Some(proposal.function()),
            purpose: Some(proposal.purpose()),
        });
        let number = |text: &Option<String>, own| words.find(text.as_deref()).unwrap_or(own);
        touch.event_id = EVENT_ID;
        if let Some(request_id) = &proposal.request_id {
            touch.set_notes(REQUEST_ID, &Notes { status_at: None, request_id: request_id.as_bytes() });
        }
        touch.owner = number(&proposal.owner_id, OWNER);
        touch.product = number(&proposal.product, PRODUCT);
        touch.theme = number(&proposal.theme, THEME);
        touch.set_plan(number(&proposal.plan_id, PLAN), number(&proposal.plan_step, STEP));
        touch.set_wins(Audience::Full, true);
        touch.set_wins(Audience::Commercial, touch.is_commercial());
        if proposal.solicited {
            touch.mark_declared();
        }
        let texts = CaseTexts { known: known.texts, proposal };
        Self { proposal, rules, entries: known.entries, texts, touch }
    }

    /// The record of the touch, if it were made at `at`.
    pub(super) fn touch(&self, at: Micros) -> Entry {
        let mut touch = self.touch;
        touch.occurred_at = at;
        touch.set_untimely(untimely(&touch, &self.proposal.hcp_id, self.rules.reference, self.rules.policy));
        touch
    }

    /// What touches of `entries` are told from.
    pub(super) fn records<'e>(&self, entries: &'e [Entry]) -> Records<'e, CaseTexts<'a>> {
        Records { entries, texts: self.texts, audience: self.rules.audience }
    }

    /// What the touches up to `at` are told from.
    pub(super) fn source(&self, at: Micros) -> Source<'a, CaseTexts<'a>> {
        let retained = within(self.entries, at - RETENTION, at);
        Source { retained, texts: self.texts, audience: self.rules.audience }
    }

    /// What was ever heard of the HCP, as far as it is remembered.
    pub(super) fn heard(&self) -> Source<'a, CaseTexts<'a>> {
        Source { retained: self.entries, texts: self.texts, audience: self.rules.audience }
    }

    /// What scopes and rules see of the touch, if it were made at `at`.
    pub(super) fn facts(&self, at: Micros) -> TouchFacts<'a> {
        TouchFacts {
            kind: self.proposal.kind(),
            channel: self.proposal.channel,
            origin: self.proposal.origin,
            meeting: Meeting::of(self.proposal.kind(), self.proposal.attendees),
            function: self.proposal.function(),
            purpose: self.proposal.purpose(),
            product: self.proposal.product.as_deref(),
            basis: self.source(at).basis(&self.touch(at)),
        }
    }

    /// Whether any record of the HCP is one that the audience sees.
    pub(super) fn has_records(&self) -> bool {
        self.entries.iter().any(|entry| entry.counts_for(self.rules.audience))
    }
}

/// The text behind the records of the HCP and behind the proposal.
#[derive(Debug, Clone, Copy)]
pub(super) struct CaseTexts<'a> {
    known: HcpTexts<'a>,
    proposal: &'a Proposal,
}

impl Texts for CaseTexts<'_> {
    fn text(&self, reference: u32) -> &[u8] {
        match reference {
            EVENT_ID => b"",
            REQUEST_ID => self.proposal.request_id.as_deref().unwrap_or_default().as_bytes(),
            known => self.known.text(known),
        }
    }

    fn word(&self, number: u32) -> &str {
        let own = match number {
            OWNER => &self.proposal.owner_id,
            PRODUCT => &self.proposal.product,
            THEME => &self.proposal.theme,
            PLAN => &self.proposal.plan_id,
            STEP => &self.proposal.plan_step,
            known => return self.known.word(known),
        };
        own.as_deref().unwrap_or_default()
    }
}
