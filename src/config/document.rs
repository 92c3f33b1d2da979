//! From TOML text to settings and problems: every key is looked up in the table of keys, every value checked against
//! its shape. Reading goes on after a problem, so that all of them are found.

use crate::cli::value::{duration, size};
use crate::config::keys::{self, KEYS, Key, Shape};
use crate::config::nearest::nearest;
use crate::config::problem::Problem;
use crate::config::properties::KafkaProperties;
use crate::config::settings::{Origin, Setting, Settings, Value};
use ingest::kafka::property_problem;
use ingest::reference_files::can_hold_table;
use std::path::Path;
use std::time::Duration;
use store::{Service, StoreOptions};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Longest piece of a value that a message quotes.
const QUOTED_CHARS: usize = 60;

/// The settings that `text` makes, and what is wrong with it. After a syntax error the rest is still looked at, but
/// only for names and values on other lines.
pub(super) fn read(text: &str, origin: fn(usize) -> Origin) -> (Settings, Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, origin, settings: Settings::default(), problems: Vec::new() };
    reader.section("", document.get_ref());
    let line = |error: &toml::de::Error| error.span().map(|s| line_at(text, s.start));
    let broken: Vec<_> = errors.iter().map(line).collect();
    reader.problems.retain(|p| !broken.contains(&p.line));
    reader.problems.extend(errors.iter().map(|e| Problem {
        line: line(e),
        path: String::new(),
        // The message alone: the error's own form quotes the line, which may hold a secret.
        what: format!("is not TOML: {}", e.message()),
    }));
    (reader.settings, reader.problems)
}

/// The line of a byte, from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

/// Takes a name and a value of a table that is passed through, or says what is wrong with them.
type TakeEntry<'a> = dyn FnMut(&str, String) -> Option<String> + 'a;

struct Reader<'a> {
    text: &'a str,
    origin: fn(usize) -> Origin,
    settings: Settings,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, path: &str, offset: usize, what: String) {
        let line = Some(line_at(self.text, offset));
        self.problems.push(Problem { line, path: path.to_owned(), what });
    }

    fn section(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let name_start = name.span().start;
            let name: &str = name.get_ref();
            let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            if let Some(key) = keys::find(&path) {
                self.setting(key, value);
            } else if !keys::is_section(&path) {
                self.problem(&path, name_start, unknown(&path));
            } else if let DeValue::Table(inner) = value.get_ref() {
                self.section(&path, inner);
            } else {
                let what = format!("expected a section, found {}; write [{path}]", found(value.get_ref()));
                self.problem(&path, name_start, what);
            }
        }
    }

    fn setting(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) {
        let start = value.span().start;
        let read = match (key.shape, value.get_ref()) {
            (Shape::Properties, DeValue::Table(table)) => {
                let mut properties = KafkaProperties::default();
                self.entries((key.path, ""), table, &mut |name, text| {
                    let problem = property_problem(name, &text);
                    properties.put(name.to_owned(), text);
                    problem
                });
                Some(Value::Properties(properties))
            }
            (Shape::Options, DeValue::Table(table)) => {
                let mut options = StoreOptions::default();
                // Whether it is one of this store's is looked at when all settings are known.
                self.entries((key.path, ""), table, &mut |name, text| {
                    let problem = StoreOptions::refusal(Service::Files, name, &text);
                    options.put(name, text);
                    problem
                });
                Some(Value::Options(options))
            }
            (shape, value) => fit(shape, value),
        };
        if let Some(value) = read {
            let origin = (self.origin)(line_at(self.text, start));
            self.settings.put(key.path, Setting { value, origin });
        } else {
            let what = format!(
                "expected {}, found {}; set it to {}",
                key.shape.expected(),
                found(value.get_ref()),
                key.meaning
            );
            self.problem(key.path, start, what);
        }
    }

    /// Hands over every entry of a table that is passed through; what is handed back is a problem with it.
    ///
    /// `security.protocol = …` and `"security.protocol" = …` mean the same: nested tables are dotted names. Values are
    /// not quoted, since any may be a secret.
    fn entries(&mut self, (path, prefix): (&str, &str), table: &DeTable<'_>, take: &mut TakeEntry<'_>) {
        for (name, value) in table {
            let start = value.span().start;
            let name: &str = name.get_ref();
            let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            let full = format!("{path}.{name}");
            let text = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.entries((path, &name), inner, take);
                    continue;
                }
                DeValue::String(text) => text.to_string(),
                DeValue::Boolean(flag) => flag.to_string(),
                DeValue::Integer(_) if integer(value.get_ref()).is_some() => {
                    integer(value.get_ref()).map(|i| i.to_string()).unwrap_or_default()
                }
                other => {
                    let what = format!("expected text, an integer or true or false, found a TOML {}", other.type_str());
                    self.problem(&full, start, what);
                    continue;
                }
            };
            if let Some(problem) = take(&name, text) {
                self.problem(&full, start, problem);
            }
        }
    }
}

fn unknown(path: &str) -> String {
    let sections = KEYS.iter().map(|k| k.parts().0);
    let same_name = KEYS.iter().map(|k| k.path).find(|k| k.rsplit('.').next() == path.rsplit('.').next());
    let near = same_name.or_else(|| nearest(path, KEYS.iter().map(|k| k.path).chain(sections)));
    match near {
        Some(name) => format!("is not a known key; did you mean {name}?"),
        None => "is not a known key; remove it".to_owned(),
    }
}

/// A value as a message quotes it.
pub(crate) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let mut shown: String = text.chars().take(QUOTED_CHARS).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            format!("{shown:?}")
        }
        DeValue::Integer(integer) => integer.to_string(),
        DeValue::Float(float) => float.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => format!("a TOML {}", value.type_str()),
    }
}

/// A whole number of any radix that fits 64 bits.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    value.as_integer().and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok())
}

/// The value, if it fits the shape.
fn fit(shape: Shape, value: &DeValue<'_>) -> Option<Value> {
    let text = value.as_str();
    match shape {
        Shape::Text => text.filter(|t| !t.trim().is_empty()).map(|t| Value::Text(t.to_owned())),
        Shape::Servers => text.filter(|t| t.split(',').all(is_server)).map(|t| Value::Text(t.to_owned())),
        Shape::TableFile => text.filter(|t| can_hold_table(Path::new(t))).map(|t| Value::Text(t.to_owned())),
        Shape::Topic => text.filter(|t| is_topic(t)).map(|t| Value::Text(t.to_owned())),
        Shape::Integer(min, max) => integer(value).filter(|i| (min..=max).contains(i)).map(Value::Integer),
        Shape::Flag => value.as_bool().map(Value::Flag),
        Shape::Duration(min, max) => {
            let range = Duration::from_millis(min)..=Duration::from_millis(max);
            text.and_then(|t| duration(t).ok()).filter(|d| range.contains(d)).map(Value::Duration)
        }
        Shape::Size(min, max) => text.and_then(|t| size(t).ok()).filter(|s| (min..=max).contains(s)).map(Value::Size),
        Shape::Address => text.and_then(|t| t.parse().ok()).map(Value::Address),
        Shape::Choice(words) => text.filter(|t| words.contains(t)).map(|t| Value::Text(t.to_owned())),
        Shape::Properties | Shape::Options => None,
    }
}

fn is_server(server: &str) -> bool {
    let Some((host, port)) = server.trim().rsplit_once(':') else { return false };
    !host.is_empty() && !host.contains(char::is_whitespace) && port.parse::<u16>().is_ok_and(|p| p > 0)
}

/// Kafka's own rule for topic names.
fn is_topic(name: &str) -> bool {
    (1..=249).contains(&name.len())
        && name != "."
        && name != ".."
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
