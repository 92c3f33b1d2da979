//! What came of asking a server through many clients: who was asked what in which way, and every fault, all of them at once.

use crate::wire_questions::Question;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// How it was asked → the questions.
    asked: BTreeMap<String, BTreeSet<String>>,
    /// Checks that hold, by client.
    held: BTreeSet<String>,
    faults: Vec<String>,
}

impl Findings {
    /// A question was asked in some way and gave these rows.
    pub(crate) fn answered(&mut self, how: &str, name: &str, outcome: Result<(), String>) {
        self.asked.entry(how.to_owned()).or_default().insert(name.to_owned());
        self.holds(how, name, outcome);
    }

    /// Something else was checked.
    pub(crate) fn holds(&mut self, how: &str, what: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                self.held.insert(format!("{how}: {what}"));
            }
            Err(fault) => self.faults.push(format!("{how}: {what}: {fault}")),
        }
    }

    /// The report of a client program: see tests/python/sql_report.py.
    pub(crate) fn report(&mut self, program: &str, printed: &str, questions: &[Question]) {
        for line in printed.lines().filter(|line| !line.trim().is_empty()) {
            let Ok(said) = serde_json::from_str::<Value>(line) else {
                self.faults.push(format!("{program} printed {line:?}"));
                continue;
            };
            let text = |field: &str| said[field].as_str().unwrap_or_default();
            let how = text("how");
            if let Some(rows) = said["rows"].as_array() {
                let rows: Vec<Vec<Value>> =
                    rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
                let question = questions.iter().find(|question| question.name == text("name"));
                let outcome = question.map_or_else(|| Err("nobody asked".to_owned()), |q| q.compare(&rows));
                self.answered(how, text("name"), outcome);
            } else if said["fault"].is_string() {
                self.faults.push(format!("{how}: {}", text("fault")));
            } else {
                self.held.insert(format!("{how}: {}", text("checked")));
            }
        }
    }

    /// Fails the test with every fault, and when a way of asking left a question out.
    ///
    /// # Panics
    /// As said.
    pub(crate) fn must_be_clean(mut self, ways: &[&str], questions: &[Question]) {
        for way in ways {
            let asked = self.asked.get(*way).cloned().unwrap_or_default();
            for question in questions.iter().filter(|question| !asked.contains(&question.name)) {
                self.faults.push(format!("{way}: {} was not answered", question.name));
            }
        }
        let (faults, held) = (self.faults.len(), self.held.len());
        assert!(self.faults.is_empty(), "{faults} faults, {held} checks hold:\n{}", self.faults.join("\n"));
    }

    /// How many checks hold.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }
}
