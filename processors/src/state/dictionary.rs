//! Turns a record into an entry, and knows the text behind entries that repeats, and their positions.

use super::arena::Arena;
use super::interner::Interner;
use super::position::Positions;
use crate::kernel::Entry;
use crate::kernel::entry::{NO_INSTANT, Words};
use hashbrown::DefaultHashBuilder;
use std::cmp::Ordering;
use std::hash::BuildHasher;
use touchpoint::policy::Meeting;
use touchpoint::record::RecordRow;
use touchpoint::time::DAY;
use touchpoint::{Kind, Op, Policy, Precision, Reference, Word};

/// See the module.
#[derive(Debug, Default)]
pub struct Dictionary {
    hasher: DefaultHashBuilder,
    sources: Interner,
    words: Interner,
    positions: Positions,
}

impl Dictionary {
    /// Owners, products, themes and plans.
    pub fn words(&self) -> &Interner {
        &self.words
    }

    /// The text of a source.
    pub fn source(&self, number: u32) -> &str {
        self.sources.text(number)
    }

    /// The number of a source; `None` when no record is of it.
    pub fn number_of_source(&self, source: &str) -> Option<u32> {
        self.sources.find(Some(source))
    }

    /// Bytes held, roughly.
    pub fn bytes(&self) -> usize {
        self.sources.bytes() + self.words.bytes()
    }

    /// Hash of a record's identity within its HCP.
    pub fn identity(&self, row: &RecordRow<'_>) -> u32 {
        self.hasher.hash_one((row.kind, row.source, row.event_id)) as u32
    }

    /// The entry of a record, still without its ids: see `List::set_ids`.
    pub fn entry(&mut self, row: &RecordRow<'_>, reference: &Reference, policy: &Policy) -> Entry {
        let mut entry = Entry::new(Words {
            kind: row.kind,
            status: row.status,
            channel: row.channel,
            origin: row.origin,
            meeting: Meeting::of(row.kind, row.attendees),
            function: row.business_function,
            purpose: row.purpose,
        });
        entry.version = row.version;
        entry.position = self.positions.pack(row.kafka_topic, row.ingested_at, row.kafka_offset);
        entry.source = self.sources.number(Some(row.source));
        entry.ingested_day = u16::try_from(row.ingested_at.div_euclid(DAY)).unwrap_or(u16::MAX);
        if row.op == Op::Delete {
            entry.mark_delete();
            return entry;
        }
        entry.owner = self.words.number(row.owner_id);
        entry.product = self.words.number(row.product);
        entry.theme = self.words.number(row.theme);
        entry.occurred_at = row.occurred_at.unwrap_or(NO_INSTANT);
        if row.kind == Kind::Requests {
            entry.set_answered_at(row.answered_at);
        } else {
            let (plan, step) = (self.words.number(row.plan_id), self.words.number(row.plan_step));
            entry.set_plan(plan, step);
        }
        if row.precision == Some(Precision::Date) {
            entry.mark_date_only();
        }
        if row.solicited {
            entry.mark_declared();
        }
        entry.set_untimely(untimely(&entry, row.hcp_id, reference, policy));
        entry
    }

    /// Window order (metrics.md §2): `(occurred_at, source, event_id, kind)` by bytes; deletes last. `ids` are those of the HCP.
    pub fn window_order(&self, a: &Entry, b: &Entry, ids: &Arena) -> Ordering {
        a.occurred_at.cmp(&b.occurred_at).then_with(|| {
            let source = |e: &Entry| self.sources.text(e.source);
            let sources = source(a).as_bytes().cmp(source(b).as_bytes());
            let events = sources.then_with(|| ids.text(a.event_id).cmp(ids.text(b.event_id)));
            events.then_with(|| a.kind().as_str().cmp(b.kind().as_str()))
        })
    }

    /// Which of two records with equal version and rank came later.
    pub fn compare_positions(&self, a: &Entry, b: &Entry) -> Ordering {
        self.positions.compare(a.position, b.position)
    }
}

/// Whether an entry with its event time set lies outside local working hours, `None` in an unknown zone.
pub fn untimely(entry: &Entry, hcp_id: &str, reference: &Reference, policy: &Policy) -> Option<bool> {
    let zone = reference.time_zone(hcp_id, entry.occurred_at)?;
    Some(!entry.is_date_only() && !policy.working_hours.contain(entry.occurred_at, zone))
}
