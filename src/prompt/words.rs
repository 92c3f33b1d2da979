//! The words of a statement that is being typed, without knowing its grammar.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A text in single quotes, or a comment: nothing is completed in it.
    Opaque,
    /// One character that is none of these.
    Sign(char),
}

/// A piece of text and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The pieces of `text`, spaces left out. What is open at the end reaches to the end.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let (kind, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '\'' => (Kind::Opaque, closed(rest, "'")),
            '"' => (Kind::Quoted, closed(rest, "\"")),
            _ if rest.starts_with("--") => (Kind::Opaque, rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => (Kind::Opaque, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            c if is_of_word(c) => (Kind::Word, rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())),
            c => (Kind::Sign(c), c.len_utf8()),
        };
        tokens.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    tokens
}

/// Whether a name can hold this character without quotes.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn closed(rest: &str, quote: &str) -> usize {
    rest.get(1..).and_then(|rest| rest.find(quote)).map_or(rest.len(), |end| end + 2)
}

/// What is completed in statements, in their usual order of use.
pub(super) const KEYWORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "WITH",
    "AS",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS NULL",
    "IS NOT NULL",
    "LIKE",
    "ILIKE",
    "BETWEEN",
    "EXISTS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "DISTINCT",
    "JOIN",
    "LEFT JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "CROSS JOIN",
    "INNER JOIN",
    "LATERAL",
    "ON",
    "USING",
    "UNION ALL",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "VALUES",
    "OVER",
    "PARTITION BY",
    "ROWS BETWEEN",
    "RANGE BETWEEN",
    "UNBOUNDED PRECEDING",
    "PRECEDING",
    "FOLLOWING",
    "CURRENT ROW",
    "FILTER",
    "QUALIFY",
    "WINDOW",
    "ASC",
    "DESC",
    "NULLS FIRST",
    "NULLS LAST",
    "INTERVAL",
    "DATE",
    "TIMESTAMP",
    "TRUE",
    "FALSE",
    "NULL",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "DESCRIBE",
    "SHOW TABLES",
    "SHOW COLUMNS FROM",
    "SHOW FUNCTIONS",
    "SHOW ALL",
    "SET",
    "RESET",
];

/// Keywords that a statement can begin with.
pub(super) const FIRST: &[&str] = &[
    "SELECT",
    "WITH",
    "VALUES",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "DESCRIBE",
    "SHOW TABLES",
    "SHOW COLUMNS FROM",
    "SHOW FUNCTIONS",
    "SHOW ALL",
    "SET",
    "RESET",
];

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    #[test]
    fn a_text_falls_into_words_quotes_and_signs() {
        let text = "SELECT a.\"b c\", 'it''s' -- x\n/* y */ ü_1";
        let told: Vec<(Kind, &str)> = tokens(text).iter().map(|t| (t.kind, &text[t.start..t.end])).collect();
        let expected = [
            (Kind::Word, "SELECT"),
            (Kind::Word, "a"),
            (Kind::Sign('.'), "."),
            (Kind::Quoted, "\"b c\""),
            (Kind::Sign(','), ","),
            (Kind::Opaque, "'it'"),
            (Kind::Opaque, "'s'"),
            (Kind::Opaque, "-- x"),
            (Kind::Opaque, "/* y */"),
            (Kind::Word, "ü_1"),
        ];
        assert_eq!(told, expected);
        assert_eq!(tokens("'open").last().map(|t| (t.kind, t.end)), Some((Kind::Opaque, 5)));
    }
}
