//! Consent: which capture decides, what holds without one, and what unsubscribing does.

use super::{Case, DAY, HCP, Sent, T, hours};
use touchpoint::reference::{ConsentRow, ConsentRuleRow, HcpRow, Regime, Tables, Validity};
use touchpoint::time::Micros;
use touchpoint::{BusinessFunction, Channel};

/// What the HCP said so long before T.
fn said(before: Micros, channel: Option<Channel>, opts_in: bool) -> ConsentRow {
    ConsentRow { hcp_id: HCP.into(), channel, opts_in, captured_at: T - before, validity: Validity::ALWAYS }
}

fn rule(country: Option<&str>, channel: Option<Channel>, regime: Regime) -> ConsentRuleRow {
    ConsentRuleRow { country: country.map(Into::into), channel, regime, validity: Validity::ALWAYS }
}

fn conflicts(consents: Vec<ConsentRow>, touches: &[Sent<'_>]) -> Option<u32> {
    Case::new(Tables { consents: Some(consents), ..Tables::default() }, touches).headline().consent_conflicts
}

#[test]
fn without_a_source_nothing_is_said_and_with_one_the_channels_differ() {
    let touches = [Sent::visit(DAY), Sent::email(DAY), Sent::before(hours(3), Channel::Phone)];
    assert_eq!(Case::new(Tables::default(), &touches).headline().consent_conflicts, None);
    // E-mail needs an opt-in, the others do not.
    assert_eq!(conflicts(Vec::new(), &touches), Some(1));
    let rules = Tables { consent_rules: Some(Vec::new()), ..Tables::default() };
    assert_eq!(Case::new(rules, &touches).headline().consent_conflicts, Some(1));
}

#[test]
fn the_capture_that_came_last_before_the_touch_decides() {
    let email = [Sent::email(5 * DAY)];
    let (every, of_email, of_phone) = (None, Some(Channel::Email), Some(Channel::Phone));
    let cases = [
        (vec![said(9 * DAY, of_email, true)], 0),
        (vec![said(9 * DAY, every, true)], 0),
        (vec![said(9 * DAY, of_phone, true)], 1),
        (vec![said(5 * DAY, of_email, true)], 0),
        // Later consent does not heal, later refusal does not harm.
        (vec![said(5 * DAY - 1, of_email, true)], 1),
        (vec![said(9 * DAY, of_email, true), said(5 * DAY - 1, of_email, false)], 0),
        (vec![said(9 * DAY, of_email, true), said(8 * DAY, every, false)], 1),
        (vec![said(8 * DAY, of_email, true), said(9 * DAY, every, false)], 0),
        (vec![said(8 * DAY, of_email, true), said(7 * DAY, of_phone, false)], 0),
        // Of what was captured at one instant the refusal.
        (vec![said(8 * DAY, of_email, true), said(8 * DAY, every, false)], 1),
        (vec![said(8 * DAY, every, false), said(8 * DAY, of_email, true)], 1),
    ];
    for (consents, expected) in cases {
        assert_eq!(conflicts(consents.clone(), &email), Some(expected), "{consents:?}");
    }
}

#[test]
fn consent_holds_from_its_start_to_its_expiry() {
    let valid = |from: Micros, to: Micros| {
        let validity = Validity { from: T - from, to: T - to };
        conflicts(vec![ConsentRow { validity, ..said(9 * DAY, None, true) }], &[Sent::email(5 * DAY)])
    };
    assert_eq!(valid(6 * DAY, 4 * DAY), Some(0));
    assert_eq!(valid(5 * DAY, 4 * DAY), Some(0));
    assert_eq!(valid(9 * DAY, 5 * DAY), Some(1), "it has expired");
    assert_eq!(valid(5 * DAY - 1, 0), Some(1), "it does not hold yet");
}

#[test]
fn without_a_capture_the_most_specific_rule_of_the_country_then_decides() {
    let (strict, lax) = (Regime::OptIn, Regime::OptOut);
    let of = |rules: Vec<ConsentRuleRow>, country: Option<&str>| {
        let hcps = vec![HcpRow { hcp_id: HCP.into(), country: country.map(Into::into), ..HcpRow::default() }];
        let tables = Tables { hcps: Some(hcps), consent_rules: Some(rules), ..Tables::default() };
        let touches = [Sent::email(DAY), Sent::before(hours(2), Channel::Phone)];
        Case::new(tables, &touches).headline().consent_conflicts
    };
    let phone = Some(Channel::Phone);
    assert_eq!(of(vec![rule(None, None, lax)], None), Some(0));
    assert_eq!(of(vec![rule(None, None, strict)], Some("DE")), Some(2));
    assert_eq!(of(vec![rule(None, None, lax), rule(None, phone, strict)], Some("DE")), Some(1));
    assert_eq!(of(vec![rule(None, phone, strict), rule(Some("DE"), None, lax)], Some("DE")), Some(0));
    assert_eq!(of(vec![rule(Some("DE"), None, lax), rule(Some("DE"), phone, strict)], Some("DE")), Some(1));
    assert_eq!(of(vec![rule(Some("DE"), phone, strict)], Some("FR")), Some(1), "e-mail, by default");
    assert_eq!(of(vec![rule(Some("DE"), None, lax)], None), Some(1), "no country");
    let ended = ConsentRuleRow { validity: Validity { from: 0, to: T - DAY }, ..rule(None, None, lax) };
    assert_eq!(of(vec![ended], None), Some(1), "the rule no longer holds for the e-mail");
}

#[test]
fn the_country_is_that_of_the_touch() {
    let row = |country: &str, from: Micros, to: Micros| HcpRow {
        hcp_id: HCP.into(),
        country: Some(country.into()),
        validity: Validity { from, to },
        ..HcpRow::default()
    };
    let hcps = vec![row("DE", 0, T - 3 * DAY), row("US", T - 3 * DAY, T - 2 * DAY), row("DE", T - 2 * DAY, T + DAY)];
    let rules = vec![rule(Some("US"), None, Regime::OptOut)];
    let tables = Tables { hcps: Some(hcps), consent_rules: Some(rules), ..Tables::default() };
    let touches = [4 * DAY, 3 * DAY, 2 * DAY + 1, 2 * DAY].map(Sent::email);
    assert_eq!(Case::new(tables, &touches).headline().consent_conflicts, Some(2));
}

#[test]
fn unsubscribing_refuses_e_mail_from_then_on_until_consent_is_given_again() {
    let opted_in = || vec![said(20 * DAY, None, true)];
    let left = Sent::email(8 * DAY).unsubscribed(None);
    let later = [Sent::email(9 * DAY), left, Sent::email(7 * DAY), Sent::before(6 * DAY, Channel::Phone)];
    // The e-mail itself was allowed, the one after it was not; the telephone does not care.
    assert_eq!(conflicts(opted_in(), &later), Some(1));
    let again = [opted_in(), vec![said(7 * DAY, Some(Channel::Email), true)]].concat();
    assert_eq!(conflicts(again, &later), Some(0));
    let at_once = [opted_in(), vec![said(8 * DAY, Some(Channel::Email), true)]].concat();
    assert_eq!(conflicts(at_once, &later), Some(1), "of two at one instant the refusal");
    // The HCP unsubscribed two days after the e-mail was sent.
    let days_later = Sent::email(8 * DAY).unsubscribed(Some(T - 6 * DAY));
    let touches = [days_later, Sent::email(7 * DAY), Sent::email(6 * DAY), Sent::email(5 * DAY)];
    assert_eq!(conflicts(opted_in(), &touches), Some(2));
    // An e-mail before the window is remembered.
    let old = [Sent::email(90 * DAY).unsubscribed(None), Sent::email(DAY)];
    assert_eq!(conflicts(vec![said(99 * DAY, None, true)], &old), Some(1));
    // Each is judged without itself, not without the others.
    let both = [Sent::email(8 * DAY).unsubscribed(None), Sent::email(7 * DAY).unsubscribed(None)];
    assert_eq!(conflicts(opted_in(), &both), Some(1));
}

#[test]
fn a_commercial_reader_knows_nothing_of_a_medical_e_mail_that_was_unsubscribed() {
    let consents = Some(vec![said(20 * DAY, None, true)]);
    let touches = [Sent::email(8 * DAY).by(BusinessFunction::Medical).unsubscribed(None), Sent::email(DAY)];
    let case = Case::new(Tables { consents, ..Tables::default() }, &touches);
    assert_eq!(case.headline().consent_conflicts, Some(1));
    assert_eq!(case.commercial().consent_conflicts, Some(0));
}
