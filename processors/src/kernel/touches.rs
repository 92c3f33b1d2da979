//! The touches of one audience, oldest first, each with its solicitation resolved (metrics.md §1).

use super::Texts;
use super::consents::Consents;
use super::entry::Entry;
use super::plans::InPlan;
use touchpoint::policy::{Basis, TouchFacts};
use touchpoint::time::Micros;
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Purpose};

/// Why a touch is solicited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolicitedBasis {
    /// A medical touch that answers a live request of the same HCP.
    Request,
    /// Purpose service or safety.
    Exempt,
    /// The record says so, and nothing else does.
    Declared,
}

/// One touch, as the window pass needs it.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    /// Event time.
    pub at: Micros,
    /// Interned owner, 0 for unknown.
    pub owner: u32,
    /// Interned product, 0 for unknown.
    pub product: u32,
    /// Interned theme, 0 for unknown.
    pub theme: u32,
    /// Interned plan, 0 for none.
    pub plan: u32,
    /// Interned step of the plan, 0 for none.
    pub plan_step: u32,
    /// Feed.
    pub kind: Kind,
    /// Channel.
    pub channel: Channel,
    /// Origin of an e-mail.
    pub origin: Option<Origin>,
    /// Acting function.
    pub function: BusinessFunction,
    /// Purpose.
    pub purpose: Purpose,
    /// `None` for an interruption.
    pub solicited: Option<SolicitedBasis>,
    /// Known to the day only.
    pub date_only: bool,
    /// Outside local working hours; `None` when the zone is unknown.
    pub untimely: Option<bool>,
    /// What its plan says of it, once [`plans::map`](super::plans::map) was asked.
    pub in_plan: InPlan,
    /// Whether its channel had no valid consent, where consent is known.
    pub without_consent: bool,
}

impl Touch {
    /// Whether nobody asked for it.
    pub fn is_unsolicited(&self) -> bool {
        self.solicited.is_none()
    }
}

/// What scopes and rules see of a touch on this basis; `None` for an entry without channel, function or purpose.
pub fn facts<'t>(texts: &'t impl Texts, entry: &Entry, basis: Basis) -> Option<TouchFacts<'t>> {
    Some(TouchFacts {
        kind: entry.kind(),
        channel: entry.channel()?,
        origin: entry.origin(),
        meeting: entry.meeting(),
        function: entry.function()?,
        purpose: entry.purpose()?,
        product: (entry.product != 0).then(|| texts.word(entry.product)),
        basis,
    })
}

/// What the touches of an audience are told from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a, T> {
    /// Entries with `T − 400 d < occurred_at ≤ T`, in window order: also where requests are looked up.
    pub retained: &'a [Entry],
    /// The text behind their ids and words.
    pub texts: T,
    /// Whose view.
    pub audience: Audience,
}

impl<'a, T: Texts> Source<'a, T> {
    /// Fills `touches` with those of `part`, a stretch of the retained entries, oldest first. Nobody has asked plans and
    /// consent yet.
    pub fn collect(&self, part: &[Entry], touches: &mut Vec<Touch>) {
        touches.clear();
        touches.extend(self.entries(part).filter_map(|entry| self.touch(entry)));
    }

    /// As [`Source::collect`], each with what consent says of it.
    pub fn collect_asking(&self, consents: &mut Consents<'_>, part: &[Entry], touches: &mut Vec<Touch>) {
        touches.clear();
        for entry in self.entries(part) {
            let Some(mut touch) = self.touch(entry) else { continue };
            touch.without_consent = !consents.allow(entry, touch.channel);
            touches.push(touch);
        }
    }

    /// The entries of `part` that are touches of the audience.
    pub fn entries<'p>(&self, part: &'p [Entry]) -> impl Iterator<Item = &'p Entry> + use<'p, T> {
        let audience = self.audience;
        part.iter().filter(move |e| e.is_touch() && e.counts_for(audience))
    }

    /// `None` for an entry without channel, function or purpose, which decoding defaults on everything but deletes.
    fn touch(&self, entry: &Entry) -> Option<Touch> {
        Some(Touch {
            at: entry.occurred_at,
            owner: entry.owner,
            product: entry.product,
            theme: entry.theme,
            plan: entry.plan(),
            plan_step: entry.plan_step(),
            kind: entry.kind(),
            channel: entry.channel()?,
            origin: entry.origin(),
            function: entry.function()?,
            purpose: entry.purpose()?,
            solicited: self.solicited_basis(entry),
            date_only: entry.is_date_only(),
            untimely: entry.untimely(),
            in_plan: InPlan::default(),
            without_consent: false,
        })
    }

    /// Whether and why a touch is solicited.
    pub fn basis(&self, entry: &Entry) -> Basis {
        match self.solicited_basis(entry) {
            None => Basis::Unsolicited,
            Some(SolicitedBasis::Declared) => Basis::Declared,
            Some(SolicitedBasis::Exempt) => Basis::Exempt,
            Some(SolicitedBasis::Request) => Basis::Request,
        }
    }

    /// Why a touch is solicited, `None` for an interruption.
    pub fn solicited_basis(&self, entry: &Entry) -> Option<SolicitedBasis> {
        if entry.notes != 0 && entry.is_medical() && self.answers_request(entry) {
            return Some(SolicitedBasis::Request);
        }
        if entry.is_exempt() {
            return Some(SolicitedBasis::Exempt);
        }
        entry.is_declared().then_some(SolicitedBasis::Declared)
    }

    /// Whether a live, not withdrawn request with this id came in no later than the touch.
    fn answers_request(&self, touch: &Entry) -> bool {
        let wanted = touch.request_id(&self.texts);
        if wanted.is_empty() {
            return false;
        }
        let mut requests = self.retained.iter().take_while(|e| e.occurred_at <= touch.occurred_at);
        requests.any(|e| e.is_request() && e.counts_for(self.audience) && self.texts.text(e.event_id) == wanted)
    }
}
