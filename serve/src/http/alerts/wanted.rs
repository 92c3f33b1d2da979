//! Which alerts a list has: the query of `GET /v1/alerts`, read strictly.
//!
//! | parameter | meaning |
//! |---|---|
//! | `rule` | of this rule |
//! | `state` | `pending`, `firing` or `acknowledged` |
//! | `territory` | about HCPs and accounts of this territory, `unknown` too; storms are of none |
//! | `limit` | at most so many, 1 to 1,000 |
//! | `after` | what follows the page whose `next` this was |

use crate::http::proposals::{FieldProblems, escaped};
use crate::http::query::{pairs, text};
use processors::alert::Transition;
use std::cmp::Reverse;
use touchpoint::alert::AlertState;
use touchpoint::{Micros, Word};

/// Alerts of a page, unless it is said.
const LIMIT: usize = 100;
/// Most alerts of a page.
const MOST: usize = 1_000;
/// The states of open alerts.
const STATES: [AlertState; 3] = [AlertState::Pending, AlertState::Firing, AlertState::Acknowledged];

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    rule: Option<String>,
    state: Option<AlertState>,
    territory: Option<String>,
    after: Option<(Micros, String)>,
    pub(super) limit: usize,
}

/// What asks for the alerts after this one.
pub(super) fn cursor(last: &Transition) -> String {
    format!("{}.{}", last.alert.since, last.alert.id)
}

impl Wanted {
    /// What a query asks for; without one everything that is open.
    ///
    /// # Errors
    /// Every parameter that is unknown, repeated, or not as expected.
    pub(super) fn read(query: Option<&str>) -> Result<Self, FieldProblems> {
        let mut wanted = Self { rule: None, state: None, territory: None, after: None, limit: LIMIT };
        let (mut problems, mut seen) = (FieldProblems::default(), Vec::new());
        for (name, value) in pairs(query) {
            let expected = match name.as_str() {
                _ if seen.contains(&name) => Some("the parameter once".to_owned()),
                "rule" => text(&mut wanted.rule, value),
                "territory" => text(&mut wanted.territory, value),
                "state" => {
                    wanted.state = AlertState::parse(value.as_bytes()).filter(|state| STATES.contains(state));
                    wanted.state.is_none().then(|| "pending, firing or acknowledged".to_owned())
                }
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    wanted.limit = limit.unwrap_or(LIMIT);
                    limit.is_none().then(|| format!("an integer from 1 to {MOST}"))
                }
                "after" => {
                    wanted.after = value.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
                    wanted.after.is_none().then(|| "what next of an earlier page said".to_owned())
                }
                _ => Some("rule, state, territory, limit or after, and no other parameter".to_owned()),
            };
            if let Some(expected) = expected {
                problems.add(format!("?{}", escaped(&name)), expected);
            }
            seen.push(name);
        }
        if problems.count() == 0 { Ok(wanted) } else { Err(problems) }
    }

    /// Whether an alert is of those that are asked for; `territory` is looked up only where it matters.
    pub(super) fn lets_through<'r>(&self, open: &Transition, territory: impl Fn() -> Option<&'r str>) -> bool {
        self.rule.as_deref().is_none_or(|rule| *rule == *open.alert.rule.name)
            && self.state.is_none_or(|state| state == open.state)
            && self.territory.as_deref().is_none_or(|wanted| territory() == Some(wanted))
    }

    /// Whether a place in the list comes after the page before.
    pub(super) fn is_after_cursor(&self, place: (Reverse<Micros>, &str)) -> bool {
        self.after.as_ref().is_none_or(|(since, id)| place > (Reverse(*since), id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;
    use crate::deliver::document::tests::transition;
    use std::cmp::Reverse;
    use touchpoint::alert::AlertState;

    #[test]
    fn a_query_says_what_is_wanted() {
        let all = Wanted::read(None).expect("nothing is everything");
        assert_eq!((all.limit, Wanted::read(Some("")).as_ref().ok()), (100, Some(&all)));
        let read = Wanted::read(Some("rule=over_budget&state=firing&territory=a%20b&limit=7&after=5.x")).expect("fine");
        let fired = transition("h", AlertState::Firing);
        assert!(read.lets_through(&fired, || Some("a b")) && !read.lets_through(&fired, || Some("c")));
        assert!(!read.lets_through(&fired, || None) && all.lets_through(&fired, || None));
        assert!(!read.lets_through(&transition("h", AlertState::Acknowledged), || Some("a b")));
        assert_eq!(read.limit, 7);
        assert!(read.is_after_cursor((Reverse(5), "y")) && read.is_after_cursor((Reverse(4), "a")));
        assert!(!read.is_after_cursor((Reverse(5), "x")) && !read.is_after_cursor((Reverse(6), "z")));
    }

    #[test]
    fn every_parameter_that_is_not_as_expected_is_told() {
        let problems = |query| Wanted::read(Some(query)).expect_err(query).count();
        assert_eq!(problems("state=resolved&limit=0&limit=5&after=x&colour=red&rule="), 6);
        for wrong in ["limit=1001", "limit=-1", "state=", "%ff=1", "after=.x", "territory"] {
            assert_eq!(problems(wrong), 1, "{wrong}");
        }
    }
}
