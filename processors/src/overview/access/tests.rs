//! Access of a few HCPs, counted by hand.

use super::{Access, Asked, Bands, Unknown};
use crate::overview::Filter;
use crate::sample::Sample;
use crate::shards::Ownership;
use touchpoint::record::RecordRow;
use touchpoint::reference::{AccessStatus, AccountRow, HcpRow, PanelRow, Tables, Validity};
use touchpoint::time::{DAY, HOUR, Micros, SECOND};
use touchpoint::{Audience, BusinessFunction, Policy, Purpose, Status};

/// 2026-03-02, a Monday, 00:00 UTC.
const NOW: Micros = 1_772_409_600 * SECOND;
const OWNERS: [&str; 5] = ["rep-0", "rep-1", "rep-2", "rep-3", "rep-4"];

fn hcp(id: &str, territory: &str) -> HcpRow {
    HcpRow { hcp_id: id.into(), territory: Some(territory.into()), ..HcpRow::default() }
}

/// So many attempts on days of their own, the first `through` of which got through.
fn attempts<'a>(hcp_id: &'a str, owner: &'a str, through: i64, all: i64) -> impl Iterator<Item = RecordRow<'a>> {
    (0..all).map(move |n| RecordRow {
        hcp_id,
        owner_id: Some(owner),
        status: Some(if n < through { Status::Completed } else { Status::NoAccess }),
        ..RecordRow::visit(NOW - (10 + n) * DAY)
    })
}

fn access(rows: Vec<RecordRow<'_>>, tables: Tables) -> Access {
    let mut shards = Sample { rows, policy: Policy::default(), tables }.shards(Ownership::Sole, NOW);
    shards.seed_targets(|_, _| true);
    let asked = Asked { audience: Audience::Commercial, at: NOW, filter: Filter::default() };
    let mut found = Access::default();
    for (_, shard) in shards.iter() {
        found.add(shard, 0..shard.hcp_count() as u32, &asked);
    }
    found
}

/// Twenty HCPs of the north, five attempts each: ten open, five half open, five nearly shut; each owner has four of them.
fn north(ids: &[String]) -> Vec<RecordRow<'_>> {
    let through = |n: usize| {
        if n < 10 {
            5
        } else if n < 15 {
            3
        } else {
            1
        }
    };
    let all = ids.iter().enumerate().flat_map(|(n, id)| attempts(id, OWNERS[n % 5], through(n), 5));
    all.collect()
}

fn ids() -> Vec<String> {
    (0..20).map(|n| format!("north-{n:02}")).collect()
}

#[test]
fn doors_are_counted_by_band_and_told_from_twenty_on() {
    let ids = ids();
    let mut rows = north(&ids);
    rows.extend(attempts("edge", "rep-0", 7, 10));
    rows.extend(attempts("few", "rep-0", 3, 3));
    let mut hcps: Vec<HcpRow> = ids.iter().map(|id| hcp(id, "north")).collect();
    hcps.extend([hcp("edge", "south"), hcp("few", "south")]);
    hcps.push(HcpRow { account_id: Some("shut".into()), ..hcp("behind", "south") });
    let shut =
        AccountRow { account_id: "shut".into(), access_status: Some(AccessStatus::Closed), ..AccountRow::default() };
    let panel = |id: &str| PanelRow {
        owner_id: "rep-0".into(),
        hcp_id: id.into(),
        is_target: true,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    };
    let mut tables = Tables::of(hcps, vec![shut]);
    tables.panels = Some(["behind", "edge", "few"].map(panel).into());
    let found = access(rows, tables);
    let bands = Bands { accessible: 10, restricted: 6, severe: 5, closed_by_rule: 1 };
    assert_eq!((found.all.bands(), found.all.hcps, found.all.attempts), (Some(bands), 23, 113));
    assert_eq!((found.all.targets, found.all.rated_targets), (3, 2));
    assert_eq!((found.all.accessible_share(), found.all.reporting()), (Some(10.0 / 22.0), Some(1.0)));
    let through = 10.0 * 5.0 + 5.0 * 3.0 + 5.0 + 7.0 + 3.0;
    assert_eq!(found.all.through_share(), Some(through / 113.0));
    let territories: Vec<_> = found.territories.iter().map(|(name, of)| (name.as_str(), of.unknown())).collect();
    assert_eq!(territories, [("north", None), ("south", Some(Unknown::ThinSupport))]);
    let south = &found.territories["south"];
    assert_eq!((south.rated(), south.bands(), south.through_share(), south.reporting()), (2, None, None, None));
    assert_eq!(found.specialties.keys().collect::<Vec<_>>(), ["unknown"]);
    assert_eq!(found.oldest, Some(NOW - 19 * DAY));
}

#[test]
fn a_closed_door_that_nobody_writes_down_is_not_an_open_one() {
    let ids = ids();
    let mut rows = north(&ids);
    for row in rows.iter_mut().filter(|row| row.owner_id != Some("rep-0") && row.owner_id != Some("rep-1")) {
        row.status = Some(Status::Completed);
    }
    let found = access(rows, Tables::default());
    assert_eq!((found.all.unknown(), found.all.accessible_share()), (Some(Unknown::NotReported), None));
    assert_eq!((found.all.reporting(), found.all.rated()), (Some(0.4), 20));
    let one = north(&ids).into_iter().map(|row| RecordRow { owner_id: Some("rep-0"), ..row }).collect();
    let found = access(one, Tables::default());
    assert_eq!((found.all.unknown(), found.all.reporting()), (None, None), "one owner is not told of");
    let nobody = north(&ids).into_iter().map(|row| RecordRow { owner_id: None, ..row }).collect();
    assert_eq!(access(nobody, Tables::default()).all.unknown(), Some(Unknown::NotReported));
}

#[test]
fn an_owner_attempts_once_a_day_and_only_at_the_door() {
    let visit = |at| RecordRow { hcp_id: "h", owner_id: Some("rep-0"), ..RecordRow::visit(at) };
    let evening = NOW - 20 * DAY + 22 * HOUR + HOUR / 2;
    let refused = |at| RecordRow { status: Some(Status::NoAccess), ..visit(at) };
    let planned = |at| RecordRow { status: Some(Status::Planned), ..visit(at) };
    let rows = || {
        vec![
            visit(evening),
            refused(evening + HOUR),
            refused(evening),
            RecordRow { purpose: Some(Purpose::Service), ..refused(NOW - 5 * DAY) },
            RecordRow { business_function: Some(BusinessFunction::Medical), ..refused(NOW - 5 * DAY) },
            visit(NOW - 366 * DAY),
            planned(NOW - 8 * DAY),
            planned(NOW - 7 * DAY),
            planned(NOW + DAY),
        ]
    };
    let utc = access(rows(), Tables::default()).all;
    assert_eq!((utc.attempts, utc.unclosed, utc.unclosed_share()), (1, 1, Some(0.5)));
    let berlin = HcpRow { time_zone: "Europe/Berlin".parse().ok(), ..hcp("h", "north") };
    let local = access(rows(), Tables::of(vec![berlin], Vec::new())).all;
    assert_eq!(local.attempts, 2, "half past midnight is another day");
}
