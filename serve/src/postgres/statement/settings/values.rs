//! Which values a setting takes, and how they are written.

use super::known::{Kind, Known};
use crate::postgres::{Fault, SqlState};
use datafusion::arrow::array::timezone::Tz;
use std::time::Duration;

impl Known {
    /// `value` as it is kept.
    ///
    /// # Errors
    /// 55P02 if it cannot be set, 22023 if it does not take this value.
    pub(super) fn taken(&self, value: &str, longest: Option<Duration>) -> Result<String, Fault> {
        let value = value.trim();
        let kept = match self.kind {
            Kind::Fixed => return Err(self.fixed()),
            Kind::Text(longest) => Some(value.chars().filter(|c| !c.is_control()).take(longest).collect()),
            // asyncpg sends quotes with it.
            Kind::OneOf(words) => words
                .iter()
                .any(|word| word.eq_ignore_ascii_case(value.trim_matches('\'')))
                .then(|| words.first().copied().unwrap_or_default().to_owned()),
            Kind::Among(words) => {
                words.iter().find(|word| word.eq_ignore_ascii_case(value)).map(|word| (*word).to_owned())
            }
            Kind::Number(least, most) => {
                value.parse::<i64>().ok().filter(|n| (least..=most).contains(n)).map(|n| n.to_string())
            }
            Kind::Zone => value.parse::<Tz>().ok().map(|_| value.to_owned()),
            Kind::Time => duration(value).map(written),
            Kind::Statement => match (duration(value), longest) {
                (Some(time), Some(longest)) if time > longest => return Err(self.too_long(longest)),
                (time, _) => time.map(written),
            },
            Kind::Path => Some(value.to_owned()),
        };
        kept.ok_or_else(|| self.refuses(value))
    }

    /// It cannot be set.
    pub(super) fn fixed(&self) -> Fault {
        Fault::new(SqlState::CantChangeRuntimeParam, format!("parameter \"{}\" cannot be changed", self.name))
    }

    fn too_long(&self, longest: Duration) -> Fault {
        let message = format!("{} may be at most {} here", self.name, written(longest));
        Fault::new(SqlState::InvalidParameterValue, message).with_hint("It can be lowered; the server's limit stays.")
    }

    fn refuses(&self, value: &str) -> Fault {
        let fault = Fault::new(
            SqlState::InvalidParameterValue,
            format!("invalid value for parameter \"{}\": \"{value}\"", self.name),
        );
        match self.kind {
            Kind::OneOf(words) => {
                fault.with_hint(format!("It is always {}.", words.first().copied().unwrap_or_default()))
            }
            Kind::Among(words) => fault.with_hint(format!("Available values: {}.", words.join(", "))),
            Kind::Number(least, most) => fault.with_hint(format!("A whole number from {least} to {most}.")),
            Kind::Zone => fault.with_hint("A name such as Europe/Berlin, or an offset such as +02:00."),
            Kind::Time | Kind::Statement => fault.with_hint("Milliseconds, or with a unit: 500ms, 30s, 2min, 1h."),
            Kind::Fixed | Kind::Text(_) | Kind::Path => fault,
        }
    }
}

/// Milliseconds, or a number with a unit.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(at);
    let per_unit = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(per_unit).map(Duration::from_millis)
}

fn written(time: Duration) -> String {
    let ms = time.as_millis();
    match ms {
        0 => "0".to_owned(),
        ms if ms % 60_000 == 0 => format!("{}min", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// The schemas of a path, without quotes.
pub(super) fn path(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().trim_matches('"').to_owned()).filter(|part| !part.is_empty()).collect()
}
