//! What Tab offers at a place of a line: names of tables behind FROM and JOIN, of columns where tables are named, of
//! functions, keywords in the case in which they were begun, `\` orders and what they take.
//!
//! Works on the words of the whole statement, so that columns are known before the FROM that names their table is in front of
//! the cursor. Nothing is offered inside quotes and comments.

use super::orders::{NAMES, Takes};
use super::vocabulary::Vocabulary;
use super::words::{FIRST, KEYWORDS, Kind, Token, is_of_word, tokens};
use crate::format::OutputFormat;
use clap::ValueEnum;

/// What fits at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// These, in place of what stands between here and the cursor.
    Names(usize, Vec<String>),
    /// Names of files, from here on.
    Files,
}

/// What fits behind `line[..at]`; `before` is what was typed of the statement on earlier lines.
pub(super) fn offer(before: &str, line: &str, at: usize, known: &Vocabulary) -> Offer {
    let typed = line.get(..at).unwrap_or(line);
    if before.is_empty() && typed.trim_start().starts_with('\\') {
        return order(typed, known);
    }
    let begun = begin_of_word(typed);
    let word = &typed[begun..];
    let statement = format!("{before}{line}");
    let cursor = before.len() + begun;
    let all = tokens(&statement);
    let within = |t: &&Token| t.start < before.len() + at && t.end >= before.len() + at;
    // A quote or a comment that ends just before the cursor is over, unless nothing ever ended it.
    let inside = all.iter().find(within).filter(|t| matches!(t.kind, Kind::Opaque | Kind::Quoted));
    if inside.is_some_and(|t| t.end > before.len() + at || is_open(&statement[t.start..t.end])) {
        return Offer::Names(at, Vec::new());
    }
    let behind: Vec<Token> = all.iter().filter(|t| t.end <= cursor && t.kind != Kind::Opaque).copied().collect();
    let names = match behind.as_slice() {
        [.., table, dot] if dot.kind == Kind::Sign('.') && dot.end == cursor => {
            of_table(&statement, &all, &statement[table.start..table.end], known)
        }
        [] => keywords(FIRST, word),
        behind if wants_table(&statement, behind) => tables(known),
        _ => expressions(&statement, &all, word, known),
    };
    Offer::Names(begun, fitting(names, word))
}

fn begin_of_word(typed: &str) -> usize {
    typed.char_indices().rev().take_while(|(_, c)| is_of_word(*c)).last().map_or(typed.len(), |(at, _)| at)
}

fn is_open(piece: &str) -> bool {
    match piece.chars().next() {
        Some('\'') => piece.len() < 2 || !piece.ends_with('\''),
        Some('"') => piece.len() < 2 || !piece.ends_with('"'),
        Some('/') => !piece.ends_with("*/") || piece.len() < 4,
        // A comment to the end of its line is open until there is another line.
        _ => true,
    }
}

fn order(typed: &str, known: &Vocabulary) -> Offer {
    let indent = typed.len() - typed.trim_start().len();
    let Some((name, rest)) = typed[indent..].split_once(char::is_whitespace) else {
        let names = NAMES.iter().map(|(name, _)| (*name).to_owned()).collect();
        return Offer::Names(indent, fitting(names, &typed[indent..]));
    };
    let takes = NAMES.iter().find(|(known, _)| *known == name).map_or(Takes::Nothing, |(_, takes)| *takes);
    let names = match takes {
        Takes::Nothing => Vec::new(),
        Takes::File => return Offer::Files,
        Takes::Table => known.tables.iter().map(|table| table.name.clone()).collect(),
        Takes::Function => known.functions.iter().chain(&known.table_functions).cloned().collect(),
        Takes::Format => {
            let values = OutputFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            values.map(|value| value.get_name().to_owned()).collect()
        }
        Takes::Switch => vec!["on".to_owned(), "off".to_owned()],
    };
    let word = rest.trim_start();
    Offer::Names(typed.len() - word.len(), fitting(names, word))
}

/// Whether the next word names a table: behind FROM and its like, or behind a comma of its list.
fn wants_table(statement: &str, behind: &[Token]) -> bool {
    let word = |t: &Token| statement[t.start..t.end].to_ascii_uppercase();
    let begins = |t: &Token| ["FROM", "JOIN", "DESCRIBE", "DESC", "TABLE"].contains(&word(t).as_str());
    match behind {
        [.., last] if last.kind == Kind::Word && begins(last) => {
            // `ORDER BY x DESC` and `DESC hcp_now` differ by what stands before.
            word(last) != "DESC" || behind.len() == 1
        }
        [.., last] if last.kind == Kind::Sign(',') => {
            let clause = behind.iter().rev().find(|t| {
                let clauses = ["SELECT", "FROM", "WHERE", "BY", "HAVING", "ON", "VALUES"];
                t.kind == Kind::Sign('(') || t.kind == Kind::Word && clauses.contains(&word(t).as_str())
            });
            clause.is_some_and(|t| word(t) == "FROM")
        }
        _ => false,
    }
}

fn tables(known: &Vocabulary) -> Vec<String> {
    let tables = known.tables.iter().map(|table| table.name.clone());
    tables.chain(known.table_functions.iter().map(|name| format!("{name}("))).collect()
}

/// The columns of what a name stands for: a table, or the name that the statement gives one.
fn of_table(statement: &str, all: &[Token], name: &str, known: &Vocabulary) -> Vec<String> {
    let text = |t: &Token| &statement[t.start..t.end];
    if let Some(columns) = known.columns(name) {
        return columns.to_vec();
    }
    let named = all.windows(2).find_map(|pair| {
        let columns = known.columns(text(&pair[0]))?;
        text(&pair[1]).eq_ignore_ascii_case(name).then_some(columns)
    });
    let named = named.or_else(|| {
        all.windows(3).find_map(|three| {
            let columns = known.columns(text(&three[0]))?;
            let fits = text(&three[1]).eq_ignore_ascii_case("AS") && text(&three[2]).eq_ignore_ascii_case(name);
            fits.then_some(columns)
        })
    });
    named.map(<[String]>::to_vec).unwrap_or_default()
}

/// Columns of the tables that the statement names, functions and keywords.
fn expressions(statement: &str, all: &[Token], word: &str, known: &Vocabulary) -> Vec<String> {
    let words = || all.iter().filter(|t| matches!(t.kind, Kind::Word)).map(|t| &statement[t.start..t.end]);
    let mut names: Vec<String> = words().filter_map(|name| known.columns(name)).flatten().cloned().collect();
    // Three hundred functions are no help before the first letter.
    if !word.is_empty() || names.is_empty() {
        names.extend(keywords(KEYWORDS, word));
    }
    if !word.is_empty() {
        names.extend(known.functions.iter().map(|name| format!("{name}(")));
        names.extend(words().filter(|name| known.columns(name).is_some()).map(|name| name.to_ascii_lowercase()));
    }
    names
}

/// Keywords in the case of what was begun.
fn keywords(keywords: &[&str], word: &str) -> Vec<String> {
    let lower = word.chars().next().is_some_and(char::is_lowercase);
    keywords.iter().map(|keyword| if lower { keyword.to_lowercase() } else { (*keyword).to_owned() }).collect()
}

/// Those that begin so, sorted and each once.
fn fitting(mut names: Vec<String>, word: &str) -> Vec<String> {
    names.retain(|name| name.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word)));
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::{Offer, offer};
    use crate::prompt::vocabulary::{NamedTable, Vocabulary};

    fn known() -> Vocabulary {
        let table = |name: &str, columns: &[&str]| NamedTable {
            name: name.to_owned(),
            columns: columns.iter().map(|&c| c.to_owned()).collect(),
        };
        Vocabulary::new(
            vec![table("hcp_now", &["hcp_id", "load", "load_band"]), table("hcps", &["hcp_id", "specialty"])],
            vec!["lower".to_owned(), "log10".to_owned()],
            vec!["hcp_metrics_at".to_owned()],
        )
    }

    /// What fits at `|`.
    fn names(marked: &str) -> Vec<String> {
        let at = marked.find('|').unwrap();
        match offer("", &marked.replacen('|', "", 1), at, &known()) {
            Offer::Names(_, names) => names,
            Offer::Files => vec!["a file".to_owned()],
        }
    }

    #[test]
    fn tables_stand_behind_from_and_join() {
        assert_eq!(names("SELECT * FROM hcp|"), ["hcp_metrics_at(", "hcp_now", "hcps"]);
        assert_eq!(names("select * from hcps JOIN HCP_N|"), ["hcp_now"]);
        assert_eq!(names("SELECT * FROM hcps, hcp_n|"), ["hcp_now"]);
        assert_eq!(names("DESCRIBE hcps|"), ["hcps"]);
        assert!(!names("SELECT hcp_id, hcp_n| FROM hcps").contains(&"hcp_now".to_owned()));
    }

    #[test]
    fn columns_are_those_of_the_tables_of_the_statement() {
        assert_eq!(names("SELECT lo| FROM hcp_now"), ["load", "load_band", "log10(", "lower("]);
        assert_eq!(names("SELECT spec| FROM hcp_now"), [String::new(); 0]);
        assert_eq!(names("SELECT | FROM hcps"), ["hcp_id", "specialty"]);
        assert_eq!(names("SELECT n.lo| FROM hcp_now AS n"), ["load", "load_band"]);
        assert_eq!(names("SELECT n.| FROM hcp_now n"), ["hcp_id", "load", "load_band"]);
        assert_eq!(names("SELECT hcps.| FROM hcps"), ["hcp_id", "specialty"]);
        assert_eq!(names("SELECT x.| FROM hcps"), [String::new(); 0]);
        let earlier = "SELECT hcp_id FROM hcps\n";
        assert_eq!(offer(earlier, "WHERE spe", 9, &known()), Offer::Names(6, vec!["specialty".to_owned()]));
    }

    #[test]
    fn keywords_keep_the_case_of_their_beginning() {
        assert_eq!(names("sel|"), ["select"]);
        assert_eq!(names("SEL|"), ["SELECT"]);
        assert_eq!(names("SELECT 1 FROM hcps GR|"), ["GROUP BY"]);
        assert!(names("|").contains(&"SELECT".to_owned()));
    }

    #[test]
    fn nothing_is_offered_inside_quotes_and_comments() {
        for marked in ["SELECT 'sel|", "SELECT 'sel|'", "SELECT -- sel|", "SELECT /* sel|", "SELECT \"lo| FROM hcp_now"]
        {
            assert_eq!(names(marked), [String::new(); 0], "{marked}");
        }
        assert_eq!(names("SELECT 'x' fro|"), ["from"]);
        assert_eq!(names("SELECT 'ü' FRO|"), ["FROM"]);
    }

    #[test]
    fn orders_and_what_they_take() {
        assert_eq!(names("\\t|"), ["\\timing"]);
        assert_eq!(names("\\d hcp|"), ["hcp_now", "hcps"]);
        assert_eq!(names("\\df lo|"), ["log10", "lower"]);
        assert_eq!(names("\\format p|"), ["parquet"]);
        assert_eq!(names("\\x |"), ["off", "on"]);
        assert_eq!(names("\\i |"), ["a file"]);
        assert_eq!(names("\\q |"), [String::new(); 0]);
    }
}
