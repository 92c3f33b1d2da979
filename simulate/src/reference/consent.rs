//! Column `consent_conflicts` of metrics.md §4, as docs/REFERENCE.md makes it exact.
//!
//! What was captured last up to the touch decides; of several captured at that instant all have to allow. Where nothing
//! was captured the regime does.

use super::facts::{hcp, holds};
use super::record::Record;
use super::view::{View, instant_of};
use touchpoint::reference::ConsentRuleRow;
use touchpoint::{Kind, Micros, Word};

/// Touches of the window on a channel without valid consent at their instant; `None` without a source of consent.
pub(super) fn consent_conflicts(view: &View<'_>) -> Option<i64> {
    view.question.reference.permissions()?;
    let mut conflicts = 0;
    for touch in view.touches() {
        if !is_allowed(view, touch) {
            conflicts += 1;
        }
    }
    Some(conflicts)
}

/// Something captured: when, and whether it allows the channel at the touch.
struct Capture {
    at: Micros,
    allows: bool,
}

pub(super) fn is_allowed(view: &View<'_>, touch: &Record) -> bool {
    let mut captures = consents(view, touch);
    captures.extend(unsubscriptions(view, touch));
    captures.retain(|capture| capture.at <= instant_of(touch));
    match captures.iter().map(|capture| capture.at).max() {
        Some(last) => captures.iter().filter(|capture| capture.at == last).all(|capture| capture.allows),
        None => regime(view, touch) == "opt_out",
    }
}

/// The rows of `consents` for the touch's channel or for every channel.
fn consents(view: &View<'_>, touch: &Record) -> Vec<Capture> {
    let mut captures = Vec::new();
    for row in view.question.reference.rows().consents(view.question.hcp_id) {
        if row.channel.is_none_or(|channel| Some(channel.as_str()) == touch.channel.as_deref()) {
            let allows = row.opts_in && holds(row.validity, instant_of(touch));
            captures.push(Capture { at: row.captured_at, allows });
        }
    }
    captures
}

/// What other e-mails withdrew; only for e-mails.
fn unsubscriptions(view: &View<'_>, touch: &Record) -> Vec<Capture> {
    if touch.channel.as_deref() != Some("email") {
        return Vec::new();
    }
    let mut emails = view.of_400_days();
    emails.retain(|r| r.kind == Kind::Emails && r.status.as_deref() == Some("unsubscribed"));
    emails.retain(|r| (&r.source, &r.event_id) != (&touch.source, &touch.event_id));
    emails.into_iter().map(|r| Capture { at: r.status_at.unwrap_or(instant_of(r)), allows: false }).collect()
}

/// `opt_in` or `opt_out`: what holds for the touch's channel in the HCP's country at the touch.
fn regime(view: &View<'_>, touch: &Record) -> &'static str {
    let at = instant_of(touch);
    let country = hcp(view.question, at).and_then(|row| row.country.as_deref());
    let rules: Vec<&ConsentRuleRow> = view.question.reference.rows().consent_rules().collect();
    let on_channel = |row: &ConsentRuleRow| row.channel.map(Word::as_str) == touch.channel.as_deref();
    let in_country = |row: &ConsentRuleRow| row.country.is_some() && row.country.as_deref() == country;
    let one =
        |fits: &dyn Fn(&ConsentRuleRow) -> bool| rules.iter().copied().find(|row| holds(row.validity, at) && fits(row));
    let rule = one(&|row| in_country(row) && on_channel(row))
        .or_else(|| one(&|row| in_country(row) && row.channel.is_none()))
        .or_else(|| one(&|row| row.country.is_none() && on_channel(row)))
        .or_else(|| one(&|row| row.country.is_none() && row.channel.is_none()));
    match rule {
        Some(rule) => rule.regime.as_str(),
        None if touch.channel.as_deref() == Some("email") => "opt_in",
        None => "opt_out",
    }
}
