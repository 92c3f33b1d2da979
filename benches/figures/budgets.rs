//! What a touch costs as budgets grow: insert and evaluate of one record under policies of 1, 10, 50 and 200 budgets.
//!
//! Of each ten budgets one is about every touch, five about a channel or a sender, two count each owner or product apart,
//! and two select one HCP in fifty by its segment. Each policy runs in a process of its own. Limit: one budget.

use crate::Sizes;
use crate::process::{number, part};
use crate::rows::{Rows, mix};
use crate::state::{Timed, filled, mean, time_inserts};
use crate::table::{Row, count, nanos};
use processors::Shard;
use serde_json::{Value, json};
use std::sync::Arc;
use touchpoint::policy::{Budget, NameSet, Per, Scope, Selector, WordSet};
use touchpoint::reference::{HcpRow, Tables};
use touchpoint::time::DAY;
use touchpoint::{Channel, Kind, Origin, Policy, Reference};

const BUDGETS: [usize; 4] = [1, 10, 50, 200];
/// One HCP in so many is of the segment that some budgets select.
const RARE: u64 = 50;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let (hcps, per_hcp) = sizes.budget_state;
    let mut rows = Vec::new();
    let mut one = None;
    for budgets in BUDGETS {
        let printed = part(None, &["budgets", &budgets.to_string(), &hcps.to_string(), &per_hcp.to_string()])?;
        let (insert, evaluate) = (number(&printed, "insert")?, number(&printed, "evaluate")?);
        let cost = insert + evaluate;
        let what = format!("a touch, {} HCPs × {per_hcp} records, {budgets} budgets", count(hcps as f64));
        let figure = format!("{} ({} of it evaluating)", nanos(cost), nanos(evaluate));
        let row = Row::new(what, figure);
        rows.push(match one {
            None => row,
            Some(one) => row.beside(format!("one budget: {}", nanos(one)), cost / one),
        });
        one.get_or_insert(cost);
    }
    Ok(rows)
}

/// One policy, in this process.
pub(crate) fn measure(budgets: usize, hcps: u64, per_hcp: u64) -> anyhow::Result<Value> {
    let base = hcps * per_hcp;
    let rows = Rows::new(hcps, base)?;
    let policy = Policy { budgets: (0..budgets).map(budget).collect(), ..Policy::default() };
    let shard = Shard::new(Arc::new(policy), Arc::new(reference(hcps)?));
    let mut shard = filled(shard, &rows, base)?;
    let mut timed = Timed::default();
    time_inserts(&mut shard, &rows, base..base + hcps * 10, &mut timed)?;
    let insert = mean(timed.insert) - mean(timed.log_rows);
    Ok(json!({ "budgets": budgets, "insert": insert, "evaluate": mean(timed.evaluate) }))
}

/// Caps and windows that are never quite the same.
fn budget(number: usize) -> Budget {
    let cap = u32::try_from(3 + number % 20).ok();
    let budget = Budget::new(format!("budget-{number}"), cap, (7 + number as i64 % 60) * DAY);
    let scope = |scope| Budget { scope, ..budget.clone() };
    let selector = Selector { segments: NameSet::of(["rare"]), ..Selector::default() };
    match number % 10 {
        1 => scope(Scope { channels: WordSet::of(&[Channel::FaceToFace]), ..Scope::default() }),
        2 => scope(Scope { channels: WordSet::of(&[Channel::Email]), ..Scope::default() }),
        3 => scope(Scope { origins: WordSet::of(&[Origin::Hq]), ..Scope::default() }),
        4 => scope(Scope { origins: WordSet::of(&[Origin::Rep]), ..Scope::default() }),
        5 => scope(Scope { kinds: WordSet::of(&[Kind::Calls, Kind::Congress]), ..Scope::default() }),
        6 => Budget { per: Per::Owner, ..budget },
        7 => Budget { per: Per::Product, ..budget },
        8 | 9 => Budget { selector, ..budget },
        _ => budget,
    }
}

fn reference(hcps: u64) -> anyhow::Result<Reference> {
    let row = |hcp: u64| {
        let segment = if mix(hcp).is_multiple_of(RARE) { "rare" } else { "common" };
        HcpRow { hcp_id: format!("hcp-{hcp:08}"), segment: Some(segment.to_owned()), ..HcpRow::default() }
    };
    let tables = Tables { hcps: Some((0..hcps).map(row).collect()), ..Tables::default() };
    Reference::try_new(tables).map_err(|faults| anyhow::anyhow!("reference data are refused: {faults:?}"))
}
