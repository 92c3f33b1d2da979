//! What a file says is what the policy is: every key, and every example of the documentation.

use super::{EVERY_KEY, accepted, told};
use touchpoint::policy::{
    Basis, Budget, Condition, Day, ExecutionModel, HcpFacts, Meeting, NameSet, Per, QuietSpan, Rule, Scope, Threshold,
    WordSet,
};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Policy, Purpose};

#[test]
fn a_version_is_enough_and_the_rest_is_the_default() {
    assert_eq!(accepted("version = \"v1\""), Policy { version: "v1".to_owned(), ..Policy::default() });
}

#[test]
fn every_key_can_be_set() {
    let policy = accepted(EVERY_KEY);
    assert_eq!((policy.version.as_str(), policy.half_life, policy.gap), ("v.2_a-B", 10 * DAY, 24 * HOUR));
    assert_eq!((policy.request_sla, policy.zones.near), (96 * HOUR, 0.8));
    let w = policy.weights;
    assert_eq!(
        [w.face_to_face, w.phone, w.video, w.congress, w.chat, w.email_rep, w.email_hq],
        [2., 1.5, 1.25, 0.75, 0.5, 0.25, 0.]
    );
    let c = policy.coherence;
    assert_eq!([c.agreement, c.coordination, c.sequence, c.plan, c.min_theme_coverage], [2., 3., 4., 0., 0.5]);
    let hours: Vec<_> = policy.working_hours.days.iter().map(|d| d.map(|s| (s.from_hour, s.to_hour))).collect();
    assert_eq!(hours, [Some((7, 18)), None, Some((8, 19)), Some((8, 19)), Some((9, 13)), Some((0, 24)), None]);
    let quiet = policy.quiet_hours.unwrap();
    let days = WordSet::of(&[Day::Saturday]);
    assert_eq!(
        quiet.spans(),
        [QuietSpan { days: WordSet::ANY, from: 1_170, to: 480 }, QuietSpan { days, from: 0, to: 1_440 }]
    );
    let [first, second] = policy.budgets.as_slice() else { panic!("{:?}", policy.budgets) };
    assert_eq!(*second, Budget::new("open", None, HOUR));
    assert_eq!((first.name.as_str(), first.cap, first.window, first.per), ("b-1", Some(0), 400 * DAY, Per::Product));
    let known = HcpFacts {
        segment: Some("A"),
        specialty: Some("s 1"),
        country: Some("DE"),
        territory: Some("t"),
        account: Some("a"),
        execution_model: Some(ExecutionModel::Navigation),
    };
    assert!(first.selector.matches(&known) && !first.selector.matches(&HcpFacts { segment: Some("C"), ..known }));
    let scope = Scope {
        kinds: WordSet::of(&[Kind::Emails]),
        channels: WordSet::of(&[Channel::Email]),
        origins: WordSet::of(&[Origin::Hq, Origin::Rep]),
        meetings: WordSet::ANY,
        functions: WordSet::of(&[BusinessFunction::Marketing, BusinessFunction::Sales]),
        products: NameSet::of(["p", "q"]),
        purposes: WordSet::of(&[Purpose::Promotional, Purpose::Scientific]),
    };
    assert_eq!(first.scope, scope);
    let counts = Scope { products: NameSet::of(["p"]), ..Scope::default() };
    assert_eq!(first.counts, Rule::AnyOf(vec![Condition { scope: counts, bases: WordSet::ANY }]));
    let bypass = Scope { origins: WordSet::of(&[Origin::Rep]), ..Scope::default() };
    let bases = WordSet::of(&[Basis::Unsolicited, Basis::Declared]);
    assert_eq!(first.bypass, Rule::AnyOf(vec![Condition { scope: bypass, bases }]));
    let [gap] = policy.minimum_gaps.as_slice() else { panic!("{:?}", policy.minimum_gaps) };
    assert_eq!((gap.name.as_str(), gap.gap, gap.scope.kinds), ("g", 48 * HOUR, WordSet::of(&[Kind::Calls])));
    assert_eq!(gap.scope.meetings, WordSet::of(&[Meeting::Group]));
    assert!(!gap.selector.is_any());
    let of = policy.alerts;
    let two = Threshold { above: 2.0, clear: 1.0 };
    assert_eq!((of.forecast, of.collisions), (7 * DAY, Threshold { above: 3.0, clear: 1.0 }));
    assert_eq!([of.budget_use, of.fragmentation, of.busy, of.account_load], [two; 4]);
    assert!(!told(&accepted(EVERY_KEY)).contains("(default)"), "a default that cannot be changed");
}

#[test]
fn the_examples_of_the_documentation_are_policies_and_the_second_is_the_default() {
    let text = include_str!("../../../docs/POLICY.md");
    let examples: Vec<_> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [limits, everything] = examples[..] else { panic!("there are {} examples", examples.len()) };
    let policy = accepted(limits);
    assert_eq!((policy.budgets.len(), policy.minimum_gaps.len(), policy.quiet_hours.is_some()), (2, 1, true));
    assert_eq!(accepted(everything), Policy { version: "as-by-default".to_owned(), ..Policy::default() });
    // Every key of every section is there: what can be set is documented.
    for key in EVERY_KEY.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.len() > 3) {
        let is_key = EVERY_KEY.contains(&format!("{key} = ")) || EVERY_KEY.contains(&format!("[{key}]"));
        assert!(!is_key || text.contains(key), "{key} is not documented");
    }
}
