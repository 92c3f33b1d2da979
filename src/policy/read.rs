//! The policy of a text: section by section over the default.

use super::section::{Place, Problems, Section};
use super::{contradictions, limits, want};
use crate::config::{Problem, line_at};
use toml::de::DeTable;
use touchpoint::Policy;
use touchpoint::Word;
use touchpoint::policy::{Day, QuietError, QuietHours, QuietSpan};
use touchpoint::time::{DAY, HOUR};

/// The policy, or every problem in the order of the text.
pub(super) fn policy(text: &str) -> Result<Policy, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut problems = Problems::of(text);
    let (policy, limits) = root(document.get_ref(), &mut problems);
    if errors.is_empty() {
        contradictions::find(&policy, &limits, &mut problems);
        problems.wrong.append(&mut problems.missing);
    }
    let line = |error: &toml::de::Error| error.span().map(|span| line_at(text, span.start));
    let broken: Vec<_> = errors.iter().map(line).collect();
    let mut problems = problems.wrong;
    problems.retain(|problem| !broken.contains(&problem.line));
    problems.extend(errors.iter().map(|error| Problem {
        line: line(error),
        path: String::new(),
        what: format!("is not TOML: {}", error.message()),
    }));
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(policy) } else { Err(problems) }
}

fn root(document: &DeTable<'_>, problems: &mut Problems<'_>) -> (Policy, limits::Places) {
    let mut policy = Policy::default();
    let mut root = Section::root(document);
    if let Some(version) = root.required("version", want::version(), problems) {
        if version == policy.version {
            let what = format!("{version:?} names the built-in policy; choose another version");
            problems.wrong(&root.place.below("version"), what);
        }
        policy.version = version;
    }
    load(&mut root, &mut policy, problems);
    if let Some(mut section) = root.section("collisions", problems) {
        section.set("gap", &mut policy.gap, want::span(HOUR..=30 * DAY), problems);
        section.end(problems);
    }
    if let Some(mut section) = root.section("requests", problems) {
        section.set("sla", &mut policy.request_sla, want::span(HOUR..=90 * DAY), problems);
        section.end(problems);
    }
    hours(&mut root, &mut policy, problems);
    coherence(&mut root, &mut policy, problems);
    if let Some(mut section) = root.section("zones", problems) {
        section.set("near", &mut policy.zones.near, want::number(0.01..=0.99), problems);
        section.end(problems);
    }
    let places = limits::read(&mut root, &mut policy, problems);
    alerts(&mut root, &mut policy, problems);
    root.end(problems);
    (policy, places)
}

fn load(root: &mut Section<'_>, policy: &mut Policy, problems: &mut Problems<'_>) {
    let Some(mut section) = root.section("load", problems) else { return };
    section.set("half_life", &mut policy.half_life, want::window(), problems);
    if let Some(mut weights) = section.section("weights", problems) {
        let of = &mut policy.weights;
        for (key, weight) in [
            ("face_to_face", &mut of.face_to_face),
            ("phone", &mut of.phone),
            ("video", &mut of.video),
            ("congress", &mut of.congress),
            ("chat", &mut of.chat),
            ("email_rep", &mut of.email_rep),
            ("email_hq", &mut of.email_hq),
        ] {
            weights.set(key, weight, want::number(0.0..=100.0), problems);
        }
        weights.end(problems);
    }
    section.end(problems);
}

fn hours(root: &mut Section<'_>, policy: &mut Policy, problems: &mut Problems<'_>) {
    if let Some(mut section) = root.section("working_hours", problems) {
        for (day, hours) in Day::ALL.iter().zip(&mut policy.working_hours.days) {
            section.set(day.as_str(), hours, want::working_hours(), problems);
        }
        section.end(problems);
    }
    let Some(sections) = root.sections("quiet_hours", problems) else { return };
    let mut spans = Vec::new();
    let mut first: Option<Place> = None;
    for mut section in sections {
        let days = section.words::<Day>(Day::FIELD, problems);
        if let Some((from, to)) = section.required("hours", want::quiet_hours(), problems) {
            spans.push(QuietSpan { days, from, to });
        }
        first.get_or_insert_with(|| section.place.clone());
        section.end(problems);
    }
    match (QuietHours::try_new(spans), first) {
        (Ok(quiet), _) => policy.quiet_hours = Some(quiet),
        (Err(error @ (QuietError::NeverReleased | QuietError::OutsideDay { .. })), Some(place)) => {
            problems.wrong(&place, format!("{error}; shorten one of them"));
        }
        (Err(_), None) => {}
    }
}

fn coherence(root: &mut Section<'_>, policy: &mut Policy, problems: &mut Problems<'_>) {
    let Some(mut section) = root.section("coherence", problems) else { return };
    let of = &mut policy.coherence;
    for (key, weight) in [
        ("agreement", &mut of.agreement),
        ("coordination", &mut of.coordination),
        ("sequence", &mut of.sequence),
        ("plan", &mut of.plan),
    ] {
        section.set(key, weight, want::number(0.0..=100.0), problems);
    }
    section.set("min_theme_coverage", &mut of.min_theme_coverage, want::number(0.0..=1.0), problems);
    if of.agreement + of.coordination + of.sequence + of.plan == 0.0 {
        problems
            .wrong(&section.place, "weighs every part 0: coherence would never be known; weigh one above 0".to_owned());
    }
    section.end(problems);
}

fn alerts(root: &mut Section<'_>, policy: &mut Policy, problems: &mut Problems<'_>) {
    let Some(mut section) = root.section("alerts", problems) else { return };
    let of = &mut policy.alerts;
    section.set("forecast", &mut of.forecast, want::span(HOUR..=90 * DAY), problems);
    for (key, threshold) in [
        ("budget_use", &mut of.budget_use),
        ("collisions", &mut of.collisions),
        ("fragmentation", &mut of.fragmentation),
        ("busy", &mut of.busy),
        ("account_load", &mut of.account_load),
    ] {
        section.set(key, threshold, want::threshold(), problems);
    }
    section.end(problems);
}
