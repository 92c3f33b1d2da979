//! The profile of one HCP.

use super::{Profile, View, headline, profile};
use crate::kernel::Scratch;
use crate::rows::Value;
use crate::sample::Sample;
use crate::shards::{Ownership, Shards};
use touchpoint::policy::{Basis, Budget, MinimumGap, Scope, Selector, Zone};
use touchpoint::record::RecordRow;
use touchpoint::reference::{HcpRow, Tables};
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Audience, BusinessFunction, Policy, Status, WindowLength};

const NOW: Micros = 20_000 * DAY;

fn visit(event_id: &'static str, at: Micros, status: Status) -> RecordRow<'static> {
    RecordRow { event_id, hcp_id: "h", status: Some(status), owner_id: Some("rep"), ..RecordRow::visit(at) }
}

fn shards(ownership: Ownership) -> Shards {
    let hcp = |id: &str| HcpRow { hcp_id: id.into(), ..HcpRow::default() };
    let tables = Tables::of(vec![hcp("h"), hcp("quiet")], Vec::new());
    let gap = MinimumGap { name: "gap".into(), selector: Selector::default(), scope: Scope::default(), gap: 48 * HOUR };
    let budgets = vec![Budget::new("two", Some(2), 28 * DAY), Budget::new("open", None, DAY)];
    let policy = Policy { version: "p".into(), budgets, minimum_gaps: vec![gap], ..Policy::default() };
    let medical =
        RecordRow { business_function: Some(BusinessFunction::Medical), ..visit("m", NOW - HOUR, Status::Completed) };
    let rows = vec![
        visit("made", NOW - DAY, Status::Completed),
        visit("missed", NOW - 2 * DAY, Status::NoAccess),
        visit("planned", NOW + 5 * DAY, Status::Planned),
        medical,
        RecordRow { hcp_id: "hidden", ..medical },
    ];
    Sample { rows, policy, tables }.shards(ownership, NOW)
}

fn of(hcp_id: &str, audience: Audience) -> Option<Profile> {
    profile(&shards(Ownership::Sole), hcp_id, View { audience, at: NOW, timeline: 10 }, &mut Scratch::default())
}

#[test]
fn budgets_gaps_and_records_of_an_hcp() {
    let known = of("h", Audience::Commercial).expect("known");
    assert_eq!(known.windows.iter().map(|w| w.window).collect::<Vec<_>>(), WindowLength::ALL);
    let touches = known.windows[2].columns.iter().find(|(name, _)| *name == "touches");
    assert_eq!(touches, Some(&("touches", Value::Count(1))));
    let [two] = &known.budgets[..] else { panic!("a budget without a cap stands nowhere: {:?}", known.budgets) };
    assert_eq!((two.used, two.cap, two.zone, two.next_leaving_at), (1, 2, Zone::Clear, Some(NOW + 27 * DAY)));
    assert_eq!(known.gaps[0].until, Some(NOW + DAY));
    let told: Vec<_> = known.timeline.iter().map(|r| (r.event_id.as_str(), r.basis)).collect();
    assert_eq!(told, [("planned", None), ("made", Some(Basis::Unsolicited)), ("missed", None)]);
    assert_eq!((known.timeline[1].owner_id.as_deref(), known.records), (Some("rep"), 3));
    let full = of("h", Audience::Full).expect("known");
    assert_eq!((full.records, full.budgets[0].used, full.budgets[0].zone), (4, 2, Zone::Full));
}

#[test]
fn who_is_known_and_to_whom() {
    let quiet = of("quiet", Audience::Commercial).expect("reference data know it");
    assert_eq!((quiet.records, quiet.budgets[0].used, quiet.gaps[0].until), (0, 0, None));
    for (hcp_id, audience) in ["h", "quiet", "nobody", "hidden"].into_iter().flat_map(|h| Audience::ALL.map(|a| (h, a)))
    {
        assert_eq!(
            super::is_known(&shards(Ownership::Sole), hcp_id, audience, NOW),
            of(hcp_id, audience).is_some(),
            "{hcp_id}"
        );
    }
    assert_eq!(of("nobody", Audience::Full), None);
    assert_eq!(of("hidden", Audience::Commercial), None, "medical records alone");
    assert!(of("hidden", Audience::Full).is_some());
}

#[test]
fn a_part_shows_no_hcp_without_records_that_may_have_some_elsewhere() {
    let shards = shards(Ownership::Shared);
    let of = |hcp_id, audience| {
        profile(&shards, hcp_id, View { audience, at: NOW, timeline: 10 }, &mut Scratch::default()).map(|p| p.records)
    };
    assert_eq!((of("h", Audience::Full), of("hidden", Audience::Full)), (Some(4), Some(1)));
    assert_eq!((of("quiet", Audience::Full), of("hidden", Audience::Commercial)), (None, None));
}

#[test]
fn a_timeline_is_as_long_as_was_asked_for_and_the_headline_is_that_of_the_profile() {
    let view = View { audience: Audience::Full, at: NOW, timeline: 2 };
    let (shards, scratch) = (shards(Ownership::Sole), &mut Scratch::default());
    let known = profile(&shards, "h", view, scratch).expect("known");
    assert_eq!((known.timeline.len(), known.records), (2, 4));
    assert_eq!(headline(&shards, "h", view, scratch).as_ref(), known.windows.get(2));
    assert_eq!(headline(&shards, "quiet", view, scratch), None);
}
