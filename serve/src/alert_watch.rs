//! Which alerts begin, go on and end: the rules of both audiences, run over what a turn changed, into the state machine.
//!
//! Every changed HCP is looked at as of T, in slices of bounded memory. Only where that says too little is it looked at
//! as of earlier instants, those of its touches: to find since when a condition holds that is new; to see whether an alert
//! still held when it began, after records changed; and for what late records say held earlier only. That last part has a
//! bound per turn ([`PAST_LOOKS`]): while a backlog is worked off nobody is told what was long ago.
//!
//! Rules about accounts need every HCP of an account. They run once a minute, and only where one process owns every
//! partition: over a part of the HCPs a percentile is a wrong number.
//!
//! Rules that read a forecast speak of the present alone: what was planned earlier nobody knows any more. They are asked as
//! of T, an alert of theirs has held since it was found, and ends when it no longer holds.
//!
//! A rule whose query fails says nothing: its alerts stay as they are, and some time later it looks at everybody.

use crate::alert_rule::{RuleFailure, RuleFile, RuleRefusals, RuleSet};
use processors::alert::{
    AckError, Acknowledgement, AlertId, Answer, Coverage, Examined, Finding, Machine, Occasion, StormLimit, Transition,
    Turn,
};
use processors::sql::live_table::Windows;
use processors::sql::{ChangedRows, ChangedTable, ChangedTables, LiveTable, LookAt, Needs};
use processors::state::hcp::Changed;
use processors::{Ownership, Shards, SharedShards};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use touchpoint::alert::{AlertState, SubjectKind};
use touchpoint::policy::Verdict;
use touchpoint::time::SECOND;
use touchpoint::{Audience, Micros, Policy, SecretKey};

mod looks;
mod session;
#[cfg(test)]
mod tests;
mod witnesses;

use looks::{Person, PersonLooks};

/// HCPs per slice.
const SLICE: usize = 4096;
/// Looks at earlier instants for late records, per turn and audience.
const PAST_LOOKS: usize = 10_000;
/// How often rules about accounts run, and how long after a failure a rule looks at everybody.
const PACE: Micros = 60 * SECOND;

/// Why a watch cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Rule files break their contract: their author has to change them.
    #[error(transparent)]
    Rules(#[from] RuleRefusals),
    /// The engine does not take the tables: a bug.
    #[error("the tables of alert rules could not be set up")]
    Tables(#[from] datafusion::error::DataFusionError),
}

/// What a watch is made from.
#[derive(Debug, Clone)]
pub struct WatchSettings {
    /// Makes ids and pseudonyms.
    pub key: SecretKey,
    /// When openings are a storm.
    pub storm: StormLimit,
}

/// What a turn came to.
#[derive(Debug, Default)]
pub struct Watched {
    /// In the order in which they are to be told.
    pub transitions: Vec<Transition>,
    /// Rules that could not answer.
    pub failures: Vec<RuleFailure>,
}

/// See the module.
pub struct AlertWatch {
    desks: Vec<Desk>,
    machine: Machine,
    accounts_at: Option<Micros>,
    /// When everybody is looked at again, after a failure.
    everybody_at: Option<Micros>,
}

/// The rules of one audience with their tables.
struct Desk {
    rules: RuleSet,
    tables: ChangedTables,
    needs: Needs,
    /// Place of its first rule in the machine.
    first: usize,
}

/// What the rules of one audience said in a turn.
#[derive(Default)]
struct Said {
    examined: Vec<Examined>,
    /// The same people as of T alone.
    present: Vec<Examined>,
    /// By place in the rule set; a rule that failed is not there.
    findings: BTreeMap<usize, Vec<Finding>>,
}

/// What rules about accounts said, by place in the machine.
type OfAccounts = Vec<(usize, Vec<Examined>, Vec<Finding>)>;

impl AlertWatch {
    /// Plans and checks every rule. Nothing runs yet.
    ///
    /// # Errors
    /// Every problem of every file, at once.
    pub async fn load(
        files: &[RuleFile],
        shards: &SharedShards,
        policy: &Policy,
        settings: WatchSettings,
    ) -> Result<Self, WatchError> {
        let (mut desks, mut rules, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        for audience in [Audience::Commercial, Audience::Full] {
            let tables = ChangedTables::default();
            let context = session::context()?;
            tables.register(&context)?;
            let live = LiveTable::table(shards.clone(), audience, Windows::Headline);
            context.register_table("hcp_now", Arc::new(live))?;
            match RuleSet::load(files, audience, context, policy).await {
                Ok(set) => {
                    let first = rules.len();
                    rules.extend(set.files().iter().map(|file| file.rule()));
                    desks.push(Desk { needs: set.needs(), rules: set, tables, first });
                }
                Err(refused) => refusals.extend(refused.0),
            }
        }
        if !refusals.is_empty() {
            return Err(RuleRefusals(refusals).into());
        }
        let machine = Machine::new(rules, settings.key, settings.storm);
        Ok(Self { desks, machine, accounts_at: None, everybody_at: None })
    }

    /// Takes up the last transitions of an earlier process. The next turn is to be one of [`Occasion::Start`].
    pub fn restore(&mut self, last: impl IntoIterator<Item = Transition>) {
        self.machine.restore(last);
    }

    /// Forgets every alert: another process looks after them from now on.
    pub fn clear(&mut self) {
        self.machine.clear();
        (self.accounts_at, self.everybody_at) = (None, None);
    }

    /// Plans the rules under another policy. The next turn is to be one of [`Occasion::PolicyChange`].
    ///
    /// # Errors
    /// A rule does not plan under it; the rules go on under the old one.
    pub async fn set_policy(&mut self, policy: &Policy) -> Result<(), RuleRefusals> {
        for desk in &mut self.desks {
            desk.rules.replan(policy).await?;
            desk.needs = desk.rules.needs();
        }
        Ok(())
    }

    /// Accepts an alert.
    ///
    /// # Errors
    /// It is not open.
    pub fn acknowledge(&mut self, id: &AlertId, accepted: Acknowledgement) -> Result<Transition, AckError> {
        self.machine.acknowledge(id, accepted)
    }

    /// The last transition of every alert that is open or was of late.
    pub fn export(&self) -> Vec<Transition> {
        self.machine.export()
    }

    /// Open alerts by rule and state; every rule with every state of an open alert, zeros included.
    pub fn census(&self) -> Vec<(Arc<str>, AlertState, usize)> {
        let census = self.machine.census();
        let states = [AlertState::Pending, AlertState::Firing, AlertState::Acknowledged];
        let of = |(place, name): (usize, Arc<str>)| {
            let count = |state| census.get(&(place, state)).copied().unwrap_or(0);
            states.map(|state| (name.clone(), state, count(state)))
        };
        self.machine.rules().map(|rule| rule.name.clone()).enumerate().flat_map(of).collect()
    }

    /// Looks at whoever changed, at whoever is due, and after a start at everybody.
    pub async fn turn(&mut self, shards: &SharedShards, turn: &Turn, changed: &[(i32, Changed)]) -> Watched {
        let mut watched = Watched::default();
        let people = {
            let shards = read(shards);
            let everybody = turn.occasion == Occasion::Start || self.everybody_at.is_some_and(|at| at <= turn.now);
            if everybody {
                self.everybody_at = None;
                looks::everybody(&shards, changed)
            } else {
                let desks = &self.desks;
                let due = self.machine.due(turn.now, |rule| ages(desks, rule));
                looks::of_turn(&shards, changed, due)
            }
        };
        let mut said = Vec::with_capacity(self.desks.len());
        for desk in &self.desks {
            said.push(desk.ask(shards, turn, &people, (&self.machine, &mut watched.failures)).await);
        }
        let of_accounts = self.ask_about_accounts(shards, turn, &mut watched.failures).await;
        if !watched.failures.is_empty() {
            self.everybody_at = Some(turn.now + PACE);
        }
        let mut answers = Vec::new();
        for (desk, said) in self.desks.iter().zip(&said) {
            let of_rules = said.findings.iter();
            answers.extend(of_rules.map(|(rule, findings)| {
                let examined = if desk.rules.is_of_present(*rule) { &said.present } else { &said.examined };
                let coverage = match turn.occasion {
                    Occasion::Start => Coverage::Every(examined),
                    Occasion::Stream | Occasion::PolicyChange => Coverage::Some(examined),
                };
                Answer { rule: desk.first + rule, coverage, findings }
            }));
        }
        answers.extend(of_accounts.iter().map(|(rule, examined, findings)| {
            let coverage = Coverage::Some(examined);
            Answer { rule: *rule, coverage, findings }
        }));
        watched.transitions = self.machine.turn(turn, &answers);
        self.name_touches(&read(shards), &mut watched.transitions);
        watched
    }

    async fn ask_about_accounts(
        &mut self,
        shards: &SharedShards,
        turn: &Turn,
        failures: &mut Vec<RuleFailure>,
    ) -> OfAccounts {
        let is_sole = read(shards).ownership() == Ownership::Sole;
        let is_due = self.accounts_at.is_none_or(|at| !(at..at + PACE).contains(&turn.now));
        if !is_sole || !(is_due || turn.occasion != Occasion::Stream) {
            return Vec::new();
        }
        self.accounts_at = Some(turn.now);
        let mut said = Vec::new();
        for desk in &self.desks {
            for rule in desk.rules_about(SubjectKind::Account) {
                let findings = match desk.rules.run(rule).await {
                    Ok(findings) => findings,
                    Err(failure) => {
                        failures.push(failure);
                        continue;
                    }
                };
                // A snapshot may be some moments old; the turn is what counts.
                let as_of = |finding| Finding { as_of: turn.now, ..finding };
                let findings: Vec<Finding> = findings.into_iter().map(as_of).collect();
                let mut subjects = self.machine.open_subjects(desk.first + rule);
                subjects.extend(findings.iter().map(|finding| finding.subject.clone()));
                let examined = |subject| Examined { subject, instants: vec![turn.now], changed_from: None };
                said.push((desk.first + rule, subjects.into_iter().map(examined).collect(), findings));
            }
        }
        said
    }
}

impl Desk {
    fn rules_about(&self, subject: SubjectKind) -> impl Iterator<Item = usize> {
        let files = self.rules.files().iter().enumerate();
        files.filter(move |(_, file)| file.subject() == subject).map(|(rule, _)| rule)
    }

    /// What the rules about HCPs say of `people`.
    async fn ask(
        &self,
        shards: &SharedShards,
        turn: &Turn,
        people: &[Person],
        (machine, failures): (&Machine, &mut Vec<RuleFailure>),
    ) -> Said {
        let mut said = Said::default();
        said.findings.extend(self.rules_about(SubjectKind::Hcp).map(|rule| (rule, Vec::new())));
        if said.findings.is_empty() {
            return said;
        }
        let mut past = PAST_LOOKS;
        for slice in people.chunks(SLICE) {
            let mut looks = slice.iter().map(|person| person.at(turn.now)).collect::<Vec<_>>();
            let new = self.run_rules(shards, &mut looks, &mut said, failures).await;
            let further = PersonLooks::new(slice, turn, self.rules.audience());
            let is_new = |rule: usize, person: &Person| {
                !self.rules.is_of_present(rule) && !machine.knows(self.first + rule, &person.id)
            };
            let begins = |person: &Person| {
                new.get(&person.id).is_some_and(|rules| rules.iter().any(|rule| is_new(*rule, person)))
            };
            let (examined, mut looks) = further.past(&read(shards), machine, begins, &mut past);
            if !looks.is_empty() {
                self.run_rules(shards, &mut looks, &mut said, failures).await;
            }
            let present =
                |person: &Person| Examined { subject: person.id.clone(), instants: vec![turn.now], changed_from: None };
            said.present.extend(slice.iter().map(present));
            said.examined.extend(examined);
        }
        said
    }

    /// Runs every rule over `looks`. Gives, for each HCP of whom something fires, the rules that say so.
    async fn run_rules(
        &self,
        shards: &SharedShards,
        looks: &mut [LookAt],
        said: &mut Said,
        failures: &mut Vec<RuleFailure>,
    ) -> BTreeMap<Arc<str>, Vec<usize>> {
        let mut firing: BTreeMap<Arc<str>, Vec<usize>> = BTreeMap::new();
        let rows = ChangedRows::build(&read(shards), self.rules.audience(), looks, &self.needs);
        let mut empty = Vec::new();
        match rows {
            Ok(rows) => {
                empty.extend(ChangedTable::ALL.into_iter().filter(|table| rows.is_empty(*table)));
                self.tables.fill(rows);
            }
            // A bug. No rows would mean that every condition has ended, so no rule may say anything.
            Err(error) => {
                tracing::error!(%error, "rows for alert rules could not be built");
                let unasked = std::mem::take(&mut said.findings).into_keys();
                failures.extend(unasked.filter_map(|rule| self.rules.failed(rule)));
                return firing;
            }
        }
        let asked: Vec<usize> = said.findings.keys().copied().collect();
        // Of no rows a rule says nothing: that need not be asked.
        for rule in asked.into_iter().filter(|rule| !self.rules.reads_only(*rule, &empty)) {
            match self.rules.run(rule).await {
                Ok(found) => {
                    for finding in found.iter().filter(|f| f.verdict == Verdict::Fires) {
                        firing.entry(finding.subject.clone()).or_default().push(rule);
                    }
                    said.findings.entry(rule).or_default().extend(found);
                }
                Err(failure) => {
                    said.findings.remove(&rule);
                    failures.push(failure);
                }
            }
        }
        firing
    }
}

/// Whether alerts of the rule at this place in the machine are looked at again as time passes.
fn ages(desks: &[Desk], rule: usize) -> bool {
    let desk = desks.iter().rev().find(|desk| desk.first <= rule);
    desk.is_none_or(|desk| desk.rules.ages(rule - desk.first))
}

/// A writer that panicked stops the process; until then its last consistent state may still be read.
fn read(shards: &SharedShards) -> RwLockReadGuard<'_, Shards> {
    shards.read().unwrap_or_else(PoisonError::into_inner)
}
