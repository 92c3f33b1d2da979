//! A value as it is expected: how it is written, in which range, and what it becomes.

use crate::cli::value::{duration, show_duration};
use crate::config::integer;
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::de::DeValue;
use touchpoint::policy::{HourSpan, Threshold};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Micros, Word};

/// See the module.
pub(super) struct Want<T> {
    /// The end of "expected …".
    pub(super) expected: String,
    /// The value, if it is as expected.
    pub(super) read: Box<dyn Fn(&DeValue<'_>) -> Option<T>>,
}

fn want<T>(expected: impl Into<String>, read: impl Fn(&DeValue<'_>) -> Option<T> + 'static) -> Want<T> {
    Want { expected: expected.into(), read: Box::new(read) }
}

/// A length of time.
pub(super) fn span(range: RangeInclusive<Micros>) -> Want<Micros> {
    let shown = |micros: Micros| show_duration(Duration::from_micros(micros.unsigned_abs()));
    let expected = format!(
        "a duration from {} to {} in quotes, such as \"48h\" or \"30d\"",
        shown(*range.start()),
        shown(*range.end())
    );
    want(expected, move |value| {
        let micros = Micros::try_from(duration(value.as_str()?).ok()?.as_micros()).ok()?;
        range.contains(&micros).then_some(micros)
    })
}

/// From an hour to 400 days: what live state can tell.
pub(super) fn window() -> Want<Micros> {
    span(HOUR..=400 * DAY)
}

/// A number.
pub(super) fn number(range: RangeInclusive<f64>) -> Want<f64> {
    want(format!("a number from {} to {}", range.start(), range.end()), move |value| {
        number_of(value).filter(|number| range.contains(number))
    })
}

fn number_of(value: &DeValue<'_>) -> Option<f64> {
    match value.as_float() {
        Some(float) => float.as_str().replace('_', "").parse().ok(),
        // Whole numbers of a policy are small: below 2^53 every one is exact.
        None => integer(value).map(|integer| integer as f64),
    }
}

/// A cap.
pub(super) fn cap() -> Want<u32> {
    let expected = "a whole number from 0 (forbids) to 10000; leave it out for no limit";
    want(expected, |value| integer(value).and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 10_000))
}

/// The name of a budget or gap.
pub(super) fn name() -> Want<String> {
    text("a name in quotes: 1 to 64 of the characters a-z, 0-9 and -", |b| {
        b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
    })
}

/// The version of a policy.
pub(super) fn version() -> Want<String> {
    text("a text in quotes that changes with the file: 1 to 64 letters, digits, dots, underscores or hyphens", |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')
    })
}

fn text(expected: &str, allowed: fn(u8) -> bool) -> Want<String> {
    want(expected, move |value| {
        let text = value.as_str()?;
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| text.to_owned())
    })
}

/// One word.
pub(super) fn word<W: Word>() -> Want<W> {
    let all: Vec<_> = W::ALL.iter().map(|word| word.as_str()).collect();
    want(format!("one of \"{}\"", all.join("\", \"")), |value| W::parse(value.as_str()?.as_bytes()))
}

/// Working hours of a day.
pub(super) fn working_hours() -> Want<Option<HourSpan>> {
    want("whole hours in quotes, such as \"08:00-19:00\", or \"off\"", |value| match value.as_str()? {
        "off" => Some(None),
        text => {
            let (from, to) = minutes(text)?;
            let whole = from < to && from % 60 == 0 && to % 60 == 0;
            let hour = |minute: u32| u8::try_from(minute / 60).ok();
            whole.then_some(Some(HourSpan { from_hour: hour(from)?, to_hour: hour(to)? }))
        }
    })
}

/// Quiet hours, as minutes of the day on which they begin and end.
pub(super) fn quiet_hours() -> Want<(u32, u32)> {
    let expected = "times in quotes, such as \"19:00-08:00\" (until the next morning) or \"00:00-24:00\"";
    want(expected, |value| minutes(value.as_str()?).filter(|(from, to)| from != to))
}

/// `HH:MM-HH:MM`, the first before and the second up to 24:00.
fn minutes(text: &str) -> Option<(u32, u32)> {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let digits =
            |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok());
        let (hour, minute): (u32, u32) = (digits(hour)??, digits(minute)??);
        (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
    };
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    (from < 24 * 60 && to > 0).then_some((from, to))
}

/// The two borders of an alert.
pub(super) fn threshold() -> Want<Threshold> {
    let expected = "{ above = …, clear = … }, two numbers from 0 to 1000000, clear at most above";
    want(expected, |value| {
        let table = value.as_table()?;
        let number = |key: &str| number_of(table.get(key)?.get_ref()).filter(|n| (0.0..=1e6).contains(n));
        let threshold = Threshold { above: number("above")?, clear: number("clear")? };
        (table.len() == 2 && threshold.clear <= threshold.above).then_some(threshold)
    })
}

#[cfg(test)]
mod tests {
    use super::{minutes, number, working_hours};
    use toml::de::DeValue;

    #[test]
    fn times_have_two_digits_and_lie_in_a_day() {
        assert_eq!(minutes("19:00-08:30"), Some((1_140, 510)));
        assert_eq!(minutes("00:00-24:00"), Some((0, 1_440)));
        for text in [
            "",
            "8:00-19:00",
            "08:00",
            "08:00 - 19:00",
            "08:60-09:00",
            "24:00-08:00",
            "08:00-00:00",
            "08:00-24:01",
            "+8:00-19:00",
        ] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_may_be_whole_and_is_finite() {
        let read = |text: &str| (number(0.0..=1.0).read)(DeValue::parse(text).unwrap().get_ref());
        assert_eq!(
            (read("1"), read("0.5"), read("0.2_5"), read("5e-1")),
            (Some(1.0), Some(0.5), Some(0.25), Some(0.5))
        );
        for text in ["nan", "inf", "-0.1", "2", "\"0.5\"", "true"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn working_hours_are_whole_and_do_not_cross_midnight() {
        let read = |text: &str| (working_hours().read)(DeValue::parse(&format!("{text:?}")).unwrap().get_ref());
        assert_eq!(read("off"), Some(None));
        assert!(read("08:00-24:00").is_some_and(|span| span.is_some_and(|s| (s.from_hour, s.to_hour) == (8, 24))));
        for text in ["08:30-19:00", "19:00-08:00", "08:00-08:00", "Off"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
