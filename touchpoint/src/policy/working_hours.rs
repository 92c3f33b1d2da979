//! Working hours by weekday, in the HCP's own time zone.

use crate::time::Micros;
use chrono::{DateTime, Datelike, Timelike, Weekday};
use chrono_tz::Tz;

/// Hours of one day, `[from_hour, to_hour)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourSpan {
    /// First hour that is inside, 0..24.
    pub from_hour: u8,
    /// First hour that is outside again, 1..=24, after `from_hour`.
    pub to_hour: u8,
}

/// Local working hours; a day without a span is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkingHours {
    /// Monday first.
    pub days: [Option<HourSpan>; 7],
}

impl WorkingHours {
    /// The same hours from Monday to Friday, Saturday and Sunday off.
    pub const fn weekdays(from_hour: u8, to_hour: u8) -> Self {
        let on = Some(HourSpan { from_hour, to_hour });
        Self { days: [on, on, on, on, on, None, None] }
    }

    /// The hours of a day.
    pub fn on(&self, day: Weekday) -> Option<HourSpan> {
        self.days.get(day.num_days_from_monday() as usize).copied().flatten()
    }

    /// Whether `at` lies inside them where the clock shows `zone`.
    pub fn contain(&self, at: Micros, zone: Tz) -> bool {
        let Some(local) = DateTime::from_timestamp_micros(at).map(|t| t.with_timezone(&zone)) else { return false };
        let hours = |span: HourSpan| u32::from(span.from_hour)..u32::from(span.to_hour);
        self.on(local.weekday()).is_some_and(|span| hours(span).contains(&local.hour()))
    }
}

#[cfg(test)]
mod tests {
    use super::{HourSpan, WorkingHours};
    use crate::time::{HOUR, SECOND};
    use chrono_tz::{Europe::Berlin, UTC};

    /// 2026-03-02, a Monday, 00:00 UTC.
    const MONDAY: i64 = 1_772_409_600 * SECOND;

    #[test]
    fn hours_are_local_and_half_open() {
        let hours = WorkingHours::weekdays(8, 19);
        assert!(!hours.contain(MONDAY + 8 * HOUR - 1, UTC) && hours.contain(MONDAY + 8 * HOUR, UTC));
        assert!(hours.contain(MONDAY + 19 * HOUR - 1, UTC) && !hours.contain(MONDAY + 19 * HOUR, UTC));
        assert!(hours.contain(MONDAY + 7 * HOUR, Berlin), "08:00 in Berlin");
        assert!(!hours.contain(MONDAY - 10 * HOUR, UTC), "Sunday 14:00");
    }

    #[test]
    fn each_day_has_its_own_hours() {
        let mut hours = WorkingHours::weekdays(8, 19);
        hours.days[4] = Some(HourSpan { from_hour: 9, to_hour: 13 });
        hours.days[5] = Some(HourSpan { from_hour: 0, to_hour: 24 });
        let day = |n: i64| MONDAY + n * 24 * HOUR;
        assert!(hours.contain(day(4) + 12 * HOUR, UTC) && !hours.contain(day(4) + 13 * HOUR, UTC));
        assert!(hours.contain(day(5), UTC) && hours.contain(day(6) - 1, UTC) && !hours.contain(day(6), UTC));
    }
}
