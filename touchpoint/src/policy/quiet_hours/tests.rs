//! Midnight, clock changes, weeks; and the release against a search minute by minute.

use super::{Day, QuietError, QuietHours, QuietSpan};
use crate::policy::{WordSet, WorkingHours};
use crate::time::{DAY, HOUR, Micros, SECOND};
use chrono::NaiveDateTime;
use chrono_tz::{America::Sao_Paulo, Asia::Kolkata, Australia::Lord_Howe, Europe::Berlin, Pacific::Apia, Tz, UTC};

const MINUTE: Micros = 60 * SECOND;

fn span(days: &[Day], from: &str, to: &str) -> QuietSpan {
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<u32>().unwrap() * 60 + minute.parse::<u32>().unwrap()
    };
    QuietSpan { days: WordSet::of(days), from: minutes(from), to: minutes(to) }
}

fn nightly(from: &str, to: &str) -> QuietHours {
    QuietHours::try_new(vec![span(&[], from, to)]).unwrap()
}

fn utc(text: &str) -> Micros {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap().and_utc().timestamp_micros()
}

fn check(quiet: &QuietHours, zone: Tz, at: &str, released: &str) {
    assert_eq!(quiet.release(utc(at), zone), utc(released), "{at} UTC in {zone}");
    let (at, released) = (utc(at), utc(released));
    assert!(!quiet.is_quiet(released, zone));
    assert!(at == released || quiet.is_quiet(released - 1, zone), "nothing before it is free");
}

#[test]
fn quiet_hours_cross_midnight() {
    let quiet = nightly("19:00", "08:00");
    check(&quiet, UTC, "2026-03-03 18:59:59.999999", "2026-03-03 18:59:59.999999");
    check(&quiet, UTC, "2026-03-03 19:00:00", "2026-03-04 08:00:00");
    check(&quiet, UTC, "2026-03-04 00:00:00", "2026-03-04 08:00:00");
    check(&quiet, UTC, "2026-03-04 07:59:59.999999", "2026-03-04 08:00:00");
    check(&quiet, UTC, "2026-03-04 08:00:00", "2026-03-04 08:00:00");
    check(&quiet, Kolkata, "2026-03-03 13:30:00.000001", "2026-03-04 02:30:00");
}

#[test]
fn a_span_belongs_to_the_day_on_which_it_begins() {
    let quiet = QuietHours::try_new(vec![span(&[Day::Friday], "20:00", "06:00")]).unwrap();
    check(&quiet, UTC, "2026-03-06 20:00:00", "2026-03-07 06:00:00");
    check(&quiet, UTC, "2026-03-06 05:00:00", "2026-03-06 05:00:00");
    check(&quiet, UTC, "2026-03-07 21:00:00", "2026-03-07 21:00:00");
}

#[test]
fn a_weekend_runs_from_friday_night_into_monday_over_the_end_of_the_week() {
    let spans = vec![span(&[], "19:00", "08:00"), span(&[Day::Saturday, Day::Sunday], "00:00", "24:00")];
    let quiet = QuietHours::try_new(spans).unwrap();
    check(&quiet, UTC, "2026-03-06 19:00:00", "2026-03-09 08:00:00");
    check(&quiet, UTC, "2026-03-08 23:59:59", "2026-03-09 08:00:00");
    check(&quiet, UTC, "2026-03-09 07:00:00", "2026-03-09 08:00:00");
}

#[test]
fn a_skipped_hour_does_not_hold_a_touch_back_for_longer() {
    // Berlin, 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC.
    check(&nightly("22:00", "06:00"), Berlin, "2026-03-28 22:00:00", "2026-03-29 04:00:00");
    check(&nightly("22:00", "02:30"), Berlin, "2026-03-29 00:50:00", "2026-03-29 01:00:00");
    check(&nightly("22:00", "03:00"), Berlin, "2026-03-29 00:50:00", "2026-03-29 01:00:00");
    // Nothing of 02:10 to 02:50 exists on that day.
    check(&nightly("02:10", "02:50"), Berlin, "2026-03-29 00:59:59", "2026-03-29 00:59:59");
    check(&nightly("02:10", "02:50"), Berlin, "2026-03-29 01:00:00", "2026-03-29 01:00:00");
}

#[test]
fn an_hour_that_comes_twice_is_quiet_twice() {
    // Berlin, 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
    check(&nightly("22:00", "06:00"), Berlin, "2026-10-24 20:00:00", "2026-10-25 05:00:00");
    check(&nightly("22:00", "02:30"), Berlin, "2026-10-24 23:00:00", "2026-10-25 00:30:00");
    check(&nightly("22:00", "02:30"), Berlin, "2026-10-25 01:10:00", "2026-10-25 01:30:00");
    check(&nightly("22:00", "03:00"), Berlin, "2026-10-25 00:10:00", "2026-10-25 02:00:00");
}

#[test]
fn a_day_that_a_place_skipped_and_half_hours_are_right_too() {
    // Samoa had no 2011-12-30: Thursday ended at 10:00 UTC of the 30th, and Saturday began.
    let quiet = QuietHours::try_new(vec![span(&[Day::Friday], "00:00", "24:00")]).unwrap();
    check(&quiet, Apia, "2011-12-30 09:59:59", "2011-12-30 09:59:59");
    check(&quiet, Apia, "2011-12-30 10:00:00", "2011-12-30 10:00:00");
    let weekend = QuietHours::try_new(vec![span(&[Day::Thursday, Day::Saturday], "00:00", "24:00")]).unwrap();
    check(&weekend, Apia, "2011-12-29 12:00:00", "2011-12-31 10:00:00");
    // Lord Howe moves by half an hour: 02:00 becomes 01:30 on 2026-04-05 at 15:00 UTC of the 4th.
    check(&nightly("22:00", "01:45"), Lord_Howe, "2026-04-04 15:05:00", "2026-04-04 15:15:00");
    // São Paulo used to skip midnight itself: 2018-11-04 began at 01:00, 03:00 UTC.
    check(&nightly("20:00", "00:30"), Sao_Paulo, "2018-11-04 02:50:00", "2018-11-04 03:00:00");
}

#[test]
fn the_same_times_are_equal_however_they_are_said() {
    let apart = vec![span(&[], "00:00", "08:00"), span(&[], "19:00", "24:00")];
    assert_eq!(QuietHours::try_new(apart).unwrap(), nightly("19:00", "08:00"));
    assert_ne!(nightly("19:00", "08:01"), nightly("19:00", "08:00"));
}

#[test]
fn a_week_without_a_free_minute_is_refused() {
    let refused = |spans| QuietHours::try_new(spans).unwrap_err();
    assert_eq!(refused(vec![span(&[], "00:00", "24:00")]), QuietError::NeverReleased);
    assert_eq!(refused(vec![span(&[], "08:00", "08:00")]), QuietError::NeverReleased);
    let halves = vec![span(&[], "20:00", "08:30"), span(&[], "08:30", "20:00")];
    assert_eq!(refused(halves), QuietError::NeverReleased);
    let all_but_a_minute = vec![span(&[], "20:00", "08:30"), span(&[], "08:31", "20:00")];
    check(&QuietHours::try_new(all_but_a_minute).unwrap(), UTC, "2026-03-03 08:31:00", "2026-03-04 08:30:00");
    let bad = vec![span(&[], "09:00", "10:00"), QuietSpan { days: WordSet::ANY, from: 1_440, to: 10 }];
    assert_eq!(refused(bad), QuietError::OutsideDay { index: 1 });
    assert!(QuietHours::try_new(vec![]).is_ok_and(|quiet| quiet.release(7, UTC) == 7));
}

#[test]
fn quiet_hours_cover_work_when_no_minute_of_it_is_left() {
    let work = WorkingHours::weekdays(8, 19);
    let of = |spans: Vec<QuietSpan>| QuietHours::try_new(spans).unwrap().cover(&work);
    assert!(!of(vec![]) && !of(vec![span(&[], "19:00", "08:00")]));
    assert!(of(vec![span(&[], "08:00", "19:00")]));
    assert!(!of(vec![span(&[], "08:00", "18:59")]) && !of(vec![span(&[], "08:01", "19:00")]));
    let weekdays = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday];
    assert!(of(vec![span(&weekdays, "00:00", "24:00")]) && !of(vec![span(&weekdays[1..], "00:00", "24:00")]));
    assert!(of(vec![span(&[], "12:00", "19:00"), span(&[], "07:00", "12:00")]), "two together");
    let off = WorkingHours { days: [None; 7] };
    assert!(!QuietHours::try_new(vec![span(&[], "08:00", "19:00")]).unwrap().cover(&off));
}

#[test]
fn the_release_is_what_a_search_minute_by_minute_finds() {
    let weekend = vec![span(&[], "21:30", "06:15"), span(&[Day::Saturday, Day::Sunday], "00:00", "24:00")];
    let quiets = [
        QuietHours::try_new(weekend).unwrap(),
        nightly("01:10", "02:20"),
        nightly("02:00", "03:00"),
        nightly("23:00", "00:01"),
    ];
    for (zone, day) in [
        (Berlin, "2026-03-28 00:00:00"),
        (Berlin, "2026-10-24 00:00:00"),
        (Lord_Howe, "2026-04-04 00:00:00"),
        (Lord_Howe, "2026-10-03 00:00:00"),
        (Sao_Paulo, "2018-11-03 12:00:00"),
        (Sao_Paulo, "2018-02-17 12:00:00"),
        (Apia, "2011-12-29 12:00:00"),
    ] {
        let start = utc(day);
        for quiet in &quiets {
            let mut next_free = quiet.release(start + 2 * DAY, zone);
            // Backwards, so that the search is one pass: an instant that is not quiet is its own release.
            for at in (0..2 * DAY / MINUTE).rev().map(|minute| start + minute * MINUTE) {
                next_free = if quiet.is_quiet(at, zone) { next_free } else { at };
                assert_eq!(quiet.release(at, zone), next_free, "{at} in {zone}, {:?}", quiet.spans());
            }
        }
    }
    assert_eq!(quiets[1].release(HOUR, UTC), HOUR);
}
