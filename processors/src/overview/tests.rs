//! Overviews of a few HCPs, counted by hand.

use super::{Asked, Detail, Filter, Listing, Overview, Wanted};
use crate::sample::Sample;
use crate::shards::{Ownership, Shards};
use touchpoint::policy::Budget;
use touchpoint::record::RecordRow;
use touchpoint::reference::{HcpRow, PanelRow, Tables, Validity};
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Audience, BusinessFunction, Channel, Policy, Status, WindowLength};

const NOW: Micros = 20_000 * DAY;

fn visit(hcp_id: &'static str, at: Micros) -> RecordRow<'static> {
    RecordRow { hcp_id, owner_id: Some("rep"), ..RecordRow::visit(at) }
}

fn shards() -> Shards {
    let hcp = |id: &str, territory: &str| HcpRow {
        hcp_id: id.into(),
        territory: Some(territory.into()),
        ..HcpRow::default()
    };
    let panel = |id: &str| PanelRow {
        owner_id: "rep".into(),
        hcp_id: id.into(),
        is_target: true,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    };
    let mut tables = Tables::of(vec![hcp("over", "north"), hcp("calm", "north"), hcp("new", "south")], Vec::new());
    tables.panels = Some(["over", "calm", "new"].map(panel).into());
    let policy = Policy { budgets: vec![Budget::new("two", Some(2), 28 * DAY)], ..Policy::default() };
    let marketing = RecordRow {
        business_function: Some(BusinessFunction::Marketing),
        owner_id: Some("hq"),
        ..visit("over", NOW - DAY)
    };
    let medical = RecordRow { business_function: Some(BusinessFunction::Medical), ..visit("calm", NOW - 2 * HOUR) };
    let rows = vec![
        visit("over", NOW - 20 * DAY),
        visit("over", NOW - DAY - HOUR),
        marketing,
        RecordRow { product: Some("p"), ..visit("calm", NOW - 3 * DAY) },
        RecordRow { product: Some("p"), ..visit("calm", NOW - 2 * DAY - HOUR) },
        medical,
        RecordRow { status: Some(Status::Planned), ..visit("calm", NOW + HOUR) },
    ];
    let mut shards = Sample { rows, policy, tables }.shards(Ownership::Sole, NOW);
    shards.seed_targets(|_, _| true);
    shards.turn(NOW);
    shards
}

fn asked(audience: Audience, filter: Filter) -> Asked {
    Asked { audience, at: NOW, window: WindowLength::HEADLINE, filter, detail: Detail::Whole }
}

fn overview(asked: &Asked) -> Overview {
    let (shards, mut found) = (shards(), Overview::default());
    for (_, shard) in shards.iter() {
        found.add(shard, 0..shard.hcp_count() as u32, asked);
    }
    found
}

#[test]
fn everybody_is_counted_by_zone_territory_and_cause() {
    let mut found = overview(&asked(Audience::Commercial, Filter::default()));
    assert_eq!((found.targets.hcps, found.targets.over, found.targets.full, found.targets.clear), (3, 1, 1, 1));
    assert_eq!((found.targets.untouched, found.all, found.touches), (1, found.targets, [5, 5]));
    let territories: Vec<_> = found.territories.iter().map(|(name, of)| (name.as_str(), of.hcps, of.over)).collect();
    assert_eq!(territories, [("north", 2, 1), ("south", 1, 0)]);
    assert_eq!((found.collisions.collisions, found.collisions.pairs), (1, 3));
    let pair = (BusinessFunction::Sales, BusinessFunction::Marketing);
    assert_eq!(found.causes.pairs.iter().collect::<Vec<_>>(), [(&pair, &1)]);
    let sales = (BusinessFunction::Sales, Channel::FaceToFace, None);
    assert_eq!(found.causes.on_over.get(&sales), Some(&2));
    assert_eq!(found.facets.products.iter().collect::<Vec<_>>(), ["p"]);
    let [least, most] = found.spread.percentiles([1, 100]);
    assert!(least.is_some_and(|least| least == 0.0 && least.is_sign_positive()), "{least:?}");
    assert!(most.is_some_and(|most| most > 1.0));
    assert_eq!(found.spread.bands(0.25, 3).iter().sum::<u64>(), 3);
}

#[test]
fn a_medical_touch_is_there_for_the_full_audience_alone() {
    let of = |audience| overview(&asked(audience, Filter::default())).targets;
    assert_eq!((of(Audience::Commercial).over, of(Audience::Full).over), (1, 2));
}

#[test]
fn filters_hold_together_and_unknown_is_a_value() {
    let hcps = |filter| overview(&asked(Audience::Commercial, filter)).all.hcps;
    let territory = |name: &str| Filter { territory: Some(name.into()), ..Filter::default() };
    assert_eq!((hcps(territory("north")), hcps(territory("south")), hcps(territory("west"))), (2, 1, 0));
    assert_eq!(hcps(Filter { segment: Some("unknown".into()), ..Filter::default() }), 3);
    assert_eq!(hcps(Filter { product: Some("p".into()), ..Filter::default() }), 1);
    assert_eq!(hcps(Filter { product: Some("p".into()), ..territory("south") }), 0);
}

#[test]
fn a_past_instant_is_answered_from_the_same_lists() {
    let now = asked(Audience::Commercial, Filter::default());
    let before = overview(&Asked { at: NOW - 2 * DAY, detail: Detail::Counts, ..now });
    assert_eq!((before.targets.over, before.touches[0], before.oldest), (0, 3, Some(NOW - 20 * DAY)));
    assert!(before.causes.pairs.is_empty() && before.facets.territories.is_empty());
}

#[test]
fn lists_name_those_behind_a_count() {
    let list = |wanted| {
        let (shards, mut listing) = (shards(), Listing::new(wanted, 5));
        for (_, shard) in shards.iter() {
            listing.add(shard, 0..shard.hcp_count() as u32, &asked(Audience::Commercial, Filter::default()));
        }
        let (listed, total) = listing.finish();
        assert_eq!(listed.len(), total);
        listed.into_iter().map(|one| (one.hcp_id.to_string(), one.headroom, one.over_at)).collect::<Vec<_>>()
    };
    assert_eq!(list(Wanted::Over), [("over".to_owned(), Some(-1), None)]);
    assert_eq!(list(Wanted::Hold(DAY)), [("calm".to_owned(), Some(0), Some(NOW + HOUR))]);
    assert_eq!(list(Wanted::Untouched), [("new".to_owned(), Some(2), None)]);
}
