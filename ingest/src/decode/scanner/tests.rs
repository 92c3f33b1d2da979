//! The scanner and the grammar: against a list of edge cases, and against serde_json.

use super::{Broken, MAX_DEPTH, Notes, Number, Scanner};

fn skip(text: &str) -> Result<(), Broken> {
    let mut notes = Notes::default();
    let mut scanner = Scanner::new(text, &mut notes);
    scanner.skip_value()?;
    scanner.end()
}

fn string(text: &str) -> Option<String> {
    let mut notes = Notes::default();
    let mut scanner = Scanner::new(text, &mut notes);
    let span = scanner.string().ok()?;
    scanner.end().ok()?;
    Some(scanner.resolve(span).to_owned())
}

#[test]
fn values_by_the_grammar_pass() {
    let texts = [
        "0",
        "-0",
        "10",
        "-1.5",
        "1e5",
        "1E+5",
        "1.25e-05",
        "0.0",
        "0e0",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        "[ ]",
        "{ \t\r\n}",
        "[1]",
        "[1,2 , 3]",
        "{\"a\":1}",
        "{\"\":{}}",
        "{ \"a\" : [ { } , [ ] ] , \"b\":null }",
        "[[[]],{}]",
        "\"\\u0000\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\u{7f}\u{80}é𝄞\"",
        "1  ",
        "\"\\uD834\\uDD1E\"",
    ];
    for text in texts {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "the test is wrong about {text}");
        assert_eq!(skip(text), Ok(()), "{text}");
    }
}

/// Values alone that are no JSON.
const BROKEN_VALUES: &[&str] = &[
    "",
    "-",
    "+1",
    "01",
    "-01",
    "00",
    "1.",
    ".5",
    "1.e5",
    "1e",
    "1e+",
    "0x1",
    "1_000",
    "NaN",
    "Infinity",
    "tru",
    "True",
    "nul",
    "nulll",
    "truefalse",
    "\"",
    "\"\\",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\U0041\"",
    "\"a",
    "\"a\nb\"",
    "\"\u{0}\"",
    "\"\u{1f}\"",
    "'a'",
];

/// Arrays, objects and what stands around values that are no JSON.
const BROKEN_STRUCTURES: &[&str] = &[
    "[",
    "]",
    "[1",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1;2]",
    "{",
    "}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1]",
    "[1}",
    "{}}",
    "[]]",
    "1 2",
    "\u{feff}1",
    "\u{a0}1",
    "/**/1",
    "\"\\uD834\"",
    "\"\\uD834x\"",
    "\"\\uDD1E\"",
    "\"\\uD834\\u0041\"",
    "\"\\uD834\\n\"",
    "[\"\\uD800\"]",
    "{\"\\uDC00\":1}",
    "\u{b}1",
];

#[test]
fn everything_else_is_broken() {
    for text in BROKEN_VALUES.iter().chain(BROKEN_STRUCTURES) {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "the test is wrong about {text}");
        assert_eq!(skip(text), Err(Broken::Grammar), "{text}");
    }
}

#[test]
fn a_string_ends_where_it_ends_at_every_alignment() {
    for length in 0..24 {
        let content: String = "aZ~ {é}[,]:𝄞-\u{7f}0123456789".chars().take(length).collect();
        assert_eq!(string(&format!("\"{content}\"")), Some(content.clone()));
        assert_eq!(string(&format!("\"{content}\\u00e9\\\\{content}\"")), Some(format!("{content}é\\{content}")));
        assert_eq!(string(&format!("\"{content}")), None);
        for control in 0..0x20u8 {
            assert_eq!(string(&format!("\"{content}{}{content}\"", char::from(control))), None);
        }
        for allowed in [0x20u8, 0x21, 0x23, 0x5b, 0x5d, 0x7f] {
            let text = format!("{content}{}{content}", char::from(allowed));
            assert_eq!(string(&format!("\"{text}\"")), Some(text));
        }
    }
}

#[test]
fn several_escaped_strings_stay_apart() {
    let mut notes = Notes::default();
    notes.keep("left over");
    let mut scanner = Scanner::new(r#""a\tb" "plain" "\u0063""#, &mut notes);
    let first = scanner.string().unwrap();
    scanner.space();
    let second = scanner.string().unwrap();
    scanner.space();
    let third = scanner.string().unwrap();
    assert_eq!((scanner.resolve(first), scanner.resolve(second), scanner.resolve(third)), ("a\tb", "plain", "c"));
}

#[test]
fn numbers_keep_all_64_bits_and_no_more() {
    let number = |text: &str| {
        let mut notes = Notes::default();
        Scanner::new(text, &mut notes).number()
    };
    let integers = ["0", "-0", "7", "-7", "9223372036854775807", "-9223372036854775808"];
    for text in integers {
        assert_eq!(number(text), Ok(Number::Integer(text.parse().unwrap())), "{text}");
    }
    for text in
        ["9223372036854775808", "-9223372036854775809", "99999999999999999999999", "1.0", "1e0", "-0.0", "1e999"]
    {
        assert_eq!(number(text), Ok(Number::Other), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    // The scanner stands inside the outermost object, which counts as one level.
    let nested = |levels: usize, open: &str, close: &str| open.repeat(levels) + "1" + &close.repeat(levels);
    let most = MAX_DEPTH as usize - 1;
    assert_eq!(skip(&nested(most, "[", "]")), Ok(()));
    assert_eq!(skip(&nested(most, "{\"a\":", "}")), Ok(()));
    assert_eq!(skip(&nested(most + 1, "[", "]")), Err(Broken::Depth));
    assert_eq!(skip(&nested(most + 1, "{\"a\":", "}")), Err(Broken::Depth));
    assert_eq!(skip(&nested(100_000, "[", "]")), Err(Broken::Depth));
    // Closings must match their openings at every level.
    assert_eq!(skip("[{\"a\":[{\"b\":[]}]}]"), Ok(()));
    assert_eq!(skip("[{\"a\":[{\"b\":[}]}]}]"), Err(Broken::Grammar));
}
