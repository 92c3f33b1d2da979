//! Who is looked at in a turn, and as of which instants.

use processors::Shards;
use processors::alert::{Examined, Machine, Occasion, Turn};
use processors::sql::LookAt;
use processors::state::days::REVISED_DAYS;
use processors::state::hcp::Changed;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Micros};

/// How far back an HCP is looked at: as far as late records revise day rows.
const REACH: Micros = REVISED_DAYS * DAY;
/// Earlier instants per HCP, the newest ones.
const INSTANTS: usize = 64;
/// A record that is older than this may tell of what is over.
const LATE_AFTER: Micros = HOUR;

/// An HCP that is looked at.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: Arc<str>,
    shard: i32,
    number: u32,
    /// The earliest event time that records changed.
    from: Option<Micros>,
}

impl Person {
    pub(super) fn at(&self, at: Micros) -> LookAt {
        LookAt { at, shard: self.shard, hcp: self.number }
    }
}

/// Whoever changed, and whoever is due.
pub(super) fn of_turn(shards: &Shards, changed: &[(i32, Changed)], due: BTreeSet<Arc<str>>) -> Vec<Person> {
    let mut people: Vec<Person> =
        changed.iter().filter_map(|(shard, changed)| person(shards, *shard, *changed)).collect();
    let known: BTreeSet<Arc<str>> = people.iter().map(|person| person.id.clone()).collect();
    for id in due.difference(&known) {
        let places = shards.iter().filter_map(|(shard, of)| Some((shard, of.number_of(id)?)));
        people.extend(places.filter_map(|(shard, number)| person(shards, shard, Changed { number, from: None })));
    }
    people
}

/// Every HCP there is.
pub(super) fn everybody(shards: &Shards, changed: &[(i32, Changed)]) -> Vec<Person> {
    let from: HashMap<(i32, u32), Micros> =
        changed.iter().filter_map(|(shard, changed)| Some(((*shard, changed.number), changed.from?))).collect();
    let all = shards.iter().flat_map(|(shard, of)| (0..of.hcp_count() as u32).map(move |number| (shard, number)));
    all.filter_map(|(shard, number)| {
        person(shards, shard, Changed { number, from: from.get(&(shard, number)).copied() })
    })
    .collect()
}

fn person(shards: &Shards, shard: i32, changed: Changed) -> Option<Person> {
    let hcp = shards.get(shard)?.hcp(changed.number)?;
    Some(Person { id: hcp.id.clone(), shard, number: changed.number, from: changed.from })
}

/// What is known of an HCP before it is looked at further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Some rule fires that has no alert of it yet.
    Begins,
    /// Its open alerts may have been disproved.
    HasAlerts,
    /// Neither.
    Nothing,
}

/// As of which instants an HCP is looked at besides T.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// None.
    Now,
    /// Those of its touches from here on.
    From(Micros),
    /// The same, as long as the turn has looks left.
    IfAnyAreLeft(Micros),
}

/// Looks at earlier instants, of one slice.
pub(super) struct PersonLooks<'a> {
    people: &'a [Person],
    turn: &'a Turn,
    audience: Audience,
}

impl<'a> PersonLooks<'a> {
    pub(super) fn new(people: &'a [Person], turn: &'a Turn, audience: Audience) -> Self {
        Self { people, turn, audience }
    }

    /// What is examined of each HCP, T included, and the looks that are still to be made for it. `begins` says of whom
    /// something is new; `left` is how many looks for late records are left in this turn.
    pub(super) fn past(
        &self,
        shards: &Shards,
        machine: &Machine,
        begins: impl Fn(&Person) -> bool,
        left: &mut usize,
    ) -> (Vec<Examined>, Vec<LookAt>) {
        let (mut examined, mut looks) = (Vec::with_capacity(self.people.len()), Vec::new());
        for person in self.people {
            let mut instants = BTreeSet::new();
            if person.from.is_some() || self.turn.occasion == Occasion::Start {
                instants.extend(machine.beginnings(&person.id));
            }
            let known = match instants.is_empty() {
                _ if begins(person) => Known::Begins,
                true => Known::Nothing,
                false => Known::HasAlerts,
            };
            match self.reach(person, known) {
                Reach::Now => {}
                Reach::From(from) => instants.extend(self.touches(shards, person, from)),
                // The last one takes what it needs, so that a turn ends soon after nothing is left.
                Reach::IfAnyAreLeft(from) if *left > 0 => {
                    let touches = self.touches(shards, person, from);
                    *left = left.saturating_sub(touches.len());
                    instants.extend(touches);
                }
                Reach::IfAnyAreLeft(_) => {}
            }
            instants.retain(|at| *at < self.turn.now);
            looks.extend(instants.iter().map(|at| person.at(*at)));
            instants.insert(self.turn.now);
            let instants = instants.into_iter().collect();
            examined.push(Examined { subject: person.id.clone(), instants, changed_from: person.from });
        }
        (examined, looks)
    }

    fn reach(&self, person: &Person, known: Known) -> Reach {
        let (now, earliest) = (self.turn.now, self.turn.now - REACH);
        match (known, person.from.map(|from| from.max(earliest))) {
            (Known::Begins, _) => Reach::From(earliest),
            (Known::HasAlerts, Some(from)) => Reach::From(from),
            (Known::Nothing, Some(from)) if self.turn.occasion == Occasion::Stream && from < now - LATE_AFTER => {
                Reach::IfAnyAreLeft(from)
            }
            _ => Reach::Now,
        }
    }

    fn touches(&self, shards: &Shards, person: &Person, from: Micros) -> Vec<Micros> {
        let mut instants = Vec::new();
        if let Some(shard) = shards.get(person.shard) {
            // A span `(now − length, now]` that holds `from`.
            let span = (self.turn.now, self.turn.now - from + 1);
            shard.each_touch(person.number, self.audience, span, |witness| instants.push(witness.occurred_at));
        }
        let newest = instants.len().saturating_sub(INSTANTS);
        instants.split_off(newest)
    }
}
