//! Whole files, by topic; and what every topic uses.

mod budgets;
mod keys;
mod problems;
mod reloads;
mod templates;

use super::{PolicyError, explain, parse};
use crate::config::Problem;
use std::path::PathBuf;
use touchpoint::Policy;

fn accepted(text: &str) -> Policy {
    parse("p.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn problems(text: &str) -> Vec<Problem> {
    match parse("p.toml", text) {
        Err(PolicyError::Problems { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

fn told(policy: &Policy) -> String {
    let mut out = Vec::new();
    explain(policy, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/golden")).join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{name}");
}

/// Every key, each with another value than the default.
const EVERY_KEY: &str = r#"
    version = "v.2_a-B"
    [load]
    half_life = "10d"
    weights = { face_to_face = 2, phone = 1.5, video = 1.25, congress = 0.75, chat = 0.5, email_rep = 0.25, email_hq = 0 }
    [collisions]
    gap = "24h"
    [requests]
    sla = "96h"
    [working_hours]
    mon = "07:00-18:00"
    tue = "off"
    fri = "09:00-13:00"
    sat = "00:00-24:00"
    [zones]
    near = 0.8
    [coherence]
    agreement = 2
    coordination = 3
    sequence = 4
    plan = 0
    min_theme_coverage = 0.5
    [[quiet_hours]]
    hours = "19:30-08:00"
    [[quiet_hours]]
    days = ["sat"]
    hours = "00:00-24:00"
    [[budgets]]
    name = "b-1"
    cap = 0
    window = "400d"
    per = "product"
    counts = [{ products = ["p"] }]
    bypass = [{ origins = ["rep"], bases = ["unsolicited", "declared"] }]
    [budgets.selector]
    segments = ["A", "B"]
    specialties = ["s 1"]
    countries = ["DE"]
    territories = ["t"]
    accounts = ["a"]
    execution_models = ["navigation"]
    [budgets.scope]
    kinds = ["emails"]
    channels = ["email"]
    origins = ["rep", "hq"]
    functions = ["sales", "marketing"]
    products = ["q", "p"]
    purposes = ["promotional", "scientific"]
    [[budgets]]
    name = "open"
    window = "1h"
    [[minimum_gaps]]
    name = "g"
    gap = "48h"
    selector = { countries = ["DE"] }
    scope = { kinds = ["calls"], meetings = ["group"] }
    [alerts]
    forecast = "7d"
    budget_use = { above = 2, clear = 1 }
    collisions = { above = 3, clear = 1 }
    fragmentation = { above = 2, clear = 1 }
    busy = { above = 2, clear = 1 }
    account_load = { above = 2, clear = 1 }
"#;

/// A policy of these budgets; one cap of 5 in 7 days unless they say otherwise.
fn of_budgets(budgets: &[&str]) -> String {
    let budget = |(index, text): (usize, &&str)| {
        let window = if text.contains("window") { "" } else { "window = \"7d\"\n" };
        let name = if text.contains("name =") { String::new() } else { format!("name = \"b{}\"\n", index + 1) };
        format!("[[budgets]]\n{name}{window}{text}\n")
    };
    format!("version = \"v\"\n{}", budgets.iter().enumerate().map(budget).collect::<String>())
}
