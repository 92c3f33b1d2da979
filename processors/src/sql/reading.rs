//! Which statements are run: those that read. Judged twice, by what was written and by what it was planned into.
//!
//! A statement reads if it is a query (`SELECT`, `WITH`, `VALUES`), an `EXPLAIN` of one, or a `SHOW` or
//! `DESCRIBE`; `SET` and `RESET` take the time zone and what `EXPLAIN` shows. Everything else is refused by one message,
//! before any name in it is looked up: tables are the pipeline's, files are nobody's, and other settings could spill
//! to a folder or lift a limit. Only this list grows when the SQL dialect does, never what is possible.

mod named_twice;
mod subqueries;

use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{LogicalPlan, Statement as PlannedStatement};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use subqueries::told_apart;

/// Settings that may be changed: their name, or its beginning with a dot at the end.
const SETTINGS: &[&str] = &["datafusion.execution.time_zone", "datafusion.explain."];

/// A statement that has no plan.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// It asks for something other than reading. The author's to leave.
    #[error("only reading is possible here")]
    Refused,
    /// It does not parse or names what is not there, which is the author's to mend; or a table cannot be read, which a
    /// retry may mend.
    #[error(transparent)]
    Plan(#[from] DataFusionError),
}

/// The plan of a statement that reads.
///
/// # Errors
/// [`ReadingError::Refused`] if it does anything else, [`ReadingError::Plan`] if it does not parse or names what is not
/// there.
pub async fn plan_reading(context: &SessionContext, sql: &str) -> Result<LogicalPlan, ReadingError> {
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect)?;
    plan_statement(context, statement).await
}

/// The same of a statement that is parsed already.
///
/// # Errors
/// As [`plan_reading`].
pub async fn plan_statement(context: &SessionContext, statement: Statement) -> Result<LogicalPlan, ReadingError> {
    if !reads(&statement) && !sets(&statement) {
        return Err(ReadingError::Refused);
    }
    let names = named_twice::names(&statement);
    let plan = context.state().statement_to_plan(statement).await?;
    if let LogicalPlan::Statement(statement) = &plan {
        return if is_harmless(statement) { Ok(plan) } else { Err(ReadingError::Refused) };
    }
    let nothing_else = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    match nothing_else.verify_plan(&plan) {
        Ok(()) => Ok(told_apart(named_twice::kept(plan, &names)?)?),
        Err(DataFusionError::Plan(_)) => Err(ReadingError::Refused),
        Err(error) => Err(error.into()),
    }
}

fn reads(statement: &Statement) -> bool {
    match statement {
        Statement::Explain(explain) => reads(&explain.statement),
        Statement::Statement(sql) => match sql.as_ref() {
            SqlStatement::Explain { statement, .. } => matches!(statement.as_ref(), SqlStatement::Query(_)),
            sql => matches!(
                sql,
                SqlStatement::Query(_)
                    | SqlStatement::ExplainTable { .. }
                    | SqlStatement::ShowTables { .. }
                    | SqlStatement::ShowColumns { .. }
                    | SqlStatement::ShowCreate { .. }
                    | SqlStatement::ShowFunctions { .. }
                    | SqlStatement::ShowVariable { .. }
            ),
        },
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    }
}

fn sets(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(sql) => matches!(sql.as_ref(), SqlStatement::Set(_)),
        Statement::Reset(_) => true,
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Explain(_) => false,
    }
}

fn is_harmless(statement: &PlannedStatement) -> bool {
    let variable = match statement {
        PlannedStatement::SetVariable(set) => &set.variable,
        PlannedStatement::ResetVariable(reset) => &reset.variable,
        _ => return false,
    };
    SETTINGS.iter().any(|known| variable == known || known.ends_with('.') && variable.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::{ReadingError, plan_reading};
    use datafusion::prelude::{SessionConfig, SessionContext};

    async fn context() -> SessionContext {
        let context = SessionContext::new_with_config(SessionConfig::new().with_information_schema(true));
        let one = context.sql("SELECT 1 AS n").await.unwrap().into_view();
        context.register_table("t", one).unwrap();
        context
    }

    #[tokio::test]
    async fn what_reads_is_planned() {
        let context = context().await;
        for sql in [
            "SELECT n FROM t",
            "WITH w AS (SELECT n FROM t) SELECT * FROM w UNION ALL VALUES (2)",
            "EXPLAIN SELECT n FROM t",
            "EXPLAIN ANALYZE SELECT n FROM t",
            "EXPLAIN FORMAT TREE SELECT n FROM t",
            "DESCRIBE t",
            "SHOW TABLES",
            "SHOW COLUMNS FROM t",
            "SHOW ALL",
            "SET TIME ZONE TO 'Europe/Berlin'",
            "SET datafusion.execution.time_zone = 'UTC'",
            "RESET datafusion.execution.time_zone",
            "SET datafusion.explain.logical_plan_only = true",
        ] {
            plan_reading(&context, sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        }
    }

    #[tokio::test]
    async fn everything_else_is_refused_by_one_message() {
        let context = context().await;
        for sql in [
            "CREATE TABLE u AS SELECT 1",
            "CREATE TABLE u (a INT)",
            "CREATE VIEW v AS SELECT 1",
            "CREATE OR REPLACE VIEW t AS SELECT 2",
            "CREATE EXTERNAL TABLE f STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE SCHEMA s",
            "CREATE DATABASE d",
            "CREATE FUNCTION f() RETURNS INT RETURN 1",
            "CREATE INDEX i ON t (n)",
            "DROP TABLE t",
            "DROP TABLE unknown",
            "DROP VIEW t",
            "ALTER TABLE t RENAME TO u",
            "TRUNCATE TABLE t",
            "INSERT INTO t VALUES (2)",
            "INSERT INTO unknown VALUES (2)",
            "UPDATE t SET n = 2",
            "DELETE FROM t",
            "SELECT n INTO u FROM t",
            "COPY t TO '/tmp/out.csv'",
            "COPY (SELECT 1) TO '/tmp/out.parquet' STORED AS PARQUET",
            "EXPLAIN INSERT INTO t VALUES (2)",
            "EXPLAIN ANALYZE INSERT INTO t VALUES (2)",
            "EXPLAIN ANALYZE COPY t TO '/tmp/out.csv'",
            "EXPLAIN ANALYZE CREATE TABLE u AS SELECT 1",
            "PREPARE p AS SELECT 1",
            "EXECUTE p",
            "BEGIN",
            "COMMIT",
            "SET datafusion.runtime.memory_limit = '100G'",
            "SET datafusion.runtime.temp_directory = '/etc'",
            "SET datafusion.execution.batch_size = 0",
            "SET datafusion.catalog.default_schema = 'information_schema'",
            "RESET datafusion.runtime.memory_limit",
        ] {
            match plan_reading(&context, sql).await {
                Err(ReadingError::Refused) => {}
                other => panic!("{sql}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_file_is_no_table() {
        let context = context().await;
        for sql in [
            "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM \"file:///etc/passwd\"",
            "SELECT * FROM read_csv('/etc/passwd')",
            "SELECT * FROM read_parquet('/tmp/x.parquet')",
        ] {
            let error = plan_reading(&context, sql).await.unwrap_err();
            assert!(error.to_string().contains("not found"), "{sql}: {error}");
        }
    }
}
