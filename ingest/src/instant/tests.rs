//! Instants and dates against chrono, and at the edges.

use super::{date, instant};
use chrono::{DateTime, NaiveDate, SecondsFormat};
use rand::{Rng, SeedableRng};
use touchpoint::time::{EARLIEST, LATEST};

#[test]
fn any_instant_reads_as_chrono_reads_it() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(20_260_305);
    for _ in 0..20_000 {
        let at = DateTime::from_timestamp_micros(random.random_range(EARLIEST..=LATEST)).unwrap();
        for format in [SecondsFormat::Secs, SecondsFormat::Millis, SecondsFormat::Micros, SecondsFormat::Nanos] {
            let text = at.to_rfc3339_opts(format, random.random());
            let expected = DateTime::parse_from_rfc3339(&text).unwrap().timestamp_micros();
            assert_eq!(instant(text.as_bytes()), Some(expected), "{text}");
        }
        let offset = chrono::FixedOffset::east_opt(60 * random.random_range(-1439..1440)).unwrap();
        let text = at.with_timezone(&offset).to_rfc3339();
        // Near the ends the local year may leave four digits.
        if text.len() == 32 && !text.starts_with(['-', '+']) {
            assert_eq!(instant(text.as_bytes()), Some(at.timestamp_micros()), "{text}");
        }
    }
}

#[test]
fn every_day_is_where_chrono_has_it() {
    for days in (0..2_932_897).step_by(7) {
        let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(days);
        assert_eq!(date(day.to_string().as_bytes()), Some(day));
        assert_eq!(instant(format!("{day}T00:00:00Z").as_bytes()), Some(days as i64 * 86_400_000_000));
    }
}

#[test]
fn any_byte_in_any_place_is_judged_as_chrono_judges_it() {
    for text in ["2026-03-05T10:00:09Z", "1970-01-01T09:00:00.5+01:00", "2096-02-29T23:59:59.999999-00:30"] {
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = byte;
                let read = std::str::from_utf8(&bytes).ok().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
                let expected = read.map(|at| at.timestamp_micros()).filter(|_| &bytes[17..19] != b"60");
                let expected = expected.filter(|at| (EARLIEST..=LATEST).contains(at));
                assert_eq!(instant(&bytes), expected, "{}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn spellings_the_standard_allows() {
    for text in [
        "2026-03-05T10:00:00Z",
        "2026-03-05t10:00:00z",
        "2026-03-05 10:00:00Z",
        "2026-03-05T10:00:00+00:00",
        "2026-03-05T10:00:00-00:00",
        "2026-03-05T12:30:00+02:30",
        "2026-03-04T23:00:00-11:00",
        "2026-03-05T10:00:00.0Z",
        "2026-03-05T10:00:00.0000009Z",
        "2026-03-05T10:00:00.00000000000000000000000000001Z",
    ] {
        assert_eq!(instant(text.as_bytes()), Some(1_772_704_800_000_000), "{text}");
    }
    assert_eq!(instant(b"2026-03-05T10:00:00.123456789Z"), Some(1_772_704_800_123_456));
    assert_eq!(instant(b"2026-03-05T10:00:00.5+01:00"), Some(1_772_701_200_500_000));
}

#[test]
fn what_is_no_instant() {
    for text in [
        "",
        "2026-03-05",
        "2026-03-05T10:00:00",
        "2026-03-05T10:00Z",
        "2026-03-05T24:00:00Z",
        "2026-03-05T10:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-02-29T10:00:00Z",
        "2100-02-29T10:00:00Z",
        "2026-00-05T10:00:00Z",
        "2026-13-05T10:00:00Z",
        "2026-03-00T10:00:00Z",
        "2026-04-31T10:00:00Z",
        "2026-03-05T10:00:00.Z",
        "2026-03-05T10:00:00,5Z",
        "2026-03-05T10:00:00+0100",
        "2026-03-05T10:00:00+01",
        "2026-03-05T10:00:00+24:00",
        "2026-03-05T10:00:00+01:60",
        "2026-03-05T10:00:00Z ",
        " 2026-03-05T10:00:00Z",
        "2026-03-05_10:00:00Z",
        "2026-3-5T10:00:00Z",
        "+2026-03-05T10:00:00Z",
        "12026-03-05T10:00:00Z",
        "2026-03-05T1a:00:00Z",
        "2026-03-05T10:00:00ZZ",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:59:59+01:00",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z",
        "2026/03/05T10:00:00Z",
        "1772704800",
        "2026-03-05T10:00:00.1",
    ] {
        assert_eq!(instant(text.as_bytes()), None, "{text}");
    }
    assert_eq!(instant(b"1970-01-01T00:00:00Z"), Some(EARLIEST));
    assert_eq!(instant(b"1970-01-01T00:00:00-01:00"), Some(3_600_000_000));
    assert_eq!(instant(b"9999-12-31T23:59:59.999999Z"), Some(LATEST));
}

#[test]
fn what_is_no_date() {
    for text in ["", "2026-02-29", "1969-12-31", "2026-3-5", "20260305", "2026-03-5x", "02026-03-05", "2026-13-01"] {
        assert_eq!(date(text.as_bytes()), None, "{text}");
    }
    assert_eq!(date(b"2024-02-29"), NaiveDate::from_ymd_opt(2024, 2, 29));
}
