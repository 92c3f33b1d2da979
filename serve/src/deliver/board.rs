//! What one Alertmanager replica is still to be told, and what it must be told again.
//!
//! The board holds everything that fires, and what ended lately. A replica forgets what it does not hear of for a while,
//! so firing alerts are due again and again, each with an end that lies ahead; ended ones are due for some minutes more,
//! in case the replica was restarted. Nothing is lost to a dead replica: what fires stays due until it takes it.

use processors::alert::{Alert, AlertId, Transition};
use std::collections::BTreeMap;
use touchpoint::Micros;
use touchpoint::alert::AlertState;
use touchpoint::time::SECOND;

/// When things are due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resending {
    /// Firing alerts are sent again after this long. Alertmanager's `resolve_timeout` (5 min unless configured) must be
    /// several times as long.
    pub every: Micros,
    /// Ended ones are sent again until this long after their end.
    pub ended_for: Micros,
}

impl Default for Resending {
    fn default() -> Self {
        Self { every: 60 * SECOND, ended_for: 300 * SECOND }
    }
}

/// An alert is said to end this many rounds ahead, so that a lost round or two ends nothing.
const ROUNDS_AHEAD: i64 = 4;

/// One alert, as the replica is to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The alert.
    pub alert: Alert,
    /// When it ends: ahead while it fires.
    pub ends_at: Micros,
}

#[derive(Debug)]
struct Entry {
    alert: Alert,
    ended: Option<Micros>,
    due: Micros,
    /// When the present state of it came to be.
    changed: Micros,
    was_told: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Board {
    entries: BTreeMap<AlertId, Entry>,
    resending: Resending,
}

impl Board {
    /// An empty board.
    pub fn new(resending: Resending) -> Self {
        Self { entries: BTreeMap::new(), resending }
    }

    /// Something happened. Only live alerts that fire, or did, go to pagers.
    pub fn note(&mut self, transition: &Transition) {
        let id = &transition.alert.id;
        if !transition.is_for_pagers() || !(transition.is_to_be_told() || self.entries.contains_key(id)) {
            return;
        }
        let ended = match transition.state {
            AlertState::Pending => return,
            AlertState::Firing => None,
            // Somebody looks after it: no pager is to ring any more.
            AlertState::Acknowledged | AlertState::Resolved => Some(transition.at),
        };
        if ended.is_some() && self.entries.get(id).is_some_and(|entry| entry.ended.is_some()) {
            return;
        }
        let alert = transition.alert.clone();
        let (due, changed) = (transition.at, transition.at);
        self.entries.insert(id.clone(), Entry { alert, ended, due, changed, was_told: false });
    }

    /// At most `limit` alerts that are due, the ones longest due first.
    pub fn due(&self, now: Micros, limit: usize) -> Vec<Due> {
        let mut due: Vec<&Entry> = self.entries.values().filter(|entry| entry.due <= now).collect();
        due.sort_by_key(|entry| entry.due);
        let ahead = now + ROUNDS_AHEAD * self.resending.every;
        let due = due.into_iter().take(limit);
        due.map(|entry| Due { alert: entry.alert.clone(), ends_at: entry.ended.unwrap_or(ahead) }).collect()
    }

    /// The replica took these at `now`. Gives, for those it took for the first time in their present state, how long they
    /// waited.
    pub fn told(&mut self, taken: &[Due], now: Micros) -> Vec<Micros> {
        let mut waited = Vec::new();
        for Due { alert, ends_at } in taken {
            let Some(entry) = self.entries.get_mut(&alert.id) else { continue };
            // It ended while it was told of as firing: that is still to be told.
            if entry.ended.is_some_and(|ended| ended != *ends_at) {
                continue;
            }
            if !entry.was_told {
                entry.was_told = true;
                waited.push(now - entry.changed);
            }
            entry.due = now + self.resending.every;
        }
        let forget = |entry: &Entry| {
            entry.was_told && entry.ended.is_some_and(|ended| now - ended.max(entry.changed) > self.resending.ended_for)
        };
        self.entries.retain(|_, entry| !forget(entry));
        waited
    }

    /// When the next one is due; `None` when nothing is on the board.
    pub fn next_due(&self) -> Option<Micros> {
        self.entries.values().map(|entry| entry.due).min()
    }

    /// Alerts whose present state the replica has not taken yet, and since when the oldest of them waits.
    pub fn waiting(&self) -> (usize, Option<Micros>) {
        let waiting = self.entries.values().filter(|entry| !entry.was_told);
        (waiting.clone().count(), waiting.map(|entry| entry.changed).min())
    }

    /// Forgets what ended so long ago that the replica has let it expire by itself.
    pub fn expire(&mut self, now: Micros) {
        let expiry = ROUNDS_AHEAD * self.resending.every + self.resending.ended_for;
        self.entries.retain(|_, entry| entry.ended.is_none_or(|ended| now - ended <= expiry));
    }
}

#[cfg(test)]
mod tests {
    use super::{Board, Resending};
    use crate::deliver::document::tests::transition;
    use touchpoint::alert::{AlertOrigin, AlertState};
    use touchpoint::time::SECOND;

    #[test]
    fn what_fires_is_due_again_and_again_and_what_ended_for_a_while() {
        let mut board = Board::new(Resending::default());
        let fired = transition("h", AlertState::Firing);
        let at = fired.at;
        board.note(&fired);
        let due = board.due(at, 10);
        assert_eq!((due.len(), due[0].ends_at), (1, at + 240 * SECOND));
        assert_eq!(board.due(at + SECOND, 10).len(), 1, "not taken, so still due");
        assert_eq!(board.waiting(), (1, Some(at)));
        assert_eq!(board.told(&due, at + 2 * SECOND), [2 * SECOND]);
        assert_eq!((board.waiting(), board.due(at + 3 * SECOND, 10).len()), ((0, None), 0));
        let again = board.due(at + 62 * SECOND, 10);
        assert!(board.told(&again, at + 62 * SECOND).is_empty(), "it waited only once");
        let mut ended = transition("h", AlertState::Resolved);
        ended.at = at + 70 * SECOND;
        board.note(&ended);
        let due = board.due(ended.at, 10);
        assert_eq!(due[0].ends_at, ended.at);
        board.told(&due, ended.at);
        assert_eq!(board.due(ended.at + 61 * SECOND, 10).len(), 1);
        let last = board.due(ended.at + 301 * SECOND, 10);
        board.told(&last, ended.at + 301 * SECOND);
        assert_eq!(board.next_due(), None);
    }

    #[test]
    fn an_end_that_comes_while_the_beginning_is_told_is_told_too() {
        let mut board = Board::default();
        let fired = transition("h", AlertState::Firing);
        board.note(&fired);
        let on_its_way = board.due(fired.at, 10);
        let mut ended = transition("h", AlertState::Resolved);
        ended.at = fired.at + SECOND;
        board.note(&ended);
        board.told(&on_its_way, fired.at + 2 * SECOND);
        assert_eq!(board.due(fired.at + 2 * SECOND, 10)[0].ends_at, ended.at);
    }

    #[test]
    fn reports_and_what_never_fired_reach_no_pager_and_acknowledged_ones_leave_it() {
        let mut board = Board::default();
        for origin in [AlertOrigin::Retrospective, AlertOrigin::PolicyChange] {
            let mut report = transition("h", AlertState::Firing);
            report.alert.origin = origin;
            board.note(&report);
        }
        board.note(&transition("h", AlertState::Pending));
        let mut silent = transition("h", AlertState::Resolved);
        silent.from = Some(AlertState::Pending);
        board.note(&silent);
        assert_eq!(board.next_due(), None);
        board.note(&transition("h", AlertState::Firing));
        let mut accepted = transition("h", AlertState::Acknowledged);
        accepted.at += SECOND;
        board.note(&accepted);
        assert_eq!(board.due(accepted.at, 10)[0].ends_at, accepted.at);
        let mut ended = transition("h", AlertState::Resolved);
        ended.at += 9 * SECOND;
        board.note(&ended);
        assert_eq!(board.due(ended.at, 10)[0].ends_at, accepted.at, "it ended for pagers when it was accepted");
    }

    #[test]
    fn a_replica_that_stays_dead_fills_no_memory() {
        let mut board = Board::default();
        let ended = transition("h", AlertState::Resolved);
        board.note(&ended);
        board.expire(ended.at + 500 * SECOND);
        assert_eq!(board.waiting().0, 1);
        board.expire(ended.at + 541 * SECOND);
        assert_eq!(board.waiting().0, 0);
    }
}
