//! The templates, and a file of every key, in plain words, golden. `UPDATE_GOLDEN=1` writes the files anew; look at the
//! difference before keeping it.

use super::super::template::{TEMPLATES, named};
use super::{EVERY_KEY, accepted, golden, told};
use touchpoint::policy::{Basis, HcpFacts, Meeting, Per, QuietSpan, TouchFacts, WordSet};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Purpose};

#[test]
fn every_template_is_a_policy_and_its_words_are_golden() {
    let mut versions = Vec::new();
    for template in TEMPLATES {
        let policy = accepted(template.text);
        assert!(!policy.budgets.is_empty() && policy.version.starts_with(template.name), "{}", template.name);
        assert!(template.text.starts_with("# ") && template.title().ends_with('.'), "{}", template.name);
        assert_eq!(named(template.name), Some(template));
        golden(template.name, &told(&policy));
        versions.push(policy.version);
    }
    versions.dedup();
    assert_eq!(versions.len(), 8);
    assert_eq!(named("none"), None);
}

#[test]
fn every_key_in_plain_words_is_golden() {
    golden("every-key", &told(&accepted(EVERY_KEY)));
    golden("nothing", &told(&accepted("version = \"nothing\"")));
}

#[test]
fn the_quiet_hours_of_the_templates_end_in_the_morning_of_a_working_day() {
    for name in ["uk-abpi", "coverage", "navigation", "orchestration"] {
        let quiet = accepted(named(name).unwrap().text).quiet_hours.unwrap();
        // Nights of every day: Sunday's ends on Monday morning.
        assert_eq!(quiet.spans()[0], QuietSpan { days: WordSet::ANY, from: 1_140, to: 480 }, "{name}");
    }
}

#[test]
fn the_templates_limit_what_their_names_say() {
    let of = |name: &str| accepted(named(name).unwrap().text);
    let mail = TouchFacts {
        kind: Kind::Emails,
        channel: Channel::Email,
        origin: Some(Origin::Rep),
        meeting: None,
        function: BusinessFunction::Sales,
        purpose: Purpose::Promotional,
        product: None,
        basis: Basis::Unsolicited,
    };
    let hq = TouchFacts { origin: Some(Origin::Hq), function: BusinessFunction::Marketing, ..mail };
    let visit = TouchFacts {
        kind: Kind::Calls,
        channel: Channel::FaceToFace,
        origin: None,
        meeting: Some(Meeting::OneToOne),
        ..mail
    };
    let rep = &of("rep-email").budgets[0];
    assert_eq!((rep.cap, rep.window), (Some(5), 30 * DAY));
    assert!(rep.counts(&mail) && !rep.counts(&hq) && !rep.counts(&visit));
    let weekly = &of("hq-email").budgets[0];
    assert_eq!((weekly.cap, weekly.window), (Some(1), 7 * DAY));
    assert!(weekly.counts(&hq) && !weekly.counts(&mail));
    assert!(!weekly.counts(&TouchFacts { purpose: Purpose::Service, ..hq }), "a transactional mail");
    let cross = of("cross-channel");
    assert_eq!(
        (cross.budgets[0].cap, cross.budgets[0].window, cross.minimum_gaps[0].gap),
        (Some(4), 28 * DAY, 48 * HOUR)
    );
    assert!([mail, hq, visit].iter().all(|touch| cross.budgets[0].counts(touch)));
    let abpi = &of("uk-abpi").budgets[0];
    assert_eq!((abpi.cap, abpi.window, abpi.per), (Some(3), 365 * DAY, Per::Owner));
    let requested = TouchFacts { basis: Basis::Declared, ..visit };
    assert!(abpi.counts(&visit) && !abpi.counts(&requested) && abpi.is_bypassed_by(&requested) && !abpi.counts(&mail));
    let group = TouchFacts { meeting: Some(Meeting::Group), ..visit };
    assert!(!abpi.counts(&group), "a group meeting");
    assert!(of("uk-abpi").budgets[2].counts(&group), "is a contact all the same");
    assert!(abpi.selector.matches(&HcpFacts { country: Some("GB"), ..HcpFacts::default() }));
    assert!(!abpi.selector.matches(&HcpFacts::default()));
}
