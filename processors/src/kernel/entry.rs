//! One retained record: the winner of its identity, in 72 bytes.
//!
//! Text that is only compared for equality is interned (`0` = absent); ids that are unique per record (`event_id`,
//! `request_id`) are references into an arena. An entry counts for an audience when it wins its identity among the
//! records that the audience sees (metrics.md §1): a record of function medical can win for audience full while an
//! earlier version without it still wins for audience commercial, so an identity keeps at most two entries.

use touchpoint::time::Micros;
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Purpose, Status, Word};

/// `occurred_at` of a delete, which has none: sorts after every instant.
pub const NO_INSTANT: Micros = Micros::MAX;

const DELETE: u8 = 1;
const DATE_ONLY: u8 = 2;
const DECLARED: u8 = 4;
const FULL: u8 = 8;
const COMMERCIAL: u8 = 16;
const UNTIMELY: u8 = 32;
const ZONE_KNOWN: u8 = 64;

/// What an entry knows beyond its ids: small enough to copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Event time, or [`NO_INSTANT`] for deletes.
    pub occurred_at: Micros,
    /// Version.
    pub version: i64,
    /// Order among records of equal version and rank: see `state::position`.
    pub position: u64,
    /// Hash of (kind, source, event id): a filter before bytes are compared.
    pub identity: u32,
    /// Arena reference of the event id.
    pub event_id: u32,
    /// Arena reference of the request id, 0 for none.
    pub request_id: u32,
    /// Interned source.
    pub source: u32,
    /// Interned owner, 0 for unknown.
    pub owner: u32,
    /// Interned product, 0 for unknown.
    pub product: u32,
    /// Interned theme, 0 for unknown.
    pub theme: u32,
    // A request has an answer and no plan; a touch may have a plan and no answer. They share these two words.
    plan_or_answer: [u32; 2],
    /// Day of `ingested_at` since the epoch: how long the version is remembered when `occurred_at` lies further back.
    pub ingested_day: u16,
    kind: u8,
    status: u8,
    channel: u8,
    function: u8,
    purpose: u8,
    flags: u8,
}

/// The words of an entry, as given to [`Entry::new`].
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Feed.
    pub kind: Kind,
    /// Status, `None` on deletes.
    pub status: Option<Status>,
    /// Channel, `None` on deletes.
    pub channel: Option<Channel>,
    /// Origin of an e-mail.
    pub origin: Option<Origin>,
    /// Function, `None` on deletes that do not say.
    pub function: Option<BusinessFunction>,
    /// Purpose, `None` on deletes that do not say.
    pub purpose: Option<Purpose>,
}

const ABSENT: u8 = u8::MAX;
/// Bit of `channel` that says an e-mail came from headquarters.
const HQ: u8 = 0x80;

impl Entry {
    /// An entry with its words; ids, flags and times are set afterwards.
    pub fn new(words: Words) -> Self {
        let code = |c: Option<u8>| c.unwrap_or(ABSENT);
        let hq = if words.origin == Some(Origin::Hq) { HQ } else { 0 };
        Self {
            occurred_at: NO_INSTANT,
            version: 0,
            position: 0,
            identity: 0,
            event_id: 0,
            request_id: 0,
            source: 0,
            owner: 0,
            product: 0,
            theme: 0,
            plan_or_answer: [0; 2],
            ingested_day: 0,
            kind: words.kind.code(),
            status: code(words.status.map(Word::code)),
            channel: words.channel.map_or(ABSENT, |c| c.code() | hq),
            function: code(words.function.map(Word::code)),
            purpose: code(words.purpose.map(Word::code)),
            flags: 0,
        }
    }

    /// Feed.
    pub fn kind(&self) -> Kind {
        Kind::from_code(self.kind).unwrap_or(Kind::Calls)
    }

    /// Status, `None` on deletes.
    pub fn status(&self) -> Option<Status> {
        Status::from_code(self.status)
    }

    /// Channel, `None` on deletes.
    pub fn channel(&self) -> Option<Channel> {
        if self.channel == ABSENT { None } else { Channel::from_code(self.channel & !HQ) }
    }

    /// Origin of an e-mail: headquarters or rep; `None` for other kinds.
    pub fn origin(&self) -> Option<Origin> {
        (self.kind() == Kind::Emails).then_some(if self.channel & HQ == 0 { Origin::Rep } else { Origin::Hq })
    }

    /// Function, `None` on deletes that do not say.
    pub fn function(&self) -> Option<BusinessFunction> {
        BusinessFunction::from_code(self.function)
    }

    /// Purpose, `None` on deletes that do not say.
    pub fn purpose(&self) -> Option<Purpose> {
        Purpose::from_code(self.purpose)
    }

    /// Rank among records of one identity and version: a delete outranks every status.
    pub fn rank(&self) -> u8 {
        if self.is_delete() {
            return u8::MAX;
        }
        self.status().and_then(|s| s.rank(self.kind())).unwrap_or(0)
    }

    /// The order that decides which record of an identity is live.
    pub fn precedence(&self) -> (i64, u8, u64) {
        (self.version, self.rank(), self.position)
    }

    /// Whether the commercial audience may know of this record at all.
    pub fn is_commercial(&self) -> bool {
        self.kind() != Kind::Requests && self.function() != Some(BusinessFunction::Medical)
    }

    /// Whether this is a live record of the audience: it wins its identity there and is no delete.
    pub fn counts_for(&self, audience: Audience) -> bool {
        !self.is_delete() && self.wins_for(audience)
    }

    /// Whether this record wins its identity among those the audience sees.
    pub fn wins_for(&self, audience: Audience) -> bool {
        self.has(match audience {
            Audience::Full => FULL,
            Audience::Commercial => COMMERCIAL,
        })
    }

    /// Records the outcome of [`Entry::wins_for`].
    pub fn set_wins(&mut self, audience: Audience, wins: bool) {
        let bit = match audience {
            Audience::Full => FULL,
            Audience::Commercial => COMMERCIAL,
        };
        self.set(bit, wins);
    }

    /// Whether it removes its interaction.
    pub fn is_delete(&self) -> bool {
        self.has(DELETE)
    }

    /// Marks a delete.
    pub fn mark_delete(&mut self) {
        self.set(DELETE, true);
    }

    /// Whether `occurred_at` is only known to the day.
    pub fn is_date_only(&self) -> bool {
        self.has(DATE_ONLY)
    }

    /// Sets the precision.
    pub fn mark_date_only(&mut self) {
        self.set(DATE_ONLY, true);
    }

    /// Whether the record declares itself solicited.
    pub fn is_declared(&self) -> bool {
        self.has(DECLARED)
    }

    /// Marks a declared solicitation.
    pub fn mark_declared(&mut self) {
        self.set(DECLARED, true);
    }

    /// Whether the touch has instant precision and lies outside local working hours, `None` when its zone is unknown.
    pub fn untimely(&self) -> Option<bool> {
        self.has(ZONE_KNOWN).then_some(self.has(UNTIMELY))
    }

    /// Sets [`Entry::untimely`].
    pub fn set_untimely(&mut self, untimely: Option<bool>) {
        self.set(ZONE_KNOWN, untimely.is_some());
        self.set(UNTIMELY, untimely == Some(true));
    }

    /// A live request's life: it came in and was not withdrawn.
    pub fn is_request(&self) -> bool {
        self.kind() == Kind::Requests && self.status() != Some(Status::Withdrawn)
    }

    /// Whether the status makes a touch.
    pub fn is_touch(&self) -> bool {
        self.status().is_some_and(|s| s.is_touch(self.kind()))
    }

    /// Whether this is a call that found no access.
    pub fn is_attempt(&self) -> bool {
        self.status() == Some(Status::NoAccess)
    }

    /// The engagement plan (interned), 0 for none; requests have none.
    pub fn plan(&self) -> u32 {
        if self.kind() == Kind::Requests { 0 } else { self.plan_or_answer[0] }
    }

    /// The plan step (interned), 0 for none.
    pub fn plan_step(&self) -> u32 {
        if self.kind() == Kind::Requests { 0 } else { self.plan_or_answer[1] }
    }

    /// Sets plan and step of a touch.
    pub fn set_plan(&mut self, plan: u32, step: u32) {
        self.plan_or_answer = [plan, step];
    }

    /// When a request was answered: status answered or closed, with an `answered_at`.
    pub fn answered_at(&self) -> Option<Micros> {
        let [high, low] = self.plan_or_answer;
        let answer = i64::from(high) << 32 | i64::from(low);
        let answered = matches!(self.status(), Some(Status::Answered | Status::Closed));
        (self.kind() == Kind::Requests && answered && answer != 0).then(|| answer - 1)
    }

    /// Sets the answer of a request; instants start at the epoch, so one is added to tell 0 from none.
    pub fn set_answered_at(&mut self, at: Option<Micros>) {
        let answer = at.map_or(0, |a| (a + 1) as u64);
        self.plan_or_answer = [(answer >> 32) as u32, answer as u32];
    }

    fn has(&self, bit: u8) -> bool {
        self.flags & bit != 0
    }

    fn set(&mut self, bit: u8, on: bool) {
        if on {
            self.flags |= bit;
        } else {
            self.flags &= !bit;
        }
    }
}
