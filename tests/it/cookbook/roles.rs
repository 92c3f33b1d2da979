//! Whoever a question names can ask it: every table and column is in their schema, and none that it looks at is empty for them.
//!
//! A reader who lacks a table gets an error, and one to whom a column is NULL another answer, without a word. Neither may be
//! named.

use super::{questions, root};
use serve::postgres::Sessions;
use serve::{Reader, Role};
use std::fs;
use std::sync::Arc;
use store::{OpenMode, Store};
use touchload::clock::SystemClock;
use touchload::session::{Facts, QueryLimits, ReaderSessions, Source};
use touchpoint::{Audience, Policy, Reference};

/// Who may ask: the first words of `Ask`.
fn named(question: &str) -> &str {
    let asked = question.lines().find_map(|line| line.strip_prefix("-- Ask: ")).expect("who may ask");
    asked.split(['.', ';', ':']).next().unwrap_or(asked)
}

fn roles(named: &str) -> Vec<Role> {
    if named == "every role" {
        return Role::ALL.to_vec();
    }
    let role = |name: &str| Role::ALL.into_iter().find(|role| role.as_str() == name);
    named.split(", ").map(|name| role(name).unwrap_or_else(|| panic!("{name} is no role"))).collect()
}

/// Columns that are NULL to a reader of the role who is no owner (docs/SQL.md).
fn hidden(role: Role) -> &'static [&'static str] {
    match (role, role.audience()) {
        (Role::Compliance | Role::Admin, _) => &[],
        (_, Audience::Full) => &["owner_id"],
        (_, Audience::Commercial) => {
            &["owner_id", "request_id", "late", "supersedes", "kafka_topic", "kafka_partition", "kafka_offset"]
        }
    }
}

/// The words of a statement, without its comments.
fn words(question: &str) -> Vec<&str> {
    let code = question.lines().filter(|line| !line.starts_with("--"));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
}

#[tokio::test]
async fn whoever_a_question_names_can_ask_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().display().to_string(), OpenMode::CreateIfMissing).await.expect("tables");
    let (policy, reference) = (Arc::new(Policy::default()), Arc::new(Reference::default()));
    let source = Source::Stored(Facts { policy, reference, clock: Arc::new(SystemClock) });
    let sessions = ReaderSessions::new(Arc::new(store), source, 0, &QueryLimits::default()).expect("sessions");
    let mut faults = Vec::new();
    for role in Role::ALL {
        let reader = Reader { name: role.as_str().to_owned(), role, territories: None, owner_id: None };
        let context = sessions.open(&reader).expect("a session");
        sessions.begin_statement(&context).await.expect("a statement");
        for (name, question) in questions() {
            if !roles(named(&question)).contains(&role) {
                continue;
            }
            let empty = words(&question).into_iter().find(|word| hidden(role).contains(word));
            faults.extend(empty.map(|column| format!("{name} as {}: {column} is NULL", role.as_str())));
            let planned = context.sql(&question).await;
            faults
                .extend(planned.err().map(|error| format!("{name} as {}: {}", role.as_str(), error.strip_backtrace())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_list_names_the_same_roles() {
    let listed = fs::read_to_string(root("docs/COOKBOOK.md")).expect("docs/COOKBOOK.md");
    for (name, question) in questions() {
        let link = format!("(../sql/cookbook/{name}.sql)");
        let row = listed.lines().find(|line| line.starts_with('|') && line.contains(&link));
        let column = row.and_then(|row| row.trim_end_matches(" |").rsplit_once(" | ")).map(|(_, roles)| roles);
        assert_eq!(column, Some(named(&question)), "{name}");
    }
}
