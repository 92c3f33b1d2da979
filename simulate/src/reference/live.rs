//! Which records count: the live version of each interaction, and what an audience may know (metrics.md §1).

use super::record::Record;
use super::vocabulary::statuses;
use std::collections::BTreeMap;
use touchpoint::{Audience, Kind, Reference};

/// The live record of each identity, in no promised order: the greatest by (version, status rank, position), unless
/// that is a delete. Of two records at one position the later in `records` counts.
pub fn live(records: &[Record]) -> Vec<&Record> {
    let mut greatest: BTreeMap<(Kind, &str, &str, &str), &Record> = BTreeMap::new();
    for record in records {
        let identity = (record.kind, record.source.as_str(), record.event_id.as_str(), record.hcp_id.as_str());
        let best = greatest.entry(identity).or_insert(record);
        if seniority(record) >= seniority(best) {
            *best = record;
        }
    }
    greatest.into_values().filter(|record| !record.is_delete()).collect()
}

fn seniority(record: &Record) -> (i64, usize, (u64, u64)) {
    let ranks = statuses(record.kind);
    let rank = if record.is_delete() {
        ranks.len()
    } else {
        ranks.iter().position(|word| record.status.as_deref() == Some(word)).unwrap_or(0)
    };
    (record.version, rank, record.position)
}

/// The records that exist for `audience`: all of them, or all but requests and records of function medical.
pub fn audible(records: &[Record], audience: Audience) -> Vec<Record> {
    records
        .iter()
        .filter(|record| match audience {
            Audience::Full => true,
            Audience::Commercial => {
                record.kind != Kind::Requests && record.business_function.as_deref() != Some("medical")
            }
        })
        .cloned()
        .collect()
}

/// The records of each HCP, in their order.
pub fn by_hcp(records: &[Record]) -> BTreeMap<String, Vec<Record>> {
    let mut hcps: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in records {
        hcps.entry(record.hcp_id.clone()).or_default().push(record.clone());
    }
    hcps
}

/// The records of each HCP that can have a row: of everyone with a record, and of everyone who is a target at some
/// time, of whom there may be none.
pub fn subjects(records: &[Record], reference: &Reference) -> BTreeMap<String, Vec<Record>> {
    let mut hcps = by_hcp(records);
    for row in reference.rows().all_panels() {
        if row.is_target {
            hcps.entry(row.hcp_id.clone()).or_default();
        }
    }
    hcps
}
