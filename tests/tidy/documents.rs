//! Rules about text that is not code: documents and their links, labels in SQL, traces of a machine.

use crate::Offence;
use crate::source::{files, relative, root};
use std::fs;
use std::path::Path;

/// Columns that point at a person or at one of their interactions.
const PERSONAL: &[&str] = &["hcp_id", "owner_id", "event_id", "request_id", "account_id"];

/// Signs that a text was written for somebody else than its readers.
const OF_A_MACHINE: &[&str] =
    &["/work/", "/root/", "/Users/", "the brief", "as discussed", "as requested", "work in progress"];

/// Gauges that name a personal column other than inside `count(DISTINCT …)`, and metrics with such a label.
pub(crate) fn personal_labels() -> Vec<Offence> {
    let mut offences = Vec::new();
    for file in files("sql").iter().filter(|file| relative(file).contains("sql/gauges/")) {
        for (number, line) in numbered(&read(file)) {
            let query = line.split("--").next().unwrap_or_default().to_lowercase();
            for id in PERSONAL {
                let query = query.replace(&format!("count(distinct {id})"), "");
                if query.contains(id) {
                    offences.push(Offence::new(&relative(file), number, format!("a gauge uses {id}")));
                }
            }
        }
    }
    for source in crate::SOURCES.iter() {
        let of_metrics = source.path.starts_with("serve/src/metrics") && !source.is_test_file();
        for (number, _) in source.production_lines().filter(|_| of_metrics) {
            let line = source.text.lines().nth(number - 1).unwrap_or_default();
            for id in PERSONAL.iter().filter(|id| line.contains(&format!("\"{id}\""))) {
                offences.push(Offence::new(&source.path, number, format!("a metric names {id}")));
            }
        }
    }
    offences
}

/// Names of `.md` files that the repository does not have, and relative links that lead nowhere.
pub(crate) fn dangling() -> Vec<Offence> {
    let documents: Vec<_> = files("md").iter().map(|path| relative(path)).collect();
    let known = |name: &str| documents.iter().any(|path| path == name || path.ends_with(&format!("/{name}")));
    let mut offences = Vec::new();
    for file in texts() {
        let path = relative(&file);
        for (number, line) in numbered(&read(&file)) {
            for name in named_documents(&line).filter(|name| !known(name.rsplit("../").next().unwrap_or(name))) {
                offences.push(Offence::new(&path, number, format!("there is no {name}")));
            }
            if path.ends_with(".md") {
                let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
                let broken = links(&line).filter(|link| !folder.join(link).exists());
                offences.extend(broken.map(|link| Offence::new(&path, number, format!("the link {link} is broken"))));
            }
        }
    }
    offences
}

/// Decision records that their index does not list.
pub(crate) fn unlisted_decisions() -> Vec<Offence> {
    let folder = root().join("docs/adr");
    let index = read(&folder.join("README.md"));
    let records = files("md").into_iter().filter(|path| path.parent() == Some(&folder) && !path.ends_with("README.md"));
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unlisted = records.filter(|path| !index.contains(&format!("({})", name(path))));
    unlisted.map(|path| Offence::new(&relative(&path), 1, "not in docs/adr/README.md")).collect()
}

/// Metrics of `serve/src/metrics` and gauges of `sql/gauges` that OPERATING.md does not name, and the reverse.
pub(crate) fn undocumented_metrics() -> Vec<Offence> {
    let manual = "docs/OPERATING.md";
    let text = read(&root().join(manual));
    let documented: Vec<(usize, String)> = numbered(&text)
        .iter()
        .flat_map(|(number, line)| metric_names(line, '`').map(|name| (*number, name.to_owned())).collect::<Vec<_>>())
        .collect();
    let mut real: Vec<(String, usize, String)> = Vec::new();
    let defining = |path: &str| path.starts_with("serve/src/metrics");
    for source in crate::SOURCES.iter().filter(|source| defining(&source.path) && !source.is_test_file()) {
        for (number, line) in (1..).zip(source.text.lines()) {
            real.extend(metric_names(line, '"').map(|name| (source.path.clone(), number, name.to_owned())));
        }
    }
    for file in files("sql").iter().filter(|file| relative(file).contains("sql/gauges/")) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        real.push((relative(file), 1, format!("touchload_{name}")));
    }
    let unknown = documented.iter().filter(|(_, name)| !real.iter().any(|(.., of)| of == name));
    let silent = real.iter().filter(|(.., name)| !documented.iter().any(|(_, of)| of == name));
    unknown
        .map(|(number, name)| Offence::new(manual, *number, format!("there is no {name}")))
        .chain(silent.map(|(path, number, name)| Offence::new(path, *number, format!("{name} is not in {manual}"))))
        .collect()
}

/// Metric names that are all there is between two of `quote`.
fn metric_names(line: &str, quote: char) -> impl Iterator<Item = &str> {
    let plain = |text: &&str| text.starts_with("touchload_") && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    line.split(quote).skip(1).step_by(2).filter(plain)
}

/// Lines that speak of a machine or a conversation.
pub(crate) fn of_a_machine() -> Vec<Offence> {
    let mut offences = Vec::new();
    for file in texts().iter().filter(|file| !relative(file).starts_with("tests/tidy/documents")) {
        for (number, line) in numbered(&read(file)) {
            let lower = line.to_lowercase();
            for sign in OF_A_MACHINE.iter().filter(|sign| lower.contains(&sign.to_lowercase())) {
                offences.push(Offence::new(&relative(file), number, format!("`{sign}`")));
            }
        }
    }
    offences
}

/// Every text file that a person wrote.
fn texts() -> Vec<std::path::PathBuf> {
    let extensions = ["rs", "md", "toml", "sql", "sh", "py", "yaml", "yml", "json", "slt", "txt"];
    let mut found: Vec<_> = extensions.iter().flat_map(|extension| files(extension)).collect();
    found.extend(["Makefile", ".ci/run"].map(|name| root().join(name)));
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn numbered(text: &str) -> Vec<(usize, String)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect()
}

/// Words that end in `.md`, patterns and addresses left out.
fn named_documents(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || "._-/*:".contains(c)))
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.ends_with(".md") && !word.starts_with('.') && !word.contains(['*', ':']))
        .map(|word| word.trim_start_matches("./"))
}

/// Targets of relative links, without their fragments.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.split('#').next()?;
        (!target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")).then_some(target)
    })
}

#[test]
fn names_and_links_are_found() {
    let line =
        "see metrics.md §3, `docs/adr/*.md`, https://x.org/a.md and [that](adr/README.md#top) or [web](https://x.org).";
    assert_eq!(named_documents(line).collect::<Vec<_>>(), ["metrics.md", "adr/README.md"]);
    assert_eq!(links(line).collect::<Vec<_>>(), ["adr/README.md"]);
    assert_eq!(metric_names("| `touchload_a`, `touchload_b{x}` `c` |", '`').collect::<Vec<_>>(), ["touchload_a"]);
}
