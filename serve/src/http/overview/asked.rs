//! What an overview is asked with, read strictly: everything that is not as expected is told at once.
//!
//! | parameter | meaning |
//! |---|---|
//! | `window` | `24h`, `7d`, `28d` (when left out) or `90d`; not of `/v1/overview/access`, which is of a year |
//! | `territory`, `segment`, `specialty` | HCPs of this one; `unknown`: those whose reference row does not say |
//! | `product` | HCPs with a touch of this product in the window; not of `/v1/overview/access` |
//! | `list` | of `/v1/overview/hcps` alone, needed there: `over`, `hold` or `untouched` |
//! | `limit` | of `/v1/overview/hcps` alone: at most so many, 1 to 200, 20 when left out |

use crate::http::problem::Problem;
use crate::http::proposals::{FieldProblems, escaped};
use crate::http::query::{pairs, text};
use processors::overview::{Filter, Wanted};
use touchpoint::WindowLength;
use touchpoint::time::DAY;

/// HCPs of a list, unless it is said.
const LIMIT: usize = 20;
/// Most HCPs of a list.
const MOST: usize = 200;
/// How far ahead a touch is one to hold today.
const TODAY: i64 = DAY;

/// What a query may ask with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Groups,
    Year,
    Persons,
}

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) window: WindowLength,
    pub(super) filter: Filter,
    pub(super) list: Option<Wanted>,
    pub(super) limit: usize,
}

impl Query {
    /// # Errors
    /// 422: every parameter that is unknown, repeated, or not as expected.
    pub(super) fn of_groups(query: Option<&str>) -> Result<Self, Problem> {
        Self::read(query, Subject::Groups).map_err(|problems| Problem::of_fields(&problems))
    }

    /// # Errors
    /// 422: every parameter that is unknown, repeated, or not as expected.
    pub(super) fn of_a_year(query: Option<&str>) -> Result<Self, Problem> {
        Self::read(query, Subject::Year).map_err(|problems| Problem::of_fields(&problems))
    }

    /// # Errors
    /// 422: also when no list is named.
    pub(super) fn of_persons(query: Option<&str>) -> Result<Self, Problem> {
        Self::read(query, Subject::Persons).map_err(|problems| Problem::of_fields(&problems))
    }

    fn read(query: Option<&str>, subject: Subject) -> Result<Self, FieldProblems> {
        let mut read = Self { window: WindowLength::HEADLINE, filter: Filter::default(), list: None, limit: LIMIT };
        let (mut problems, mut seen) = (FieldProblems::default(), Vec::new());
        for (name, value) in pairs(query) {
            let expected = match seen.contains(&name) {
                true => Some("the parameter once".to_owned()),
                false => read.take(&name, value, subject),
            };
            if let Some(expected) = expected {
                problems.add(format!("?{}", escaped(&name)), expected);
            }
            seen.push(name);
        }
        if subject == Subject::Persons && !seen.iter().any(|name| name == "list") {
            problems.add("?list".to_owned(), "over, hold or untouched");
        }
        if problems.count() == 0 { Ok(read) } else { Err(problems) }
    }

    /// Takes one parameter; what was expected instead, when it is none.
    fn take(&mut self, name: &str, value: String, subject: Subject) -> Option<String> {
        match (name, subject) {
            ("territory", _) => text(&mut self.filter.territory, value),
            ("segment", _) => text(&mut self.filter.segment, value),
            ("specialty", _) => text(&mut self.filter.specialty, value),
            (_, Subject::Year) => Some("no parameter but territory, segment and specialty".to_owned()),
            ("product", _) => text(&mut self.filter.product, value),
            ("window", _) => {
                let window = WindowLength::ALL.into_iter().find(|window| window.as_str() == value);
                self.window = window.unwrap_or(self.window);
                window.is_none().then(|| "24h, 7d, 28d or 90d".to_owned())
            }
            ("list", Subject::Persons) => {
                self.list = match value.as_str() {
                    "over" => Some(Wanted::Over),
                    "hold" => Some(Wanted::Hold(TODAY)),
                    "untouched" => Some(Wanted::Untouched),
                    _ => None,
                };
                self.list.is_none().then(|| "over, hold or untouched".to_owned())
            }
            ("limit", Subject::Persons) => {
                let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                self.limit = limit.unwrap_or(LIMIT);
                limit.is_none().then(|| format!("an integer from 1 to {MOST}"))
            }
            (_, Subject::Groups) => {
                Some("no parameter but window, territory, segment, specialty and product".to_owned())
            }
            (_, Subject::Persons) => {
                Some("no parameter but list, limit, window, territory, segment, specialty and product".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Query, Subject, Wanted};
    use touchpoint::WindowLength;

    #[test]
    fn a_query_says_what_is_wanted() {
        let read = |query, subject| Query::read(Some(query), subject).ok();
        let plain = read("", Subject::Groups).expect("nothing is everybody");
        assert_eq!((plain.window, plain.list, plain.limit), (WindowLength::HEADLINE, None, LIMIT));
        let asked = read("window=7d&territory=North%20East&product=p", Subject::Groups).expect("fine");
        assert_eq!(asked.filter.territory.as_deref(), Some("North East"));
        assert!(read("territory=n&segment=a&specialty=b", Subject::Year).is_some());
        let listed = read("list=over&limit=5", Subject::Persons).expect("fine");
        assert_eq!((listed.list, listed.limit), (Some(Wanted::Over), 5));
    }

    #[test]
    fn every_parameter_that_is_not_as_expected_is_told() {
        let problems = |query, subject| Query::read(Some(query), subject).expect_err(query).count();
        assert_eq!(problems("window=1y&territory=&colour=red&list=over&window=7d", Subject::Groups), 5);
        assert_eq!(problems("limit=0", Subject::Persons), 2);
        assert_eq!(problems("list=all", Subject::Persons), 1);
        assert_eq!(problems("window=7d&product=p", Subject::Year), 2);
    }
}
