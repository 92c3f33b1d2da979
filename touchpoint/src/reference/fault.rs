//! What rows of reference tables may not say of each other.

use super::tables::Tables;
use super::validity::Validity;
use crate::time::Micros;
use crate::words::Word;
use std::collections::{HashMap, HashSet};

/// What two rows may share at different times only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The key of the table.
    Key,
    /// An HCP of which both are the primary affiliation.
    Primary,
    /// A plan and a position in it.
    Position,
}

impl std::fmt::Display for Clash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key => "describes the same key",
            Self::Primary => "is a primary affiliation of the same HCP",
            Self::Position => "has the same position of the same plan",
        })
    }
}

/// Rows that contradict each other. The files' fault; a retry without a change does not help.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// Two rows that share what only one may have, and hold at the same instant.
    #[error(
        "row {first} of {table} {clash} as row {second} does, and both hold at {at}; let valid_from and valid_to meet \
         without overlap"
    )]
    Overlap {
        /// The table.
        table: &'static str,
        /// What they share.
        clash: Clash,
        /// Index of the earlier row in the input.
        first: usize,
        /// Index of the later row in the input.
        second: usize,
        /// First instant that both hold, RFC 3339.
        at: String,
    },
    /// An account that is its own ancestor.
    #[error(
        "row {row} of accounts makes an account its own ancestor at {at}; parents must lead to an account without one"
    )]
    Cycle {
        /// Index of a row of the cycle.
        row: usize,
        /// An instant at which the cycle holds, RFC 3339.
        at: String,
    },
}

/// Everything that is wrong with the rows.
pub(super) fn faults(tables: &Tables) -> Vec<Fault> {
    let mut overlaps = Overlaps::default();
    macro_rules! keyed {
        ($table:ident, $clash:expr, |$row:ident| $key:expr) => {
            let rows = tables.$table.iter().flatten().enumerate();
            let spans = rows.filter_map(|(index, $row)| Some(Span { key: $key?, validity: $row.validity, index }));
            overlaps.look((stringify!($table), $clash), spans.collect());
        };
    }
    keyed!(hcps, Clash::Key, |row| key([&row.hcp_id, "", ""]));
    keyed!(accounts, Clash::Key, |row| key([&row.account_id, "", ""]));
    keyed!(affiliations, Clash::Key, |row| key([&row.hcp_id, &row.account_id, ""]));
    keyed!(affiliations, Clash::Primary, |row| key([&row.hcp_id, "", ""]).filter(|_| row.is_primary));
    keyed!(people, Clash::Key, |row| key([&row.owner_id, "", ""]));
    keyed!(panels, Clash::Key, |row| key([&row.owner_id, &row.hcp_id, ""]));
    keyed!(plans, Clash::Key, |row| {
        let (hcp, account) = (row.hcp_id.as_deref(), row.account_id.as_deref());
        // Several runs of a plan may lie over each other only when they start apart.
        let start = row.validity.from;
        Some(Key { parts: [&row.plan_id, hcp.unwrap_or_default(), account.unwrap_or_default()], number: start })
    });
    keyed!(plan_steps, Clash::Key, |row| key([&row.plan_id, &row.step, ""]));
    keyed!(plan_steps, Clash::Position, |row| Some(Key { parts: [&row.plan_id, "", ""], number: row.position.into() }));
    keyed!(consent_rules, Clash::Key, |row| {
        let channel = row.channel.map_or("", Word::as_str);
        key([row.country.as_deref().unwrap_or_default(), channel, ""])
    });
    keyed!(preferences, Clash::Key, |row| key([&row.hcp_id, row.channel.as_str(), ""]));
    let mut faults = overlaps.faults;
    cycles(tables, &mut faults);
    faults
}

/// What rows may share at different times only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'t> {
    parts: [&'t str; 3],
    number: i64,
}

fn key(parts: [&str; 3]) -> Option<Key<'_>> {
    Some(Key { parts, number: 0 })
}

/// The key of a row, when it holds, and which row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span<'t> {
    key: Key<'t>,
    validity: Validity,
    index: usize,
}

/// Overlaps, each pair of rows once: some tables are looked through for two keys.
#[derive(Debug, Default)]
struct Overlaps {
    faults: Vec<Fault>,
    pairs: HashSet<(&'static str, usize, usize)>,
}

impl Overlaps {
    fn look(&mut self, (table, clash): (&'static str, Clash), mut spans: Vec<Span<'_>>) {
        spans.sort_unstable();
        let mut widest: Option<Span<'_>> = None;
        for span in spans {
            let before = widest.filter(|widest| widest.key == span.key);
            if let Some(before) = before.filter(|widest| span.validity.from < widest.validity.to) {
                let (first, second) = (before.index.min(span.index), before.index.max(span.index));
                if self.pairs.insert((table, first, second)) {
                    let at = rfc3339(span.validity.from);
                    self.faults.push(Fault::Overlap { table, clash, first, second, at });
                }
            }
            if before.is_none_or(|widest| span.validity.to > widest.validity.to) {
                widest = Some(span);
            }
        }
    }
}

/// An account's ancestors are followed from every row at the instant at which it begins to hold.
fn cycles(tables: &Tables, faults: &mut Vec<Fault>) {
    let rows = tables.accounts.as_deref().unwrap_or_default();
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        by_id.entry(&row.account_id).or_default().push(index);
    }
    let parent = |index: usize, at: Micros| {
        let above = rows.get(index)?.parent_account_id.as_deref()?;
        by_id.get(above)?.iter().copied().find(|i| rows.get(*i).is_some_and(|r| r.validity.holds(at)))
    };
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.parent_account_id.is_some()) {
        // The row of a cycle that begins to hold last sees all of it.
        let at = row.validity.from;
        // Brent's search: `mark` stands still while the walk doubles its length, so that a cycle further up, which the
        // rows on it report, ends the walk.
        let (mut above, mut mark, mut left, mut length) = (parent(index, at), None, 1_usize, 1_usize);
        while let Some(next) = above.filter(|next| mark != Some(*next)) {
            if next == index {
                faults.push(Fault::Cycle { row: index, at: rfc3339(at) });
                break;
            }
            left -= 1;
            if left == 0 {
                length *= 2;
                (mark, left) = (Some(next), length);
            }
            above = parent(next, at);
        }
    }
}

fn rfc3339(at: Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at).unwrap_or_default().to_rfc3339()
}
