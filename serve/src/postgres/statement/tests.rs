//! What is let in and what it becomes, parameters, settings.

use super::command::{Command, CopyFormat, Extent, Fetched};
use super::{Settings, Understood, understand};
use crate::postgres::catalog::tests::session::{answered, rows, session};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use std::time::Duration;

#[test]
fn what_is_not_listed_is_refused_before_a_name_is_looked_up() {
    for (sql, state) in [
        ("INSERT INTO nothing VALUES (1)", "25006"),
        ("UPDATE nothing SET a = 1", "25006"),
        ("DELETE FROM nothing", "25006"),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "25006"),
        ("CREATE TABLE t (a INT)", "25006"),
        ("CREATE TABLE t AS SELECT 1", "25006"),
        ("CREATE VIEW v AS SELECT 1", "25006"),
        ("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", "25006"),
        ("CREATE FUNCTION f() RETURNS INT AS 'x' LANGUAGE c", "25006"),
        ("CREATE EXTENSION plpython3u", "25006"),
        ("DROP TABLE touchpoints", "25006"),
        ("ALTER TABLE touchpoints RENAME TO t", "25006"),
        ("TRUNCATE touchpoints", "25006"),
        ("VACUUM", "25006"),
        ("SELECT 1 INTO t", "25006"),
        ("SELECT 1 FROM touchpoints FOR UPDATE", "25006"),
        ("WITH gone AS (DELETE FROM touchpoints RETURNING 1) SELECT * FROM gone", "25006"),
        ("EXPLAIN ANALYZE DELETE FROM touchpoints", "25006"),
        ("PREPARE p AS DELETE FROM touchpoints", "25006"),
        ("BEGIN READ WRITE", "25006"),
        ("COPY touchpoints TO '/tmp/out'", "42501"),
        ("COPY touchpoints TO PROGRAM 'sh'", "42501"),
        ("COPY touchpoints FROM STDIN;", "25006"),
        ("COPY touchpoints FROM '/etc/passwd'", "42501"),
        ("GRANT SELECT ON touchpoints TO PUBLIC", "42501"),
        ("SET ROLE admin", "42501"),
        ("SET SESSION AUTHORIZATION admin", "42501"),
        ("LISTEN news", "0A000"),
        ("NOTIFY news", "0A000"),
        ("CALL f()", "0A000"),
        ("DECLARE c SCROLL CURSOR FOR SELECT 1", "0A000"),
        ("FETCH PRIOR FROM c", "55000"),
        ("SELECT 1; DROP TABLE touchpoints", "25006"),
        ("SELEC 1", "42601"),
    ] {
        let fault = understand(sql).map(|_| ()).expect_err(sql);
        assert_eq!(fault.state.code(), state, "{sql}: {fault}");
        assert!(!fault.message.contains("touchpoints") && !fault.message.contains('\n'), "{sql}: {fault}");
    }
}

#[tokio::test]
async fn the_schema_of_a_function_is_one_that_the_reader_has() {
    let context = session();
    for sql in [
        "SELECT at FROM public.hcp_metrics_at('2026-01-01')",
        "SELECT at FROM PUBLIC.hcp_metrics_at('2026-01-01')",
        "SELECT at FROM datafusion.public.hcp_metrics_at('2026-01-01')",
        "SELECT pg_catalog.upper('a') FROM pg_catalog.generate_series(1, 1)",
    ] {
        let rows = answered(&context, sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"));
        assert_eq!(rows.len(), 1, "{sql}");
    }
    for (sql, state) in [
        ("SELECT at FROM medical.hcp_metrics_at('2026-01-01')", "42P01"),
        ("SELECT at FROM \"PUBLIC\".hcp_metrics_at('2026-01-01')", "42P01"),
        ("SELECT at FROM pg_catalog.hcp_metrics_at('2026-01-01')", "42P01"),
        ("SELECT at FROM other.public.hcp_metrics_at('2026-01-01')", "42P01"),
        ("SELECT 1 FROM touchpoints, LATERAL medical.hcp_metrics_at('2026-01-01')", "42P01"),
        ("SELECT (SELECT count(*) FROM medical.generate_series(1, 2))", "42P01"),
        ("EXPLAIN SELECT at FROM medical.hcp_metrics_at('2026-01-01')", "42P01"),
        ("SELECT medical.upper('a')", "42883"),
        ("SELECT * FROM medical.touchpoints", "42P01"),
    ] {
        let fault = answered(&context, sql).await.expect_err(sql);
        assert_eq!(fault.state.code(), state, "{sql}: {fault}");
    }
    let fault =
        answered(&context, "SELECT at\nFROM medical.hcp_metrics_at('2026-01-01')").await.expect_err("no schema");
    let told = (fault.message.as_str(), fault.position);
    assert_eq!(told, ("relation \"medical.hcp_metrics_at\" does not exist", Some(16)));
}

#[tokio::test]
async fn an_array_that_is_compared_with_items_is_of_their_type() {
    let context = session();
    for (sql, expected) in [
        ("SELECT 1 FROM touchpoints WHERE hcp_id = ANY ($1)", DataType::Utf8),
        ("SELECT 1 FROM touchpoints WHERE n = ANY ($1)", DataType::Int64),
        ("SELECT 1 FROM pg_class c WHERE c.relkind = ANY ($1)", DataType::Utf8),
    ] {
        let Some(Understood::Query(query)) = understand(sql).expect(sql).pop() else { panic!("{sql}") };
        let described = query.describe(&context, &[]).await.expect(sql);
        assert_eq!(described.parameters, [DataType::new_list(expected, true)], "{sql}");
    }
}

/// asyncpg knows arrays of oids and of text without asking, and nothing else.
#[tokio::test]
async fn the_look_up_of_unknown_types_gives_them_and_their_items() {
    let context = session();
    let sql = "WITH RECURSIVE typeinfo_tree(oid) AS (SELECT oid FROM pg_type WHERE oid = any($1::oid[]) UNION ALL \
               SELECT t.oid FROM pg_type t, typeinfo_tree tt WHERE tt.oid = t.typelem) SELECT * FROM typeinfo_tree";
    let Some(Understood::Query(query)) = understand(sql).expect("a query").pop() else { panic!("no query") };
    let described = query.describe(&context, &[]).await.expect("describes");
    let told = crate::postgres::rows::type_of(&described.parameters[0]).expect("a type");
    assert_eq!(told.name(), "_oid");
    let attributes = described.columns.field_with_name("attrtypoids").expect("a column");
    assert_eq!(crate::postgres::rows::type_of(attributes.data_type()).expect("a type").name(), "_oid");
    let asked = ScalarValue::List(ScalarValue::new_list_nullable(&[ScalarValue::Int64(Some(1016))], &DataType::Int64));
    let plan = query.bind(&context, &[asked]).await.expect("plans");
    let found = rows(&context, plan).await.expect("runs");
    let shown: Vec<String> = found.iter().map(|row| row.split('|').take(6).collect::<Vec<_>>().join("|")).collect();
    assert_eq!(shown, ["20|pg_catalog|int8|b|∅|0", "1016|pg_catalog|_int8|b|∅|20"]);
}

fn command(sql: &str) -> Command {
    match understand(sql).unwrap_or_else(|fault| panic!("{sql}: {fault}")).pop() {
        Some(Understood::Command(command)) => *command,
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn what_clients_say_about_their_connection_is_understood() {
    for (sql, tag) in [
        ("SET extra_float_digits = 3", "SET"),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET"),
        ("SET TRANSACTION READ ONLY", "SET"),
        ("BEGIN", "BEGIN"),
        ("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "BEGIN"),
        ("START TRANSACTION READ ONLY", "BEGIN"),
        ("COMMIT", "COMMIT"),
        ("END", "COMMIT"),
        ("ROLLBACK", "ROLLBACK"),
        ("  abort", "ROLLBACK"),
        ("SAVEPOINT \"_pg3_1\"", "SAVEPOINT"),
        ("RELEASE \"_pg3_1\"", "RELEASE"),
        ("ROLLBACK TO SAVEPOINT a", "ROLLBACK"),
        ("DISCARD ALL", "DISCARD ALL"),
        ("DEALLOCATE ALL", "DEALLOCATE ALL"),
        ("DEALLOCATE \"_pg3_0\"", "DEALLOCATE"),
        ("UNLISTEN *", "UNLISTEN"),
        ("RESET ALL", "RESET"),
        ("CLOSE ALL", "CLOSE CURSOR ALL"),
        ("SHOW ALL", "SHOW"),
        ("PREPARE p (int) AS SELECT $1", "PREPARE"),
        ("EXECUTE p (1)", "EXECUTE"),
    ] {
        assert_eq!(command(sql).tag(), tag, "{sql}");
    }
    let said =
        understand("SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;").expect("what asyncpg says");
    assert_eq!(said.len(), 4);
    for nothing in ["", "-- ping", ";;", "/* ping */ ;"] {
        assert!(matches!(understand(nothing).as_deref(), Ok([Understood::Empty])), "{nothing}");
    }
    let Command::Set { name, value, extent } = command("SET LOCAL TIME ZONE 'Europe/Berlin'") else { panic!("a SET") };
    assert_eq!((name.as_str(), value.as_deref(), extent), ("TimeZone", Some("Europe/Berlin"), Extent::Transaction));
    let Command::Set { value, .. } = command("SET search_path TO \"$user\", public") else { panic!("a SET") };
    assert_eq!(value.as_deref(), Some("$user, public"));
}

#[test]
fn cursors_and_copies_are_understood() {
    let Command::Declare(cursor) = command("DECLARE \"C\" NO SCROLL CURSOR WITH HOLD FOR SELECT 1") else {
        panic!("one")
    };
    assert_eq!((cursor.name.as_str(), cursor.life), ("C", Extent::Session));
    for (sql, rows) in [
        ("FETCH FORWARD 100 FROM \"C\"", Fetched::Count(100)),
        ("FETCH NEXT FROM c", Fetched::Count(1)),
        ("FETCH 5 FROM c", Fetched::Count(5)),
        ("FETCH ALL FROM c", Fetched::All),
    ] {
        assert!(matches!(command(sql), Command::Fetch { rows: asked, .. } if asked == rows), "{sql}");
    }
    let format = |sql| match command(sql) {
        Command::Copy(copy) => copy.format,
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(format("COPY (SELECT 1) TO STDOUT (FORMAT binary)"), CopyFormat::Binary);
    assert!(
        matches!(format("COPY (SELECT 1) TO STDOUT WITH CSV HEADER"), CopyFormat::Csv(text) if text.delimiter == ',')
    );
    assert!(matches!(format("COPY touchpoints (n, day) TO STDOUT"), CopyFormat::Text(text) if text.null == "\\N"));
}

#[tokio::test]
async fn parameters_have_types_before_they_are_bound() {
    let context = session();
    let instant = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    for (sql, declared, expected) in [
        ("SELECT n FROM touchpoints WHERE hcp_id = $1 AND n > $2", vec![], vec![DataType::Utf8, DataType::Int64]),
        ("SELECT $1::int4, $2", vec![], vec![DataType::Int32, DataType::Utf8]),
        ("SELECT $1 + n FROM touchpoints WHERE hcp_id = $2", vec![], vec![DataType::Int64, DataType::Utf8]),
        ("SELECT n FROM touchpoints LIMIT $1 OFFSET $2", vec![], vec![DataType::Int64, DataType::Int64]),
        ("SELECT * FROM hcp_metrics_at($1)", vec![], vec![instant()]),
        ("SELECT * FROM hcp_metrics_at($1, $2)", vec![], vec![instant(), DataType::Utf8]),
        ("SELECT * FROM hcp_metrics_at($1)", vec![Some(DataType::Utf8)], vec![DataType::Utf8]),
        ("SELECT n FROM touchpoints WHERE occurred_at >= $1", vec![], vec![instant()]),
        ("SELECT n FROM touchpoints WHERE n = $1", vec![Some(DataType::Int32)], vec![DataType::Int32]),
        ("SELECT 1 WHERE 'a' = ANY($1::text[])", vec![], vec![DataType::new_list(DataType::Utf8, true)]),
        ("SELECT 1", vec![Some(DataType::Int32)], vec![DataType::Int32]),
    ] {
        let Some(Understood::Query(query)) = understand(sql).expect(sql).pop() else { panic!("{sql}") };
        let described = query.describe(&context, &declared).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"));
        assert_eq!(described.parameters, expected, "{sql}");
    }
}

#[tokio::test]
async fn values_reach_table_functions_limits_and_comparisons() {
    let context = session();
    let instant = ScalarValue::TimestampMicrosecond(Some(1_782_864_000_000_000), Some("UTC".into()));
    let list = ScalarValue::List(ScalarValue::new_list_nullable(&["h2".into()], &DataType::Utf8));
    for (sql, values, expected) in [
        ("SELECT audience FROM hcp_metrics_at($1, $2)", vec![instant.clone(), "full".into()], vec!["full"]),
        ("SELECT n FROM touchpoints ORDER BY n LIMIT $1", vec![1_i64.into()], vec!["3"]),
        ("SELECT n FROM touchpoints WHERE hcp_id = $1", vec!["h2".into()], vec!["4"]),
        ("SELECT n FROM touchpoints WHERE hcp_id = ANY($1)", vec![list], vec!["4"]),
        ("SELECT n FROM touchpoints WHERE occurred_at <= $1", vec![instant], vec!["3"]),
        ("SELECT n FROM touchpoints WHERE occurred_at <= $1", vec!["2026-07-01T00:00:00Z".into()], vec!["3"]),
        ("SELECT n FROM touchpoints WHERE hcp_id = $1", vec![ScalarValue::Utf8(None)], vec![]),
        (
            "SELECT $1, $2, $1",
            vec!["x'; DROP TABLE touchpoints --".into(), (-5_i64).into()],
            vec!["x'; DROP TABLE touchpoints --|-5|x'; DROP TABLE touchpoints --"],
        ),
        ("SELECT cost FROM touchpoints WHERE cost > $1", vec![ScalarValue::Decimal128(Some(20), 38, 1)], vec!["2.50"]),
    ] {
        let Some(Understood::Query(query)) = understand(sql).expect(sql).pop() else { panic!("{sql}") };
        let plan = query.bind(&context, &values).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"));
        assert_eq!(rows(&context, plan).await.unwrap_or_else(|error| panic!("{sql}: {error}")), expected, "{sql}");
    }
    let Some(Understood::Query(query)) = understand("SELECT $2").expect("parses").pop() else { panic!("a query") };
    assert_eq!(query.bind(&context, &["a".into()]).await.map(|_| ()).expect_err("one").state.code(), "42P02");
}

#[tokio::test]
async fn columns_are_named_as_postgres_names_them() {
    let context = session();
    for (sql, expected) in [
        ("SELECT count(*), max(n) FROM touchpoints", vec!["count", "max"]),
        ("SELECT version()", vec!["version"]),
        ("SELECT current_user", vec!["current_user"]),
        ("SELECT 1, 'a'", vec!["?column? 1", "?column? 2"]),
        ("SELECT 1, n::text FROM touchpoints", vec!["?column?", "n"]),
        ("SELECT hcp_id, n AS m FROM touchpoints", vec!["hcp_id", "m"]),
    ] {
        let Some(Understood::Query(query)) = understand(sql).expect(sql).pop() else { panic!("{sql}") };
        let described = query.describe(&context, &[]).await.expect(sql);
        let names: Vec<&str> = described.columns.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_users_own_subquery_is_never_bent() {
    let context = session();
    // Two values for a row: an error, and neither NULL nor the larger one.
    let sql = "SELECT (SELECT t.n FROM touchpoints t WHERE t.flag = h.flag OR t.n > 0) FROM touchpoints h";
    answered(&context, sql).await.expect_err("it has no single value");
    let sql =
        "SELECT h.hcp_id, (SELECT sum(t.n) FROM touchpoints t WHERE t.hcp_id = h.hcp_id) FROM touchpoints h ORDER BY 1";
    assert_eq!(answered(&context, sql).await.expect("runs"), ["h1|3", "h2|4"]);
}

#[tokio::test]
async fn settings_take_what_they_take_and_have_their_effect() {
    let context = session();
    let settings = Settings::of(&context).expect("installed");
    settings.limit_statements(Duration::from_secs(60));
    for (name, value, state) in [
        ("datafusion.runtime.memory_limit", "100G", "42704"),
        ("datafusion.execution.time_zone", "UTC", "42704"),
        ("server_version", "1", "55P02"),
        ("client_encoding", "LATIN1", "22023"),
        ("statement_timeout", "2min", "22023"),
        ("TimeZone", "Nowhere/None", "22023"),
        ("default_transaction_read_only", "off", "22023"),
        ("bytea_output", "escape", "22023"),
    ] {
        let fault = settings.set(name, Some(value), Extent::Session).expect_err(name);
        assert_eq!(fault.state.code(), state, "{name}: {fault}");
    }
    assert_eq!(settings.statement_timeout(), Some(Duration::from_secs(60)));
    settings.set("statement_timeout", Some("500ms"), Extent::Transaction).expect("lower");
    assert_eq!(settings.statement_timeout(), Some(Duration::from_millis(500)));
    let zone = settings.set("timezone", Some("Europe/Berlin"), Extent::Transaction).expect("a zone").expect("is told");
    assert_eq!((zone.name, zone.value.as_str()), ("TimeZone", "Europe/Berlin"));
    let sql = "SELECT '2026-07-01 12:00:00'::timestamptz = '2026-07-01T10:00:00Z'::timestamptz";
    assert_eq!(answered(&context, sql).await.expect("runs"), ["true"]);
    assert_eq!(settings.end_transaction().len(), 1);
    assert_eq!(
        (settings.value("TimeZone").as_deref(), settings.statement_timeout()),
        (Some("UTC"), Some(Duration::from_secs(60)))
    );
    let sql = "SELECT set_config('search_path', 'pg_catalog', false), current_setting('application_name')";
    assert_eq!(answered(&context, sql).await.expect("runs"), ["pg_catalog|"]);
    assert_eq!(answered(&context, "SELECT current_schema()").await.expect("runs"), ["pg_catalog"]);
    settings.reset(None).expect("all");
    assert_eq!(answered(&context, "SELECT current_schema()").await.expect("runs"), ["public"]);
}
