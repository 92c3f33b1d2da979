//! The query of a request: names and values ([`pairs`], [`text`]), or whole numbers by name, each with a range and a default
//! ([`read`]). What is not known is refused, so that a misspelt name does not silently mean the default.

use super::problem::Problem;
use axum::http::StatusCode;
use reqwest::Url;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// Longest text of a parameter.
const LONGEST: usize = 128;

/// Names and values, decoded; what is no UTF-8 becomes replacement characters and is then no value.
pub(super) fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    let Ok(mut url) = Url::parse("http://localhost/") else { return Vec::new() };
    url.set_query(query);
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Puts a text of fitting length into `place`; else says what was expected.
pub(super) fn text(place: &mut Option<String>, value: String) -> Option<String> {
    if !(1..=LONGEST).contains(&value.len()) {
        return Some(format!("1 to {LONGEST} bytes"));
    }
    *place = Some(value);
    None
}

/// One number that may be asked with.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) range: RangeInclusive<u32>,
    pub(super) default: u32,
}

/// The values of `parameters`, in their order.
///
/// # Errors
/// 422: everything that is not as expected, at once.
pub(super) fn read<const N: usize>(query: Option<&str>, parameters: &[Parameter; N]) -> Result<[u32; N], Problem> {
    let (mut values, mut errors) = ([None; N], Vec::<Value>::new());
    let mut refuse =
        |pointer: String, expected: String| errors.push(json!({ "pointer": pointer, "expected": expected }));
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
        let known = parameters.iter().zip(&mut values).find(|(parameter, _)| parameter.name == name);
        let Some((parameter, value)) = known else {
            let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            refuse("?".to_owned(), format!("no parameter but {}", names.join(", ")));
            continue;
        };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u32>().ok().filter(|number| is_plain && parameter.range.contains(number));
        let (first, last) = (parameter.range.start(), parameter.range.end());
        match number {
            Some(_) if value.is_some() => refuse(format!("?{name}"), "this parameter once".to_owned()),
            Some(number) => *value = Some(number),
            None => refuse(format!("?{name}"), format!("a whole number from {first} to {last}")),
        }
    }
    if errors.is_empty() {
        let mut defaults = parameters.iter().map(|parameter| parameter.default);
        return Ok(values.map(|value| {
            let default = defaults.next().unwrap_or_default();
            value.unwrap_or(default)
        }));
    }
    let detail = "errors lists every parameter of the query that is not as expected";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Err(Problem::new(status, "parameters are not as expected", detail).with("errors", errors.into()))
}

#[cfg(test)]
mod tests {
    use super::{Parameter, read};

    fn of(query: &str) -> Option<[u32; 2]> {
        let days = Parameter { name: "days", range: 1..=90, default: 14 };
        let limit = Parameter { name: "limit", range: 1..=1_000, default: 100 };
        read(Some(query), &[days, limit]).ok()
    }

    #[test]
    fn numbers_by_name_and_nothing_else() {
        assert_eq!(of(""), Some([14, 100]));
        assert_eq!(of("limit=7&days=90"), Some([90, 7]));
        let wrong =
            ["days=0", "days=91", "days=", "days", "days=+3", "days=1.0", "days=3&days=3", "day=3", "days=3&x", "=1"];
        for query in wrong {
            assert_eq!(of(query), None, "{query}");
        }
        assert_eq!(of("days=99999999999999999999"), None);
    }
}
