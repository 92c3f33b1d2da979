//! Values as PostgreSQL writes them: ISO dates, shortest floats, intervals in its own style.

use super::cells::Cells;
use super::numeric;
use crate::postgres::fault::{Fault, SqlState};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use std::fmt::Write;
use tokio_util::bytes::{BufMut, BytesMut};

const SECOND: i64 = 1_000_000;

/// Appends the value of a row that is not NULL.
pub(super) fn write(cells: &Cells<'_>, row: usize, out: &mut BytesMut) -> Result<(), Fault> {
    match cells {
        Cells::Null => {}
        Cells::Bool(array) => out.put_u8(if array.value(row) { b't' } else { b'f' }),
        Cells::Int2(array) => put(out, format_args!("{}", array.value(row))),
        Cells::Int4(array) => put(out, format_args!("{}", array.value(row))),
        Cells::Int8(array) => put(out, format_args!("{}", array.value(row))),
        Cells::Float4(array) => {
            let value = array.value(row);
            float(f64::from(value), format!("{value:e}"), 6, out);
        }
        Cells::Float8(array) => {
            let value = array.value(row);
            float(value, format!("{value:e}"), 15, out);
        }
        Cells::Numeric(array) => numeric::text(array.value(row), array.scale(), out),
        Cells::Text(array) => out.put_slice(array.value(row).as_bytes()),
        Cells::TextView(array) => out.put_slice(array.value(row).as_bytes()),
        Cells::LargeText(array) => out.put_slice(array.value(row).as_bytes()),
        Cells::Owned(array) => out.put_slice(array.value(row).as_bytes()),
        Cells::Json(texts) => out.put_slice(texts.get(row).and_then(Option::as_deref).unwrap_or("null").as_bytes()),
        Cells::Bytea(array) => {
            out.put_slice(b"\\x");
            array.value(row).iter().for_each(|byte| put(out, format_args!("{byte:02x}")));
        }
        Cells::Date(array) => date(day(array.value(row))?, out),
        Cells::Time(array) => clock(array.value(row), out),
        Cells::Timestamp(array) => {
            let at = instant(array.value(row))?.naive_utc();
            date_time(at, out);
            era(at, out);
        }
        Cells::TimestampTz(array, zone) => {
            let at = instant(array.value(row))?.with_timezone(zone);
            date_time(at.naive_local(), out);
            offset(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc(), out);
            era(at.naive_local(), out);
        }
        Cells::Interval(array) => {
            let value = array.value(row);
            interval(value.months, value.days, value.nanoseconds / 1_000, out);
        }
        Cells::Duration(array) => interval(0, 0, array.value(row), out),
        Cells::List(list, values, _) => elements(list.value_offsets(), values, row, out)?,
    }
    Ok(())
}

fn put(out: &mut BytesMut, text: std::fmt::Arguments<'_>) {
    // Growing is all that this can do, and it does not fail.
    out.write_fmt(text).unwrap_or_default();
}

/// The shortest digits that read back as the same number; from `ten_to` on, and below 0.0001, with an exponent.
fn float(value: f64, shortest: String, ten_to: i32, out: &mut BytesMut) {
    if value.is_nan() {
        return out.put_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.put_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    }
    let Some((digits, exponent)) = shortest.split_once('e') else { return out.put_slice(shortest.as_bytes()) };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if exponent >= ten_to || exponent < -4 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return put(out, format_args!("{digits}e{sign}{:02}", exponent.abs()));
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    out.put_slice(sign.as_bytes());
    let Ok(whole) = usize::try_from(exponent + 1) else { return fraction(exponent, &digits, out) };
    match (whole, digits.split_at_checked(whole)) {
        (0, _) => fraction(exponent, &digits, out),
        (_, Some((whole, ""))) => out.put_slice(whole.as_bytes()),
        (_, Some((whole, rest))) => put(out, format_args!("{whole}.{rest}")),
        (whole, None) => put(out, format_args!("{digits:0<whole$}")),
    }
}

/// Digits of a number below one.
fn fraction(exponent: i32, digits: &str, out: &mut BytesMut) {
    let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
    put(out, format_args!("0.{:0<zeros$}{digits}", ""));
}

fn day(days: i32) -> Result<NaiveDate, Fault> {
    let epoch = NaiveDate::default();
    let distance = Days::new(u64::from(days.unsigned_abs()));
    let day = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    day.ok_or_else(|| Fault::new(SqlState::DatetimeFieldOverflow, "date out of range"))
}

fn instant(micros: i64) -> Result<DateTime<chrono::Utc>, Fault> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Fault::new(SqlState::DatetimeFieldOverflow, "timestamp out of range"))
}

fn date(day: NaiveDate, out: &mut BytesMut) {
    match day.year() {
        year @ 1.. => put(out, format_args!("{year:04}-{:02}-{:02}", day.month(), day.day())),
        year => put(out, format_args!("{:04}-{:02}-{:02} BC", 1 - year, day.month(), day.day())),
    }
}

fn date_time(at: NaiveDateTime, out: &mut BytesMut) {
    let ((_, year), day) = (at.year_ce(), at.date());
    put(out, format_args!("{year:04}-{:02}-{:02} ", day.month(), day.day()));
    let micros = i64::from(at.num_seconds_from_midnight()) * SECOND + i64::from(at.nanosecond() / 1_000);
    clock(micros, out);
}

/// Behind everything else of an instant, its offset too.
fn era(at: NaiveDateTime, out: &mut BytesMut) {
    if !at.year_ce().0 {
        out.put_slice(b" BC");
    }
}

/// Hours, minutes, seconds, and as many digits behind them as there are.
fn clock(micros: i64, out: &mut BytesMut) {
    let (seconds, rest) = (micros / SECOND, micros % SECOND);
    put(out, format_args!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60));
    if rest != 0 {
        put(out, format_args!(".{}", format!("{rest:06}").trim_end_matches('0')));
    }
}

/// `+02`, `+05:30`; seconds where history has them.
fn offset(seconds: i32, out: &mut BytesMut) {
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    put(out, format_args!("{sign}{:02}", seconds / 3_600));
    if seconds % 3_600 != 0 {
        put(out, format_args!(":{:02}", seconds / 60 % 60));
    }
    if seconds % 60 != 0 {
        put(out, format_args!(":{:02}", seconds % 60));
    }
}

/// `1 year 2 mons -3 days 04:05:06.7`
fn interval(months: i32, days: i32, micros: i64, out: &mut BytesMut) {
    let mut parts = Vec::new();
    let parts_of = [(months / 12, "year"), (months % 12, "mon"), (days, "day")];
    for (count, unit) in parts_of.into_iter().filter(|(count, _)| *count != 0) {
        parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
    }
    out.put_slice(parts.join(" ").as_bytes());
    if micros != 0 || parts.is_empty() {
        if !parts.is_empty() {
            out.put_u8(b' ');
        }
        if micros < 0 {
            out.put_u8(b'-');
        }
        clock(i64::try_from(micros.unsigned_abs()).unwrap_or(i64::MAX), out);
    }
}

/// `{1,NULL,"a b"}`
fn elements(offsets: &[i32], values: &Cells<'_>, row: usize, out: &mut BytesMut) -> Result<(), Fault> {
    out.put_u8(b'{');
    let mut one = BytesMut::new();
    for (place, item) in super::items(offsets, row).enumerate() {
        if place > 0 {
            out.put_u8(b',');
        }
        if values.is_null(item) {
            out.put_slice(b"NULL");
            continue;
        }
        one.clear();
        write(values, item, &mut one)?;
        let special =
            |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\' | 0x0b);
        if one.is_empty() || one.iter().any(special) || one.eq_ignore_ascii_case(b"NULL") {
            out.put_u8(b'"');
            for byte in &one {
                if matches!(byte, b'"' | b'\\') {
                    out.put_u8(b'\\');
                }
                out.put_u8(*byte);
            }
            out.put_u8(b'"');
        } else {
            out.put_slice(&one);
        }
    }
    out.put_u8(b'}');
    Ok(())
}
