-- Metabase: what it asks at a connection test and while it syncs. Each statement goes by both protocols.

SET extra_float_digits = 2

SET application_name = 'Metabase v0.55.1'

-- rows: 1
SHOW TRANSACTION ISOLATION LEVEL

SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED

SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY

-- columns: TABLE_SCHEM, TABLE_CATALOG
-- value: {schema}
SELECT nspname AS "TABLE_SCHEM", current_database() AS "TABLE_CATALOG" FROM pg_catalog.pg_namespace
WHERE nspname <> 'pg_toast'
  AND (nspname !~ '^pg_temp_' OR nspname = (pg_catalog.current_schemas(true))[1])
  AND (nspname !~ '^pg_toast_temp_' OR nspname = replace((pg_catalog.current_schemas(true))[1], 'pg_temp_', 'pg_toast_temp_'))
ORDER BY "TABLE_SCHEM"

-- value: touchpoint_log
-- columns: role, schema, table, update, select, insert, delete
WITH table_privileges AS (
    SELECT NULL AS role, t.schemaname AS schema, t.objectname AS table,
        pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'update') AS update,
        pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'select') AS select,
        pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'insert') AS insert,
        pg_catalog.has_table_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'delete') AS delete
    FROM (
        SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables
        UNION
        SELECT schemaname, viewname AS objectname FROM pg_catalog.pg_views
        UNION
        SELECT schemaname, matviewname AS objectname FROM pg_catalog.pg_matviews
    ) t
    WHERE t.schemaname !~ '^pg_' AND t.schemaname <> 'information_schema'
      AND pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage')
)
SELECT t.* FROM table_privileges t

-- value: touchpoint_log
-- value: TABLE
SELECT "n"."nspname" AS "schema", "c"."relname" AS "name",
    CASE "c"."relkind" WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type",
    "d"."description" AS "description", "stat"."n_live_tup" AS "estimated_row_count"
FROM "pg_catalog"."pg_class" AS "c"
INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "c"."relnamespace" = "n"."oid"
LEFT JOIN "pg_catalog"."pg_description" AS "d" ON ("c"."oid" = "d"."objoid") AND ("d"."objsubid" = '0') AND ("d"."classoid" = 'pg_class'::regclass)
LEFT JOIN "pg_stat_user_tables" AS "stat" ON ("n"."nspname" = "stat"."schemaname") AND ("c"."relname" = "stat"."relname")
WHERE ("n"."nspname" !~ '^pg_') AND ("n"."nspname" <> 'information_schema') AND c.relkind IN ('r', 'p', 'v', 'f', 'm')
  AND ("n"."nspname" IN ('{schema}'))
ORDER BY "type" ASC, "schema" ASC, "name" ASC

-- value: occurred_at
-- value: timestamp with time zone
SELECT "c"."column_name" AS "name", "c"."data_type" AS "database-type", "c"."ordinal_position" - 1 AS "database-position",
    "c"."table_schema" AS "table-schema", "c"."table_name" AS "table-name", "c"."is_nullable" = 'NO' AS "database-required"
FROM "information_schema"."columns" AS "c"
WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND "c"."table_name" IN ('touchpoint_log')
ORDER BY "table-schema" ASC, "table-name" ASC, "database-position" ASC

-- columns: kind, source
SELECT "{schema}"."touchpoint_log"."kind" AS "kind", SUBSTRING("{schema}"."touchpoint_log"."source", 1, 1234) AS "source"
FROM "{schema}"."touchpoint_log" LIMIT 10000

-- rows: 1
SHOW TIMEZONE
