//! Numbers and instants as people read them.

use crate::summary::grouped;
use chrono::{DateTime, SecondsFormat};
use processors::what_if::{ChannelKey, HeldBy};
use touchpoint::time::DAY;
use touchpoint::{Channel, Micros, Origin, Policy, Word};

/// RFC 3339 in UTC, no finer than it has to be.
pub fn instant(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The day, UTC.
pub fn day(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).map_or_else(String::new, |at| at.format("%Y-%m-%d").to_string())
}

/// From when to when: as days, UTC, where both are midnights.
pub fn span(from: Micros, to: Micros) -> (String, String) {
    let said = if from % DAY == 0 && to % DAY == 0 { day } else { instant };
    (said(from), said(to))
}

/// A part of a whole, as a percentage; no percentage of nothing.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "none".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

/// A count with its noun.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A channel in words.
pub fn channel(key: ChannelKey) -> &'static str {
    match (key.channel, key.origin) {
        (Channel::FaceToFace, _) => "visits",
        (Channel::Phone, _) => "phone calls",
        (Channel::Video, _) => "video calls",
        (Channel::Chat, _) => "chats",
        (Channel::Email, Some(Origin::Hq)) => "e-mails by headquarters",
        (Channel::Email, _) => "e-mails by reps",
        (Channel::Congress, _) => "congress invitations",
        (Channel::MedicalRequest, _) => "medical requests",
    }
}

/// A channel as records write it; e-mail with its origin.
pub fn channel_word(key: ChannelKey) -> String {
    match key.origin {
        Some(origin) => format!("{} {}", key.channel.as_str(), origin.as_str()),
        None => key.channel.as_str().to_owned(),
    }
}

/// A rule by its name in the policy.
pub fn rule(by: HeldBy, policy: &Policy) -> String {
    let name = match by {
        HeldBy::Budget(place) => policy.budgets.get(usize::from(place)).map(|budget| budget.name.as_str()),
        HeldBy::Gap(place) => policy.minimum_gaps.get(usize::from(place)).map(|gap| gap.name.as_str()),
        HeldBy::QuietHours => Some("quiet hours"),
    };
    name.unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{DAY, counted, day, instant, percent, span};

    #[test]
    fn numbers_read_like_numbers() {
        assert_eq!((percent(1, 3), percent(0, 0)), ("33.3 %".to_owned(), "none".to_owned()));
        assert_eq!(counted(1, "touch", "touches"), "1 touch");
        assert_eq!(counted(1_234, "touch", "touches"), "1,234 touches");
        assert_eq!((instant(0), day(86_400_000_000)), ("1970-01-01T00:00:00Z".to_owned(), "1970-01-02".to_owned()));
        assert_eq!(span(0, 2 * DAY), ("1970-01-01".to_owned(), "1970-01-03".to_owned()));
        assert_eq!(span(0, DAY + 1_000_000).1, "1970-01-02T00:00:01Z");
    }
}
