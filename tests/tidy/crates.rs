//! Who may use whom: the crate table of docs/ARCHITECTURE.md, held against every `Cargo.toml`.

use crate::Offence;
use crate::source::{files, relative, root};
use std::fs;

/// What a package may and may not declare.
struct Package {
    /// Folder; empty for the root package.
    folder: &'static str,
    /// Crates of the workspace that it may use.
    uses: &'static [&'static str],
    /// Crates of the workspace that its tests may use besides.
    tests_use: &'static [&'static str],
    /// Other crates that it must never see.
    never: &'static [&'static str],
}

const EVERY: &[&str] = &["touchpoint", "ingest", "processors", "store", "serve", "simulate"];

const PACKAGES: &[Package] = &[
    Package { folder: "", uses: EVERY, tests_use: &[], never: &[] },
    Package {
        folder: "touchpoint",
        uses: &[],
        tests_use: &[],
        never: &["tokio", "rdkafka", "datafusion", "deltalake", "axum", "prometheus"],
    },
    Package {
        folder: "ingest",
        uses: &["touchpoint"],
        tests_use: &["simulate"],
        never: &["datafusion", "deltalake", "axum"],
    },
    Package {
        folder: "processors",
        uses: &["touchpoint"],
        // The naive reference is the oracle of the kernel.
        tests_use: &["simulate"],
        never: &["rdkafka", "deltalake", "axum", "prometheus", "clap"],
    },
    Package { folder: "store", uses: &["touchpoint"], tests_use: &[], never: &["rdkafka", "axum"] },
    Package { folder: "serve", uses: &["touchpoint", "processors"], tests_use: &[], never: &["rdkafka", "deltalake"] },
    Package {
        folder: "simulate",
        uses: &["touchpoint"],
        tests_use: &[],
        never: &["tokio", "rdkafka", "datafusion", "deltalake", "axum"],
    },
];

/// A dependency as a manifest declares it.
struct Declared {
    line: usize,
    name: String,
    for_tests: bool,
}

/// Every dependency that the table does not allow, and every package that the table does not know.
pub(crate) fn direction() -> Vec<Offence> {
    let mut offences = Vec::new();
    for manifest in files("toml").iter().filter(|path| path.ends_with("Cargo.toml")) {
        let path = relative(manifest);
        let folder = path.strip_suffix("Cargo.toml").unwrap_or_default().trim_end_matches('/');
        let Some(package) = PACKAGES.iter().find(|package| package.folder == folder) else {
            offences.push(Offence::new(&path, 1, "a package that the table does not know"));
            continue;
        };
        let text = fs::read_to_string(manifest).expect("a manifest is UTF-8");
        offences.extend(declared(&text).iter().filter_map(|dependency| judge(package, &path, dependency)));
    }
    offences
}

/// Manifests other than the root's that declare `name`.
pub(crate) fn declaring(name: &str) -> Vec<Offence> {
    let mut offences = Vec::new();
    for manifest in files("toml").iter().filter(|path| path.ends_with("Cargo.toml")) {
        let path = relative(manifest);
        let text = fs::read_to_string(manifest).expect("a manifest is UTF-8");
        let found = declared(&text).into_iter().filter(|dependency| path != "Cargo.toml" && dependency.name == name);
        offences.extend(found.map(|dependency| Offence::new(&path, dependency.line, format!("depends on {name}"))));
    }
    offences
}

/// Packages of `deny.toml` that the lock file holds in more than one version.
pub(crate) fn twice() -> Vec<Offence> {
    let text = |name: &str| fs::read_to_string(root().join(name)).expect("a file of the repository");
    let (bans, lock) = (text("deny.toml"), text("Cargo.lock"));
    let once = bans.lines().filter(|line| line.contains("deny-multiple-versions"));
    let mut offences = Vec::new();
    for name in once.filter_map(|line| line.split('"').nth(1)) {
        let entry = format!("name = \"{name}\"");
        let lines: Vec<usize> = (1..).zip(lock.lines()).filter(|(_, line)| *line == entry).map(|(n, _)| n).collect();
        offences.extend(lines.iter().skip(1).map(|line| Offence::new("Cargo.lock", *line, format!("a second {name}"))));
    }
    offences
}

fn judge(package: &Package, path: &str, dependency: &Declared) -> Option<Offence> {
    let name = dependency.name.as_str();
    let allowed = package.uses.contains(&name) || dependency.for_tests && package.tests_use.contains(&name);
    let sibling = EVERY.contains(&name) && !allowed;
    if sibling || package.never.contains(&name) && !dependency.for_tests {
        return Some(Offence::new(path, dependency.line, format!("{} must not see {name}", package.folder)));
    }
    None
}

/// The dependencies of a manifest, `[workspace.dependencies]` left out.
fn declared(manifest: &str) -> Vec<Declared> {
    let (mut found, mut section) = (Vec::new(), String::new());
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            header.trim_end_matches(']').clone_into(&mut section);
            continue;
        }
        let dependencies = section.ends_with("dependencies") && !section.starts_with("workspace");
        if !dependencies || line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
        if !name.is_empty() && line[name.len()..].trim_start().starts_with(['=', '.']) {
            let for_tests = section.contains("dev-dependencies");
            found.push(Declared { line: index + 1, name: name.replace('-', "_"), for_tests });
        }
    }
    found
}

#[test]
fn a_wrong_dependency_is_seen() {
    let manifest = "[dependencies]\ntouchpoint.workspace = true\nstore = { path = \"../store\" }\n[dev-dependencies]\nsimulate.workspace = true\n";
    let processors = PACKAGES.iter().find(|package| package.folder == "processors").expect("in the table");
    let offences =
        declared(manifest).iter().filter_map(|d| judge(processors, "a", d)).map(|o| o.line).collect::<Vec<_>>();
    assert_eq!(offences, [3]);
}
