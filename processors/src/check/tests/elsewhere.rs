//! Where several processes share the work: who answers for an HCP of whom there is no record.

use super::{Answer, Asked, Code, HCP, NOW, Proposal, Verdict, World, check, codes, visit};
use crate::kernel::Scratch;
use crate::sample::Sample;
use crate::shards::{Ownership, Placement};
use touchpoint::record::RecordRow;
use touchpoint::reference::{PanelRow, Tables, Validity};
use touchpoint::time::DAY;
use touchpoint::{Audience, BusinessFunction, Channel, Purpose};

/// A process that owns partition 0 of three; HCPs go by the lengths of their ids.
const PLACEMENT: Placement = Placement { partition_of: |key, count| key.len() as i32 % count, count: 3 };

fn ask(world: &World, placement: Option<Placement>, proposal: &Proposal, audience: Audience) -> Answer {
    let mut shards = world.shards(Ownership::Shared);
    shards.set_placement(placement);
    shards.seed_targets(|_, _| true);
    check(&shards, proposal, Asked { audience, now: NOW }, &mut Scratch::default())
}

fn of(hcp_id: &str) -> Proposal {
    Proposal::new(hcp_id, Channel::Phone)
}

#[test]
fn without_a_placement_whoever_has_no_record_may_have_some_elsewhere() {
    let world = World::default().with([RecordRow { hcp_id: "other", ..visit(NOW - DAY) }]);
    let answer = ask(&world, None, &of("abc"), Audience::Full);
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Deny, vec![Code::HeldElsewhere]));
    assert_eq!((answer.next_free_at, answer.outlooks), (None, None));
    assert_ne!(codes(&ask(&world, None, &of("other"), Audience::Full)), vec![Code::HeldElsewhere]);
}

#[test]
fn with_a_placement_only_the_home_of_a_stranger_answers() {
    let world = World::default().with([RecordRow { hcp_id: "other", ..visit(NOW - DAY) }]);
    let ask = |hcp_id: &str| codes(&ask(&world, Some(PLACEMENT), &of(hcp_id), Audience::Full));
    assert_eq!(ask("abc"), vec![Code::HcpUnknown], "3 % 3: it is ours, and there is no record of it");
    assert_eq!(ask("abcd"), vec![Code::HeldElsewhere]);
    assert_ne!(ask("other"), vec![Code::HeldElsewhere], "its record is here, wherever it should be");
}

#[test]
fn a_target_without_records_is_a_stranger_too() {
    let panel = PanelRow {
        owner_id: "rep".into(),
        hcp_id: "abc".into(),
        is_target: true,
        min_touches: None,
        max_touches: None,
        validity: Validity::ALWAYS,
    };
    let tables = Tables { panels: Some(vec![panel]), ..Tables::default() };
    let world = World(Sample { tables, ..Sample::default() });
    assert_eq!(codes(&ask(&world, None, &of("abc"), Audience::Full)), vec![Code::HeldElsewhere]);
    assert_eq!(ask(&world, Some(PLACEMENT), &of("abc"), Audience::Full).verdict, Verdict::Allow);
}

#[test]
fn a_record_that_the_audience_does_not_see_changes_nothing() {
    let medical = RecordRow { business_function: Some(BusinessFunction::Medical), ..visit(NOW - DAY) };
    for placement in [None, Some(PLACEMENT)] {
        let ask = |world: World, audience| ask(&world, placement, &of(HCP), audience);
        let hidden = ask(World::default().with([medical]), Audience::Commercial);
        assert_eq!(hidden, ask(World::default(), Audience::Commercial));
        assert_eq!(codes(&hidden), vec![Code::HeldElsewhere]);
    }
}

#[test]
fn service_and_safety_are_not_held_back_for_want_of_records() {
    for purpose in [Purpose::Service, Purpose::Safety] {
        let proposal = Proposal { purpose: Some(purpose), ..of("abcd") };
        let answer = ask(&World::default(), None, &proposal, Audience::Commercial);
        assert_eq!((answer.verdict, codes(&answer)), (Verdict::Allow, vec![Code::ServiceOrSafety]));
        assert_eq!((answer.next_free_at, answer.outlooks), (Some(NOW), None));
    }
}
