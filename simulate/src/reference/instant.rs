//! RFC 3339 instants and plain dates, read digit by digit.
//!
//! `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`, `T` and `Z` in either case; the fraction has one digit or more and is
//! cut off after the microsecond. The result is in UTC and lies in the years 1970 to 9999.

use chrono::NaiveDate;
use touchpoint::Micros;

const FIRST: Micros = 0;
const LAST: Micros = 253_402_300_799_999_999;
const SECOND: Micros = 1_000_000;

/// The date written as exactly `YYYY-MM-DD`; `None` when it is not one, or not in the calendar.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    if !rest.is_empty() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// The instant written as RFC 3339; `None` when it is not one, or out of range.
pub(super) fn instant(text: &str) -> Option<Micros> {
    let day = date(text.get(..10)?)?;
    let rest = text.get(10..)?.strip_prefix(['T', 't'])?;
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, rest) = fraction(rest)?;
    let offset = offset(rest)?;
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    in_range(midnight + ((hour * 60 + minute) * 60 + second - offset) * SECOND + fraction)
}

/// The instant itself when it lies in the years 1970 to 9999.
pub(super) fn in_range(at: Micros) -> Option<Micros> {
    (FIRST..=LAST).contains(&at).then_some(at)
}

/// `count` decimal digits and what follows them.
fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(count)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, rest))
}

/// Microseconds of an optional fraction, cut off, and what follows.
fn fraction(text: &str) -> Option<(Micros, &str)> {
    let Some(after) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let (digits, rest) = after.split_at_checked(end)?;
    if digits.is_empty() {
        return None;
    }
    let six: String = digits.chars().chain("000000".chars()).take(6).collect();
    Some((six.parse().ok()?, rest))
}

/// Seconds east of UTC.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    (rest.is_empty() && hour <= 23 && minute <= 59).then_some(sign * (hour * 60 + minute) * 60)
}
