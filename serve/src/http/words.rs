//! Values as answers write them.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use touchpoint::{Micros, Word};

/// Every word of a vocabulary.
pub(super) fn all<W: Word>() -> Vec<&'static str> {
    W::ALL.iter().map(|word| word.as_str()).collect()
}

/// A word, `null` without one.
pub(super) fn word<W: Word>(word: Option<W>) -> Value {
    word.map(Word::as_str).into()
}

/// RFC 3339 in UTC, with as many digits after the second as are needed.
pub(super) fn instant(at: Micros) -> String {
    let at = DateTime::from_timestamp_micros(at);
    at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The UTC day of an instant.
pub(super) fn date(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).map_or_else(String::new, |at| at.date_naive().to_string())
}

/// An instant, `null` without one.
pub(super) fn maybe_instant(at: Option<Micros>) -> Value {
    at.map(instant).into()
}

#[cfg(test)]
mod tests {
    use super::instant;
    use touchpoint::time::{DAY, LATEST};

    #[test]
    fn instants_have_the_digits_they_need() {
        assert_eq!(instant(20_000 * DAY), "2024-10-04T00:00:00Z");
        assert_eq!(instant(20_000 * DAY + 1_500), "2024-10-04T00:00:00.001500Z");
        assert_eq!(instant(LATEST), "9999-12-31T23:59:59.999999Z");
    }
}
