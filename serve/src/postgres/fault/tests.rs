//! Which states clients see for real errors of the engine, not for sentences that a test made up.

use super::{Fault, SqlState, position};
use datafusion::prelude::{SessionConfig, SessionContext};

async fn fault(sql: &str) -> Fault {
    let mut config = SessionConfig::new();
    config.options_mut().sql_parser.collect_spans = true;
    let context = SessionContext::new_with_config(config);
    context.sql("CREATE TABLE t AS VALUES (1, 'a')").await.expect("plans").collect().await.expect("runs");
    let error = match context.sql(sql).await {
        Err(error) => error,
        Ok(frame) => frame.collect().await.expect_err(sql),
    };
    Fault::of(&error, sql)
}

#[tokio::test]
async fn a_client_can_act_on_the_state_of_an_error() {
    for (sql, state) in [
        ("SELEC 1", SqlState::SyntaxError),
        ("SELECT (1", SqlState::SyntaxError),
        ("SELECT * FROM nobody", SqlState::UndefinedTable),
        ("SELECT * FROM other.nobody", SqlState::UndefinedTable),
        ("SELECT column9 FROM t", SqlState::UndefinedColumn),
        ("SELECT nothing_of_that_name(1)", SqlState::UndefinedFunction),
        ("SELECT a.column1 FROM t a JOIN t b ON true WHERE column1 = 1", SqlState::AmbiguousColumn),
        ("SELECT 1 / 0", SqlState::DivisionByZero),
        ("SELECT CAST('x' AS BIGINT)", SqlState::InvalidTextRepresentation),
        ("SELECT CAST(column2 AS BIGINT) FROM t", SqlState::InvalidTextRepresentation),
        (
            "SELECT CAST(column1 + 300 AS SMALLINT) * CAST(30000 AS SMALLINT) / (column1 - 1) FROM t",
            SqlState::DivisionByZero,
        ),
    ] {
        let fault = fault(sql).await;
        assert_eq!(fault.state, state, "{sql}: {fault}");
        assert!(!fault.message.contains('\n'), "{fault}");
    }
}

#[tokio::test]
async fn a_fault_says_where_in_the_statement_it_is() {
    let sql = "SELECT column1,\n  column9 FROM t";
    let at = fault(sql).await.position.expect("a place") as usize;
    assert_eq!(&sql[at - 1..at + 6], "column9");
    let parse = fault("SELECT 1 FROM t WHERE )").await;
    assert_eq!(parse.position, Some(23), "{parse}");
    assert_eq!(fault("SELECT * FROM nobody").await.message, "relation \"nobody\" does not exist");
}

#[test]
fn places_count_characters_and_not_bytes() {
    assert_eq!(position("ä\nöx", 2, 2), Some(4));
    assert_eq!(position("ab", 1, 3), Some(3));
    assert_eq!(position("ab", 2, 9), None);
    assert_eq!(position("ab", 0, 1), None);
}

#[test]
fn codes_are_five_characters_and_told_apart() {
    let states = [SqlState::QueryCanceled, SqlState::AdminShutdown, SqlState::InternalError];
    assert_eq!(states.map(SqlState::code), ["57014", "57P01", "XX000"]);
}
