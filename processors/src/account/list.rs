//! The live records of one HCP in window order, and what accounts ask of its touches.

use super::{Asked, TooLong, UNASSIGNED};
use crate::kernel::notes::Notes;
use crate::kernel::touches::{SolicitedBasis, Source};
use crate::kernel::{Entry, LENGTHS, Texts, within};
use crate::state::arena::Arena;
use crate::state::dictionary::Dictionary;
use std::collections::HashMap;
use touchpoint::record::RecordRow;
use touchpoint::time::RETENTION;
use touchpoint::{Audience, BusinessFunction, Kind, Micros, Purpose, Status};

/// How many touches one request verifies.
const VERIFIED_BY_A_REQUEST: u32 = 3;
/// From how many seconds on a touch is a dialogue.
const DIALOGUE_S: i32 = 600;

/// See the module.
#[derive(Debug)]
pub(super) struct HcpList<'r> {
    ids: Arena,
    entries: Vec<Entry>,
    /// Of each entry the account of its touch, and its duration.
    beside: Vec<(&'r str, Option<i32>)>,
}

/// One touch of the longest window.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountTouch<'r> {
    entry: usize,
    pub(super) account: &'r str,
    pub(super) at: Micros,
    pub(super) theme: u32,
    pub(super) function: BusinessFunction,
    /// `None` for an interruption.
    pub(super) solicited: Option<SolicitedBasis>,
    pub(super) is_promotional: bool,
    pub(super) dialogue: Dialogue,
}

/// Whether a touch was a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialogue {
    Yes,
    No,
    /// An unsolicited call of unknown duration.
    Unknown,
}

impl<'r> HcpList<'r> {
    pub(super) fn new(words: &mut Dictionary, records: &[RecordRow<'r>], asked: &Asked<'r>) -> Result<Self, TooLong> {
        let (mut ids, mut rows) = (Arena::default(), Vec::with_capacity(records.len()));
        for record in records {
            let mut entry = words.entry(record, asked.reference, asked.policy);
            entry.event_id = ids.push(record.event_id.as_bytes()).ok_or(TooLong)?;
            let notes = Notes::of(record);
            entry.set_notes(ids.push_notes(&notes).ok_or(TooLong)?, &notes);
            entry.set_wins(Audience::Full, true);
            entry.set_wins(Audience::Commercial, entry.is_commercial());
            rows.push((entry, (account(record, asked), record.duration_s)));
        }
        rows.sort_by(|(a, _), (b, _)| words.window_order(a, b, &ids));
        let (entries, beside) = rows.into_iter().unzip();
        Ok(Self { ids, entries, beside })
    }

    pub(super) fn ids(&self) -> &Arena {
        &self.ids
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The touches of the longest window, oldest first.
    pub(super) fn touches(&self, texts: impl Texts + Copy, asked: &Asked<'_>) -> Vec<AccountTouch<'r>> {
        let retained = within(&self.entries, asked.as_of - RETENTION, asked.as_of);
        let source = Source { retained, texts, audience: asked.audience };
        let longest = asked.as_of - LENGTHS.last().copied().unwrap_or(0);
        let mut verified: HashMap<&[u8], u32> = HashMap::new();
        let mut touches = Vec::new();
        for (place, (entry, (account, duration))) in self.entries.iter().zip(&self.beside).enumerate() {
            let counts = entry.is_touch() && entry.counts_for(asked.audience) && entry.occurred_at <= asked.as_of;
            let (Some(function), true) = (entry.function(), counts && entry.occurred_at > asked.as_of - RETENTION)
            else {
                continue;
            };
            let solicited = source.solicited_basis(entry);
            let answers = (solicited == Some(SolicitedBasis::Request)).then(|| {
                let so_far = verified.entry(self.request_id(entry)).or_default();
                *so_far += 1;
                *so_far
            });
            if entry.occurred_at <= longest {
                continue;
            }
            touches.push(AccountTouch {
                entry: place,
                account,
                at: entry.occurred_at,
                theme: entry.theme,
                function,
                solicited,
                is_promotional: entry.purpose() == Some(Purpose::Promotional),
                dialogue: dialogue(entry, solicited, answers, *duration),
            });
        }
        touches
    }

    fn request_id(&self, entry: &Entry) -> &[u8] {
        entry.notes(|reference| self.ids.text(reference)).request_id
    }

    /// The entries without those `touches` whose place is not in `pool`, which ascends.
    pub(super) fn only(&self, touches: &[AccountTouch<'_>], pool: &[usize]) -> Vec<Entry> {
        let left_out =
            |(place, touch): (usize, &AccountTouch<'_>)| pool.binary_search(&place).is_err().then_some(touch.entry);
        let left_out: Vec<usize> = touches.iter().enumerate().filter_map(left_out).collect();
        let kept = |(place, entry): (usize, &Entry)| left_out.binary_search(&place).is_err().then_some(*entry);
        self.entries.iter().enumerate().filter_map(kept).collect()
    }
}

/// What a record counts for: the account that it names if known then, else that of its HCP then.
fn account<'r>(record: &RecordRow<'r>, asked: &Asked<'r>) -> &'r str {
    let Some(at) = record.occurred_at else { return UNASSIGNED };
    let named = record.account_id.filter(|account| asked.reference.account(account, at).is_some());
    named.or_else(|| asked.reference.account_of(record.hcp_id, at)).unwrap_or(UNASSIGNED)
}

fn dialogue(entry: &Entry, solicited: Option<SolicitedBasis>, answers: Option<u32>, duration: Option<i32>) -> Dialogue {
    let by_basis = match solicited {
        Some(SolicitedBasis::Exempt) => true,
        Some(SolicitedBasis::Request) => answers.is_some_and(|so_far| so_far <= VERIFIED_BY_A_REQUEST),
        Some(SolicitedBasis::Declared) | None => false,
    };
    let came = entry.kind() == Kind::Congress && matches!(entry.status(), Some(Status::Accepted | Status::Attended));
    match duration {
        _ if by_basis || came => Dialogue::Yes,
        Some(seconds) if seconds >= DIALOGUE_S => Dialogue::Yes,
        None if entry.kind() == Kind::Calls && solicited.is_none() => Dialogue::Unknown,
        _ => Dialogue::No,
    }
}
