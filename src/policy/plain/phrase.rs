//! Parts of sentences: touches, HCPs, lengths of time.

use touchpoint::policy::{Day, HourSpan, Meeting, Scope, Selector, WordSet};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Origin, Purpose, Word};

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list(items: impl IntoIterator<Item = String>, last: &str) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    match (items.pop(), items.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(end), false) => format!("{} {last} {end}", items.join(", ")),
    }
}

/// A length of time in words. Four days and less are hours: that is how gaps and due times are spoken of.
pub(super) fn span(length: Micros) -> String {
    let (count, unit) = match length {
        _ if length % DAY == 0 && length > 4 * DAY => (length / DAY, "day"),
        _ if length % HOUR == 0 => (length / HOUR, "hour"),
        _ if length % (60 * SECOND) == 0 => (length / (60 * SECOND), "minute"),
        _ => (length / SECOND, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A share as a percentage.
pub(super) fn amount(share: f64) -> String {
    // Rounded in the thousandths, so that 0.29 is not shown as 28.999999999999996 %.
    format!("{} %", (share * 100_000.0).round() / 1_000.0)
}

/// Minutes of the day.
pub(super) fn times(from: u32, to: u32) -> String {
    let time = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{} to {}", time(from), time(to))
}

pub(super) fn hour_span(span: HourSpan) -> String {
    times(u32::from(span.from_hour) * 60, u32::from(span.to_hour) * 60)
}

/// Days in the order of the week, three and more in a row by their ends.
pub(super) fn days(days: WordSet<Day>) -> String {
    let mut runs: Vec<Vec<Day>> = Vec::new();
    for day in days.iter() {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| last.code() + 1 == day.code()) => run.push(day),
            _ => runs.push(vec![day]),
        }
    }
    let texts = runs.iter().flat_map(|run| match run.as_slice() {
        [first, _, .., last] => vec![format!("{} to {}", name(*first), name(*last))],
        few => few.iter().map(|day| name(*day).to_owned()).collect(),
    });
    list(texts, "and")
}

fn name(day: Day) -> &'static str {
    match day {
        Day::Monday => "Monday",
        Day::Tuesday => "Tuesday",
        Day::Wednesday => "Wednesday",
        Day::Thursday => "Thursday",
        Day::Friday => "Friday",
        Day::Saturday => "Saturday",
        Day::Sunday => "Sunday",
    }
}

/// The HCPs that a selector selects, as the beginning of a sentence.
pub(super) fn each_hcp(selector: &Selector) -> String {
    let names = |names: Vec<&str>| list(names.into_iter().map(str::to_owned), "or");
    let models = selector.execution_models.iter().map(|model| model.as_str()).collect();
    let parts = [
        ("of segment", selector.segments.iter().collect()),
        ("of specialty", selector.specialties.iter().collect()),
        ("in country", selector.countries.iter().collect()),
        ("in territory", selector.territories.iter().collect()),
        ("of account", selector.accounts.iter().collect()),
        ("under the execution model", models),
    ];
    let parts = parts.into_iter().filter(|(_, values): &(&str, Vec<&str>)| !values.is_empty());
    let parts: Vec<_> = parts.map(|(what, values)| format!("{what} {}", names(values))).collect();
    if parts.is_empty() { "Every HCP".to_owned() } else { format!("Every HCP {}", parts.join(", ")) }
}

/// The touches of a scope, so many of them (0 is a plural), with an adjective before them.
pub(super) fn touches(scope: &Scope, adjective: &str, count: u32) -> String {
    let purposes = scope.purposes.iter().map(|purpose| match purpose {
        Purpose::Promotional => "promotional",
        Purpose::Scientific => "scientific",
        Purpose::Service => "service",
        Purpose::Safety => "safety",
    });
    let functions = scope.functions.iter().map(|function| match function {
        BusinessFunction::Sales => "sales",
        BusinessFunction::Marketing => "marketing",
        BusinessFunction::Medical => "medical affairs",
        BusinessFunction::Access => "market access",
        BusinessFunction::PatientServices => "patient services",
    });
    let mut text = String::new();
    for word in [adjective.to_owned(), list(purposes.map(str::to_owned), "or")].into_iter().filter(|w| !w.is_empty()) {
        text.push_str(&word);
        text.push(' ');
    }
    text.push_str(&nouns(scope, count));
    let behind = [
        (" by ", list(functions.map(str::to_owned), "or")),
        (" about ", list(scope.products.iter().map(str::to_owned), "or")),
    ];
    for (before, what) in behind.into_iter().filter(|(_, what)| !what.is_empty()) {
        text.push_str(before);
        text.push_str(&what);
    }
    text
}

fn nouns(scope: &Scope, count: u32) -> String {
    let many = |noun: &str| match (count, noun) {
        (1, _) => noun.to_owned(),
        (_, "touch") => "touches".to_owned(),
        _ => format!("{noun}s"),
    };
    let mail = || match scope.origins.iter().collect::<Vec<_>>().as_slice() {
        [Origin::Rep] => format!("{} from reps", many("e-mail")),
        [Origin::Hq] => format!("{} from headquarters", many("e-mail")),
        _ => many("e-mail"),
    };
    let call = |noun: &str| match scope.meetings.iter().collect::<Vec<_>>().as_slice() {
        [Meeting::OneToOne] => format!("one-to-one {}", many(noun)),
        [Meeting::Group] => format!("group {}", many(noun)),
        _ => many(noun),
    };
    let channel = |channel| match channel {
        Channel::FaceToFace => call("visit"),
        Channel::Phone => call("phone call"),
        Channel::Video => call("video call"),
        Channel::Chat => call("chat"),
        Channel::Email => mail(),
        Channel::Congress => many("congress invitation"),
        Channel::MedicalRequest => many("medical request"),
    };
    let kind = |kind| match kind {
        Kind::Calls => call("call"),
        Kind::Emails => mail(),
        Kind::Congress => many("congress invitation"),
        Kind::Requests => many("medical request"),
    };
    match (scope.channels.is_any(), scope.kinds.is_any(), scope.origins.is_any()) {
        (false, _, _) => list(scope.channels.iter().map(channel), "or"),
        (true, false, _) => list(scope.kinds.iter().map(kind), "or"),
        (true, true, false) => mail(),
        (true, true, true) if scope.meetings.is_any() => many("touch"),
        (true, true, true) => call("call"),
    }
}

#[cfg(test)]
mod tests {
    use super::{amount, days, list, span};
    use touchpoint::policy::{Day, WordSet};
    use touchpoint::time::{DAY, HOUR, SECOND};

    #[test]
    fn lists_and_lengths_read_as_people_say_them() {
        let of = |items: &[&str]| list(items.iter().map(|item| (*item).to_owned()), "or");
        assert_eq!((of(&[]), of(&["a"])), (String::new(), "a".to_owned()));
        assert_eq!((of(&["a", "b"]), of(&["a", "b", "c"])), ("a or b".to_owned(), "a, b or c".to_owned()));
        let spans = [(HOUR, "1 hour"), (4 * DAY, "96 hours"), (7 * DAY, "7 days"), (5 * HOUR / 2, "150 minutes")];
        for (length, text) in spans {
            assert_eq!(span(length), text);
        }
        assert_eq!(span(90 * SECOND), "90 seconds");
        let week = [Day::Monday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Sunday];
        assert_eq!(days(WordSet::of(&week)), "Monday, Wednesday to Friday and Sunday");
        assert_eq!(days(WordSet::of(&[Day::Saturday, Day::Sunday])), "Saturday and Sunday");
        assert_eq!((amount(0.29), amount(0.75), amount(0.625)), ("29 %".into(), "75 %".into(), "62.5 %".into()));
    }
}
