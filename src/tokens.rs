//! The tokens file: who may ask the API, and as what. It holds hashes, never tokens.
//!
//! ```toml
//! [[tokens]]
//! name = "orchestrator"          # stands in the audit log
//! sha256 = "9f86d0…"             # of the token: printf %s "$TOKEN" | sha256sum
//! role = "commercial"            # commercial, analyst, medical, compliance, admin
//! ```
//!
//! Read whole: every problem is told at once with its line. No message quotes a value, which may be a token that was
//! put there by mistake. A running process reads it again when it changes.

use crate::config::{Problem, line_at, list_problems, nearest};
use serve::{Role, Token};
use std::collections::BTreeSet;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const KEYS: [&str; 3] = ["name", "sha256", "role"];

/// A tokens file that cannot be used. Whoever runs the process has to mend it; a retry does not help. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read.
    #[error("cannot read the tokens {file}: {source}")]
    Unreadable {
        /// Its name as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file says what it may not; every problem is listed, in the order of the file.
    #[error("{}", list_problems(&format!("the tokens file {file}"), problems))]
    Problems {
        /// Its name as given.
        file: String,
        /// At least one.
        problems: Vec<Problem>,
    },
}

/// Reads a file.
///
/// # Errors
/// [`TokensError::Unreadable`] if it cannot be read; else every problem of its text at once.
pub fn load(file: &Path) -> Result<Vec<Token>, TokensError> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).map_err(|source| TokensError::Unreadable { file: name.clone(), source })?;
    read(&name, &text)
}

/// The tokens of a text that was read from the file `name`.
///
/// # Errors
/// Every problem of the text at once.
pub(crate) fn read(name: &str, text: &str) -> Result<Vec<Token>, TokensError> {
    parse(text).map_err(|problems| TokensError::Problems { file: name.to_owned(), problems })
}

/// The tokens of a text, or every problem of it.
fn parse(text: &str) -> Result<Vec<Token>, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, problems: Vec::new() };
    for error in &errors {
        reader.problem(error.span().map(|span| span.start), "", format!("is not TOML: {}", error.message()));
    }
    let tokens = if errors.is_empty() { reader.tokens(document.get_ref()) } else { Vec::new() };
    if reader.problems.is_empty() {
        return Ok(tokens);
    }
    reader.problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
    Err(reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, offset: Option<usize>, path: &str, what: impl Into<String>) {
        let line = offset.map(|offset| line_at(self.text, offset));
        self.problems.push(Problem { line, path: path.to_owned(), what: what.into() });
    }

    fn tokens(&mut self, document: &DeTable<'_>) -> Vec<Token> {
        for name in document.keys().filter(|name| name.get_ref() != "tokens") {
            self.problem(
                Some(name.span().start),
                name.get_ref(),
                "is not a known key; a tokens file has [[tokens]] alone",
            );
        }
        let list = document.get("tokens").and_then(|value| value.get_ref().as_array());
        let Some(list) = list.filter(|list| !list.is_empty()) else {
            self.problem(None, "tokens", "expected at least one [[tokens]]; without any nobody could ask");
            return Vec::new();
        };
        let mut found: Vec<Token> = Vec::new();
        let (mut names, mut hashes) = (BTreeSet::new(), BTreeSet::new());
        for (place, value) in (1..).zip(list.iter()) {
            let path = format!("tokens[{place}]");
            let Some(table) = value.get_ref().as_table() else {
                self.problem(Some(value.span().start), &path, "expected a table; write [[tokens]]");
                continue;
            };
            let Some(token) = self.token(&path, value, table) else { continue };
            if !names.insert(token.name.clone()) {
                self.problem(Some(value.span().start), &format!("{path}.name"), "names an earlier token too");
            }
            if !hashes.insert(token.sha256) {
                self.problem(Some(value.span().start), &format!("{path}.sha256"), "is that of an earlier token");
            }
            found.push(token);
        }
        found
    }

    fn token(&mut self, path: &str, place: &Spanned<DeValue<'_>>, table: &DeTable<'_>) -> Option<Token> {
        for name in table.keys().filter(|name| !KEYS.contains(&name.get_ref().as_ref())) {
            let near = nearest(name.get_ref(), KEYS.into_iter());
            let hint = near.map_or_else(|| "remove it".to_owned(), |near| format!("did you mean {near}?"));
            let what = format!("is not a known key; {hint}");
            self.problem(Some(name.span().start), &format!("{path}.{}", name.get_ref()), what);
        }
        let mut text = |key: &str, expected: &str| {
            let value = table.get(key);
            let text = value.and_then(|value| value.get_ref().as_str()).map(str::to_owned);
            if text.is_none() {
                let offset = value.map_or(place.span().start, |value| value.span().start);
                self.problem(Some(offset), &format!("{path}.{key}"), format!("expected {expected}"));
            }
            text
        };
        let name = text("name", "a name of 1 to 64 characters in quotes");
        let sha256 = text("sha256", HASH);
        let role = text("role", "a role in quotes");
        let (name, sha256, role) = (name?, sha256?, role?);
        let offset = place.span().start;
        let known_role = Role::parse(&role);
        if known_role.is_none() {
            let roles = Role::ALL.map(Role::as_str).join("\", \"");
            self.problem(Some(offset), &format!("{path}.role"), format!("expected one of \"{roles}\""));
        }
        let hash = hash(&sha256);
        if hash.is_none() {
            self.problem(Some(offset), &format!("{path}.sha256"), format!("expected {HASH}"));
        }
        if name.trim().is_empty() || name.chars().count() > 64 {
            self.problem(Some(offset), &format!("{path}.name"), "expected a name of 1 to 64 characters");
        }
        Some(Token { name, sha256: hash?, role: known_role? })
    }
}

const HASH: &str = "the SHA-256 of the token, 64 hex digits in quotes; never the token itself";

fn hash(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests;
