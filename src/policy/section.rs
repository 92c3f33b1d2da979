//! A TOML table as it is read: each key is asked for once, and what was never asked for is unknown.
//!
//! Reading goes on after a problem, so that all of them are found. What is missing is told apart from what is wrong:
//! after a syntax error nobody knows what is missing.

use super::want::Want;
use crate::config::{Problem, found, line_at, nearest};
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use touchpoint::Word;
use touchpoint::policy::{NameSet, WordSet};
use touchpoint::reference::country;

/// What is wrong with a text.
pub(super) struct Problems<'t> {
    text: &'t str,
    pub(super) wrong: Vec<Problem>,
    pub(super) missing: Vec<Problem>,
}

/// Where something stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Dotted path.
    pub(super) path: String,
    /// Byte of the text.
    pub(super) offset: usize,
}

impl Place {
    /// A key below it.
    pub(super) fn below(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { path, offset: self.offset }
    }
}

impl<'t> Problems<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, wrong: Vec::new(), missing: Vec::new() }
    }

    /// Something is wrong at a place.
    pub(super) fn wrong(&mut self, place: &Place, what: String) {
        let problem = self.problem(place, what);
        self.wrong.push(problem);
    }

    /// Something is wrong that no one line is to blame for.
    pub(super) fn everywhere(&mut self, place: &Place, what: String) {
        self.wrong.push(Problem { line: None, path: place.path.clone(), what });
    }

    fn missing(&mut self, place: &Place, what: String) {
        let problem = self.problem(place, what);
        self.missing.push(problem);
    }

    fn problem(&self, place: &Place, what: String) -> Problem {
        Problem { line: Some(line_at(self.text, place.offset)), path: place.path.clone(), what }
    }
}

/// See the module.
pub(super) struct Section<'t> {
    pub(super) place: Place,
    table: &'t DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// The whole text.
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self { place: Place { path: String::new(), offset: 0 }, table, known: Vec::new() }
    }

    fn given(&mut self, key: &'static str) -> Option<(Place, &'t DeValue<'t>)> {
        self.known.push(key);
        let value = self.table.get(key)?;
        Some((Place { offset: value.span().start, ..self.place.below(key) }, value.get_ref()))
    }

    /// The value of a key; `None` when it is not given, and when it is not as wanted.
    pub(super) fn value<T>(&mut self, key: &'static str, want: Want<T>, problems: &mut Problems<'_>) -> Option<T> {
        let (place, value) = self.given(key)?;
        let read = (want.read)(value);
        if read.is_none() {
            problems.wrong(&place, format!("expected {}, found {}", want.expected, found(value)));
        }
        read
    }

    /// As [`Section::value`], of a key that must be given.
    pub(super) fn required<T>(&mut self, key: &'static str, want: Want<T>, problems: &mut Problems<'_>) -> Option<T> {
        if !self.table.contains_key(key) {
            problems.missing(&self.place.below(key), format!("is required; set it to {}", want.expected));
        }
        self.value(key, want, problems)
    }

    /// Puts the value of a key, if there is a good one, in the place of its default.
    pub(super) fn set<T>(&mut self, key: &'static str, default: &mut T, want: Want<T>, problems: &mut Problems<'_>) {
        if let Some(value) = self.value(key, want, problems) {
            *default = value;
        }
    }

    /// The table of a key.
    pub(super) fn section(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Self> {
        let (place, value) = self.given(key)?;
        let section = Self::of(place.clone(), value);
        if section.is_none() {
            problems.wrong(&place, format!("expected a table, found {}; write [{}]", found(value), place.path));
        }
        section
    }

    /// The tables of a key that may be given several times.
    pub(super) fn sections(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Vec<Self>> {
        let (place, value) = self.given(key)?;
        let tables = value.as_array().map(|array| array.iter().collect::<Vec<_>>()).unwrap_or_default();
        let read = |(index, table): (usize, &'t Spanned<DeValue<'t>>)| {
            let place = Place { path: format!("{}[{}]", place.path, index + 1), offset: table.span().start };
            Self::of(place, table.get_ref())
        };
        let sections: Option<Vec<_>> = tables.into_iter().enumerate().map(read).collect();
        let sections = sections.filter(|sections| !sections.is_empty());
        if sections.is_none() {
            let what = format!("expected tables, at least one, found {}; write [[{}]]", found(value), place.path);
            problems.wrong(&place, what);
        }
        sections
    }

    fn of(place: Place, value: &'t DeValue<'t>) -> Option<Self> {
        Some(Self { place, table: value.as_table()?, known: Vec::new() })
    }

    /// A list of words; any when the key is not given.
    pub(super) fn words<W: Word>(&mut self, key: &'static str, problems: &mut Problems<'_>) -> WordSet<W> {
        let mut words = Vec::new();
        for (place, text) in self.texts(key, problems) {
            match W::parse(text.as_bytes()) {
                Some(word) => words.push(word),
                None => problems.wrong(&place, unknown_word::<W>(text)),
            }
        }
        WordSet::of(&words)
    }

    /// A list of names; any when the key is not given.
    pub(super) fn names(&mut self, key: &'static str, problems: &mut Problems<'_>) -> NameSet {
        let mut names = Vec::new();
        for (place, text) in self.texts(key, problems) {
            if text.is_empty() || text.len() > 128 || text.trim() != text || text.contains(char::is_control) {
                problems.wrong(&place, format!("{text:?} is no name: 1 to 128 bytes without blanks around them"));
            }
            names.push(text);
        }
        NameSet::of(names)
    }

    /// A list of countries, upper case as reference data have them; any when the key is not given.
    pub(super) fn countries(&mut self, key: &'static str, problems: &mut Problems<'_>) -> NameSet {
        let mut codes = Vec::new();
        for (place, text) in self.texts(key, problems) {
            match country::code(text) {
                Some(code) => codes.push(code),
                None => {
                    problems.wrong(&place, format!("{text:?} is no ISO 3166 country of two letters, such as DE or GB"))
                }
            }
        }
        NameSet::of(codes)
    }

    /// A list of texts, none twice.
    fn texts(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Vec<(Place, &'t str)> {
        let Some((place, value)) = self.given(key) else { return Vec::new() };
        let array = value.as_array().map(|array| array.iter().collect::<Vec<_>>()).unwrap_or_default();
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for item in &array {
            let place = Place { offset: item.span().start, ..place.clone() };
            match item.get_ref().as_str() {
                Some(text) if !seen.insert(text) => {
                    problems.wrong(&place, format!("names {text:?} twice; once is enough"))
                }
                Some(text) => texts.push((place, text)),
                None => problems.wrong(&place, format!("expected texts, found {}", found(item.get_ref()))),
            }
        }
        if value.as_array().is_none() {
            problems.wrong(&place, format!("expected a list of texts, found {}", found(value)));
        } else if array.is_empty() {
            problems.wrong(&place, "is empty; leave it out to mean any".to_owned());
        }
        texts
    }

    /// Says which keys are unknown: those that were not asked for.
    pub(super) fn end(self, problems: &mut Problems<'_>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let what = match nearest(name, self.known.iter().copied()) {
                Some(near) => format!("is not a known key; did you mean {near}?"),
                None => format!("is not a known key; remove it (known are {})", self.known.join(", ")),
            };
            problems.wrong(&Place { offset: key.span().start, ..self.place.below(name) }, what);
        }
    }
}

fn unknown_word<W: Word>(text: &str) -> String {
    let all: Vec<_> = W::ALL.iter().map(|word| word.as_str()).collect();
    match nearest(text, all.iter().copied()) {
        Some(near) => format!("{text:?} is unknown; did you mean {near:?}?"),
        None => format!("{text:?} is unknown; expected \"{}\"", all.join("\", \"")),
    }
}
