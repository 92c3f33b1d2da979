//! Instants are microseconds since 1970-01-01 UTC; the clock is always an argument.

/// Microseconds since the Unix epoch, UTC; finer fractions are cut off.
pub type Micros = i64;

/// One second.
pub const SECOND: Micros = 1_000_000;
/// One hour.
pub const HOUR: Micros = 3_600 * SECOND;
/// One day of 24 hours.
pub const DAY: Micros = 24 * HOUR;
/// How far back of T the live state reaches, and the load sums (metrics.md §2).
pub const RETENTION: Micros = 400 * DAY;
/// The earliest instant a record may carry: 1970-01-01T00:00:00Z.
pub const EARLIEST: Micros = 0;
/// The latest instant a record may carry: the last microsecond of the year 9999.
pub const LATEST: Micros = 253_402_300_799_999_999;

/// A trailing window `(T − length, T]`; the closed set of default lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowLength {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 28 days: the headline window.
    FourWeeks,
    /// 90 days.
    Quarter,
}

impl WindowLength {
    /// Shortest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::FourWeeks, Self::Quarter];
    /// The window shown where one is shown.
    pub const HEADLINE: Self = Self::FourWeeks;

    /// Length in microseconds.
    pub fn micros(self) -> Micros {
        match self {
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::FourWeeks => 28 * DAY,
            Self::Quarter => 90 * DAY,
        }
    }

    /// The text in column `window`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::FourWeeks => "28d",
            Self::Quarter => "90d",
        }
    }

    /// Place in [`WindowLength::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The window named `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.as_str() == text)
    }
}

/// Where "now" comes from. Only the binary owns a real one; everything else is handed instants.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Micros;
}

/// A clock that stands still at the instant it holds.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Micros);

impl Clock for FixedClock {
    fn now(&self) -> Micros {
        self.0
    }
}

/// 00:00 UTC of the day that holds `at`.
pub fn midnight(at: Micros) -> Micros {
    at.div_euclid(DAY) * DAY
}
