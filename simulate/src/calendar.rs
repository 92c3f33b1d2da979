//! Days, working time and the text of instants. A day is a number of days since 1970-01-01; weeks begin on Monday.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use touchpoint::Micros;
use touchpoint::time::{DAY, SECOND};

/// Days since 1970-01-01.
pub(crate) type Day = i64;

/// The UTC day that holds `at`.
pub(crate) fn day_of(at: Micros) -> Day {
    at.div_euclid(DAY)
}

/// 0 is Monday.
pub(crate) fn weekday(day: Day) -> i64 {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7)
}

/// Monday to Friday. Public holidays differ by country and are left out.
pub(crate) fn is_working_day(day: Day) -> bool {
    weekday(day) < 5
}

/// The number of the week that holds `day`, Monday to Sunday.
pub(crate) fn week(day: Day) -> i64 {
    (day + 3).div_euclid(7)
}

/// The working day that comes `count` working days after `day`.
pub(crate) fn add_working_days(day: Day, count: u32) -> Day {
    let mut day = day;
    for _ in 0..count {
        day += 1;
        while !is_working_day(day) {
            day += 1;
        }
    }
    day
}

/// Year, month and day of month (Hinnant's civil calendar).
pub(crate) fn civil(day: Day) -> (i64, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day_of_month as u32)
}

/// The day of a date of the civil calendar.
pub(crate) fn day_of_civil(year: i64, month: u32, day_of_month: u32) -> Day {
    let (month, day_of_month) = (i64::from(month), i64::from(day_of_month));
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day_of_month - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// How far local time in `zone` is ahead of UTC around noon of `day`.
pub(crate) fn offset(zone: Tz, day: Day) -> Micros {
    let noon = chrono::DateTime::from_timestamp(day * 86_400 + 43_200, 0).unwrap_or_default();
    i64::from(zone.offset_from_utc_datetime(&noon.naive_utc()).fix().local_minus_utc()) * SECOND
}

/// The instant of a local time of day, `seconds` after local midnight. Clock changes happen at night, where nobody
/// works, so the offset at noon serves.
pub(crate) fn local_instant(zone: Tz, day: Day, seconds: i64) -> Micros {
    day * DAY + seconds * SECOND - offset(zone, day)
}

/// The local day that holds `at`.
pub(crate) fn local_day(zone: Tz, at: Micros) -> Day {
    day_of(at + offset(zone, day_of(at)))
}

/// `YYYY-MM-DD`, years 0 to 9999.
pub(crate) fn date_text(day: Day) -> [u8; 10] {
    let (year, month, day_of_month) = civil(day);
    let digit = |value: i64| b'0' + (value % 10) as u8;
    let (m, d) = (i64::from(month), i64::from(day_of_month));
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(m / 10),
        digit(m),
        b'-',
        digit(d / 10),
        digit(d),
    ]
}

/// `THH:MM:SSZ`; whole seconds.
pub(crate) fn time_text(at: Micros) -> [u8; 10] {
    let seconds = at.rem_euclid(DAY) / SECOND;
    let digit = |value: i64| b'0' + (value % 10) as u8;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    [b'T', digit(h / 10), digit(h), b':', digit(m / 10), digit(m), b':', digit(s / 10), digit(s), b'Z']
}

/// RFC 3339 in UTC, whole seconds.
pub(crate) fn push_instant(out: &mut Vec<u8>, at: Micros) {
    out.extend_from_slice(&date_text(day_of(at)));
    out.extend_from_slice(&time_text(at));
}

#[cfg(test)]
mod tests {
    use super::{DAY, SECOND};
    use super::{add_working_days, civil, day_of_civil, local_day, local_instant, push_instant, week, weekday};
    use chrono::{Datelike, NaiveDate};

    #[test]
    fn civil_agrees_with_chrono_over_four_centuries() {
        for day in (-10_000..140_000).step_by(3) {
            let date = chrono::DateTime::from_timestamp(day * 86_400, 0).unwrap().date_naive();
            assert_eq!(civil(day), (i64::from(date.year()), date.month(), date.day()));
            assert_eq!(day_of_civil(i64::from(date.year()), date.month(), date.day()), day);
            assert_eq!(weekday(day), i64::from(date.weekday().num_days_from_monday()));
        }
    }

    #[test]
    fn instants_read_back() {
        for at in [0, 1_777_000_000 * SECOND, 253_402_300_799 * SECOND] {
            let mut out = Vec::new();
            push_instant(&mut out, at);
            let text = String::from_utf8(out).unwrap();
            assert_eq!(chrono::DateTime::parse_from_rfc3339(&text).unwrap().timestamp_micros(), at);
        }
    }

    #[test]
    fn local_noon_follows_the_clock_change() {
        let summer = day_of_civil(2026, 7, 1);
        let winter = day_of_civil(2026, 1, 15);
        let zone = chrono_tz::Europe::Berlin;
        assert_eq!(local_instant(zone, summer, 43_200), summer * DAY + 10 * 3600 * SECOND);
        assert_eq!(local_instant(zone, winter, 43_200), winter * DAY + 11 * 3600 * SECOND);
        assert_eq!(local_day(chrono_tz::Asia::Tokyo, winter * DAY + 20 * 3600 * SECOND), winter + 1);
    }

    #[test]
    fn working_days_skip_weekends() {
        let friday = NaiveDate::from_ymd_opt(2026, 3, 6).unwrap();
        let day = day_of_civil(2026, 3, 6);
        assert_eq!(friday.weekday(), chrono::Weekday::Fri);
        assert_eq!(add_working_days(day, 1), day + 3);
        assert_eq!(add_working_days(day, 5), day + 7);
        assert_eq!(week(day), week(day + 2));
        assert_eq!(week(day) + 1, week(day + 3));
    }
}
