//! Times of the week at which no touch should be made, by the clock on the HCP's wall.
//!
//! Spans begin on the days that they name and may end after midnight, on the next day; they may overlap. Held as
//! half-open minutes of the local week, Monday 00:00 first, merged and sorted. A week that is quiet throughout cannot be
//! made, so that every instant has a release.
//!
//! Clock changes: an instant is quiet when the local time that it has is. An hour that is skipped ends no quiet by being
//! skipped, and an hour that comes twice is quiet twice.

use super::sets::WordSet;
use super::working_hours::WorkingHours;
use crate::time::{DAY, Micros, SECOND};
use crate::words::{Word, words};
use chrono::{DateTime, Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

words! {
    /// A day of the week.
    Day in "days" {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

const DAY_MINUTES: u32 = 24 * 60;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;
const MINUTE: Micros = 60 * SECOND;

/// One rule of quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietSpan {
    /// The days on which it begins; any = every day.
    pub days: WordSet<Day>,
    /// First quiet minute of the day, 0..1440.
    pub from: u32,
    /// First minute after it, 1..=1440. At or before `from` it lies on the next day.
    pub to: u32,
}

impl QuietSpan {
    /// Minutes, at most 1440.
    pub fn minutes(&self) -> u32 {
        if self.to > self.from { self.to - self.from } else { DAY_MINUTES - self.from + self.to }
    }
}

/// Why quiet hours cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuietError {
    /// A minute that no day has.
    #[error("span {index} does not lie in a day: `from` is before 24:00, `to` after 00:00 and at most 24:00")]
    OutsideDay {
        /// Its place among the spans, from 0.
        index: usize,
    },
    /// No time of the week is left.
    #[error("the spans leave no minute of the week at which a touch could be made")]
    NeverReleased,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct QuietHours {
    spans: Vec<QuietSpan>,
    /// `[from, to)` in minutes of the week; sorted, apart, none empty. What crosses the end of the week is in two parts.
    week: Vec<(u32, u32)>,
}

/// Quiet at the same times, however that was said.
impl PartialEq for QuietHours {
    fn eq(&self, other: &Self) -> bool {
        self.week == other.week
    }
}

impl Eq for QuietHours {}

impl QuietHours {
    /// Quiet at these times.
    ///
    /// # Errors
    /// [`QuietError`]: the policy's author has to mend it.
    pub fn try_new(spans: Vec<QuietSpan>) -> Result<Self, QuietError> {
        let mut parts = Vec::new();
        for (index, span) in spans.iter().enumerate() {
            if span.from >= DAY_MINUTES || span.to == 0 || span.to > DAY_MINUTES {
                return Err(QuietError::OutsideDay { index });
            }
            for day in Day::ALL.iter().filter(|day| span.days.allows(Some(**day))) {
                let from = u32::from(day.code()) * DAY_MINUTES + span.from;
                let to = from + span.minutes();
                parts.push((from, to.min(WEEK_MINUTES)));
                if to > WEEK_MINUTES {
                    parts.push((0, to - WEEK_MINUTES));
                }
            }
        }
        let week = merged(parts);
        match week.as_slice() {
            [(0, WEEK_MINUTES)] => Err(QuietError::NeverReleased),
            _ => Ok(Self { spans, week }),
        }
    }

    /// The spans as they were given.
    pub fn spans(&self) -> &[QuietSpan] {
        &self.spans
    }

    /// Whether they leave no working hour of the week free; false where there are none.
    pub fn cover(&self, hours: &WorkingHours) -> bool {
        let mut work = (0..).zip(hours.days).filter_map(|(day, span)| Some((day, span?))).peekable();
        work.peek().is_some()
            && work.all(|(day, span): (u32, _)| {
                let minute = |hour: u8| day * DAY_MINUTES + u32::from(hour) * 60;
                let (from, to) = (minute(span.from_hour), minute(span.to_hour));
                self.week.iter().any(|(quiet_from, quiet_to)| *quiet_from <= from && to <= *quiet_to)
            })
    }

    /// Whether `at` is quiet where the clock shows `zone`.
    pub fn is_quiet(&self, at: Micros, zone: Tz) -> bool {
        self.quiet_for(at, zone).is_some()
    }

    /// The first instant at or after `at` that is not quiet where the clock shows `zone`.
    pub fn release(&self, at: Micros, zone: Tz) -> Micros {
        let mut now = at;
        // A step ends a span, a day or the time until a clock change; a span is shorter than a week.
        while let Some(left) = self.quiet_for(now, zone) {
            let target = now + left.min(DAY);
            now = next_offset_change(now, target, zone).unwrap_or(target);
        }
        now
    }

    /// How long `at` stays quiet if the clock is not changed; `None` when it is not quiet.
    fn quiet_for(&self, at: Micros, zone: Tz) -> Option<Micros> {
        let local = DateTime::from_timestamp_micros(at)?.with_timezone(&zone);
        let minute = local.weekday().num_days_from_monday() * DAY_MINUTES + local.hour() * 60 + local.minute();
        let end = self.end_of_quiet(minute)?;
        let into_minute = Micros::from(local.second()) * SECOND + Micros::from(local.timestamp_subsec_micros());
        Some(Micros::from(end - minute) * MINUTE - into_minute)
    }

    /// The minute after the quiet time that holds `minute`, possibly in the next week.
    fn end_of_quiet(&self, minute: u32) -> Option<u32> {
        let (_, end) = *self.week.iter().find(|(from, to)| (*from..*to).contains(&minute))?;
        match self.week.first() {
            Some((0, next)) if end == WEEK_MINUTES => Some(WEEK_MINUTES + next),
            _ => Some(end),
        }
    }
}

fn merged(mut parts: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    parts.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(parts.len());
    for (from, to) in parts {
        match merged.last_mut() {
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The instant in `(from, to]` at which the zone's offset ceases to be that of `from`, if that of `to` differs.
fn next_offset_change(from: Micros, to: Micros, zone: Tz) -> Option<Micros> {
    let offset = |at: Micros| {
        let utc = DateTime::from_timestamp_micros(at)?.naive_utc();
        Some(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
    };
    let before = offset(from);
    if offset(to) == before {
        return None;
    }
    let (mut same, mut other) = (from, to);
    while other - same > 1 {
        let middle = same + (other - same) / 2;
        if offset(middle) == before {
            same = middle;
        } else {
            other = middle;
        }
    }
    Some(other)
}

#[cfg(test)]
mod tests;
