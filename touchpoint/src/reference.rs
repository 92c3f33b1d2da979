//! Reference data: effective-dated facts about HCPs and accounts, looked up by key and instant.
//!
//! Rows are valid in `[valid_from, valid_to)`; two rows of one key never overlap (a load error). A touch uses the row
//! valid at its instant; gauges and denominators use the row valid at T. Without a row, territory is `unknown` and the
//! time zone is unknown (and UTC where a zone is needed).

use crate::time::Micros;
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use std::collections::HashMap;

/// The territory, segment, … of an HCP or account that no row describes.
pub const UNKNOWN: &str = "unknown";

/// What is known of one HCP in a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct HcpRow {
    /// Key.
    pub hcp_id: String,
    /// Specialty.
    pub specialty: Option<String>,
    /// Segment.
    pub segment: Option<String>,
    /// Territory.
    pub territory: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<Tz>,
    /// Primary account.
    pub account_id: Option<String>,
    /// Start, inclusive.
    pub valid_from: Micros,
    /// End, exclusive.
    pub valid_to: Micros,
}

/// What is known of one account in a span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountRow {
    /// Key.
    pub account_id: String,
    /// Kind: hospital, practice, …
    pub kind: Option<String>,
    /// Territory.
    pub territory: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// Account above it.
    pub parent_account_id: Option<String>,
    /// Start, inclusive.
    pub valid_from: Micros,
    /// End, exclusive.
    pub valid_to: Micros,
}

/// Two rows of one key that hold at the same instant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "two rows of {table} describe the same key at {at} (rows {first} and {second}); make valid_from and valid_to meet without overlap"
)]
pub struct Overlap {
    /// `hcps` or `accounts`.
    pub table: &'static str,
    /// Index of the earlier row in the input.
    pub first: usize,
    /// Index of the later row in the input.
    pub second: usize,
    /// First instant that both hold, RFC 3339.
    pub at: String,
}

/// All reference data of one load.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    hcps: HashMap<String, Vec<HcpRow>>,
    accounts: HashMap<String, Vec<AccountRow>>,
}

impl Reference {
    /// Indexes the rows.
    ///
    /// # Errors
    /// Every [`Overlap`] found, not only the first.
    pub fn try_new(hcps: Vec<HcpRow>, accounts: Vec<AccountRow>) -> Result<Self, Vec<Overlap>> {
        let mut problems = Vec::new();
        let spans = hcps.iter().map(|r| (r.hcp_id.as_str(), r.valid_from, r.valid_to));
        overlaps("hcps", spans, &mut problems);
        let spans = accounts.iter().map(|r| (r.account_id.as_str(), r.valid_from, r.valid_to));
        overlaps("accounts", spans, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut reference = Self::default();
        for row in hcps {
            reference.hcps.entry(row.hcp_id.clone()).or_default().push(row);
        }
        for row in accounts {
            reference.accounts.entry(row.account_id.clone()).or_default().push(row);
        }
        Ok(reference)
    }

    /// The HCP's row valid at `at`.
    pub fn hcp(&self, hcp_id: &str, at: Micros) -> Option<&HcpRow> {
        self.hcps.get(hcp_id)?.iter().find(|r| r.valid_from <= at && at < r.valid_to)
    }

    /// The account's row valid at `at`.
    pub fn account(&self, account_id: &str, at: Micros) -> Option<&AccountRow> {
        self.accounts.get(account_id)?.iter().find(|r| r.valid_from <= at && at < r.valid_to)
    }

    /// Every HCP row, in no order.
    pub fn hcp_rows(&self) -> impl Iterator<Item = &HcpRow> {
        self.hcps.values().flatten()
    }

    /// Every account row, in no order.
    pub fn account_rows(&self) -> impl Iterator<Item = &AccountRow> {
        self.accounts.values().flatten()
    }

    /// Number of distinct HCPs.
    pub fn hcp_count(&self) -> usize {
        self.hcps.len()
    }

    /// The HCP's time zone at `at`, `None` when unknown.
    pub fn time_zone(&self, hcp_id: &str, at: Micros) -> Option<Tz> {
        self.hcp(hcp_id, at)?.time_zone
    }

    /// The first instant after `after` at which another row of the HCP begins or ends to hold; `None` when none will.
    pub fn next_change(&self, hcp_id: &str, after: Micros) -> Option<Micros> {
        let rows = self.hcps.get(hcp_id)?;
        rows.iter().flat_map(|r| [r.valid_from, r.valid_to]).filter(|at| *at > after && *at < Micros::MAX).min()
    }

    /// Where a date-only touch is placed: 12:00 of that day in the HCP's time zone, UTC when unknown (metrics.md §1).
    pub fn noon(&self, hcp_id: &str, date: NaiveDate) -> Micros {
        let noon = date.and_time(NaiveTime::MIN) + chrono::Duration::hours(12);
        let utc = noon.and_utc().timestamp_micros();
        let Some(zone) = self.time_zone(hcp_id, utc) else { return utc };
        // Noon never falls into a clock change in any zone of the database; if one ever did, the earlier reading is used.
        zone.from_local_datetime(&noon).earliest().map_or(utc, |t| t.timestamp_micros())
    }
}

/// Whether `at` lies inside local working hours.
pub fn is_working_time(at: Micros, zone: Tz, hours: crate::policy::WorkingHours) -> bool {
    hours.contain(at, zone)
}

fn overlaps<'a>(
    table: &'static str,
    spans: impl Iterator<Item = (&'a str, Micros, Micros)>,
    problems: &mut Vec<Overlap>,
) {
    let mut spans: Vec<_> = spans.enumerate().map(|(i, (key, from, to))| (key, from, to, i)).collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        let [(key_a, _, to_a, a), (key_b, from_b, _, b)] = pair else { continue };
        if key_a == key_b && from_b < to_a {
            let at = chrono::DateTime::from_timestamp_micros(*from_b).unwrap_or_default().to_rfc3339();
            problems.push(Overlap { table, first: *a.min(b), second: *a.max(b), at });
        }
    }
}
