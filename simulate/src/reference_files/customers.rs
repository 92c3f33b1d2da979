//! HCPs, accounts, and who works where.

use super::spans;
use crate::config::Scenario;
use crate::id::Named;
use crate::seed::Purpose;
use crate::world::{ACCOUNT_KINDS, AccessBand, World};
use touchpoint::Micros;
use touchpoint::policy::ExecutionModel;
use touchpoint::reference::{AccessStatus, AccountRow, AffiliationRow, HcpRow, Validity};
use touchpoint::time::DAY;

/// Accounts in one network of accounts.
const NETWORK: u32 = 12;
/// Share of networks that exist; the others are accounts of their own.
const NETWORKED: f64 = 0.4;
/// Share of HCPs with a second place of work.
const SECOND_PLACE: f64 = 0.15;

/// Every HCP's rows.
pub(super) fn hcps(world: &World) -> impl Iterator<Item = HcpRow> {
    (0..world.hcps()).flat_map(move |hcp| {
        let spans = spans(world.move_of(hcp).map(|m| m.at));
        spans.map(move |validity| hcp_row(world, hcp, validity))
    })
}

/// Every account's rows.
pub(super) fn accounts(world: &World) -> impl Iterator<Item = AccountRow> {
    (0..world.accounts())
        .flat_map(move |account| spans(moves_at(world, account)).map(move |v| account_row(world, account, v)))
}

/// Every HCP's affiliations.
pub(super) fn affiliations(world: &World) -> impl Iterator<Item = AffiliationRow> {
    (0..world.hcps()).flat_map(move |hcp| {
        let row = move |account: u32, is_primary: bool, validity: Validity| AffiliationRow {
            hcp_id: Named::Hcp(hcp).id(),
            account_id: Named::Account(account).id(),
            is_primary,
            validity,
        };
        let primary = spans(world.move_of(hcp).map(|m| m.at))
            .map(move |validity| row(world.account_of(hcp, validity.from), true, validity));
        primary.chain(second_account(world, hcp).map(|account| row(account, false, Validity::ALWAYS)))
    })
}

fn hcp_row(world: &World, hcp: u32, validity: Validity) -> HcpRow {
    let known = world.hcp(hcp, validity.from);
    HcpRow {
        hcp_id: known.id,
        specialty: Some(known.specialty.to_owned()),
        segment: Some(known.segment.to_owned()),
        territory: Some(world.territory_id(known.territory)),
        country: Some(known.place.country.to_owned()),
        time_zone: Some(known.place.zone),
        account_id: Some(Named::Account(known.account).id()),
        validity,
    }
}

fn account_row(world: &World, account: u32, validity: Validity) -> AccountRow {
    let members = world.account_members(account);
    let territory = world.rep_of(members.start).number / world.config().reps_per_territory;
    let moved = moves_at(world, account).is_some_and(|at| validity.from >= at);
    let kind = world.seed().below(Purpose::AccountKind, u64::from(account), 0, ACCOUNT_KINDS.len() as u64);
    let mark = |fact: u64| Some(world.seed().below(Purpose::AccountFacts, u64::from(account), fact, 3) as u32);
    AccountRow {
        account_id: Named::Account(account).id(),
        kind: ACCOUNT_KINDS.get(kind as usize).map(|k| (*k).to_owned()),
        territory: Some(world.territory_id(territory)),
        country: Some(world.place_of_territory(territory).country.to_owned()),
        // Who moves leaves its network.
        parent_account_id: parent_of(world, account).filter(|_| !moved).map(|p| Named::Account(p).id()),
        sites: Some(1 + world.seed().below(Purpose::AccountFacts, u64::from(account), 3, 1 + 2 * kind) as u32),
        decision_makers: Some((members.len() as u32).div_ceil(4)),
        formulary_control: mark(0),
        pathway_control: mark(1),
        therapy_complexity: mark(2),
        access_status: Some(access_status(world, members)),
        declared_model: Some(match world.config().profile.scenario {
            Scenario::Coverage => ExecutionModel::Coverage,
            Scenario::Navigation => ExecutionModel::Navigation,
            Scenario::Orchestration => ExecutionModel::Orchestration,
        }),
        required_override: None,
        validity,
    }
}

/// As most of its HCPs treat visitors.
fn access_status(world: &World, members: std::ops::Range<u32>) -> AccessStatus {
    let count = |band| members.clone().filter(|hcp| world.access(*hcp) == band).count();
    let (open, severe) = (count(AccessBand::Accessible), count(AccessBand::Severe));
    match members.len() {
        all if 2 * severe > all => AccessStatus::Closed,
        all if 2 * open >= all => AccessStatus::Open,
        _ => AccessStatus::Restricted,
    }
}

/// The head of the account's network; heads have none, so there are no cycles.
fn parent_of(world: &World, account: u32) -> Option<u32> {
    let head = account / NETWORK * NETWORK;
    let networked = world.seed().unit(Purpose::Network, u64::from(head), 0) < NETWORKED;
    (networked && account != head).then_some(head)
}

/// When the account leaves its network, if it does: 00:00 UTC of some day.
fn moves_at(world: &World, account: u32) -> Option<Micros> {
    parent_of(world, account)?;
    let moves = &world.config().moves;
    if world.seed().unit(Purpose::AccountMove, u64::from(account), 0) >= moves.share {
        return None;
    }
    let (first, last) = (moves.within.from.div_euclid(DAY) + 1, moves.within.to.div_euclid(DAY));
    let days = (last - first).max(1).unsigned_abs();
    Some((first + world.seed().below(Purpose::AccountMove, u64::from(account), 1, days) as i64) * DAY)
}

/// Another account at which the HCP works beside its own; never one that it moves from or to.
fn second_account(world: &World, hcp: u32) -> Option<u32> {
    if world.seed().unit(Purpose::Affiliation, u64::from(hcp), 0) >= SECOND_PLACE {
        return None;
    }
    let (first, last) = (world.account_of(hcp, Micros::MIN), world.account_of(hcp, Micros::MAX));
    let near = (first + 1..first + 3).map(|account| account % world.accounts());
    near.into_iter().find(|account| *account != first && *account != last)
}
