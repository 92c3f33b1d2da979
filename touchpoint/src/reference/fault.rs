//! What rows of reference tables may not say of each other.

use super::tables::Tables;
use super::validity::Validity;
use crate::time::Micros;
use crate::words::Word;
use std::collections::HashMap;

/// Rows that contradict each other. The files' fault; a retry without a change does not help.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// Two rows of one key that hold at the same instant.
    #[error(
        "two rows of {table} describe the same key at {at} (rows {first} and {second}); let valid_from and valid_to meet without overlap"
    )]
    Overlap {
        /// The table.
        table: &'static str,
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
    let mut faults = Vec::new();
    let mut spans: Vec<Keyed> = Vec::new();
    macro_rules! keyed {
        ($table:ident, |$row:ident| $key:expr) => {
            spans.clear();
            for (index, $row) in tables.$table.iter().flatten().enumerate() {
                spans.extend(Keyed::new($key, $row.validity, index));
            }
            overlaps(stringify!($table), &mut spans, &mut faults);
        };
    }
    keyed!(hcps, |row| Some(row.hcp_id.clone()));
    keyed!(accounts, |row| Some(row.account_id.clone()));
    keyed!(affiliations, |row| Some(join([&row.hcp_id, &row.account_id])));
    keyed!(affiliations, |row| row.is_primary.then(|| row.hcp_id.clone()));
    keyed!(people, |row| Some(row.owner_id.clone()));
    keyed!(panels, |row| Some(join([&row.owner_id, &row.hcp_id])));
    keyed!(plans, |row| {
        let (hcp, account) = (row.hcp_id.as_deref(), row.account_id.as_deref());
        // Several runs of a plan may lie over each other only when they start apart.
        let start = row.validity.from.to_string();
        Some(join([&row.plan_id, hcp.unwrap_or_default(), account.unwrap_or_default(), &start]))
    });
    keyed!(plan_steps, |row| Some(join([&row.plan_id, &row.step])));
    keyed!(plan_steps, |row| Some(join([&row.plan_id, &row.position.to_string()])));
    keyed!(consent_rules, |row| {
        let channel = row.channel.map_or("", Word::as_str);
        Some(join([row.country.as_deref().unwrap_or_default(), channel]))
    });
    keyed!(preferences, |row| Some(join([&row.hcp_id, row.channel.as_str()])));
    cycles(tables, &mut faults);
    faults
}

/// The key of a row, when it holds, and which row it is.
struct Keyed {
    key: String,
    validity: Validity,
    index: usize,
}

impl Keyed {
    fn new(key: Option<String>, validity: Validity, index: usize) -> Option<Self> {
        key.map(|key| Self { key, validity, index })
    }
}

/// Parts of a key; ids hold no control characters, so that no two keys run into one.
fn join<const N: usize>(parts: [&str; N]) -> String {
    parts.join("\u{1f}")
}

fn overlaps(table: &'static str, spans: &mut [Keyed], faults: &mut Vec<Fault>) {
    spans.sort_unstable_by(|a, b| (&a.key, a.validity, a.index).cmp(&(&b.key, b.validity, b.index)));
    let mut widest: Option<&Keyed> = None;
    for span in spans.iter() {
        let before = widest.filter(|w| w.key == span.key);
        if let Some(before) = before.filter(|w| span.validity.from < w.validity.to) {
            let (first, second) = (before.index.min(span.index), before.index.max(span.index));
            let fault = Fault::Overlap { table, first, second, at: rfc3339(span.validity.from) };
            // Affiliations are looked through twice, by key and by who is primary.
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        if before.is_none_or(|w| span.validity.to > w.validity.to) {
            widest = Some(span);
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
        let mut above = parent(index, at);
        for _ in 0..rows.len() {
            let Some(next) = above else { break };
            if next == index {
                faults.push(Fault::Cycle { row: index, at: rfc3339(at) });
                break;
            }
            above = parent(next, at);
        }
    }
}

fn rfc3339(at: Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at).unwrap_or_default().to_rfc3339()
}
