//! Hand-computed examples for `consent_conflicts`.

use super::tables::reference;
use super::{check, row_of, story};
use touchpoint::{Audience, WindowLength};

const MONTH: WindowLength = WindowLength::FourWeeks;

fn conflicts_for(audience: Audience, tables: &str, text: &str, conflicts: &str) {
    let row = row_of(&story(text), &reference(tables), MONTH, audience);
    check(&row, &format!("consent_conflicts={conflicts}"));
}

fn conflicts(tables: &str, text: &str, conflicts: &str) {
    conflicts_for(Audience::Full, tables, text, conflicts);
}

/// An e-mail each of these hours.
fn emails(hours: &str) -> String {
    hours.split_whitespace().enumerate().map(|(i, hours)| format!("emails e{i} {hours}h\n")).collect()
}

/// A touch on each channel.
const ALL: &str = "
    calls    f -20h
    calls    p -19h channel=phone
    calls    v -18h channel=video
    calls    c -17h channel=chat
    emails   e -16h
    congress g -15h
    ";

#[test]
fn without_a_source_it_is_null() {
    conflicts("", ALL, "NULL");
    conflicts("hcps country=DE", ALL, "NULL");
    conflicts("consents", ALL, "1");
    conflicts("consent_rules", ALL, "1");
    conflicts("consents", "calls a -1h status=planned", "0");
}

#[test]
fn the_last_capture_up_to_the_touch_decides() {
    let in_then_out = "consents opt_in email captured=-100h\n consents opt_out email captured=-50h";
    conflicts(in_then_out, &emails("-101"), "1");
    conflicts(in_then_out, &emails("-100 -51"), "0");
    conflicts(in_then_out, &emails("-60 -50 -49 -1"), "3");
    let again = format!("{in_then_out}\n consents opt_in email captured=-30h");
    conflicts(&again, &emails("-60 -50 -30 -1"), "1");
    // Rows of others say nothing.
    conflicts("consents opt_in email captured=-100h hcp=hcp-2", &emails("-1"), "1");
}

#[test]
fn later_consent_does_not_heal() {
    conflicts("consents opt_in email captured=-10h from=-500h", &emails("-20 -10.001 -10"), "2");
}

#[test]
fn consent_begins_and_runs_out() {
    let from_to = "consents opt_in email captured=-200h from=-100h to=-50h";
    conflicts(from_to, &emails("-100.001 -100 -50.001 -50"), "2");
    // What was captured last decides though it has run out: no earlier consent and no regime comes after it.
    let before = "consents opt_in email captured=-300h\n consent_rules opt_out\n";
    conflicts(&format!("{before}{from_to}"), &emails("-250 -150 -75 -25"), "2");
    // Refusing ends with the next capture, not with its own row.
    conflicts("consent_rules opt_out\n consents opt_out email captured=-99h to=-50h", &emails("-60 -40"), "2");
    conflicts("consent_rules opt_out\n consents opt_out email captured=-99h from=-50h", &emails("-60 -40"), "2");
}

#[test]
fn a_capture_may_be_for_every_channel() {
    conflicts("consents opt_out any captured=-99h", ALL, "6");
    conflicts("consents opt_out phone captured=-99h", ALL, "2");
    conflicts("consents opt_in any captured=-99h", ALL, "0");
    conflicts("consents opt_out any captured=-99h\n consents opt_in email captured=-98h", ALL, "5");
    conflicts("consents opt_in email captured=-99h\n consents opt_out any captured=-98h", ALL, "6");
}

#[test]
fn of_several_captured_at_once_all_have_to_allow() {
    for rows in [["opt_in email", "opt_out email"], ["opt_in email", "opt_out any"], ["opt_in any", "opt_out email"]] {
        let [first, second] = rows.map(|row| format!("consents {row} captured=-99h\n"));
        conflicts(&format!("{first}{second}"), &emails("-1"), "1");
        conflicts(&format!("{second}{first}"), &emails("-1"), "1");
    }
    let [endless, ending] = ["", "to=-50h"].map(|to| format!("consents opt_in email captured=-99h {to}\n"));
    conflicts(&format!("{endless}{ending}"), &emails("-51 -50"), "1");
    conflicts(&format!("{ending}{endless}"), &emails("-51 -50"), "1");
    conflicts(&format!("{endless}{endless}"), &emails("-51 -50"), "0");
}

#[test]
fn an_unsubscribed_email_withdraws_and_is_judged_by_what_was_known_before() {
    let consented = "consents opt_in any captured=-200h";
    let unsubscribed = |extra: &str| format!("emails u -50h status=unsubscribed {extra}\n");
    let others = emails("-60 -50 -40 -30 -20") + "calls c -20h\n";
    conflicts(consented, &(unsubscribed("") + &others), "4");
    conflicts(consented, &(unsubscribed("status_at=-30h") + &others), "2");
    conflicts(consented, &(unsubscribed("status_at=-55h") + &others), "4");
    conflicts(consented, &(unsubscribed("status_at=10h") + &others), "0");
    let renewed = format!("{consented}\n consents opt_in email captured=-25h");
    conflicts(&renewed, &(unsubscribed("status_at=-30h") + &others), "1");
    // Of what was captured at one instant the refusal prevails.
    conflicts(&renewed, &(unsubscribed("status_at=-25h") + &others), "1");
    // Without a row of its own the regime would have allowed it.
    conflicts("consent_rules opt_out", &(unsubscribed("") + &others), "4");
    conflicts("", &(unsubscribed("") + &others), "NULL");
}

#[test]
fn two_that_unsubscribe_at_once_bear_on_each_other() {
    let one = "emails u -50h status=unsubscribed\n emails v -40h status=unsubscribed status_at=-30h";
    conflicts("consent_rules opt_out", one, "1");
    let both = "emails u -50h status=unsubscribed\n emails v -50h status=unsubscribed";
    conflicts("consent_rules opt_out", both, "2");
    let sources = "emails u -50h status=unsubscribed\n emails u -50h status=unsubscribed source=crm";
    conflicts("consent_rules opt_out", sources, "2");
}

#[test]
fn only_a_live_and_known_email_withdraws() {
    let rules = "consent_rules opt_out";
    conflicts(rules, "emails u -50h status=unsubscribed\n emails e -1h", "1");
    let corrected = "emails u -50h status=unsubscribed\n emails u -50h status=clicked version=1\n emails e -1h";
    conflicts(rules, corrected, "0");
    conflicts(rules, "emails u -50h status=unsubscribed\n emails u -50h op=delete\n emails e -1h", "0");
    conflicts(rules, "emails u -50h status=marked_spam\n emails e -1h", "0");
    conflicts(rules, "emails u -9599h status=unsubscribed\n emails e -1h", "1");
    conflicts(rules, "emails u -9600h status=unsubscribed status_at=-9h\n emails e -1h", "0");
    let medical = "emails u -50h status=unsubscribed business_function=medical\n emails e -1h";
    conflicts(rules, medical, "1");
    conflicts_for(Audience::Commercial, rules, medical, "0");
}

#[test]
fn without_a_capture_the_most_specific_rule_decides() {
    let at_home = "hcps country=DE\n";
    for (rules, of_six) in [
        ("consent_rules opt_in", 6),
        ("consent_rules opt_out", 0),
        ("consent_rules opt_in channel=phone", 2),
        ("consent_rules opt_out channel=email", 0),
        ("consent_rules opt_in country=DE", 6),
        ("consent_rules opt_in country=FR", 1),
        ("consent_rules opt_out country=DE\n consent_rules opt_in", 0),
        // A country comes before a channel.
        ("consent_rules opt_out country=DE\n consent_rules opt_in channel=email", 0),
        ("consent_rules opt_out country=DE\n consent_rules opt_in channel=email country=DE", 1),
        ("consent_rules opt_in\n consent_rules opt_out channel=chat\n consent_rules opt_out channel=phone", 4),
        ("consent_rules opt_in country=DE\n consent_rules opt_out channel=chat country=FR", 6),
    ] {
        conflicts(&format!("{at_home}{rules}"), ALL, &of_six.to_string());
    }
    // Nobody knows the country: no country's rule is about it.
    conflicts("consent_rules opt_in country=DE", ALL, "1");
    // Any capture of the channel comes before every rule.
    conflicts("consent_rules opt_in\n consents opt_in phone captured=-99h", ALL, "5");
}

#[test]
fn rule_and_country_are_those_of_the_touch() {
    let moved = "hcps country=DE to=-50h\n hcps country=FR from=-50h\n consent_rules opt_out country=DE";
    conflicts(moved, &emails("-60 -50.001 -50 -40"), "2");
    let changed = "consent_rules opt_out channel=email to=-50h\n consent_rules opt_in channel=email from=-50h";
    conflicts(changed, &emails("-60 -50.001 -50 -40"), "2");
}

#[test]
fn every_touch_is_judged_and_nothing_else() {
    let refused = "consents opt_out any captured=-700h";
    let story = "
        calls    a -9h solicited=true
        calls    b -8h purpose=safety
        requests r -7h
        calls    c -6h business_function=medical request_id=r
        calls    d -5h status=no_access
        calls    e -4h status=planned
        emails   f -3h status=bounced
        calls    g -690h
        ";
    conflicts(refused, story, "3");
    conflicts_for(Audience::Commercial, refused, story, "2");
}
