//! The partition column: the month that holds an instant, as text.

use crate::record::texts::{ShortText, Texts};
use crate::time::Micros;
use arrow::array::{Array, StringArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime};

/// `YYYY-MM` of an instant, UTC.
pub fn month_of(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).unwrap_or_default().format("%Y-%m").to_string()
}

/// The month of `occurred_at` in every row, where that is NULL of `ingested_at`.
pub(super) fn of_each(
    occurred_at: &TimestampMicrosecondArray,
    ingested_at: &TimestampMicrosecondArray,
) -> Result<StringArray, ArrowError> {
    let rows = occurred_at.len();
    let mut months = Texts::with_capacity(rows, rows * "YYYY-MM".len());
    // Consecutive rows often share their month, so the last one is kept.
    let mut month = Month::default();
    for row in 0..rows {
        let at = if occurred_at.is_valid(row) { occurred_at.value(row) } else { ingested_at.value(row) };
        if !(month.from..month.to).contains(&at) {
            month = Month::that_holds(at);
        }
        months.push_short(&month.text);
    }
    months.finish(None)
}

/// A month: its instants and its text. The default one holds no instant.
#[derive(Debug, Default)]
struct Month {
    from: Micros,
    to: Micros,
    text: ShortText,
}

impl Month {
    fn that_holds(at: Micros) -> Self {
        let date = DateTime::from_timestamp_micros(at).unwrap_or_default().date_naive();
        let first = NaiveDate::from_ymd_opt(date.year(), date.month(), 1).unwrap_or_default();
        let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
        let start = |first: NaiveDate| first.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
        let written = || ShortText::new(&month_of(at)).unwrap_or_default();
        let text = digits(date.year(), date.month()).unwrap_or_else(written);
        Self { from: start(first), to: start(next), text }
    }
}

/// `YYYY-MM` without a formatter, `None` of years that have not four digits.
fn digits(year: i32, month: u32) -> Option<ShortText> {
    let year = u32::try_from(year).ok().filter(|year| *year <= 9999)?;
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let (tens, ones) = (digit(month / 10), digit(month));
    let text = [digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), b'-', tens, ones];
    std::str::from_utf8(&text).ok().and_then(ShortText::new)
}

#[cfg(test)]
mod tests {
    use super::{month_of, of_each};
    use crate::time::{DAY, EARLIEST, LATEST, Micros};
    use arrow::array::TimestampMicrosecondArray;

    #[test]
    fn the_month_of_a_row_is_that_of_its_event_or_of_its_arrival() {
        let edges = [EARLIEST, 31 * DAY - 1, 31 * DAY, 59 * DAY - 1, 59 * DAY, LATEST - 31 * DAY, LATEST, i64::MAX, -1];
        let strides = (0..3_000).map(|n| n * 8_000 * DAY % LATEST);
        let instants: Vec<Micros> = edges.into_iter().chain(strides).collect();
        let occurred: Vec<_> = instants.iter().enumerate().map(|(i, at)| (i % 3 > 0).then_some(*at)).collect();
        let arrivals: Vec<Micros> = instants.iter().rev().copied().collect();
        let (occurred_at, ingested_at) =
            (TimestampMicrosecondArray::from(occurred.clone()), TimestampMicrosecondArray::from(arrivals.clone()));
        let months = of_each(&occurred_at, &ingested_at).unwrap();
        for (i, (occurred, arrival)) in occurred.into_iter().zip(arrivals).enumerate() {
            assert_eq!(months.value(i), month_of(occurred.unwrap_or(arrival)));
        }
        assert_eq!((month_of(0).as_str(), month_of(LATEST).as_str()), ("1970-01", "9999-12"));
    }
}
