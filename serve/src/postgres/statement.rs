//! What a statement means: which ones are run, what they become, and what is answered without running anything.
//!
//! A text is parsed once. What reads (`SELECT`, `WITH`, `VALUES`, `EXPLAIN`, `DESCRIBE`, `SHOW TABLES|COLUMNS|FUNCTIONS`)
//! is a [`Query`]; what clients say about their connection (`SET`, `BEGIN`, `DISCARD`, cursors …) is a [`Command`], closed
//! and without effect on anything but that connection; all else is refused by one sentence, before a name in it is looked
//! up. There are no transactions: each statement reads one snapshot of its own, inside `BEGIN` and outside of it.
//!
//! | module | one noun |
//! |---|---|
//! | `allowed` | which statements are let in, and as what |
//! | [`command`] | what is said about the connection |
//! | [`settings`] | the settings of a connection, and who may set which |
//! | [`query`] | a statement that reads: its columns, its parameters, its plan |
//! | [`parameter`] | values that clients send beside a statement |
//! | `literal` | a value as it is written in SQL |
//! | `arrays` | the text of an array, as PostgreSQL writes it |
//! | `rewriting` | PostgreSQL's SQL in the words of this engine |
//! | `qualified` | schemas before the names of functions |
//! | `introspection` | statements of clients that only look at catalogues |

mod allowed;
mod arrays;
pub mod command;
mod introspection;
mod literal;
pub mod parameter;
mod qualified;
pub mod query;
mod rewriting;
pub mod settings;
#[cfg(test)]
mod tests;

pub use command::{Command, CopyOut, CopyText, Cursor, Fetched};
pub use query::{Described, Query};
pub use settings::Settings;

use super::Fault;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

/// How deep a statement may be nested.
const DEPTH: usize = 100;

/// One statement.
#[derive(Debug, Clone)]
pub enum Understood {
    /// Nothing but comments: answered as an empty query.
    Empty,
    /// It reads.
    Query(Box<Query>),
    /// It is about the connection.
    Command(Box<Command>),
}

/// The statements of a text, in order; one [`Understood::Empty`] if there are none.
///
/// # Errors
/// 42601 where it does not parse; 25006 for what would change something, 42501 for what nobody may do here, 0A000 for what
/// this server does not do. None of the statements has run then.
pub fn understand(sql: &str) -> Result<Vec<Understood>, Fault> {
    let statements = parse(sql)?;
    if statements.is_empty() {
        return Ok(vec![Understood::Empty]);
    }
    statements.into_iter().map(|statement| allowed::understood(statement, sql)).collect()
}

fn parse(sql: &str) -> Result<Vec<Statement>, Fault> {
    let parsed = || -> Result<Vec<Statement>, ParserError> {
        let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEPTH).try_with_sql(sql)?;
        let mut tokens = parser.into_tokens();
        // `ABORT` is `ROLLBACK`, which the parser does not know.
        let mut begins = true;
        for token in &mut tokens {
            match &token.token {
                Token::Whitespace(_) => continue,
                Token::Word(word) if begins && word.keyword == Keyword::ABORT => {
                    token.token = Token::make_keyword("ROLLBACK");
                }
                _ => {}
            }
            begins = token.token == Token::SemiColon;
        }
        let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEPTH);
        parser.with_tokens_with_locations(tokens).parse_statements()
    };
    // The engine knows tables over files, PostgreSQL does not: what asks for one is told what it asks for.
    let words: Vec<String> = sql.split_whitespace().take(3).map(str::to_ascii_uppercase).collect();
    if words == ["CREATE", "EXTERNAL", "TABLE"] {
        return Err(Fault::read_only("CREATE TABLE"));
    }
    parsed().map_err(|error| Fault::of(&DataFusionError::SQL(Box::new(error), None), sql))
}
