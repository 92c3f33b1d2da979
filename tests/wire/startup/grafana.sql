-- Grafana's PostgreSQL data source: its health check, its version probe and the queries behind its query builder. Each
-- statement goes by both protocols.

-- ping

-- rows: 1
-- columns: version
SELECT current_setting('server_version_num')::int/100 as version

-- rows: 0
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'

-- value: touchpoint_log
-- columns: table
SELECT
  CASE WHEN quote_ident(table_schema) IN (
    SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
    FROM generate_series(
      array_lower(string_to_array(current_setting('search_path'),','),1),
      array_upper(string_to_array(current_setting('search_path'),','),1)
    ) AS i,
    string_to_array(current_setting('search_path'),',') s
  ) THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table"
FROM information_schema.tables
WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog')
ORDER BY CASE WHEN quote_ident(table_schema) IN (
    SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
    FROM generate_series(
      array_lower(string_to_array(current_setting('search_path'),','),1),
      array_upper(string_to_array(current_setting('search_path'),','),1)
    ) AS i,
    string_to_array(current_setting('search_path'),',') s
  ) THEN 0 ELSE 1 END, 1

-- value: occurred_at
-- value: timestamp with time zone
-- columns: column, type
SELECT quote_ident(column_name) AS "column", data_type AS "type"
FROM information_schema.columns
WHERE CASE WHEN array_length(parse_ident('touchpoint_log'),1) = 2
  THEN quote_ident(table_schema) = (parse_ident('touchpoint_log'))[1] AND quote_ident(table_name) = (parse_ident('touchpoint_log'))[2]
  ELSE quote_ident(table_name) = 'touchpoint_log' END

-- value: {schema}
SELECT schema_name FROM information_schema.schemata
WHERE schema_name NOT LIKE 'pg_%' AND schema_name != 'information_schema'
ORDER BY schema_name

-- bound: {schema}
-- value: touchpoint_log
SELECT table_name FROM information_schema.tables
WHERE table_schema = $1 AND table_type IN ('BASE TABLE', 'VIEW')
ORDER BY table_name

-- bound: {schema}, touchpoint_log
-- columns: column_name, data_type, udt_name, numeric_precision, numeric_scale
-- value: timestamptz
-- value: int8
SELECT column_name, data_type, udt_name, numeric_precision, numeric_scale
FROM information_schema.columns
WHERE table_schema = $1 AND table_name = $2
ORDER BY ordinal_position

-- value: calls
-- value: h1
SELECT 'kind' AS col_name, "kind"::text AS val FROM (SELECT DISTINCT "kind" FROM "{schema}"."touchpoint_log" WHERE "kind" IS NOT NULL ORDER BY "kind" LIMIT 100) sub_0 UNION ALL SELECT 'hcp_id' AS col_name, "hcp_id"::text AS val FROM (SELECT DISTINCT "hcp_id" FROM "{schema}"."touchpoint_log" WHERE "hcp_id" IS NOT NULL ORDER BY "hcp_id" LIMIT 100) sub_1
