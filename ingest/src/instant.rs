//! RFC 3339 instants and dates, from 1970 to 9999.
//!
//! An instant is `YYYY-MM-DD`, then `T`, `t` or a space, `HH:MM:SS`, optionally a fraction of any length, of which
//! microseconds are kept and the rest is cut off, and `Z`, `z` or an offset `±HH:MM`. A leap second (`:60`) has no
//! place in UTC microseconds and is refused, and so is whatever lies outside `[EARLIEST, LATEST]` after the offset is
//! applied.

use chrono::NaiveDate;
use touchpoint::Micros;
use touchpoint::time::{DAY, EARLIEST, LATEST, SECOND};

/// The instant written as `text`.
pub(crate) fn instant(text: &[u8]) -> Option<Micros> {
    let (head, tail) = text.split_first_chunk::<11>()?;
    let (clock, tail) = tail.split_first_chunk::<8>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T' | b't' | b' '] = *head else { return None };
    let [h0, h1, b':', n0, n1, b':', s0, s1] = *clock else { return None };
    let day = day_number(two(y0, y1)? * 100 + two(y2, y3)?, two(m0, m1)?, two(d0, d1)?)?;
    let (hour, minute, second) = (two(h0, h1)?, two(n0, n1)?, two(s0, s1)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, zone) = fraction(tail)?;
    let local = day * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + micros;
    let at = local - offset_minutes(zone)? * 60 * SECOND;
    (EARLIEST..=LATEST).contains(&at).then_some(at)
}

/// The date written as `text`, `YYYY-MM-DD`.
pub(crate) fn date(text: &[u8]) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let date = NaiveDate::from_ymd_opt(year as i32, two(m0, m1)? as u32, two(d0, d1)? as u32)?;
    (year >= 1970).then_some(date)
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, `None` for a day that no month has.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years are counted from March, so that the leap day is the last day of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// Microseconds of the fraction, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', digits)) = text.split_first() else { return Some((0, text)) };
    let length = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(length)?;
    if digits.is_empty() {
        return None;
    }
    let six = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some((six.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')), rest))
}

fn offset_minutes(zone: &[u8]) -> Option<i64> {
    match *zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (two(h0, h1)?, two(m0, m1)?);
            let offset = hours * 60 + minutes;
            (hours <= 23 && minutes <= 59).then_some(if sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
