//! Functions and top-level items of a file, found by counting braces: enough for formatted code.

use crate::Offence;
use crate::source::{Source, place_of};

/// A function with a body.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of `fn`, from 1.
    pub(crate) line: usize,
    /// From that line to the closing brace.
    pub(crate) lines: usize,
}

/// Every function with a body, also those inside others.
pub(crate) fn of(source: &Source) -> Vec<Function> {
    let mut found = Vec::new();
    let mut offset = 0;
    for (index, line) in source.code.split_inclusive('\n').enumerate() {
        if let Some((at, name)) = place_of(line, "fn ") {
            let code = &source.code[offset + at..];
            if let Some(end) = body_end(code) {
                let lines = code[..end].matches('\n').count() + 1;
                found.push(Function { name: name.to_owned(), line: index + 1, lines });
            }
        }
        offset += line.len();
    }
    found
}

/// What stands in a `lib.rs` beside modules and re-exports, but for `functions` functions.
pub(crate) fn beyond_contents(source: &Source, functions: usize) -> Vec<Offence> {
    let mut offences = Vec::new();
    let mut spared = 0;
    let (mut at, code) = (0, source.code.as_str());
    while let Some(skip) = code[at..].find(|c: char| !c.is_whitespace()) {
        at += skip;
        let rest = &code[at..];
        let length = item_length(rest);
        if let Some(what) = not_contents(rest) {
            let is_function = rest[..length].contains("fn ");
            if is_function && spared < functions {
                spared += 1;
            } else {
                let line = code[..at].matches('\n').count() + 1;
                offences.push(Offence::new(&source.path, line, what));
            }
        }
        at += length;
    }
    offences
}

/// The beginning of an item that is no module, no re-export and no attribute.
fn not_contents(item: &str) -> Option<String> {
    let contents = ["mod ", "pub mod ", "pub(crate) mod ", "pub use ", "pub(crate) use ", "use ", "#[", "#!["];
    if contents.iter().any(|start| item.starts_with(start)) {
        return None;
    }
    Some(item.lines().next().unwrap_or_default().trim().to_owned())
}

/// Length of the item at the beginning of `code`: an attribute, or up to `;` or the end of its braces.
fn item_length(code: &str) -> usize {
    if code.starts_with('#') {
        return balanced(code, ['[', ']']).unwrap_or(code.len());
    }
    let is_use = code.split(';').next().unwrap_or_default().contains("use ");
    let end = code.find(if is_use { &[';'][..] } else { &[';', '{'][..] });
    match end {
        Some(at) if code[at..].starts_with('{') => at + balanced(&code[at..], ['{', '}']).unwrap_or(code.len() - at),
        Some(at) => at + 1,
        None => code.len(),
    }
}

/// The end of the body that follows a signature; `None` for a declaration.
fn body_end(code: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return balanced(&code[at..], ['{', '}']).map(|length| at + length),
            _ => {}
        }
    }
    None
}

/// Length up to the bracket that closes the first one.
fn balanced(code: &str, [open, close]: [char; 2]) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in code.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + c.len_utf8());
            }
        }
    }
    None
}

#[test]
fn functions_are_measured() {
    let text = "//! A.\ntrait T {\n    fn declared(&self, a: [u8; 2]) -> u8;\n}\nfn long(\n    a: u8,\n) {\n    if a > 0 {}\n}\n";
    let found = of(&Source::new("store/src/a.rs", text));
    assert_eq!(found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect::<Vec<_>>(), [("long", 5, 5)]);
}

#[test]
fn contents_are_told_from_code() {
    let text = "//! A.\n#![deny(x)]\npub mod a;\n#[cfg(test)]\nmod tests;\npub use a::{B, C};\n\nfn run() {\n    a();\n}\nstatic S: u8 = 1;\n";
    let lines = |functions| {
        let offences = beyond_contents(&Source::new("store/src/lib.rs", text), functions);
        offences.iter().map(|offence| offence.line).collect::<Vec<_>>()
    };
    assert_eq!(lines(0), [8, 11]);
    assert_eq!(lines(1), [11]);
}
