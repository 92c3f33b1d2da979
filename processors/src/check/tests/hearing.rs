//! What is said beside the budgets: consent, collisions, requests, working hours, and how the HCP would stand.

use super::{
    Answer, Asked, Code, HCP, MONDAY, NOW, Proposal, Verdict, World, check, codes, mail, proposed, request, visit,
};
use crate::kernel::Scratch;
use crate::shards::Ownership;
use touchpoint::record::RecordRow;
use touchpoint::reference::{ConsentRow, ConsentRuleRow, HcpRow, Regime, Validity};
use touchpoint::time::{DAY, HOUR, Micros};
use touchpoint::{Audience, BusinessFunction, Channel, Op, Policy, Status, WindowLength};

fn consent(opts_in: bool, captured_at: Micros) -> ConsentRow {
    ConsentRow { hcp_id: HCP.into(), channel: Some(Channel::Email), opts_in, captured_at, validity: Validity::ALWAYS }
}

/// Whether e-mail is refused for want of consent.
fn refused(consents: Vec<ConsentRow>, rows: Vec<RecordRow<'static>>) -> bool {
    let mut world = World::default().with(rows);
    world.0.tables.consents = Some(consents);
    let answer = world.ask(&proposed(Channel::Email));
    let refused = codes(&answer).contains(&Code::ConsentMissing);
    assert_eq!((answer.verdict == Verdict::Deny, answer.next_free_at.is_none()), (refused, refused), "{answer:?}");
    refused
}

#[test]
fn the_last_capture_decides_and_an_unsubscription_is_one() {
    let unsubscribed = |at| RecordRow { status: Some(Status::Unsubscribed), ..mail(at) };
    assert!(refused(Vec::new(), Vec::new()), "e-mail is opt-in without a rule");
    assert!(!refused(vec![consent(true, NOW - DAY)], Vec::new()));
    assert!(refused(vec![consent(true, NOW - 2 * DAY), consent(false, NOW - DAY)], Vec::new()));
    assert!(!refused(vec![consent(true, NOW - DAY), consent(false, NOW - 2 * DAY)], Vec::new()));
    assert!(refused(vec![consent(true, NOW + DAY)], Vec::new()), "captured in the future");
    let expired = Validity { from: 0, to: NOW };
    assert!(refused(vec![ConsentRow { validity: expired, ..consent(true, NOW - DAY) }], Vec::new()));
    assert!(refused(vec![consent(true, NOW - 2 * DAY)], vec![unsubscribed(NOW - DAY)]));
    assert!(!refused(vec![consent(true, NOW - DAY)], vec![unsubscribed(NOW - 2 * DAY)]), "opted in again");
}

/// The answer to an e-mail as of now, by a process that has run since the first record came.
fn asked_of_old(world: &World, audience: Audience) -> Answer {
    let mut shards = world.shards(Ownership::Sole);
    let first = world.0.rows.iter().filter_map(|row| row.occurred_at).min().expect("a record");
    for at in [first, NOW - 300 * DAY, NOW] {
        shards.turn(at);
    }
    check(&shards, &proposed(Channel::Email), Asked { audience, now: NOW }, &mut Scratch::default())
}

#[test]
fn an_unsubscription_holds_however_old_it_is_until_the_hcp_opts_in_again() {
    let unsubscribed = |at| RecordRow { status: Some(Status::Unsubscribed), ..mail(at) };
    let old = NOW - 900 * DAY;
    let codes_of = |consents: Option<Vec<ConsentRow>>, rows: Vec<RecordRow<'static>>, audience| {
        let mut world = World::default().with(rows);
        world.0.tables.consents = consents;
        codes(&asked_of_old(&world, audience))
    };
    let both = [Audience::Full, Audience::Commercial];
    for audience in both {
        let refused = |consents, rows| codes_of(consents, rows, audience).contains(&Code::ConsentMissing);
        assert!(refused(Some(vec![consent(true, old - DAY)]), vec![unsubscribed(old)]));
        assert!(!refused(Some(vec![consent(true, old + DAY)]), vec![unsubscribed(old)]), "opted in again");
        assert!(refused(None, vec![unsubscribed(old)]), "no table speaks for the HCP, and the HCP did");
        assert!(!refused(None, vec![mail(old)]));
        let lately = RecordRow { status_at: Some(NOW - DAY), ingested_at: NOW - DAY, ..unsubscribed(old) };
        assert!(refused(Some(vec![consent(true, NOW - 2 * DAY)]), vec![lately]), "by an old e-mail, yesterday");
    }
    let medical = RecordRow { business_function: Some(BusinessFunction::Medical), ..unsubscribed(old) };
    let refused = both.map(|audience| codes_of(None, vec![medical], audience).contains(&Code::ConsentMissing));
    assert_eq!(refused, [true, false], "who does not know the e-mail does not know what it withdrew");
}

#[test]
fn an_unsubscription_that_was_taken_back_is_none_whenever_it_was() {
    let id = "the e-mail";
    let old = RecordRow { event_id: id, status: Some(Status::Unsubscribed), ..mail(NOW - 900 * DAY) };
    let corrected = RecordRow { version: 1, status: Some(Status::Opened), ..old };
    let deleted = RecordRow { event_id: id, op: Op::Delete, status: None, occurred_at: None, ..mail(NOW - DAY) };
    for rows in [vec![old, corrected], vec![old, deleted], vec![deleted, old]] {
        let answer = asked_of_old(&World::default().with(rows), Audience::Full);
        assert!(!codes(&answer).contains(&Code::ConsentMissing), "{answer:?}");
    }
}

#[test]
fn without_a_table_nothing_is_said_of_consent_and_a_rule_opens_what_it_names() {
    assert!(!codes(&World::default().ask(&proposed(Channel::Email))).contains(&Code::ConsentMissing));
    let mut world = World::default();
    let row = HcpRow { hcp_id: HCP.into(), country: Some("GB".into()), ..HcpRow::default() };
    world.0.tables.hcps = Some(vec![row]);
    let rule = |country: &str, regime| ConsentRuleRow {
        country: Some(country.into()),
        channel: None,
        regime,
        validity: Validity::ALWAYS,
    };
    world.0.tables.consent_rules = Some(vec![rule("GB", Regime::OptOut), rule("DE", Regime::OptIn)]);
    assert_eq!(world.ask(&proposed(Channel::Email)).verdict, Verdict::Allow);
    world.0.tables.consent_rules = Some(vec![rule("GB", Regime::OptIn)]);
    assert!(codes(&world.ask(&proposed(Channel::Phone))).contains(&Code::ConsentMissing));
}

#[test]
fn another_voice_soon_before_is_a_collision_risk_and_the_same_plan_is_not() {
    let made = RecordRow { owner_id: Some("a"), plan_id: Some("plan"), ..visit(NOW - DAY) };
    let ask = |made: RecordRow<'static>, owner: Option<&str>, plan: Option<&str>| {
        let proposal = Proposal {
            owner_id: owner.map(str::to_owned),
            plan_id: plan.map(str::to_owned),
            ..proposed(Channel::Phone)
        };
        codes(&World::default().with([made]).ask(&proposal)).contains(&Code::CollisionRisk)
    };
    assert!(ask(made, Some("b"), None));
    assert!(ask(made, None, None), "unknown equals unknown only");
    assert!(!ask(made, Some("a"), None), "a follow-up");
    assert!(!ask(made, Some("b"), Some("plan")));
    assert!(ask(made, Some("b"), Some("another plan")));
    assert!(!ask(RecordRow { occurred_at: Some(NOW - 2 * DAY), ..made }, Some("b"), None), "48 hours are enough");
    assert!(!ask(RecordRow { solicited: true, ..made }, Some("b"), None));
    let marketing = RecordRow { business_function: Some(BusinessFunction::Marketing), ..made };
    assert!(ask(marketing, Some("a"), None), "another function");
}

#[test]
fn promotion_of_what_was_asked_about_is_told_to_those_who_may_know() {
    let open = RecordRow { product: Some("alpha"), ..request(NOW - DAY, "r") };
    let world = World::default().with([open]);
    let of = |product: &str| Proposal { product: Some(product.into()), ..proposed(Channel::FaceToFace) };
    assert!(codes(&world.ask(&of("alpha"))).contains(&Code::TalksPastRequest));
    assert!(!codes(&world.ask(&of("beta"))).contains(&Code::TalksPastRequest));
    assert!(!codes(&world.ask_as(&of("alpha"), Audience::Commercial)).contains(&Code::TalksPastRequest));
}

#[test]
fn working_hours_warn_of_interruptions_alone() {
    let world = World::default().living_in("Asia/Tokyo");
    let evening = Proposal { at: Some(NOW), ..proposed(Channel::Phone) };
    assert_eq!(codes(&world.ask(&evening)), [Code::OutsideWorkingHours], "19:00 in Tokyo");
    let asked_for = Proposal { solicited: true, ..evening };
    assert!(codes(&world.ask(&asked_for)).is_empty());
    let morning = Proposal { at: Some(MONDAY + 3 * DAY + HOUR), ..proposed(Channel::Phone) };
    assert!(codes(&world.ask(&morning)).is_empty());
}

#[test]
fn the_projection_is_what_the_kernel_says_once_the_record_is_there() {
    let rows = [
        RecordRow { owner_id: Some("a"), theme: Some("launch"), ..visit(NOW - 5 * DAY) },
        RecordRow { owner_id: Some("b"), theme: Some("launch"), ..mail(NOW - 4 * DAY) },
        RecordRow { owner_id: Some("b"), theme: Some("other"), ..mail(NOW - DAY) },
        request(NOW - 2 * DAY, "r"),
    ];
    let at = NOW + 3 * HOUR;
    for (theme, owner, product) in [("launch", "b", None), ("new theme", "new voice", Some("new product"))] {
        for audience in Audience::ALL {
            let proposal = Proposal {
                theme: Some(theme.into()),
                owner_id: Some(owner.into()),
                product: product.map(str::to_owned),
                at: Some(at),
                ..proposed(Channel::FaceToFace)
            };
            let outlooks = World::default().with(rows).ask_as(&proposal, audience).outlooks.expect("ours");
            let made = RecordRow { theme: Some(theme), owner_id: Some(owner), product, ..visit(at) };
            for (outlook, world) in [
                (&outlooks.current, World::default().with(rows)),
                (&outlooks.projected, World::default().with(rows).with([made])),
            ] {
                let shards = world.shards(Ownership::Sole);
                let shard = shards.get(0).expect("the only one");
                let number = shard.number_of(HCP).expect("known");
                let evaluation = shard.evaluate_at(number, audience, at, &mut Scratch::default()).expect("a row");
                let headline = &evaluation.windows[WindowLength::HEADLINE.index()];
                assert!((outlook.interruption_load - evaluation.overall.load).abs() < 1e-12);
                assert_eq!(outlook.coherence, headline.coherence.get());
                assert_eq!(outlook.coherence_basis, headline.parts.basis());
                assert_eq!(outlook.collisions, headline.collisions);
            }
            assert!(outlooks.projected.interruption_load > outlooks.current.interruption_load + 0.99);
        }
    }
}

#[test]
fn what_serves_the_hcp_weighs_nothing() {
    let service = Proposal { purpose: Some(touchpoint::Purpose::Service), ..proposed(Channel::FaceToFace) };
    let outlooks = World::under(Policy::default()).with([visit(NOW - DAY)]).ask(&service).outlooks.expect("ours");
    assert_eq!(outlooks.current.interruption_load, outlooks.projected.interruption_load);
}
