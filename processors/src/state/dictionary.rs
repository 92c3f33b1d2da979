//! Turns a record into an entry, and knows the text behind entries: ids, repeated text, positions.

use super::arena::Arena;
use super::interner::Interner;
use super::position::Positions;
use crate::kernel::entry::{NO_INSTANT, Words};
use crate::kernel::{Entry, Texts};
use hashbrown::DefaultHashBuilder;
use std::cmp::Ordering;
use std::hash::BuildHasher;
use touchpoint::record::RecordRow;
use touchpoint::reference::is_working_time;
use touchpoint::time::DAY;
use touchpoint::{Kind, Op, Policy, Precision, Reference, Word};

/// See the module.
#[derive(Debug, Default)]
pub struct Dictionary {
    hasher: DefaultHashBuilder,
    arena: Arena,
    sources: Interner,
    words: Interner,
    positions: Positions,
}

impl Dictionary {
    /// Event and request ids.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Bytes held, roughly.
    pub fn bytes(&self) -> usize {
        self.arena.bytes() + self.sources.bytes() + self.words.bytes()
    }

    /// The entry of a record, still without its ids: see [`Dictionary::set_ids`].
    pub fn entry(&mut self, row: &RecordRow<'_>, reference: &Reference, policy: &Policy) -> Entry {
        let mut entry = Entry::new(Words {
            kind: row.kind,
            status: row.status,
            channel: row.channel,
            origin: row.origin,
            function: row.business_function,
            purpose: row.purpose,
        });
        entry.version = row.version;
        entry.position = self.positions.pack(row.kafka_topic, row.ingested_at, row.kafka_offset);
        entry.source = self.sources.number(Some(row.source));
        entry.identity = self.hasher.hash_one((row.kind, row.source, row.event_id)) as u32;
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
        entry.set_untimely(untimely(row, reference, policy));
        entry
    }

    /// Stores the ids of a record, or reuses those of `known`, an entry of the same identity. `None` when the arena is
    /// full.
    pub fn set_ids(&mut self, entry: &mut Entry, row: &RecordRow<'_>, known: Option<&Entry>) -> Option<()> {
        entry.event_id = match known {
            Some(known) => known.event_id,
            None => self.arena.push(row.event_id.as_bytes())?,
        };
        if let Some(request_id) = row.request_id {
            let same = known.filter(|k| self.arena.text(k.request_id) == request_id.as_bytes());
            entry.request_id = match same {
                Some(known) => known.request_id,
                None => self.arena.push(request_id.as_bytes())?,
            };
        }
        Some(())
    }

    /// Window order (metrics.md §2): `(occurred_at, source, event_id, kind)` by bytes; deletes last.
    pub fn window_order(&self, a: &Entry, b: &Entry) -> Ordering {
        a.occurred_at.cmp(&b.occurred_at).then_with(|| {
            let source = |e: &Entry| self.sources.text(e.source);
            let sources = source(a).as_bytes().cmp(source(b).as_bytes());
            let events = sources.then_with(|| self.arena.text(a.event_id).cmp(self.arena.text(b.event_id)));
            events.then_with(|| a.kind().as_str().cmp(b.kind().as_str()))
        })
    }

    /// Which of two records with equal version and rank came later.
    pub fn compare_positions(&self, a: &Entry, b: &Entry) -> Ordering {
        self.positions.compare(a.position, b.position)
    }
}

fn untimely(row: &RecordRow<'_>, reference: &Reference, policy: &Policy) -> Option<bool> {
    let at = row.occurred_at?;
    let zone = reference.time_zone(row.hcp_id, at)?;
    let instant = row.precision == Some(Precision::Instant);
    Some(instant && !is_working_time(at, zone, policy.working_hours))
}
