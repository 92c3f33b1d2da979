//! The style of this repository, executable: each test is one rule, and names every offender with its line and the fix.
//!
//! Depends on the standard library alone, so that `rustc --test` builds it in seconds before anything else is built;
//! `cargo test` runs it too. CONTRIBUTING.md says why each rule is there. An exception stands in [`EXCEPTIONS`] with its
//! reason; one that no longer offends is itself an offence, so the list only shrinks.

#[path = "tidy/crates.rs"]
mod crates;
#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/functions.rs"]
mod functions;
#[path = "tidy/source.rs"]
mod source;

use source::{Area, Source};
use std::sync::LazyLock;

/// Rule, file and reason of every exception.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Every Rust file of the repository, read once.
pub(crate) static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(source::read);

/// Something that breaks a rule.
pub(crate) struct Offence {
    path: String,
    line: usize,
    what: String,
}

impl Offence {
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// Fails with every offence of `rule` that is not an exception, and with every exception that is no longer needed.
fn hold(rule: &str, fix: &str, offences: Vec<Offence>) {
    let excepted = |path: &str| EXCEPTIONS.iter().any(|(of, file, _)| *of == rule && *file == path);
    let mut lines: Vec<String> = offences
        .iter()
        .filter(|offence| !excepted(&offence.path))
        .map(|offence| format!("{}:{}: {}", offence.path, offence.line, offence.what))
        .collect();
    for (of, file, _) in EXCEPTIONS {
        if *of == rule && !offences.iter().any(|offence| offence.path == *file) {
            lines.push(format!("tests/tidy.rs: the exception of {file} from {rule} is no longer needed; remove it"));
        }
    }
    assert!(lines.is_empty(), "\nrule {rule}: {fix}\n{}\n", lines.join("\n"));
}

/// Offences of one text in the code (comments and strings left out) of the sources that `within` picks.
fn mentions(texts: &[&str], within: impl Fn(&Source) -> bool) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in SOURCES.iter().filter(|source| within(source)) {
        for (number, line) in source.code_lines() {
            for text in texts.iter().filter(|text| line.contains(*text)) {
                offences.push(Offence::new(&source.path, number, format!("`{text}`")));
            }
        }
    }
    offences
}

#[test]
fn the_tree_is_read() {
    assert!(SOURCES.iter().any(|source| source.path == "src/main.rs"), "run from the repository's root");
    assert!(SOURCES.iter().any(|source| source.path.starts_with("touchpoint/src/")));
}

#[test]
fn crates_depend_in_one_direction() {
    let fix = "the table of tests/tidy/crates.rs says who may use whom; move the code or hand the value across in src/";
    hold("crate-direction", fix, crates::direction());
}

#[test]
fn engines_are_there_once() {
    let fix = "align the versions in [workspace.dependencies]: two of these do not fit each other";
    hold("one-version", fix, crates::twice());
}

#[test]
fn anyhow_stays_in_the_binary() {
    let fix = "libraries have error enums (thiserror) that say whose fault, where, and whether a retry helps";
    let mut offences = mentions(&["anyhow"], |source| !matches!(source.area, Area::Binary | Area::Tests));
    offences.extend(crates::declaring("anyhow"));
    hold("anyhow", fix, offences);
}

#[test]
fn files_are_short() {
    let fix = "one noun per file: split at 400 lines, inline tests of more than 150 go to module/tests.rs (limit 600)";
    let mut offences = Vec::new();
    for source in SOURCES.iter() {
        let limit = if source.is_test_file() { 600 } else { 400 };
        if source.lines() > limit {
            offences.push(Offence::new(&source.path, source.lines(), format!("{} lines", source.lines())));
        }
        let inline = source.inline_test_lines();
        if !source.is_test_file() && inline > 150 {
            offences.push(Offence::new(&source.path, source.lines(), format!("{inline} lines of inline tests")));
        }
    }
    hold("file-size", fix, offences);
}

#[test]
fn functions_are_short() {
    let fix = "at most 70 lines: give a part of it a name";
    let mut offences = Vec::new();
    for source in SOURCES.iter() {
        for function in functions::of(source).iter().filter(|function| function.lines > 70) {
            let what = format!("fn {} has {} lines", function.name, function.lines);
            offences.push(Offence::new(&source.path, function.line, what));
        }
    }
    hold("function-size", fix, offences);
}

#[test]
fn names_say_what_a_thing_is() {
    let fix = "no drawers: name the file or type after the one noun or verb that it holds";
    let refused = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "mod"];
    let mut offences = Vec::new();
    for source in SOURCES.iter() {
        let stem = source.stem();
        if refused.iter().any(|word| stem == *word || stem.ends_with(&format!("_{word}"))) {
            offences.push(Offence::new(&source.path, 1, "refused file name"));
        }
        for (number, line) in source.code_lines() {
            let name = ["struct ", "enum ", "trait "].iter().find_map(|keyword| source::after(line, keyword));
            let drawer =
                |name: &str| ["Manager", "Helper", "Util", "Utils", "Misc"].iter().any(|end| name.ends_with(end));
            if let Some(name) = name.filter(|name| drawer(name)) {
                offences.push(Offence::new(&source.path, number, format!("refused type name {name}")));
            }
        }
    }
    hold("names", fix, offences);
}

#[test]
fn every_file_says_what_it_is() {
    let fix = "begin the file with a `//!` line that says what it holds";
    let silent = SOURCES.iter().filter(|source| !source.text.starts_with("//!"));
    hold("module-doc", fix, silent.map(|source| Offence::new(&source.path, 1, "no `//!` in the first line")).collect());
}

#[test]
fn lib_is_a_table_of_contents() {
    let fix =
        "lib.rs holds docs, `mod` and `pub use`; code goes into a module (the binary's lib.rs may have one function)";
    let mut offences = Vec::new();
    for source in SOURCES.iter().filter(|source| source.path.ends_with("src/lib.rs")) {
        let functions = if source.path == "src/lib.rs" { 1 } else { 0 };
        offences.extend(functions::beyond_contents(source, functions));
    }
    hold("lib-contents", fix, offences);
}

#[test]
fn main_is_thin() {
    let fix = "main.rs parses, calls and returns in at most 60 lines";
    let mains = SOURCES.iter().filter(|source| source.path.ends_with("src/main.rs") && source.lines() > 60);
    hold("thin-main", fix, mains.map(|s| Offence::new(&s.path, s.lines(), format!("{} lines", s.lines()))).collect());
}

#[test]
fn nothing_is_left_undone() {
    let fix = "every test runs and every function works; what is missing belongs in an issue";
    let unfinished = ["#[ignore", "todo!(", "unimplemented!(", "dbg!("];
    hold("unfinished", fix, mentions(&unfinished, |_| true));
}

#[test]
fn nothing_panics_on_purpose() {
    let fix = "return an error that says whose fault it is; a value that cannot be absent is not an Option";
    let panics = [".unwrap()", ".expect(", "panic!(", "unreachable!("];
    let mut offences = Vec::new();
    for source in SOURCES.iter() {
        for (number, line) in source.production_lines() {
            // A method of ours may be called expect; the standard one takes a message.
            let written = source.text.lines().nth(number - 1).unwrap_or_default();
            let ours = |panic: &str| panic == ".expect(" && !written.contains(".expect(\"");
            // In a constant it is the compiler that panics.
            let constant = source::after(line, "const ").is_some();
            let found = panics.iter().filter(|panic| !constant && line.contains(*panic) && !ours(panic));
            offences.extend(found.map(|panic| Offence::new(&source.path, number, format!("`{panic}`"))));
        }
    }
    hold("panic", fix, offences);
}

#[test]
fn libraries_do_not_print() {
    let fix = "write to a Write that the caller hands in, or trace";
    let prints = ["println!(", "print!(", "eprint!("];
    hold("print", fix, mentions(&prints, |source| source.area == Area::Library && !source.is_test_file()));
}

#[test]
fn lints_are_expected_not_allowed() {
    let fix = "use #[expect(lint, reason = \"…\")]: it goes away when it is no longer needed";
    hold("allow", fix, mentions(&["#[allow(", "#![allow("], |_| true));
}

#[test]
fn time_is_an_argument() {
    let fix = "take the instant or a touchpoint::Clock; only the binary and the edges read a real clock";
    let clocks = ["SystemTime::now", "Instant::now", "Utc::now", "Local::now"];
    let pure = |source: &Source| {
        let crates = ["touchpoint/src/", "processors/src/", "simulate/src/"];
        crates.iter().any(|of| source.path.starts_with(of)) && !source.is_test_file()
    };
    hold("clock", fix, mentions(&clocks, pure));
}

#[test]
fn state_is_never_global() {
    let fix = "pass the value; a static may hold only what never changes after it was made (LazyLock of plain data)";
    let mut offences = mentions(&["static mut ", "thread_local!"], |source| source.area == Area::Library);
    let changing = ["Mutex", "RwLock", "Atomic", "Cell<", "OnceLock", "OnceCell"];
    for source in SOURCES.iter().filter(|source| !matches!(source.area, Area::Tests)) {
        for (number, line) in source.production_lines() {
            let declared = source::after(line, "static ").is_some() && line.contains(':');
            if declared && changing.iter().any(|of| line.contains(of)) {
                offences.push(Offence::new(&source.path, number, line.trim()));
            }
        }
    }
    hold("global-state", fix, offences);
}

#[test]
fn no_person_becomes_a_label() {
    let fix = "labels are bounded and impersonal; ids belong into tables. A gauge may only count(DISTINCT id)";
    hold("id-labels", fix, documents::personal_labels());
}

#[test]
fn documents_exist() {
    let fix = "a named .md file must be in the repository, and a relative link must lead somewhere";
    hold("dangling-document", fix, documents::dangling());
}

#[test]
fn decisions_are_listed() {
    hold("adr-index", "docs/adr/README.md lists every record", documents::unlisted_decisions());
}

#[test]
fn metrics_are_documented() {
    let fix = "docs/OPERATING.md lists every metric and every gauge, and names none that is not there";
    hold("metrics-documented", fix, documents::undocumented_metrics());
}

#[test]
fn the_tree_knows_no_machine() {
    let fix = "nothing in the tree speaks of the machine or the conversation it was written in";
    hold("machine", fix, documents::of_a_machine());
}
