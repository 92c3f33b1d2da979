-- One statement a line: what would make a commercial reader another one, or show another one's tables. All must be refused.
SET ROLE admin
SET ROLE medical
SET SESSION ROLE medical
SET LOCAL ROLE medical
SET SESSION AUTHORIZATION admin
SET SESSION AUTHORIZATION DEFAULT TO admin
SELECT * FROM medical.touchpoint_log
SELECT * FROM admin.touchpoint_log
SELECT * FROM compliance.touchpoint_log
SELECT * FROM analyst.hcp_now
SELECT * FROM "medical"."touchpoints"
SELECT * FROM touchload.medical.touchpoint_log
SELECT * FROM datafusion.public.touchpoint_log_full
SELECT * FROM full.touchpoint_log
SELECT * FROM medical.hcp_metrics_at('2026-03-12')
SELECT * FROM "medical".hcp_metrics_at('2026-03-12')
SELECT * FROM touchload.medical.hcp_metrics_at('2026-03-12')
SELECT * FROM pg_catalog.hcp_metrics_at('2026-03-12')
SELECT * FROM nothing.touchpoints_at('2026-03-12')
SELECT (SELECT count(*) FROM admin.account_metrics_at('2026-03-12'))
SELECT medical.upper('a')
SELECT * FROM hcp_metrics_at('2026-03-12', 'full')
SELECT * FROM hcp_metrics_at('2026-03-12', 'medical')
SELECT * FROM account_metrics_at('2026-03-12', 'full')
SELECT * FROM touchpoints_at('2026-03-12', 'full')
SELECT * FROM forecast('2026-03-10', 14, 'full')
SELECT * FROM touchpoint_log WHERE EXISTS (SELECT 1 FROM medical.touchpoint_log)
SELECT (SELECT count(*) FROM medical.touchpoint_log)
WITH m AS (SELECT * FROM medical.touchpoints) SELECT * FROM m
SELECT * FROM touchpoints UNION ALL SELECT * FROM medical.touchpoints
EXPLAIN SELECT * FROM medical.touchpoint_log
EXPLAIN ANALYZE SELECT * FROM medical.touchpoint_log
COPY medical.touchpoint_log TO STDOUT
DECLARE stolen CURSOR FOR SELECT * FROM medical.touchpoint_log
PREPARE stolen AS SELECT * FROM medical.touchpoint_log
SHOW COLUMNS FROM medical.touchpoint_log
DESCRIBE medical.touchpoint_log
GRANT medical TO commercial
