//! The header of a rule file: `-- key: value` lines, every problem at once.

use super::evidence::Evidence;
use super::refusal::RuleProblem;
use super::template::Template;
use touchpoint::alert::{AlertAct, Severity, SubjectKind};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::{Micros, Word};

const KEYS: [&str; 7] = ["name", "severity", "subject", "act", "pending", "touches", "summary"];
/// Longer than this nothing waits for its alert.
const LONGEST_PENDING: Micros = 30 * DAY;

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) about: String,
    pub(super) severity: Severity,
    pub(super) subject: SubjectKind,
    pub(super) act: AlertAct,
    pub(super) pending: Micros,
    pub(super) touches: Option<Evidence>,
    pub(super) summary: Template,
}

impl Header {
    /// Reads the leading comment of `text`, of the file called `name`.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, Vec<RuleProblem>> {
        let mut lines = text.lines().map_while(|line| line.trim().strip_prefix("--")).map(str::trim);
        let mut problems = Vec::new();
        let about = lines.next().unwrap_or_default().to_owned();
        if about.is_empty() || KEYS.iter().any(|key| about.starts_with(&format!("{key}:"))) {
            problems.push(RuleProblem::NoDescription);
        }
        let keys = Keys::read(lines, &mut problems);
        match keys.get("name") {
            Some(given) if given == name => {}
            Some(given) => problems.push(RuleProblem::NameDiffers { found: given.to_owned() }),
            None => problems.push(RuleProblem::MissingKey { key: "name" }),
        }
        let severity = keys.word::<Severity>("severity", &mut problems);
        let subject = keys.word::<SubjectKind>("subject", &mut problems);
        let act = keys.word::<AlertAct>("act", &mut problems);
        if subject == Some(SubjectKind::Rule) {
            problems.push(RuleProblem::BadWord {
                key: "subject",
                expected: "hcp, account".into(),
                found: "rule".into(),
            });
        }
        let pending = keys.read_with("pending", "a span such as 30m, 2h or 1d, at most 30d", span, &mut problems);
        let evidence = "budget, forecast, or all, unsolicited or on_request with a span of at most 400d";
        let touches = keys.read_with("touches", evidence, Evidence::parse, &mut problems);
        if touches.is_some() && subject == Some(SubjectKind::Account) {
            problems.push(RuleProblem::TouchesOfAccount);
        }
        let summary = keys.read_with("summary", "a sentence with {column} for columns", Template::parse, &mut problems);
        if keys.get("summary").is_none() {
            problems.push(RuleProblem::MissingKey { key: "summary" });
        }
        match (severity, subject, act, summary) {
            (Some(severity), Some(subject), Some(act), Some(summary)) if problems.is_empty() => {
                Ok(Self { about, severity, subject, act, pending: pending.unwrap_or(0), touches, summary })
            }
            _ => Err(problems),
        }
    }
}

/// The keys of a header.
struct Keys<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Keys<'a> {
    fn read(lines: impl Iterator<Item = &'a str>, problems: &mut Vec<RuleProblem>) -> Self {
        let mut keys: Vec<(&str, &str)> = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            match line.split_once(':').map(|(key, value)| (key.trim(), value.trim())) {
                Some((key, value)) if KEYS.contains(&key) => {
                    if keys.iter().any(|(known, _)| *known == key) {
                        problems.push(RuleProblem::RepeatedKey { key: key.to_owned() });
                    } else {
                        keys.push((key, value));
                    }
                }
                _ => problems.push(RuleProblem::UnknownLine { line: line.to_owned(), expected: KEYS.join(", ") }),
            }
        }
        Self(keys)
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    fn word<W: Word>(&self, key: &'static str, problems: &mut Vec<RuleProblem>) -> Option<W> {
        let Some(found) = self.get(key) else {
            problems.push(RuleProblem::MissingKey { key });
            return None;
        };
        let word = W::parse(found.as_bytes());
        if word.is_none() {
            let expected = W::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", ");
            problems.push(RuleProblem::BadWord { key, expected, found: found.to_owned() });
        }
        word
    }

    fn read_with<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
        problems: &mut Vec<RuleProblem>,
    ) -> Option<T> {
        let found = self.get(key)?;
        let value = read(found);
        if value.is_none() {
            let (expected, found) = (expected.to_owned(), found.to_owned());
            problems.push(RuleProblem::BadWord { key, expected, found });
        }
        value
    }
}

/// A span such as `30m`, within what a rule may wait.
fn span(text: &str) -> Option<Micros> {
    length(text).filter(|length| *length <= LONGEST_PENDING)
}

/// Seconds, minutes, hours or days.
pub(super) fn length(text: &str) -> Option<Micros> {
    let unit = match text.chars().last()? {
        's' => SECOND,
        'm' => 60 * SECOND,
        'h' => HOUR,
        'd' => DAY,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<Micros>().ok().filter(|_| is_plain)?.checked_mul(unit)
}
