//! Access by cohort, written from docs/LIVEPAGE.md ("Access") alone: every attempt is looked for among all the others.

use super::facts;
use super::live::{audible, live, subjects};
use super::metrics::Question;
use super::record::Record;
use super::view::DAY;
use chrono::{DateTime, NaiveDate};
use std::collections::BTreeSet;
use touchpoint::reference::AccessStatus;
use touchpoint::{Kind, Tz};

/// What a cohort comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReferenceAccess {
    /// HCPs of the audience.
    pub hcps: u64,
    /// Targets among them, and the rated ones of these.
    pub targets: [u64; 2],
    /// Accessible, restricted, severe, closed by rule.
    pub bands: [u64; 4],
    /// Attempts, and those that got through.
    pub attempts: [u64; 2],
    /// Calls still planned more than seven days after their time.
    pub unclosed: u64,
    /// Owners with 20 attempts or more, and those of them who wrote down a closed door.
    pub owners: [u64; 2],
}

/// One owner's day at one HCP's door.
#[derive(Debug, Clone, PartialEq)]
struct Attempt {
    hcp_id: String,
    owner: Option<String>,
    day: NaiveDate,
    got_through: bool,
}

/// The cohort of those whom `takes` takes, as of `question.at`; its HCP and window are of no matter.
pub fn access(records: &[Record], question: &Question<'_>, takes: impl Fn(&Question<'_>) -> bool) -> ReferenceAccess {
    let known = audible(records, question.audience);
    let (mut sum, mut all) = (ReferenceAccess::default(), Vec::new());
    for hcp_id in subjects(&known, question.reference).keys() {
        let question = Question { hcp_id, ..*question };
        let own: Vec<&Record> = live(&known).into_iter().filter(|r| r.hcp_id == *hcp_id).collect();
        let is_target = facts::is_target(&question);
        let heard = |r: &&Record| within(r, &question, 400);
        if !takes(&question) || !(is_target || own.iter().any(heard)) {
            continue;
        }
        let attempts = attempts(&own, &question);
        let through = attempts.iter().filter(|attempt| attempt.got_through).count();
        let band = band(through, attempts.len(), &question);
        sum.hcps += 1;
        sum.targets[0] += u64::from(is_target);
        sum.targets[1] += u64::from(is_target && band.is_some());
        if let Some(band) = band {
            sum.bands[band] += 1;
        }
        sum.attempts[0] += attempts.len() as u64;
        sum.attempts[1] += through as u64;
        sum.unclosed += own.iter().filter(|r| is_unclosed(r, &question)).count() as u64;
        all.extend(attempts);
    }
    let owners: BTreeSet<&String> = all.iter().filter_map(|attempt| attempt.owner.as_ref()).collect();
    for owner in owners {
        let own: Vec<&Attempt> = all.iter().filter(|attempt| attempt.owner.as_ref() == Some(owner)).collect();
        if own.len() >= 20 {
            sum.owners[0] += 1;
            sum.owners[1] += u64::from(own.iter().any(|attempt| !attempt.got_through));
        }
    }
    sum
}

fn within(record: &Record, question: &Question<'_>, days: i64) -> bool {
    record.occurred_at.is_some_and(|at| question.at - days * DAY < at && at <= question.at)
}

/// A face-to-face call of sales that is neither service nor safety.
fn is_visit(record: &Record) -> bool {
    record.kind == Kind::Calls
        && record.channel.as_deref() == Some("face_to_face")
        && record.business_function.as_deref() == Some("sales")
        && !matches!(record.purpose.as_deref(), Some("service" | "safety"))
}

fn attempts(own: &[&Record], question: &Question<'_>) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for record in own.iter().filter(|r| is_visit(r) && within(r, question, 365)) {
        let got_through = match record.status.as_deref() {
            Some("completed") => true,
            Some("no_access") => false,
            _ => continue,
        };
        let at = record.occurred_at.unwrap_or_default();
        let zone = facts::hcp(question, at).and_then(|row| row.time_zone).unwrap_or(Tz::UTC);
        let day = DateTime::from_timestamp_micros(at).unwrap_or_default().with_timezone(&zone).date_naive();
        let new = Attempt { hcp_id: record.hcp_id.clone(), owner: record.owner_id.clone(), day, got_through };
        match attempts.iter_mut().find(|a| (&a.hcp_id, &a.owner, a.day) == (&new.hcp_id, &new.owner, new.day)) {
            Some(same) => same.got_through |= new.got_through,
            None => attempts.push(new),
        }
    }
    attempts
}

fn is_unclosed(record: &Record, question: &Question<'_>) -> bool {
    let is_planned = record.status.as_deref() == Some("planned");
    let is_past = record.occurred_at.is_some_and(|at| question.at - at > 7 * DAY);
    is_visit(record) && within(record, question, 365) && is_planned && is_past
}

/// The place of the band in [`ReferenceAccess::bands`].
fn band(through: usize, all: usize, question: &Question<'_>) -> Option<usize> {
    let account = facts::account_id(question, question.at).unwrap_or_default();
    let rows = question.reference.rows();
    let row = rows.accounts(account).iter().find(|row| facts::holds(row.validity, question.at));
    if row.is_some_and(|row| row.access_status == Some(AccessStatus::Closed)) {
        return Some(3);
    }
    if all < 4 {
        return None;
    }
    // r > 0.70 and r > 0.30 without fractions.
    if through * 100 > all * 70 {
        Some(0)
    } else if through * 100 > all * 30 {
        Some(1)
    } else {
        Some(2)
    }
}
