//! What clients see of a small session: every statement of their corpora runs, the important ones with their answers.

pub(in crate::postgres) mod session;

use super::functions::names;
use session::{answered, names_of, session};

const CORPORA: [(&str, &str); 4] = [
    ("psql", include_str!("corpus/psql.sql")),
    ("jdbc", include_str!("corpus/jdbc.sql")),
    ("python", include_str!("corpus/python.sql")),
    ("tools", include_str!("corpus/tools.sql")),
];

/// Statements of the corpora that do not run, by how their faults begin: psql's `\sf`, which asks for the source of a function
/// by its name, and the look-up of a type that PostgreSQL does not have either.
const KNOWN_GAPS: [&str; 2] = ["psql: 22P02: Cannot cast string 'current_schema'", "python: 42704: type \"nothing\""];

#[tokio::test]
async fn every_statement_of_the_corpora_runs() {
    let context = session();
    let oids =
        answered(&context, "SELECT oid FROM pg_class WHERE relname IN ('hcp_now', 'touchpoints') ORDER BY relname")
            .await;
    let oids = oids.expect("they are there");
    let mut failed = Vec::new();
    for (client, corpus) in CORPORA {
        for statement in corpus.split("\n;\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            let statement = statement.replace("{hcp_now}", &oids[0]).replace("{touchpoints}", &oids[1]);
            if let Err(fault) = answered(&context, &statement).await {
                failed.push(format!("{client}: {fault}\n{}\n", statement.chars().take(700).collect::<String>()));
            }
        }
    }
    for gap in KNOWN_GAPS {
        let place = failed.iter().position(|fault| fault.starts_with(gap));
        assert!(place.is_some(), "{gap:?} runs now: strike it from the gaps");
        place.map(|place| failed.remove(place));
    }
    assert!(failed.is_empty(), "{} do not run:\n{}", failed.len(), failed.join("\n"));
}

#[tokio::test]
async fn describing_shows_tables_views_columns_and_comments() {
    holds(&[
        (
            "SELECT n.nspname, c.relname, c.relkind, obj_description(c.oid, 'pg_class') FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') \
             AND pg_table_is_visible(c.oid) ORDER BY 2",
            &["public|hcp_now|v|Touches.", "public|touchpoints|r|Touches."],
        ),
        (
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(a.attrelid, a.attnum), \
             (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND a.atthasdef) \
             FROM pg_attribute a WHERE a.attrelid = 'touchpoints'::regclass AND a.attnum > 0 ORDER BY a.attnum",
            &[
                "hcp_id|text|true|∅|∅",
                "occurred_at|timestamp with time zone|false|∅|∅",
                "n|bigint|false|How many.|∅",
                "load|double precision|false|∅|∅",
                "flag|boolean|false|∅|∅",
                "tags|text[]|false|∅|∅",
                "day|date|false|∅|∅",
                "cost|numeric(10,2)|false|∅|∅",
            ],
        ),
        (
            "SELECT objsubid, description FROM pg_description WHERE objoid = 'public.touchpoints'::regclass \
             AND classoid = 'pg_class'::regclass ORDER BY 1",
            &["0|Touches.", "3|How many."],
        ),
        ("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace", &["hcp_metrics_at"]),
        ("SELECT rolname, rolsuper FROM pg_roles ORDER BY 1", &["ada|false", "touchload|false"]),
        ("SELECT datname FROM pg_database", &["datafusion"]),
        ("SELECT 'touchpoints'::regclass::text, 'int4'::regtype::text", &["touchpoints|integer"]),
        ("SELECT 1184::regtype::text, 1009::regtype::text", &["timestamp with time zone|text[]"]),
        ("SELECT to_regclass('nothing'), to_regtype('bigint')", &["∅|20"]),
    ])
    .await;
}

#[tokio::test]
async fn information_schema_speaks_postgres() {
    holds(&[
        (
            "SELECT table_schema, table_name, table_type FROM information_schema.tables \
             WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY table_name",
            &["public|hcp_now|VIEW", "public|touchpoints|BASE TABLE"],
        ),
        (
            "SELECT column_name, data_type, udt_name, numeric_precision, numeric_scale, is_nullable \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'touchpoints' \
             ORDER BY ordinal_position",
            &[
                "hcp_id|text|text|∅|∅|NO",
                "occurred_at|timestamp with time zone|timestamptz|∅|∅|YES",
                "n|bigint|int8|64|0|YES",
                "load|double precision|float8|53|∅|YES",
                "flag|boolean|bool|∅|∅|YES",
                "tags|ARRAY|_text|∅|∅|YES",
                "day|date|date|∅|∅|YES",
                "cost|numeric|numeric|10|2|YES",
            ],
        ),
        ("SELECT schema_name FROM information_schema.schemata", &["information_schema", "pg_catalog", "public"]),
        (
            "SHOW COLUMNS FROM hcp_now",
            &["datafusion|public|hcp_now|hcp_id|text|NO", "datafusion|public|hcp_now|n|bigint|YES"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn grafana_finds_tables_and_columns() {
    let path = "SELECT CASE WHEN trim(s[i]) = '\"$user\"' THEN user ELSE trim(s[i]) END FROM \
                generate_series(array_lower(string_to_array(current_setting('search_path'),','),1), \
                array_upper(string_to_array(current_setting('search_path'),','),1)) as i, \
                string_to_array(current_setting('search_path'),',') s";
    let tables = format!(
        "SELECT CASE WHEN quote_ident(table_schema) IN ({path}) THEN quote_ident(table_name) \
         ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS \"table\" \
         FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog') \
         ORDER BY CASE WHEN quote_ident(table_schema) IN ({path}) THEN 0 ELSE 1 END, 1"
    );
    let columns = format!(
        "SELECT quote_ident(column_name) AS \"column\", data_type AS \"type\" FROM information_schema.columns WHERE \
         CASE WHEN array_length(parse_ident('hcp_now'),1) = 2 THEN quote_ident(table_schema) = (parse_ident('hcp_now'))[1] \
         AND quote_ident(table_name) = (parse_ident('hcp_now'))[2] ELSE quote_ident(table_name) = 'hcp_now' AND \
         quote_ident(table_schema) IN ({path}) END"
    );
    holds(&[
        (&tables, &["hcp_now", "touchpoints"]),
        (&columns, &["hcp_id|text", "n|bigint"]),
        ("SELECT current_setting('server_version_num')::int/100 as version", &["1600"]),
        (
            "SELECT floor(extract(epoch from occurred_at)/300)*300 AS \"time\", sum(n) FROM touchpoints \
             WHERE occurred_at BETWEEN '2026-01-01T00:00:00Z' AND '2026-12-31T00:00:00.5Z' GROUP BY 1 ORDER BY 1",
            &["1782864000.0|7"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn clients_get_what_they_ask_at_length() {
    holds(&[
        ("SELECT typname FROM pg_type WHERE typreceive = 0 AND typname IN ('aclitem', 'int8')", &["aclitem"]),
        (
            "SELECT typname, typreceive FROM pg_type WHERE (typreceive != 0 OR typsend != 0) AND typname = 'int8'",
            &["int8|int8recv"],
        ),
        ("SELECT character_set_name FROM information_schema.character_sets", &["UTF8"]),
        ("SELECT n.tableoid, n.nspname FROM pg_namespace n WHERE n.nspname = 'public'", &["2615|public"]),
        ("SELECT n.oid, n.* FROM pg_namespace n WHERE nspname = 'public'", &["2200|2200|public|10|∅"]),
        (
            "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg/_%' ESCAPE '/' ORDER BY 1",
            &["information_schema", "public"],
        ),
        (
            "SELECT array_to_string(ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum < 3 \
             AND a.attnotnull), ',') AS x, array_to_string(ARRAY(SELECT polname FROM pg_policy pol \
             WHERE polrelid = c.oid), ',') = '' AS y FROM pg_class c WHERE c.relname = 'touchpoints'",
            &["hcp_id|true"],
        ),
        ("SELECT coalesce(array_agg(attname), '{}') FROM pg_attribute WHERE attname = 'nothing'", &["[]"]),
        ("SELECT pg_no_oids() IS NULL FROM pg_namespace WHERE nspname = 'public'", &["true"]),
    ])
    .await;
}

#[tokio::test]
async fn an_oid_is_the_same_in_every_session() {
    let sql = "SELECT relname, oid FROM pg_class ORDER BY relname, oid";
    let one = answered(&session(), sql).await.expect("runs");
    let again = session();
    assert_eq!(answered(&again, sql).await.expect("runs"), one);
    assert_eq!(answered(&again, sql).await.expect("runs"), one);
    let distinct: std::collections::BTreeSet<_> = one.iter().filter_map(|row| row.rsplit('|').next()).collect();
    assert_eq!(distinct.len(), one.len(), "two relations share an oid");
}

#[tokio::test]
async fn nothing_is_shown_of_the_server_or_of_others() {
    let context = session();
    for sql in [
        "SELECT * FROM information_schema.df_settings",
        "SELECT * FROM pg_stat_activity",
        "SELECT * FROM pg_file_settings",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT current_setting('data_directory')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
    ] {
        let fault = answered(&context, sql).await.expect_err(sql);
        assert!(["42P01", "42883", "42704", "42601"].contains(&fault.state.code()), "{sql}: {fault}");
    }
    holds(&[
        ("SELECT count(*) FROM pg_authid", &["0"]),
        ("SELECT count(*) FROM pg_settings WHERE setting LIKE '%/%'", &["0"]),
        ("SELECT session_user, current_user, current_database()", &["ada|ada|datafusion"]),
        ("SELECT pg_get_viewdef('hcp_now'::regclass)", &["∅"]),
        (
            "SELECT has_table_privilege('touchpoints', 'insert'), has_table_privilege('touchpoints', 'SELECT')",
            &["false|true"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_series_is_bounded() {
    let context = session();
    let fault = answered(&context, "SELECT count(*) FROM generate_series(1, 10000001)").await.expect_err("too many");
    assert_eq!(fault.state.code(), "54000", "{fault}");
    holds(&[("SELECT s.r FROM generate_series(1, array_upper(ARRAY['a', 'b'], 1)) AS s(r)", &["1", "2"])]).await;
}

/// A function that an upgrade adds stands here before anybody can call it.
#[test]
fn every_function_of_a_session_is_listed() {
    let found = names_of(names(&session()));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/postgres/catalog/corpus/functions.txt");
        std::fs::write(file, &found).expect("written");
    }
    let listed = include_str!("corpus/functions.txt");
    let only = |one: &str, other: &str| {
        let names = one.lines().filter(|name| !other.lines().any(|known| known == *name));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(only(&found, listed), Vec::<String>::new(), "new functions: may readers call them?");
    assert_eq!(only(listed, &found), Vec::<String>::new(), "functions that are gone");
}

async fn holds(cases: &[(&str, &[&str])]) {
    let context = session();
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        match answered(&context, sql).await {
            Ok(rows) if rows == *expected => {}
            Ok(rows) => wrong.push(format!("{sql}\n  gave {rows:?}\n  not  {expected:?}")),
            Err(fault) => wrong.push(format!("{sql}\n  {fault}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
