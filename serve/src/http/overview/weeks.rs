//! `GET /v1/overview/weeks`: how the HCPs of a filter stood week by week, by what is known today.
//!
//! Each point is the overview as of that instant, from the live lists and for the audience of the caller: never from stored
//! day rows, which are of audience full. Points are a week apart and end now.

use super::now::{collisions, standings};
use super::{filter, of_question};
use crate::api::{Api, NotReady};
use crate::http::words::{instant, maybe_instant};
use crate::live_page::{Question, for_everybody};
use processors::overview::{Detail, Overview};
use serde_json::{Value, json};
use touchpoint::Micros;
use touchpoint::policy::Budget;
use touchpoint::time::{DAY, RETENTION};

/// Weeks back.
const WEEKS: i64 = 12;

pub(super) fn found(api: &Api, question: &Question) -> Result<Value, NotReady> {
    let (now, policy) = api.read(|shards, at| (at, shards.policy().clone()))?;
    let longest = policy.budgets.iter().map(|budget: &Budget| budget.window).max().unwrap_or(0);
    let (mut points, mut oldest) = (Vec::new(), None);
    for week in (0..=WEEKS).rev() {
        let at = now - week * 7 * DAY;
        let asked = of_question(question, at, Detail::Counts);
        let mut found = Overview::default();
        for_everybody(api, |shard, hcps| found.add(shard, hcps, &asked))?;
        oldest = found.oldest.or(oldest);
        points.push(point(at, &mut found, is_whole(now, at, longest)));
    }
    Ok(json!({
        "as_of": instant(now),
        "audience": question.audience.as_str(),
        "window": question.window.as_str(),
        "filter": filter(&question.filter),
        "policy_version": policy.version,
        "records_from": maybe_instant(oldest),
        "points": points,
    }))
}

/// Whether the live state still has everything that budgets counted then.
fn is_whole(now: Micros, at: Micros, longest: Micros) -> bool {
    now - at + longest <= RETENTION
}

fn point(at: Micros, found: &mut Overview, budgets_whole: bool) -> Value {
    let [p50, p90, p99] = found.spread.percentiles([50, 90, 99]);
    json!({
        "at": instant(at),
        "budgets_whole": budgets_whole,
        "hcps": standings(&found.all),
        "targets": standings(&found.targets),
        "collisions": collisions(found),
        "visits_per_week": { "p50": p50, "p90": p90, "p99": p99 },
    })
}
