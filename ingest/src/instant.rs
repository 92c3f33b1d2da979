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
    let (date, clock) = text.split_first_chunk::<8>()?;
    let ([d0, d1, separator, clock @ ..], tail) = clock.split_first_chunk::<11>()?;
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let (date, clock) = (pairs(*date, *b"0000-00-")?, pairs(*clock, *b"00:00:00")?);
    let day = day_number(pair(date, 0) * 100 + pair(date, 2), pair(date, 5), two(*d0, *d1)?)?;
    let (hour, minute, second) = (pair(clock, 0), pair(clock, 3), pair(clock, 6));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = day * DAY + i64::from((hour * 60 + minute) * 60 + second) * SECOND;
    let at = match tail {
        b"Z" => local,
        _ => fraction(tail).and_then(|(micros, zone)| Some(local + micros - offset(zone)?))?,
    };
    (EARLIEST..=LATEST).contains(&at).then_some(at)
}

/// The date written as `text`, `YYYY-MM-DD`.
pub(crate) fn date(text: &[u8]) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let date = NaiveDate::from_ymd_opt(year as i32, two(m0, m1)?, two(d0, d1)?)?;
    (year >= 1970).then_some(date)
}

/// For each byte of `text` the number that it and the next one write, see [`pair`]; `None` unless there are digits
/// where `shape` has `0`, and elsewhere what `shape` has.
#[inline]
fn pairs(text: [u8; 8], shape: [u8; 8]) -> Option<u64> {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(shape);
    // What a byte lacks to its high bit when it is the largest one that fits: a 9 or, beside the digits, a 0.
    let slack = u64::from_le_bytes(shape.map(|b| if b == b'0' { 0x7f - 9 } else { 0x7f }));
    let fits = (digits | digits.wrapping_add(slack)) & HIGH == 0;
    fits.then_some(digits.wrapping_mul(10).wrapping_add(digits >> 8))
}

/// The number that begins at byte `at`.
#[inline]
fn pair(pairs: u64, at: u32) -> u32 {
    (pairs >> (at * u8::BITS)) as u32 & 0xff
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, `None` for a day that no month has.
#[inline]
fn day_number(year: u32, month: u32, day: u32) -> Option<i64> {
    // Of each month its length without a leap day, and the days before it in a year that begins in March: the leap day
    // is then the last of its year, and no month has to know of it.
    const MONTHS: [(u32, u32); 13] = [
        (0, 0),
        (31, 306),
        (28, 337),
        (31, 0),
        (30, 31),
        (31, 61),
        (30, 92),
        (31, 122),
        (31, 153),
        (30, 184),
        (31, 214),
        (30, 245),
        (31, 275),
    ];
    // What 1970-01-01 comes to below. A cycle of the calendar is added first, for there is a year 0 and one before it.
    const CYCLE: u32 = 400;
    const EPOCH: i64 = 865_566;
    let (length, before) = *MONTHS.get(month as usize)?;
    if day.wrapping_sub(1) >= length && !is_leap_day(year, month, day) {
        return None;
    }
    let year = year + CYCLE - u32::from(month < 3);
    let century = year / 100;
    let days = year * 365 + year / 4 - century + century / 4 + before + day;
    Some(i64::from(days) - EPOCH)
}

#[cold]
fn is_leap_day(year: u32, month: u32, day: u32) -> bool {
    (month, day) == (2, 29) && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
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

/// Microseconds by which local time of the zone is ahead.
#[cold]
fn offset(zone: &[u8]) -> Option<i64> {
    match *zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (two(h0, h1)?, two(m0, m1)?);
            let offset = i64::from(hours * 60 + minutes) * 60 * SECOND;
            (hours <= 23 && minutes <= 59).then_some(if sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
