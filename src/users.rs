//! The users file: who may log in to the SQL server, and as what. It holds verifiers, never passwords.
//!
//! ```toml
//! [[users]]
//! name = "anna"
//! verifier = "SCRAM-SHA-256$4096:…"   # written by `touchload user add`, or PostgreSQL's own
//! role = "analyst"                    # commercial, analyst, medical, compliance, admin
//! territories = ["DE-1", "DE-2"]      # whose rows are for this user; without it all
//! owner_id = "rep-0042"               # the owner that this user is, if any
//! ```
//!
//! Read whole: every problem is told at once with its line, and no message quotes a value. A file that everybody on the
//! machine can read is refused: with a verifier passwords can be guessed at leisure. A running process reads it again when
//! it changes.

mod file;

pub use file::{read_file, write_file};

use crate::config::{Problem, line_at, list_problems, nearest};
use serve::postgres::{User, Users, Verifier};
use serve::{Reader, Role};
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const KEYS: [&str; 5] = ["name", "verifier", "role", "territories", "owner_id"];

/// A users file that cannot be used. Whoever runs the process has to mend it; a retry does not help. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The file cannot be read or written.
    #[error("cannot {what} the users {file}: {source}")]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// Its name as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Everybody can read it.
    #[error("the users {file} can be read by everybody on this machine; take that right away: chmod o-rwx {file}")]
    Open {
        /// Its name as given.
        file: String,
    },
    /// The file says what it may not; every problem is listed, in the order of the file.
    #[error("{}", list_problems(&format!("the users file {file}"), problems))]
    Problems {
        /// Its name as given.
        file: String,
        /// At least one.
        problems: Vec<Problem>,
    },
}

/// The users of a text that was read from the file `name`.
///
/// # Errors
/// Every problem of the text at once.
pub(crate) fn read(name: &str, text: &str) -> Result<Vec<User>, UsersError> {
    parse(text).map_err(|problems| UsersError::Problems { file: name.to_owned(), problems })
}

/// The set of users that a file says.
///
/// # Errors
/// The file cannot be read, everybody can read it, or it has problems, all of which are told.
pub fn load(file: &std::path::Path) -> Result<Users, UsersError> {
    Ok(Users::new(read(&file.display().to_string(), &read_file(file)?)?))
}

fn parse(text: &str) -> Result<Vec<User>, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut found = Found { text, problems: Vec::new() };
    for error in &errors {
        found.problem(error.span().map(|span| span.start), "", format!("is not TOML: {}", error.message()));
    }
    let users = if errors.is_empty() { found.users(document.get_ref()) } else { Vec::new() };
    if found.problems.is_empty() {
        return Ok(users);
    }
    found.problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
    Err(found.problems)
}

/// What is found in a text.
struct Found<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn problem(&mut self, offset: Option<usize>, path: &str, what: impl Into<String>) {
        let line = offset.map(|offset| line_at(self.text, offset));
        self.problems.push(Problem { line, path: path.to_owned(), what: what.into() });
    }

    fn users(&mut self, document: &DeTable<'_>) -> Vec<User> {
        for name in document.keys().filter(|name| name.get_ref() != "users") {
            let what = "is not a known key; a users file has [[users]] alone";
            self.problem(Some(name.span().start), name.get_ref(), what);
        }
        let list = document.get("users").and_then(|value| value.get_ref().as_array());
        let Some(list) = list.filter(|list| !list.is_empty()) else {
            self.problem(None, "users", "expected at least one [[users]]; without any nobody could log in");
            return Vec::new();
        };
        let (mut users, mut names) = (Vec::new(), BTreeSet::new());
        for (place, value) in (1..).zip(list.iter()) {
            let path = format!("users[{place}]");
            let Some(table) = value.get_ref().as_table() else {
                self.problem(Some(value.span().start), &path, "expected a table; write [[users]]");
                continue;
            };
            let Some(user) = self.user(&path, value, table) else { continue };
            if !names.insert(user.reader.name.clone()) {
                self.problem(Some(value.span().start), &format!("{path}.name"), "names an earlier user too");
            }
            users.push(user);
        }
        users
    }

    fn user(&mut self, path: &str, place: &Spanned<DeValue<'_>>, table: &DeTable<'_>) -> Option<User> {
        for name in table.keys().filter(|name| !KEYS.contains(&name.get_ref().as_ref())) {
            let near = nearest(name.get_ref(), KEYS.into_iter());
            let hint = near.map_or_else(|| "remove it".to_owned(), |near| format!("did you mean {near}?"));
            let what = format!("is not a known key; {hint}");
            self.problem(Some(name.span().start), &format!("{path}.{}", name.get_ref()), what);
        }
        let name = self.text((path, "name"), (place, table), NAME);
        let verifier = self.text((path, "verifier"), (place, table), VERIFIER);
        let role = self.text((path, "role"), (place, table), "a role in quotes");
        let owner_id = match table.contains_key("owner_id") {
            true => self.text((path, "owner_id"), (place, table), "the id of an owner in quotes"),
            false => None,
        };
        let territories = self.territories(path, table);
        let at = Some(place.span().start);
        let known = role.as_deref().and_then(Role::parse);
        if role.is_some() && known.is_none() {
            let roles = Role::ALL.map(Role::as_str).join("\", \"");
            self.problem(at, &format!("{path}.role"), format!("expected one of \"{roles}\""));
        }
        let made = verifier.as_deref().and_then(Verifier::parse);
        if verifier.is_some() && made.is_none() {
            self.problem(at, &format!("{path}.verifier"), format!("expected {VERIFIER}"));
        }
        if name.as_deref().is_some_and(|name| !is_name(name)) {
            self.problem(at, &format!("{path}.name"), format!("expected {NAME}"));
        }
        Some(User { verifier: made?, reader: Reader { name: name?, role: known?, territories, owner_id } })
    }

    fn text(
        &mut self,
        (path, key): (&str, &str),
        (place, table): (&Spanned<DeValue<'_>>, &DeTable<'_>),
        expected: &str,
    ) -> Option<String> {
        let value = table.get(key);
        let text = value.and_then(|value| value.get_ref().as_str()).filter(|text| !text.trim().is_empty());
        if text.is_none() {
            let offset = value.map_or(place.span().start, |value| value.span().start);
            self.problem(Some(offset), &format!("{path}.{key}"), format!("expected {expected}"));
        }
        text.map(str::to_owned)
    }

    fn territories(&mut self, path: &str, table: &DeTable<'_>) -> Option<Vec<String>> {
        let value = table.get("territories")?;
        let list: Option<Vec<String>> = value.get_ref().as_array().and_then(|list| {
            let one = |one: &Spanned<DeValue<'_>>| one.get_ref().as_str().map(str::to_owned);
            list.iter().map(one).collect()
        });
        if list.is_none() {
            let what = "expected a list of territories in quotes; without it all are seen, with [] none";
            self.problem(Some(value.span().start), &format!("{path}.territories"), what);
        }
        list
    }
}

const NAME: &str = "a name of 1 to 63 characters in quotes";
const VERIFIER: &str = "a verifier that `touchload user add` writes, SCRAM-SHA-256$…; never the password itself";

/// Whether a user can have this name: as long as PostgreSQL's, nothing that breaks a line.
pub fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= 63 && !name.chars().any(char::is_control)
}

/// The text of a file with these users.
pub(crate) fn text(users: &[User]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::from("# Users of the SQL server; `touchload user` writes this file.\n");
    for User { verifier, reader } in users {
        out += &format!(
            "\n[[users]]\nname = {}\nverifier = {}\nrole = {}\n",
            quoted(&reader.name),
            quoted(&verifier.text()),
            quoted(reader.role.as_str())
        );
        if let Some(territories) = &reader.territories {
            let list: Vec<String> = territories.iter().map(|one| quoted(one)).collect();
            out += &format!("territories = [{}]\n", list.join(", "));
        }
        if let Some(owner) = &reader.owner_id {
            out += &format!("owner_id = {}\n", quoted(owner));
        }
    }
    out
}

#[cfg(test)]
mod tests;
