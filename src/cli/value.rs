//! Values as users write them, on the command line and in the config file. Every parser is strict: no spaces, no
//! guessing of units, no silent rounding; the error says what was expected and shows an example.
//!
//! | value | written as | unit in memory |
//! |---|---|---|
//! | address | `IP:PORT`, IPv6 in brackets; no host names | `std::net::SocketAddr` |
//! | duration | one integer and one unit: `500ms`, `30s`, `5m`, `12h`, `7d` | `std::time::Duration` |
//! | instant | RFC 3339 with an offset, or `YYYY-MM-DD` (00:00 UTC) | microseconds since 1970, UTC |
//! | date | `YYYY-MM-DD` | calendar day |
//! | share | a decimal number from 0 to 1 | `f64` |
//! | URL | `http://` or `https://` and a host | text without a slash at its end |
//! | size | one integer and one unit: `64KiB`, `16MiB`, `1GiB` | bytes |

use chrono::{DateTime, NaiveDate};
use std::net::SocketAddr;
use std::time::Duration;
use touchpoint::Micros;
use touchpoint::time::{EARLIEST, LATEST};

/// A value that could not be read: what was expected. The user's to mend; a retry does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ValueError {
    expected: &'static str,
}

impl ValueError {
    /// What would have been accepted, as in `a duration such as 30s or 5m`.
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

/// What was typed, by itself or together, or a file that was named, cannot be used. The user's to mend; a retry does not help. Exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

const ADDRESS: ValueError =
    ValueError { expected: "IP:PORT, such as 127.0.0.1:8080 (or port 0 for any free one); names are not looked up" };
const DURATION: ValueError =
    ValueError { expected: "a duration: one integer and one of the units ms, s, m, h, d, such as 500ms, 30s or 5m" };
const INSTANT: ValueError = ValueError {
    expected: "an instant from 1970 to 9999: RFC 3339 with an offset, \
               such as 2026-03-05T08:00:00Z, or a date such as 2026-03-05",
};
const DATE: ValueError = ValueError { expected: "a date of the calendar written YYYY-MM-DD, such as 2026-03-05" };
const SHARE: ValueError = ValueError { expected: "a share from 0 to 1, such as 0.01" };
const URL: ValueError =
    ValueError { expected: "a URL with http:// or https:// and a host, such as http://localhost:9093" };
const SIZE: ValueError =
    ValueError { expected: "a size: one integer and one of the units B, KiB, MiB, GiB, such as 64MiB" };

/// An integer of digits only and the text behind it. `+5`, ` 5` and `5.0` have no such beginning.
fn leading_integer(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// An address to listen on.
///
/// # Errors
/// A host name, a missing port, and ports beyond 65535.
pub fn address(text: &str) -> Result<SocketAddr, ValueError> {
    text.parse().map_err(|_| ADDRESS)
}

/// A duration. `0s` is one; whether it makes sense is the caller's to say.
///
/// # Errors
/// Anything but one integer and one unit, and what overflows 2^64 milliseconds.
pub fn duration(text: &str) -> Result<Duration, ValueError> {
    let (number, unit) = leading_integer(text).ok_or(DURATION)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(DURATION),
    };
    number.checked_mul(factor).map(Duration::from_millis).ok_or(DURATION)
}

/// A duration longer than zero.
///
/// # Errors
/// As [`duration`], and zero.
pub fn positive_duration(text: &str) -> Result<Duration, ValueError> {
    duration(text).and_then(|d| if d.is_zero() { Err(DURATION) } else { Ok(d) })
}

/// An instant; a bare date is its 00:00 UTC.
///
/// # Errors
/// Other forms, times without an offset, and instants outside 1970..=9999.
pub fn instant(text: &str) -> Result<Micros, ValueError> {
    let micros = if text.len() == 10 {
        date(text).ok().map(|d| d.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
    } else {
        DateTime::parse_from_rfc3339(text).ok().map(|t| t.timestamp_micros())
    };
    micros.filter(|m| (EARLIEST..=LATEST).contains(m)).ok_or(INSTANT)
}

/// A calendar day.
///
/// # Errors
/// Anything but four, two and two digits that name a day.
pub fn date(text: &str) -> Result<NaiveDate, ValueError> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return Err(DATE);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DATE)
}

/// The address of an HTTP service.
///
/// # Errors
/// Another scheme, or none.
pub fn url(text: &str) -> Result<String, ValueError> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_url =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace));
    if is_url { Ok(text.trim_end_matches('/').to_owned()) } else { Err(URL) }
}

/// A share from 0 to 1, both included.
///
/// # Errors
/// Other numbers, NaN and infinities, exponents.
pub fn share(text: &str) -> Result<f64, ValueError> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(SHARE);
    }
    text.parse().ok().filter(|s| (0.0..=1.0).contains(s)).ok_or(SHARE)
}

/// A number of bytes.
///
/// # Errors
/// Anything but one integer and one unit, and what overflows 64 bits.
pub fn size(text: &str) -> Result<u64, ValueError> {
    let (number, unit) = leading_integer(text).ok_or(SIZE)?;
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(SIZE),
    };
    number.checked_mul(factor).ok_or(SIZE)
}

/// A duration in the form that [`duration`] reads, in the largest unit that needs no fraction. Below a millisecond is
/// cut off.
pub fn show_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let unit = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    unit.into_iter()
        .find(|(factor, _)| millis > 0 && millis % factor == 0)
        .map_or_else(|| format!("{millis}ms"), |(factor, name)| format!("{}{name}", millis / factor))
}

/// A size in the form that [`size`] reads, in the largest unit that needs no fraction.
pub fn show_size(bytes: u64) -> String {
    let unit = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    unit.into_iter()
        .find(|(factor, _)| bytes > 0 && bytes % factor == 0)
        .map_or_else(|| format!("{bytes}B"), |(factor, name)| format!("{}{name}", bytes / factor))
}

#[cfg(test)]
mod tests {
    use super::{address, date, duration, instant, positive_duration, share, show_duration, show_size, size, url};
    use std::time::Duration;

    #[test]
    fn an_address_is_an_ip_and_a_port() {
        for text in ["127.0.0.1:8080", "[::1]:0", "0.0.0.0:65535"] {
            assert_eq!(address(text).map(|a| a.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "localhost:80", "127.0.0.1", ":80", "127.0.0.1:65536", "::1:80", "http://127.0.0.1:80"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_is_one_integer_and_one_unit() {
        for (text, millis) in
            [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("12h", 43_200_000), ("7d", 604_800_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
            assert_eq!(show_duration(Duration::from_millis(millis)), if text == "7d" { "7d" } else { text });
        }
        for text in [
            "",
            "30",
            "s",
            "30 s",
            "1h30m",
            "-5s",
            "+5s",
            "1.5h",
            "5M",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(positive_duration("0s").is_err());
        assert_eq!(show_duration(Duration::from_secs(90)), "90s");
        assert_eq!(show_duration(Duration::ZERO), "0ms");
    }

    #[test]
    fn an_instant_has_an_offset_or_is_a_date() {
        assert_eq!(instant("1970-01-02"), Ok(86_400_000_000));
        assert_eq!(instant("1970-01-01T01:00:00.5+01:00"), Ok(500_000));
        for text in ["1970-01-02T00:00:00", "2026-02-30", "20260305", "2026-3-5", "1969-12-31", "yesterday", ""] {
            assert!(instant(text).is_err(), "{text}");
        }
        assert!(date("2024-02-29").is_ok());
        assert!(date("2026-02-29").is_err());
    }

    #[test]
    fn a_share_lies_between_0_and_1() {
        assert_eq!(share("0.25"), Ok(0.25));
        assert_eq!(share("1"), Ok(1.0));
        for text in ["", "1.1", "-0.1", "nan", "inf", "1e-3", "5%", "."] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_has_a_scheme_and_a_host() {
        assert_eq!(url("http://localhost:9093/").as_deref(), Ok("http://localhost:9093"));
        assert_eq!(url("https://x.example/am").as_deref(), Ok("https://x.example/am"));
        for text in ["", "localhost:9093", "http://", "http:///x", "ftp://x", "http://a b"] {
            assert!(url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_size_has_a_binary_unit() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("7B"), Ok(7));
        assert!(size("64MB").is_err());
        assert!(size("64").is_err());
        assert!(size("99999999999GiB").is_err());
        assert_eq!(show_size(64 << 20), "64MiB");
        assert_eq!(show_size(1_025), "1025B");
    }
}
