//! The columns that reference data decide, case by case: touches of one HCP are written down, and what a window says.

mod consents;
mod plans;
mod preferences;
mod targets;

use super::entry::Words;
use super::notes::Notes;
use super::{Entry, Instant, Records, Scratch, Texts, WindowValues, evaluate};
use touchpoint::reference::Tables;
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Audience, BusinessFunction, Channel, Kind, Origin, Policy, Purpose, Reference, Status, WindowLength};

/// The HCP of all cases.
const HCP: &str = "hcp-1";
/// The instant that is asked about.
const T: Micros = 1_000 * DAY;

/// One touch.
#[derive(Debug, Clone, Copy)]
struct Sent<'a> {
    at: Micros,
    channel: Channel,
    status: Status,
    function: BusinessFunction,
    step: Option<(&'a str, &'a str)>,
    is_date_only: bool,
    status_at: Option<Micros>,
}

impl<'a> Sent<'a> {
    /// So long before [`T`], on a channel, by sales.
    fn before(span: Micros, channel: Channel) -> Self {
        let status = match channel {
            Channel::Email => Status::Sent,
            Channel::Congress => Status::Invited,
            _ => Status::Completed,
        };
        let function = BusinessFunction::Sales;
        Self { at: T - span, channel, status, function, step: None, is_date_only: false, status_at: None }
    }

    /// A visit.
    fn visit(span: Micros) -> Self {
        Self::before(span, Channel::FaceToFace)
    }

    /// An e-mail by a rep.
    fn email(span: Micros) -> Self {
        Self::before(span, Channel::Email)
    }

    fn step(self, plan: &'a str, step: &'a str) -> Self {
        Self { step: Some((plan, step)), ..self }
    }

    fn by(self, function: BusinessFunction) -> Self {
        Self { function, ..self }
    }

    fn unsubscribed(self, status_at: Option<Micros>) -> Self {
        Self { status: Status::Unsubscribed, status_at, ..self }
    }
}

/// Records of the HCP in window order, the text behind them, and reference data.
#[derive(Debug, Default)]
struct Case {
    entries: Vec<Entry>,
    words: Vec<String>,
    notes: Vec<Vec<u8>>,
    reference: Reference,
}

impl Case {
    fn new(tables: Tables, touches: &[Sent<'_>]) -> Self {
        let mut case = Self { reference: Reference::try_new(tables).expect("no faults"), ..Self::default() };
        touches.iter().for_each(|touch| case.add(*touch));
        case.entries.sort_by_key(|entry| entry.occurred_at);
        case
    }

    fn add(&mut self, sent: Sent<'_>) {
        let kind = match sent.channel {
            Channel::Email => Kind::Emails,
            Channel::Congress => Kind::Congress,
            _ => Kind::Calls,
        };
        let origin = (kind == Kind::Emails).then_some(Origin::Rep);
        let mut entry = Entry::new(Words {
            kind,
            status: Some(sent.status),
            channel: Some(sent.channel),
            origin,
            meeting: None,
            function: Some(sent.function),
            purpose: Some(Purpose::Promotional),
        });
        entry.occurred_at = sent.at;
        entry.event_id = self.entries.len() as u32 + 1;
        entry.set_wins(Audience::Full, true);
        entry.set_wins(Audience::Commercial, entry.is_commercial());
        if let Some((plan, step)) = sent.step {
            let (plan, step) = (self.word_of(plan), self.word_of(step));
            entry.set_plan(plan, step);
        }
        if sent.is_date_only {
            entry.mark_date_only();
        }
        let notes = Notes { status_at: sent.status_at, request_id: b"" };
        if let Some(head) = notes.head() {
            self.notes.push(head.to_vec());
            entry.set_notes(self.notes.len() as u32, &notes);
        }
        self.entries.push(entry);
    }

    fn word_of(&mut self, text: &str) -> u32 {
        let known = self.words.iter().position(|word| word == text);
        let place = known.unwrap_or_else(|| {
            self.words.push(text.to_owned());
            self.words.len() - 1
        });
        place as u32 + 1
    }

    fn instant<'a>(&'a self, at: Micros, policy: &'a Policy) -> Instant<'a> {
        Instant::new(at, policy, &self.reference, HCP)
    }

    /// The window as of an instant; `None` when the HCP has no row.
    fn at(&self, at: Micros, window: WindowLength, audience: Audience) -> Option<WindowValues> {
        let records = Records { entries: &self.entries, texts: self, audience };
        let policy = Policy::default();
        let evaluation = evaluate(records, &self.instant(at, &policy), &mut Scratch::default())?;
        evaluation.windows.get(window.index()).copied()
    }

    /// The headline window at [`T`] for everybody.
    fn headline(&self) -> WindowValues {
        self.at(T, WindowLength::HEADLINE, Audience::Full).expect("a row")
    }

    /// The same for the commercial audience.
    fn commercial(&self) -> WindowValues {
        self.at(T, WindowLength::HEADLINE, Audience::Commercial).expect("a row")
    }

    /// When the headline may next change.
    fn next_change(&self, at: Micros) -> Option<Micros> {
        super::next_change(&self.entries, &self.instant(at, &Policy::default()), [])
    }
}

impl Texts for &Case {
    fn text(&self, reference: u32) -> &[u8] {
        self.notes.get(reference as usize - 1).map_or(&[], Vec::as_slice)
    }

    fn word(&self, number: u32) -> &str {
        (number as usize).checked_sub(1).and_then(|place| self.words.get(place)).map_or("", String::as_str)
    }
}

fn assert_real(found: super::MaybeReal, expected: Option<f64>) {
    match (found.get(), expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{found} is not {expected}"),
        (found, expected) => assert_eq!(found, expected),
    }
}

/// Whole hours.
fn hours(count: i64) -> Micros {
    count * HOUR
}
