//! One HCP before and after.

use super::hold::{Fate, Held, hold};
use super::outcome::{ChannelKey, HeldTouch, Outcome};
use super::{WEEK, WhatIf};
use crate::kernel::entry::{NO_INSTANT, WEIGHT_CLASSES, weight_class};
use crate::kernel::load::{decay, visits_per_week};
use crate::kernel::touches::Source;
use crate::kernel::{self, Entry, Instant, Records, Scratch, within};
use crate::state::dictionary::untimely;
use crate::state::list::HcpTexts;
use std::borrow::Cow;
use std::sync::Arc;
use touchpoint::reference::UNKNOWN;
use touchpoint::time::{DAY, Micros};
use touchpoint::{Channel, Origin, Policy, WindowLength, Word};

/// See the module.
pub(super) struct Person<'a> {
    pub(super) what_if: &'a WhatIf,
    pub(super) hcp_id: &'a Arc<str>,
    /// Everything known of the HCP, planned touches among it.
    pub(super) records: Records<'a, HcpTexts<'a>>,
    /// The source that planned touches have.
    pub(super) planned: Option<u32>,
}

/// Load and fragmentation at an instant.
#[derive(Debug, Clone, Copy)]
struct Look {
    visits: f64,
    fragmentation: Option<f64>,
}

impl Person<'_> {
    pub(super) fn add(&self, outcome: &mut Outcome, scratch: &mut Scratch) {
        let scenario = self.what_if.scenario();
        let live = self.records.entries.partition_point(|entry| entry.occurred_at < NO_INSTANT);
        let entries = self.records.entries.get(..live).unwrap_or_default();
        let happened = if entries.iter().any(|entry| self.is_planned(entry)) {
            Cow::Owned(entries.iter().filter(|entry| !self.is_planned(entry)).copied().collect())
        } else {
            Cow::Borrowed(entries)
        };
        let holds = |policy: &Policy, entries: &[Entry]| {
            hold(scenario, policy, self.hcp_id, Records { entries, ..self.records })
        };
        let by_baseline = holds(&scenario.baseline, &happened);
        let held = holds(&scenario.other, entries);
        for held in &by_baseline {
            if let Some(key) = happened.get(held.entry).and_then(ChannelKey::of) {
                outcome.channels.entry(key).or_default().held_by_baseline += 1;
            }
        }
        self.tell_touches(entries, outcome);
        self.tell_held(entries, &held, outcome);
        let after = if held.is_empty() { Cow::Borrowed(entries) } else { Cow::Owned(self.moved(entries, &held)) };
        self.tell_weeks([&happened, &after], changed_from(self, entries, &held), outcome, scratch);
    }

    fn is_planned(&self, entry: &Entry) -> bool {
        self.planned.is_some_and(|planned| entry.source == planned)
    }

    fn source<'e>(&self, entries: &'e [Entry]) -> Source<'e, HcpTexts<'_>> {
        Source { retained: entries, texts: self.records.texts, audience: self.records.audience }
    }

    fn week(&self, at: Micros) -> usize {
        usize::try_from((at - self.what_if.scenario().from) / WEEK).unwrap_or(0)
    }

    /// What happened in the span, and what was planned.
    fn tell_touches(&self, entries: &[Entry], outcome: &mut Outcome) {
        let (scenario, source) = (self.what_if.scenario(), self.source(entries));
        let inside = within(entries, scenario.from - 1, scenario.to - 1);
        let mut any = false;
        for entry in source.entries(inside) {
            let Some(key) = ChannelKey::of(entry) else { continue };
            any = true;
            let channel = outcome.channels.entry(key).or_default();
            if self.is_planned(entry) {
                channel.planned += 1;
                continue;
            }
            channel.made += 1;
            if source.solicited_basis(entry).is_none() {
                channel.unsolicited += 1;
                if let Some(week) = outcome.weeks.get_mut(self.week(entry.occurred_at)) {
                    week.unsolicited += 1;
                }
            }
        }
        outcome.hcps += u64::from(any);
    }

    fn tell_held(&self, entries: &[Entry], held: &[Held], outcome: &mut Outcome) {
        outcome.hcps_held += u64::from(!held.is_empty());
        for Held { entry, by, fate } in held {
            let Some(entry) = entries.get(*entry) else { continue };
            let (at, Some(key)) = (entry.occurred_at, ChannelKey::of(entry)) else { continue };
            let (later, never) = match fate {
                Fate::Later(_) => (1, 0),
                Fate::Never => (0, 1),
            };
            let channel = outcome.channels.entry(key).or_default();
            (channel.later, channel.never) = (channel.later + later, channel.never + never);
            if let Fate::Later(then) = fate {
                channel.waits.add((then - at) as f64 / DAY as f64);
            }
            let rule = outcome.rules.entry(*by).or_default();
            (rule.later, rule.never) = (rule.later + later, rule.never + never);
            if let Some(week) = outcome.weeks.get_mut(self.week(at)) {
                (week.later, week.never) = (week.later + later, week.never + never);
            }
            let territory = outcome.territory(self.territory(at));
            (territory.later, territory.never) = (territory.later + later, territory.never + never);
            outcome.held.push(HeldTouch { hcp_id: self.hcp_id.clone(), channel: key, at, by: *by, fate: *fate });
        }
    }

    fn territory(&self, at: Micros) -> &str {
        let row = self.what_if.scenario().reference.hcp(self.hcp_id, at);
        row.and_then(|row| row.territory.as_deref()).unwrap_or(UNKNOWN)
    }

    /// The entries with what is held at its later instant, or gone.
    fn moved(&self, entries: &[Entry], held: &[Held]) -> Vec<Entry> {
        let scenario = self.what_if.scenario();
        let mut held = held.iter().peekable();
        let mut moved = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            let fate = held.next_if(|held| held.entry == place).map(|held| held.fate);
            let mut entry = *entry;
            match fate {
                Some(Fate::Never) => continue,
                Some(Fate::Later(at)) => {
                    entry.occurred_at = at;
                    entry.set_untimely(untimely(&entry, self.hcp_id, &scenario.reference, &scenario.other));
                }
                None => {}
            }
            moved.push(entry);
        }
        // Stable: what stays keeps its order.
        moved.sort_by_key(|entry| entry.occurred_at);
        moved
    }

    fn tell_weeks(
        &self,
        [happened, after]: [&[Entry]; 2],
        changed_from: Micros,
        outcome: &mut Outcome,
        scratch: &mut Scratch,
    ) {
        let mut told = Vec::new();
        let mut loads = [ChannelLoads::default(); 2];
        let [of_baseline, of_other] = &self.what_if.measures;
        for (week, at) in self.what_if.weeks().iter().enumerate() {
            if !self.is_touched(happened, *at) && !self.is_touched(after, *at) {
                continue;
            }
            let [loads_before, loads_after] = &mut loads;
            let before = self.look(happened, of_baseline, *at, scratch);
            loads_before.advance(&self.source(happened), of_baseline, *at);
            let is_the_same = self.what_if.alike && *at < changed_from;
            let then = if is_the_same {
                *loads_after = *loads_before;
                before
            } else {
                loads_after.advance(&self.source(after), of_other, *at);
                self.look(after, of_other, *at, scratch)
            };
            for (key, visits) in loads_before.visits(of_baseline) {
                outcome.channels.entry(key).or_default().visits_before += visits;
            }
            for (key, visits) in loads_after.visits(of_other) {
                outcome.channels.entry(key).or_default().visits_after += visits;
            }
            if let Some(week) = outcome.weeks.get_mut(week) {
                week.before.add(before.visits, before.fragmentation);
                week.after.add(then.visits, then.fragmentation);
            }
            let name = self.territory(*at);
            let territory = outcome.territory(name);
            territory.before.add(before.visits, before.fragmentation);
            territory.after.add(then.visits, then.fragmentation);
            if !told.contains(&name) {
                territory.hcps += 1;
                told.push(name);
            }
        }
    }

    fn is_touched(&self, entries: &[Entry], at: Micros) -> bool {
        let recent = within(entries, at - WindowLength::HEADLINE.micros(), at);
        self.source(entries).entries(recent).next().is_some()
    }

    fn look(&self, entries: &[Entry], policy: &Policy, at: Micros, scratch: &mut Scratch) -> Look {
        let instant = Instant::new(at, policy, &self.what_if.scenario().reference, self.hcp_id);
        let evaluated = kernel::evaluate_headline(Records { entries, ..self.records }, &instant, scratch);
        let visits = evaluated.map_or(0.0, |(_, overall)| visits_per_week(overall.load, policy.half_life));
        Look { visits, fragmentation: evaluated.and_then(|(values, _)| values.fragmentation()) }
    }
}

/// The first instant at which before and after differ.
fn changed_from(person: &Person<'_>, entries: &[Entry], held: &[Held]) -> Micros {
    let of_held = held.first().and_then(|held| entries.get(held.entry));
    let of_plan = entries.iter().find(|entry| person.is_planned(entry));
    of_held.into_iter().chain(of_plan).map(|entry| entry.occurred_at).min().unwrap_or(Micros::MAX)
}

impl ChannelKey {
    /// Of a touch; `None` for what has no channel.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        Some(Self { channel: entry.channel()?, origin: entry.origin() })
    }

    /// Every channel that touches have.
    fn all() -> impl Iterator<Item = Self> {
        let plain = Channel::ALL.iter().filter(|channel| **channel != Channel::MedicalRequest);
        let of =
            |channel: &Channel| Self { channel: *channel, origin: (*channel == Channel::Email).then_some(Origin::Rep) };
        plain.map(of).chain([Self { channel: Channel::Email, origin: Some(Origin::Hq) }])
    }
}

/// The load of one HCP by channel, carried on from instant to instant.
#[derive(Debug, Clone, Copy, Default)]
struct ChannelLoads {
    loads: [f64; WEIGHT_CLASSES],
    at: Micros,
    /// Entries taken in.
    taken: usize,
}

impl ChannelLoads {
    fn advance(&mut self, source: &Source<'_, HcpTexts<'_>>, policy: &Policy, at: Micros) {
        let faded = decay(at - self.at, policy.half_life);
        self.loads.iter_mut().for_each(|load| *load *= faded);
        self.at = at;
        let end = source.retained.partition_point(|entry| entry.occurred_at <= at);
        let new = source.retained.get(self.taken..end).unwrap_or_default();
        for entry in source.entries(new).filter(|entry| source.solicited_basis(entry).is_none()) {
            let Some(key) = ChannelKey::of(entry) else { continue };
            let weight = policy.weights.of(key.channel, key.origin);
            if let Some(load) = self.loads.get_mut(entry.weight_class()) {
                *load += weight * decay(at - entry.occurred_at, policy.half_life);
            }
        }
        self.taken = end.max(self.taken);
    }

    fn visits(&self, policy: &Policy) -> impl Iterator<Item = (ChannelKey, f64)> {
        let visits = ChannelKey::all().filter_map(move |key| {
            let load = self.loads.get(weight_class(key.channel, key.origin))?;
            Some((key, visits_per_week(*load, policy.half_life)))
        });
        visits.filter(|(_, visits)| *visits > 0.0)
    }
}
