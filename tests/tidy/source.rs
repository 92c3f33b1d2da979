//! The Rust files of the repository, their code with comments and strings blanked out, and where their tests begin.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source of ours.
const SKIPPED: &[&str] = &["target", "data", ".git", ".cache", "node_modules"];

/// Which rules a file is under.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// `src/` of the root package.
    Binary,
    /// `src/` of any other crate.
    Library,
    /// `tests/`, `benches/` and `examples/` of any package.
    Tests,
}

/// One Rust file.
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    /// As written.
    pub(crate) text: String,
    /// The same lines with comments, strings and characters blanked out.
    pub(crate) code: String,
    /// Its area.
    pub(crate) area: Area,
}

/// Every Rust file, in path order.
pub(crate) fn read() -> Vec<Source> {
    let text = |path: &PathBuf| fs::read_to_string(path).expect("a Rust file is UTF-8");
    let mut sources: Vec<_> = files("rs").iter().map(|path| Source::new(&relative(path), &text(path))).collect();
    let of_tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        if of_tests.contains(&source.path) {
            source.area = Area::Tests;
        }
    }
    sources
}

impl Source {
    /// A file at `path`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { area: area_of(path), path: path.to_owned(), code: without_text(text), text: text.to_owned() }
    }

    /// Number of lines.
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// File name without `.rs`.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".rs").unwrap_or(name)
    }

    /// Whether the whole file is tests, benches or examples.
    pub(crate) fn is_test_file(&self) -> bool {
        self.area == Area::Tests || self.stem() == "tests" || self.path.contains("/tests/")
    }

    /// Paths of the files that it declares with `#[cfg(test)] mod …;`.
    fn test_modules(&self) -> Vec<String> {
        let folder = match self.stem() {
            "lib" | "main" => self.path.rsplit_once('/').map_or("", |(folder, _)| folder),
            _ => self.path.trim_end_matches(".rs"),
        };
        let lines: Vec<&str> = self.code.lines().map(str::trim).collect();
        let pairs = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with(';'));
        pairs.filter_map(|pair| after(pair[1], "mod ")).map(|name| format!("{folder}/{name}.rs")).collect()
    }

    /// Lines of code with their numbers, from 1.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Lines of code before the inline tests; none of a test file.
    pub(crate) fn production_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.is_test_file() { 0 } else { self.tests_from().unwrap_or(usize::MAX) };
        self.code_lines().take_while(move |(number, _)| *number < end)
    }

    /// Lines from the inline tests on.
    pub(crate) fn inline_test_lines(&self) -> usize {
        self.tests_from().map_or(0, |from| self.lines() + 1 - from)
    }

    /// The line of `#[cfg(test)]` before an inline `mod … {`.
    fn tests_from(&self) -> Option<usize> {
        let lines: Vec<&str> = self.code.lines().collect();
        let inline = |index: usize| {
            let next = lines[index + 1..].iter().find(|line| !line.trim().is_empty() && !line.trim().starts_with("#["));
            next.is_some_and(|line| line.trim().starts_with("mod ") && line.contains('{'))
        };
        lines.iter().enumerate().find(|(i, line)| line.trim() == "#[cfg(test)]" && inline(*i)).map(|(i, _)| i + 1)
    }
}

/// The repository's root. Built without cargo, the test runs in it.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or("."))
}

/// Every file with the extension, sorted.
pub(crate) fn files(extension: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let skipped = SKIPPED.iter().any(|skipped| name == *skipped);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !skipped => folders.push(path),
                Ok(kind) if kind.is_file() && path.extension().is_some_and(|of| of == extension) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// A path from the repository's root, with `/`.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The identifier after `keyword`, where the keyword begins a word.
pub(crate) fn after<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    place_of(line, keyword).map(|(_, name)| name)
}

/// Where `keyword` begins a word, and the identifier after it.
pub(crate) fn place_of<'a>(line: &'a str, keyword: &str) -> Option<(usize, &'a str)> {
    let at = line.match_indices(keyword).map(|(at, _)| at).find(|at| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })?;
    let rest = line[at + keyword.len()..].trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some((at, &rest[..end])).filter(|(_, name)| !name.is_empty())
}

fn area_of(path: &str) -> Area {
    let parts: Vec<&str> = path.split('/').collect();
    let outside = |part: &&str| ["tests", "benches", "examples"].contains(part);
    match parts.as_slice() {
        [first, ..] if outside(first) => Area::Tests,
        [_, second, ..] if outside(second) => Area::Tests,
        ["src", ..] => Area::Binary,
        _ => Area::Library,
    }
}

/// `text` with comments and the insides of strings and characters replaced by blanks, line by line as before.
pub(crate) fn without_text(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let end = text_end(&chars, at);
        match end {
            Some(end) => {
                out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
                at = end;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out.into_iter().collect()
}

/// Where the comment, string or character that begins at `at` ends; `None` when none begins there.
fn text_end(chars: &[char], at: usize) -> Option<usize> {
    let rest = &chars[at..];
    let in_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match rest {
        ['/', '/', ..] => Some(at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => Some(at + comment_length(rest)),
        ['"', ..] => Some(at + quoted_length(rest, '"')),
        ['r', '"' | '#', ..] if !in_word => raw_length(&rest[1..]).map(|length| at + 1 + length),
        ['b' | 'c', 'r', '"' | '#', ..] if !in_word => raw_length(&rest[2..]).map(|length| at + 2 + length),
        ['\'', '\\', ..] => Some(at + quoted_length(rest, '\'')),
        // A character; otherwise a lifetime.
        ['\'', _, '\'', ..] => Some(at + 3),
        _ => None,
    }
}

fn comment_length(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted_length(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of a raw string from its first `#` or quote; `None` for a raw identifier.
fn raw_length(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    if rest.get(hashes) != Some(&'"') {
        return None;
    }
    let closing = |at: usize| rest[at] == '"' && rest[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    let end = (hashes + 1..rest.len()).find(|at| closing(*at));
    Some(end.map_or(rest.len(), |at| at + 1 + hashes))
}

#[test]
fn text_is_blanked_out() {
    let code = without_text("a /* b /* c */ \" */ \"d\\\"e\" f // g\nr#\"h\"i\"# 'j' '\\'' &'k l r#m");
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "f", "&'k", "l", "r#m"]);
    assert_eq!(code.lines().count(), 2);
}

#[test]
fn inline_tests_are_apart() {
    let inline = Source::new("store/src/a.rs", "//! A.\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n");
    assert_eq!(inline.inline_test_lines(), 4);
    assert_eq!(inline.production_lines().count(), 3);
    let apart = Source::new("store/src/a.rs", "//! A.\n#[cfg(test)]\nmod tests;\n\nmod b {}\n");
    assert_eq!(apart.inline_test_lines(), 0);
    assert_eq!(apart.test_modules(), ["store/src/a/tests.rs"]);
    assert!(Source::new("store/src/a/tests.rs", "").is_test_file());
    assert!(Source::new("store/benches/a.rs", "").is_test_file());
    assert!(Source::new("src/a.rs", "").area == Area::Binary);
}
