-- What every client is asked. A name stands above each statement and, where it can be asked with bound values too, the
-- values in the order of $1, $2 …: a type and a text. Rows are ordered, so that answers can be compared one by one.

-- name: every type
SELECT n, CAST(n AS SMALLINT) AS small, CAST(n AS INT) AS plain, n * 4000000000 AS big, n / 8.0 AS real8,
    CAST(n / 2.0 AS REAL) AS real4, n % 2 = 0 AS even, 'row ' || CAST(n AS VARCHAR) AS words,
    CAST(n * 1.25 AS DECIMAL(10, 2)) AS exact, CAST('2026-03-02' AS DATE) AS day
FROM (VALUES (-1), (0), (1), (2), (7)) AS given (n) ORDER BY n

-- name: every type without a value
SELECT n, CASE WHEN n = 0 THEN CAST(n AS SMALLINT) END AS small, CASE WHEN n = 0 THEN n * 4000000000 END AS big,
    CASE WHEN n = 0 THEN n / 8.0 END AS real8, CASE WHEN n = 0 THEN n = 0 END AS yes, CASE WHEN n = 0 THEN 'word' END AS words,
    CASE WHEN n = 0 THEN CAST(n * 1.25 AS DECIMAL(10, 2)) END AS exact, CASE WHEN n = 0 THEN CAST('2026-03-02' AS DATE) END AS day
FROM (VALUES (0), (1)) AS given (n) ORDER BY n

-- name: words that need care
SELECT n, words FROM (VALUES (1, ''), (2, 'it''s "quoted"'), (3, 'back\slash, comma	tab'), (4, 'Zürich 東京 🩺'), (5, NULL),
    (6, 'NULL'), (7, '\N'), (8, '{a,b}'), (9, ' blank ')) AS given (n, words) ORDER BY n

-- name: reals that need care
SELECT n, real8 FROM (VALUES (1, CAST(0 AS DOUBLE PRECISION)), (2, 1e-300), (3, 1e300), (4, 0.1), (5, -123456789.125), (6, 1.0 / 3.0),
    (7, 100000000000000000000.0)) AS given (n, real8) ORDER BY n

-- name: the log
-- values: text upsert, int8 0
SELECT kind, event_id, hcp_id, version, status, occurred_at, "precision", channel, owner_id, theme, solicited, answered_at,
    duration_s, kafka_offset, late, supersedes, event_month
FROM touchpoint_log WHERE op = $1 AND version >= $2 ORDER BY kind, event_id, kafka_offset

-- name: live touchpoints
-- values: text h1
SELECT event_id, status, occurred_at, channel, business_function FROM touchpoints WHERE hcp_id = $1 ORDER BY occurred_at, event_id

-- name: metrics at an instant
-- values: timestamptz 2026-03-12T00:00:00Z, text h1
SELECT "window", as_of, touches, unsolicited, collisions, collision_rate, interruption_load, visits_per_week, coherence,
    coherence_basis, responsiveness, audience
FROM hcp_metrics_at($1) WHERE hcp_id = $2 ORDER BY touches, "window"

-- name: metrics for an audience
-- values: text 2026-03-12, text commercial
SELECT hcp_id, "window", touches, requests, voices FROM hcp_metrics_at($1, $2) ORDER BY hcp_id, touches, "window"

-- name: stored days
SELECT hcp_id, "window", as_of, touches, fragmentation, revision FROM hcp_metrics
WHERE as_of <= '2026-03-12T00:00:00Z' ORDER BY hcp_id, "window", as_of, revision

-- name: rejected records
SELECT reason, kind, payload_bytes, kafka_offset FROM dead_letters ORDER BY reason, kafka_offset

-- name: counts and averages
SELECT channel, count(*) AS touches, avg(kafka_offset) AS mean, min(occurred_at) AS first, max(occurred_at) AS last,
    count(*) FILTER (WHERE late) AS late
FROM touchpoints GROUP BY channel ORDER BY channel

-- name: a window over rows
SELECT event_id,
    CAST(row_number() OVER (PARTITION BY hcp_id ORDER BY occurred_at, event_id) AS BIGINT) AS place,
    occurred_at - lag(occurred_at) OVER (PARTITION BY hcp_id ORDER BY occurred_at, event_id) > INTERVAL '1 day' AS apart
FROM touchpoints ORDER BY occurred_at, event_id

-- name: nothing
-- values: text nobody
SELECT hcp_id, occurred_at, version, late FROM touchpoint_log WHERE hcp_id = $1

-- name: a thousand rows
-- values: int8 1000
SELECT value AS n, value % 7 AS week_day, 'row ' || CAST(value AS VARCHAR) AS words FROM generate_series(1, 1000) AS given (value) WHERE value <= $1 ORDER BY value
