//! What users of other systems complain of, each as a test.

use super::{Code, MONDAY, NOW, Proposal, Verdict, World, codes, mail, proposed, visit};
use touchpoint::policy::{Budget, QuietHours, QuietSpan, Scope, WordSet};
use touchpoint::record::RecordRow;
use touchpoint::time::{DAY, HOUR, Micros, SECOND};
use touchpoint::{Channel, Kind, Origin, Policy, Purpose};

fn budgets(budgets: Vec<Budget>) -> Policy {
    Policy { version: "test".into(), budgets, ..Policy::default() }
}

fn emails(name: &str, cap: Option<u32>) -> Budget {
    let scope = Scope { kinds: WordSet::of(&[Kind::Emails]), ..Scope::default() };
    Budget { scope, ..Budget::new(name, cap, 7 * DAY) }
}

/// Quiet from one minute of the day to another, every day.
fn quiet(from: u32, to: u32) -> Policy {
    let span = QuietSpan { days: WordSet::ANY, from, to };
    Policy { quiet_hours: QuietHours::try_new(vec![span]).ok(), ..Policy::default() }
}

fn at(channel: Channel, at: Micros) -> Proposal {
    Proposal { at: Some(at), ..proposed(channel) }
}

#[test]
fn a_cap_of_0_forbids_and_no_cap_is_no_limit() {
    let many: Vec<_> = (1..50).map(|n| mail(NOW - n * HOUR)).collect();
    let none = World::under(budgets(vec![emails("none", None)])).with(many.clone()).ask(&proposed(Channel::Email));
    assert_ne!(none.verdict, Verdict::Deny, "{none:?}");
    assert_eq!((none.binding_budget, none.headroom), (None, None));
    for rows in [Vec::new(), many] {
        let zero = World::under(budgets(vec![emails("zero", Some(0))])).with(rows).ask(&proposed(Channel::Email));
        assert_eq!(zero.verdict, Verdict::Deny);
        assert_eq!(codes(&zero)[0], Code::Forbidden);
        assert_eq!((zero.binding_budget.as_deref(), zero.next_free_at), (Some("zero"), None));
        assert_eq!(zero.reasons[0].until, None, "it never ends");
    }
}

#[test]
fn the_fourth_mail_of_three_in_a_week_goes_when_the_first_has_aged_out_and_not_weeks_later() {
    let sent = [NOW - 6 * DAY, NOW - 3 * DAY, NOW - HOUR];
    let world = World::under(budgets(vec![emails("three", Some(3))])).with(sent.map(mail));
    let answer = world.ask(&proposed(Channel::Email));
    assert_eq!((answer.verdict, answer.next_free_at), (Verdict::Deny, Some(NOW + DAY)));
    assert_eq!(answer.reasons[0].until, Some(NOW + DAY));
    let over = world.with([mail(NOW - 2 * DAY)]).ask(&proposed(Channel::Email));
    assert_eq!(over.next_free_at, Some(NOW + 4 * DAY), "two have to age out when four were sent");
}

#[test]
fn a_rule_of_one_channel_is_not_anothers_default() {
    let world = World::under(budgets(vec![emails("one", Some(1))])).with([mail(NOW - HOUR)]);
    assert_eq!(world.ask(&proposed(Channel::Email)).verdict, Verdict::Deny);
    for channel in [Channel::FaceToFace, Channel::Phone, Channel::Chat, Channel::Congress] {
        let answer = world.ask(&proposed(channel));
        assert_ne!(answer.verdict, Verdict::Deny, "{channel}");
        assert_eq!(answer.binding_budget, None, "{channel}");
    }
}

#[test]
fn transactional_mail_neither_counts_nor_waits() {
    let world = || World::under(budgets(vec![emails("one", Some(1))]));
    let service = RecordRow { purpose: Some(Purpose::Service), ..mail(NOW - HOUR) };
    let answer = world().with([service, service]).ask(&proposed(Channel::Email));
    assert_eq!((answer.headroom, codes(&answer).contains(&Code::BudgetFull)), (Some(1), false));
    let full = world().with([mail(NOW - HOUR)]);
    for purpose in [Purpose::Service, Purpose::Safety] {
        let answer = full.ask(&Proposal { purpose: Some(purpose), ..proposed(Channel::Email) });
        assert_eq!((answer.verdict, answer.next_free_at), (Verdict::Allow, Some(NOW)), "{purpose}");
        assert_eq!(codes(&answer), [Code::ServiceOrSafety]);
    }
}

#[test]
fn safety_goes_out_in_quiet_hours_and_without_consent() {
    let mut world = World::under(quiet(0, 23 * 60)).living_in("UTC");
    world.0.tables.consents = Some(Vec::new());
    let plain = world.ask(&proposed(Channel::Email));
    assert_eq!(codes(&plain)[..2], [Code::QuietHours, Code::ConsentMissing], "{plain:?}");
    let safety = world.ask(&Proposal { purpose: Some(Purpose::Safety), ..proposed(Channel::Email) });
    assert_eq!(safety.verdict, Verdict::Allow);
}

#[test]
fn a_window_is_not_set_back_at_midnight() {
    let scope = Scope { channels: WordSet::of(&[Channel::Chat]), ..Scope::default() };
    let policy = budgets(vec![Budget { scope, ..Budget::new("a-day", Some(1), DAY) }]);
    let midnight = MONDAY + 3 * DAY;
    let eleven = RecordRow { channel: Some(Channel::Chat), ..visit(midnight - HOUR) };
    let answer = World::under(policy).with([eleven]).ask(&at(Channel::Chat, midnight + 60 * SECOND));
    assert_eq!((answer.verdict, answer.next_free_at), (Verdict::Deny, Some(midnight + 23 * HOUR)));
}

#[test]
fn quiet_hours_reach_across_midnight() {
    let world = World::under(quiet(19 * 60, 8 * 60)).living_in("Europe/Berlin");
    // Local time is an hour ahead of UTC.
    let table = [
        (MONDAY + 2 * DAY + 18 * HOUR - SECOND, None),
        (MONDAY + 2 * DAY + 18 * HOUR, Some(MONDAY + 3 * DAY + 7 * HOUR)),
        (MONDAY + 2 * DAY + 23 * HOUR + 30 * 60 * SECOND, Some(MONDAY + 3 * DAY + 7 * HOUR)),
        (MONDAY + 3 * DAY + 7 * HOUR - 1, Some(MONDAY + 3 * DAY + 7 * HOUR)),
        (MONDAY + 3 * DAY + 7 * HOUR, None),
    ];
    for (proposed_at, until) in table {
        let answer = world.ask(&at(Channel::Chat, proposed_at));
        assert_eq!(answer.verdict == Verdict::Deny, until.is_some(), "{proposed_at}: {answer:?}");
        assert_eq!(answer.next_free_at, Some(until.unwrap_or(proposed_at)), "{proposed_at}");
    }
}

#[test]
fn quiet_hours_follow_the_wall_when_clocks_are_changed() {
    let world = World::under(quiet(19 * 60, 8 * 60)).living_in("Europe/Berlin");
    // 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.
    let spring = MONDAY + 27 * DAY;
    let evening = world.ask(&at(Channel::Chat, spring - 2 * HOUR));
    assert_eq!(evening.next_free_at, Some(spring + 6 * HOUR), "08:00 in Berlin is 06:00 UTC from that day on");
    let autumn = MONDAY + 237 * DAY;
    let evening = world.ask(&at(Channel::Chat, autumn - 2 * HOUR));
    assert_eq!(evening.next_free_at, Some(autumn + 7 * HOUR), "and 07:00 UTC again");
}

#[test]
fn an_unknown_time_zone_is_told_and_never_skipped_in_silence() {
    let answer = World::under(quiet(0, 23 * 60)).with([visit(NOW - 30 * DAY)]).ask(&proposed(Channel::Chat));
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Warn, vec![Code::TimeZoneUnknown]));
    let without = World::default().with([visit(NOW - 30 * DAY)]).ask(&proposed(Channel::Chat));
    assert_eq!(without.verdict, Verdict::Allow, "without quiet hours nobody needs the zone");
}

#[test]
fn what_waits_is_told_until_when_and_what_never_goes_is_told_apart() {
    let full = World::under(budgets(vec![emails("one", Some(1))])).with([mail(NOW - HOUR)]);
    let deferred = full.ask(&proposed(Channel::Email));
    assert_eq!((deferred.verdict, deferred.next_free_at), (Verdict::Deny, Some(NOW + 7 * DAY - HOUR)));
    let forbidden = World::under(budgets(vec![emails("zero", Some(0))])).ask(&proposed(Channel::Email));
    assert_eq!((forbidden.verdict, forbidden.next_free_at), (Verdict::Deny, None));
    assert!(codes(&forbidden).contains(&Code::Forbidden));
}

#[test]
fn waiting_for_a_budget_ends_outside_quiet_hours() {
    let mut policy = quiet(19 * 60, 8 * 60);
    policy.budgets = vec![emails("one", Some(1))];
    // The mail leaves the budget on Wednesday at 22:00; quiet until Thursday 08:00.
    let sent = MONDAY + 2 * DAY + 22 * HOUR - 7 * DAY;
    let world = World::under(policy).living_in("UTC").with([mail(sent)]);
    assert_eq!(world.ask(&proposed(Channel::Email)).next_free_at, Some(MONDAY + 3 * DAY + 8 * HOUR));
}

#[test]
fn field_and_digital_share_one_budget() {
    let policy = budgets(vec![Budget::new("all", Some(3), 28 * DAY)]);
    let hq = RecordRow { origin: Some(Origin::Hq), ..mail(NOW - 5 * DAY) };
    let invited = RecordRow {
        kind: Kind::Congress,
        channel: Some(Channel::Congress),
        status: Some(touchpoint::Status::Invited),
        ..visit(NOW - 9 * DAY)
    };
    let world = World::under(policy).with([visit(NOW - 12 * DAY), hq, invited]);
    for channel in [Channel::FaceToFace, Channel::Email, Channel::Congress] {
        let answer = world.ask(&proposed(channel));
        assert_eq!((answer.verdict, answer.next_free_at), (Verdict::Deny, Some(NOW + 16 * DAY)), "{channel}");
    }
}
