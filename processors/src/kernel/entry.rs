//! One retained record: the winner of its identity, in 64 bytes, a cache line.
//!
//! Text that is only compared for equality is interned (`0` = absent); ids that are unique per record (`event_id`,
//! `request_id`) are references into an arena. An entry counts for an audience when it wins its identity among the
//! records that the audience sees (metrics.md §1): a record of function medical can win for audience full while an
//! earlier version without it still wins for audience commercial, so an identity keeps at most two entries.

use super::Texts;
use super::notes::Notes;
use touchpoint::policy::Meeting;
use touchpoint::time::Micros;
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Purpose, Status, Word};

/// `occurred_at` of a delete, which has none: sorts after every instant.
pub const NO_INSTANT: Micros = Micros::MAX;

const DELETE: u16 = 1;
const DATE_ONLY: u16 = 1 << 1;
const DECLARED: u16 = 1 << 2;
const FULL: u16 = 1 << 3;
const COMMERCIAL: u16 = 1 << 4;
const UNTIMELY: u16 = 1 << 5;
const ZONE_KNOWN: u16 = 1 << 6;
// What status, kind and function come to is asked for every entry of every evaluation, so it is settled once.
const TOUCH: u16 = 1 << 7;
const REQUEST: u16 = 1 << 8;
const ATTEMPT: u16 = 1 << 9;
const ANSWERED: u16 = 1 << 10;
const HIDDEN: u16 = 1 << 11;
const MEDICAL: u16 = 1 << 12;
const EXEMPT: u16 = 1 << 13;
const UNSUBSCRIBED: u16 = 1 << 14;
/// Its notes begin with an instant.
const DATED: u16 = 1 << 15;

/// What an entry knows beyond its ids: small enough to copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Event time, or [`NO_INSTANT`] for deletes.
    pub occurred_at: Micros,
    /// Version.
    pub version: i64,
    /// Order among records of equal version and rank: see `state::position`.
    pub position: u64,
    /// Arena reference of the event id.
    pub event_id: u32,
    /// Arena reference of its [`Notes`], 0 for none.
    pub notes: u32,
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
    flags: u16,
    kind_and_purpose: u8,
    status: u8,
    channel: u8,
    function: u8,
}

const _: () = assert!(size_of::<Entry>() == 64);

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
    /// Whom a call reached at once.
    pub meeting: Option<Meeting>,
    /// Function, `None` on deletes that do not say.
    pub function: Option<BusinessFunction>,
    /// Purpose, `None` on deletes that do not say.
    pub purpose: Option<Purpose>,
}

const ABSENT: u8 = u8::MAX;
/// Bit of `channel` that says an e-mail came from headquarters, or a call was made on a group: no record can be both.
const APART: u8 = 0x80;
/// `purpose` sits above this many bits of `kind`.
const KIND_BITS: u32 = 4;
const NO_PURPOSE: u8 = 0xF;

/// Number of weight classes: the channels, and e-mail from headquarters apart.
pub const WEIGHT_CLASSES: usize = Channel::ALL.len() + 1;

/// See [`Entry::weight_class`].
pub fn weight_class(channel: Channel, origin: Option<Origin>) -> usize {
    if origin == Some(Origin::Hq) { Channel::ALL.len() } else { usize::from(channel.code()) }
}

impl Entry {
    /// An entry with its words; ids, flags and times are set afterwards.
    pub fn new(words: Words) -> Self {
        let code = |c: Option<u8>| c.unwrap_or(ABSENT);
        let apart = words.origin == Some(Origin::Hq) || words.meeting == Some(Meeting::Group);
        let apart = if apart { APART } else { 0 };
        let purpose = words.purpose.map_or(NO_PURPOSE, Word::code);
        Self {
            occurred_at: NO_INSTANT,
            version: 0,
            position: 0,
            event_id: 0,
            notes: 0,
            source: 0,
            owner: 0,
            product: 0,
            theme: 0,
            plan_or_answer: [0; 2],
            ingested_day: 0,
            flags: facts(words),
            kind_and_purpose: words.kind.code() | purpose << KIND_BITS,
            status: code(words.status.map(Word::code)),
            channel: words.channel.map_or(ABSENT, |c| c.code() | apart),
            function: code(words.function.map(Word::code)),
        }
    }

    /// Feed.
    pub fn kind(&self) -> Kind {
        Kind::from_code(self.kind_and_purpose & ((1 << KIND_BITS) - 1)).unwrap_or(Kind::Calls)
    }

    /// Status, `None` on deletes.
    pub fn status(&self) -> Option<Status> {
        Status::from_code(self.status)
    }

    /// Channel, `None` on deletes.
    pub fn channel(&self) -> Option<Channel> {
        if self.channel == ABSENT { None } else { Channel::from_code(self.channel & !APART) }
    }

    /// Origin of an e-mail: headquarters or rep; `None` for other kinds.
    pub fn origin(&self) -> Option<Origin> {
        (self.kind() == Kind::Emails).then_some(if self.channel & APART == 0 { Origin::Rep } else { Origin::Hq })
    }

    /// Whom a call reached at once; `None` for other kinds.
    pub fn meeting(&self) -> Option<Meeting> {
        let group = self.channel != ABSENT && self.channel & APART != 0;
        (self.kind() == Kind::Calls).then_some(if group { Meeting::Group } else { Meeting::OneToOne })
    }

    /// Function, `None` on deletes that do not say.
    pub fn function(&self) -> Option<BusinessFunction> {
        BusinessFunction::from_code(self.function)
    }

    /// Purpose, `None` on deletes that do not say.
    pub fn purpose(&self) -> Option<Purpose> {
        Purpose::from_code(self.kind_and_purpose >> KIND_BITS)
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
        !self.has(HIDDEN)
    }

    /// Whether this is a live record of the audience: it wins its identity there and is no delete.
    pub fn counts_for(&self, audience: Audience) -> bool {
        self.flags & (wins(audience) | DELETE) == wins(audience)
    }

    /// Whether this record wins its identity among those the audience sees.
    pub fn wins_for(&self, audience: Audience) -> bool {
        self.has(wins(audience))
    }

    /// Records the outcome of [`Entry::wins_for`].
    pub fn set_wins(&mut self, audience: Audience, won: bool) {
        self.set(wins(audience), won);
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
        self.has(REQUEST)
    }

    /// Whether the status makes a touch.
    pub fn is_touch(&self) -> bool {
        self.has(TOUCH)
    }

    /// Whether it is a touch that is still to be made; that its instant has passed changes nothing.
    pub fn is_planned(&self) -> bool {
        !self.is_delete() && self.status().is_some_and(Status::is_planned)
    }

    /// What becomes of a planned touch that is made as planned: the first state of its kind that is a touch.
    pub fn as_made(&self) -> Self {
        let mut made = *self;
        if let Some(status) = self.kind().first_touch() {
            made.status = status.code();
            made.set(TOUCH, true);
        }
        made
    }

    /// Whether function medical did it.
    pub fn is_medical(&self) -> bool {
        self.has(MEDICAL)
    }

    /// Whether it serves the HCP (purpose service or safety): never an interruption.
    pub fn is_exempt(&self) -> bool {
        self.has(EXEMPT)
    }

    /// Whether this e-mail made the HCP unsubscribe: it withdraws consent, see [`Entry::withdrawn_at`].
    pub fn is_unsubscribed(&self) -> bool {
        self.has(UNSUBSCRIBED)
    }

    /// When an e-mail of status unsubscribed withdrew consent: at its `status_at`, without one when it was sent.
    pub fn withdrawn_at(&self, texts: &impl Texts) -> Micros {
        self.notes(|reference| texts.text(reference)).status_at.unwrap_or(self.occurred_at)
    }

    /// Id of the request that the touch answers; empty for none.
    pub fn request_id<'t>(&self, texts: &'t impl Texts) -> &'t [u8] {
        self.notes(|reference| texts.text(reference)).request_id
    }

    /// What it has beside its words, as `text` knows it.
    pub fn notes<'t>(&self, text: impl FnOnce(u32) -> &'t [u8]) -> Notes<'t> {
        if self.notes == 0 { Notes::default() } else { Notes::read(text(self.notes), self.has(DATED)) }
    }

    /// Says where its notes are stored, 0 for nowhere.
    pub fn set_notes(&mut self, reference: u32, notes: &Notes<'_>) {
        self.notes = reference;
        self.set(DATED, notes.status_at.is_some());
    }

    /// Channel and, for e-mail, origin as one small number: what weights depend on. Below [`WEIGHT_CLASSES`].
    pub fn weight_class(&self) -> usize {
        weight_class(self.channel().unwrap_or(Channel::MedicalRequest), self.origin())
    }

    /// Whether this is a call that found no access.
    pub fn is_attempt(&self) -> bool {
        self.has(ATTEMPT)
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
        (self.has(ANSWERED) && answer != 0).then(|| answer - 1)
    }

    /// Sets the answer of a request; instants start at the epoch, so one is added to tell 0 from none.
    pub fn set_answered_at(&mut self, at: Option<Micros>) {
        let answer = at.map_or(0, |a| (a + 1) as u64);
        self.plan_or_answer = [(answer >> 32) as u32, answer as u32];
    }

    fn has(&self, bit: u16) -> bool {
        self.flags & bit != 0
    }

    fn set(&mut self, bit: u16, on: bool) {
        if on {
            self.flags |= bit;
        } else {
            self.flags &= !bit;
        }
    }
}

fn wins(audience: Audience) -> u16 {
    match audience {
        Audience::Full => FULL,
        Audience::Commercial => COMMERCIAL,
    }
}

/// The flags that follow from the words alone.
fn facts(words: Words) -> u16 {
    let (request, status) = (words.kind == Kind::Requests, words.status);
    let medical = words.function == Some(BusinessFunction::Medical);
    let flag = |on: bool, bit: u16| if on { bit } else { 0 };
    flag(status.is_some_and(|s| s.is_touch(words.kind)), TOUCH)
        | flag(request && status.is_some_and(|s| s != Status::Withdrawn), REQUEST)
        | flag(status == Some(Status::NoAccess), ATTEMPT)
        | flag(request && matches!(status, Some(Status::Answered | Status::Closed)), ANSWERED)
        | flag(words.kind == Kind::Emails && status == Some(Status::Unsubscribed), UNSUBSCRIBED)
        | flag(request || medical, HIDDEN)
        | flag(medical, MEDICAL)
        | flag(matches!(words.purpose, Some(Purpose::Service | Purpose::Safety)), EXEMPT)
}
