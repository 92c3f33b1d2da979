-- One statement a line: what would change, make, copy, lock, run or configure something. All must be refused.
INSERT INTO touchpoint_log SELECT * FROM touchpoint_log
INSERT INTO touchpoint_log (event_id) VALUES ('x')
UPDATE touchpoint_log SET hcp_id = 'x'
DELETE FROM touchpoint_log
MERGE INTO touchpoint_log t USING touchpoints s ON t.event_id = s.event_id WHEN MATCHED THEN DELETE
TRUNCATE touchpoint_log
CREATE TABLE made (a INT)
CREATE TABLE made AS SELECT 1
CREATE TEMP TABLE made AS SELECT 1
CREATE UNLOGGED TABLE made (a INT)
SELECT 1 INTO made
SELECT * INTO TEMP made FROM touchpoints
CREATE VIEW made AS SELECT 1
CREATE OR REPLACE VIEW touchpoints AS SELECT 1
CREATE MATERIALIZED VIEW made AS SELECT 1
CREATE SCHEMA made
CREATE DATABASE made
CREATE ROLE made SUPERUSER
CREATE USER made PASSWORD 'x'
ALTER USER admin PASSWORD 'x'
ALTER ROLE commercial SUPERUSER
DROP ROLE admin
CREATE INDEX made ON touchpoint_log (hcp_id)
CREATE SEQUENCE made
CREATE TYPE made AS ENUM ('a')
CREATE DOMAIN made AS INT
CREATE EXTENSION file_fdw
CREATE FUNCTION made() RETURNS INT LANGUAGE sql AS 'SELECT 1'
CREATE FUNCTION made(DOUBLE) RETURNS DOUBLE RETURN $1 * 2
CREATE PROCEDURE made() LANGUAGE sql AS 'SELECT 1'
CREATE TRIGGER made BEFORE INSERT ON touchpoint_log EXECUTE FUNCTION made()
CREATE RULE made AS ON INSERT TO touchpoint_log DO NOTHING
CREATE POLICY made ON touchpoint_log
CREATE SERVER made FOREIGN DATA WRAPPER file_fdw
CREATE FOREIGN TABLE made (a INT) SERVER made
CREATE EXTERNAL TABLE made STORED AS CSV LOCATION '/etc/passwd'
CREATE EXTERNAL TABLE made STORED AS CSV LOCATION '{folder}/there.csv' OPTIONS ('has_header' 'true')
CREATE UNBOUNDED EXTERNAL TABLE made (a INT) STORED AS CSV LOCATION '{folder}/there.csv'
CREATE CATALOG made
DROP TABLE touchpoint_log
DROP TABLE IF EXISTS touchpoint_log CASCADE
DROP VIEW touchpoints
DROP SCHEMA public CASCADE
DROP FUNCTION hcp_metrics_at
DROP DATABASE touchload
ALTER TABLE touchpoint_log ADD COLUMN a INT
ALTER TABLE touchpoint_log RENAME TO made
ALTER VIEW touchpoints RENAME TO made
ALTER SYSTEM SET work_mem = '1TB'
COPY touchpoint_log TO '{folder}/copied.csv'
COPY touchpoint_log TO '{folder}/copied.parquet' STORED AS PARQUET
COPY (SELECT * FROM touchpoint_log) TO '{folder}/copied.csv' STORED AS CSV
COPY (SELECT 1) TO PROGRAM 'touch {folder}/made'
COPY touchpoint_log FROM '/etc/passwd'
COPY touchpoint_log FROM PROGRAM 'id'
COPY touchpoint_log FROM STDIN
COPY (DELETE FROM touchpoint_log RETURNING *) TO STDOUT
WITH gone AS (DELETE FROM touchpoint_log RETURNING *) SELECT * FROM gone
WITH made AS (INSERT INTO touchpoint_log SELECT * FROM touchpoints RETURNING *) SELECT * FROM made
EXPLAIN ANALYZE DELETE FROM touchpoint_log
EXPLAIN ANALYZE COPY touchpoint_log TO '{folder}/copied.csv'
EXPLAIN INSERT INTO touchpoint_log SELECT * FROM touchpoint_log
EXPLAIN ANALYZE CREATE TABLE made AS SELECT 1
PREPARE made AS DELETE FROM touchpoint_log
PREPARE made AS INSERT INTO touchpoint_log SELECT * FROM touchpoint_log
EXECUTE never_prepared
DECLARE made CURSOR FOR DELETE FROM touchpoint_log RETURNING *
SELECT * FROM touchpoint_log FOR UPDATE
SELECT * FROM touchpoint_log FOR SHARE
LOCK TABLE touchpoint_log
LOCK touchpoint_log IN ACCESS EXCLUSIVE MODE
VACUUM
VACUUM FULL touchpoint_log
ANALYZE touchpoint_log
REINDEX TABLE touchpoint_log
CLUSTER touchpoint_log
CHECKPOINT
REFRESH MATERIALIZED VIEW touchpoints
COMMENT ON TABLE touchpoint_log IS 'x'
SECURITY LABEL ON TABLE touchpoint_log IS 'x'
GRANT ALL ON touchpoint_log TO PUBLIC
REVOKE ALL ON touchpoint_log FROM admin
REASSIGN OWNED BY admin TO commercial
DO 'BEGIN END'
CALL made()
LOAD 'x.so'
LISTEN made
NOTIFY made
IMPORT FOREIGN SCHEMA public FROM SERVER made INTO public
SET datafusion.runtime.memory_limit = '1000G'
SET datafusion.runtime.temp_directory = '{folder}'
SET datafusion.runtime.max_temp_directory_size = '1000G'
SET datafusion.execution.batch_size = 1
SET datafusion.catalog.location = '/etc'
SET datafusion.catalog.default_schema = 'medical'
SET datafusion.catalog.create_default_catalog_and_schema = true
SET datafusion.sql_parser.dialect = 'generic'
SET datafusion.execution.parquet.pushdown_filters = true
SET SESSION datafusion.runtime.memory_limit = '1000G'
SET LOCAL datafusion.runtime.memory_limit = '1000G'
RESET datafusion.runtime.memory_limit
SELECT set_config('datafusion.runtime.memory_limit', '1000G', false)
SET work_mem = '1000GB'
SET max_connections = 100000
SET shared_preload_libraries = 'x'
SET data_directory = '/etc'
SET log_statement = 'none'
SET default_transaction_read_only = off
SET TRANSACTION READ WRITE
BEGIN READ WRITE
START TRANSACTION READ WRITE
USE medical
ATTACH DATABASE '{folder}/made.db' AS made
PRAGMA database_list
INSTALL httpfs
EXPORT DATABASE '{folder}'
KILL 1
SHUTDOWN
