-- What panels of Grafana's PostgreSQL data source ask, with its macros; the form is that of questions.sql. Column `time` comes
-- first and rows are sorted by it, as the time series format needs them.

-- name: time column and filter
SELECT $__time(occurred_at), kafka_offset AS value FROM touchpoints WHERE $__timeFilter(occurred_at) ORDER BY 1, 2

-- name: from and to
SELECT count(*) AS value FROM touchpoints WHERE occurred_at >= $__timeFrom() AND occurred_at < $__timeTo()

-- name: time group
SELECT $__timeGroup(occurred_at, '1d'), count(*) AS value FROM touchpoints WHERE $__timeFilter(occurred_at) GROUP BY 1 ORDER BY 1

-- name: time group with an alias and a label
SELECT $__timeGroupAlias(occurred_at, 6h), channel AS metric, count(*) AS value FROM touchpoints GROUP BY 1, 2 ORDER BY 1, 2

-- name: time group with a fill mode
SELECT $__timeGroup(occurred_at,'5m',0) AS time, sum(kafka_offset) AS value FROM touchpoints GROUP BY 1 ORDER BY 1

-- name: time group by the interval of the panel
SELECT $__timeGroupAlias(occurred_at,$__interval,previous), max(kafka_offset) AS value FROM touchpoints GROUP BY 1 ORDER BY 1

-- name: time group in a window
SELECT event_id, row_number() OVER (ORDER BY event_id, $__timeGroup(occurred_at, '1d')) AS place FROM touchpoints ORDER BY 2

-- name: epoch of a time
SELECT $__timeEpoch(occurred_at), event_id FROM touchpoints ORDER BY 1, 2

-- name: epoch columns
SELECT $__unixEpochGroupAlias(epoch, '1h', NULL), count(*) AS value
FROM (SELECT CAST(extract(epoch FROM occurred_at) AS BIGINT) AS epoch FROM touchpoints) AS seconds
WHERE $__unixEpochFilter(epoch) AND epoch BETWEEN $__unixEpochFrom() AND $__unixEpochTo() GROUP BY 1 ORDER BY 1

-- name: epoch group
SELECT $__unixEpochGroup(epoch, '1d') AS day, count(*) AS value
FROM (SELECT CAST(extract(epoch FROM occurred_at) AS BIGINT) AS epoch FROM touchpoints) AS seconds GROUP BY 1 ORDER BY 1

-- name: nanosecond columns
SELECT nanos, event_id
FROM (SELECT event_id, CAST(extract(epoch FROM occurred_at) AS BIGINT) * 1000000000 AS nanos FROM touchpoints) AS moments
WHERE $__unixEpochNanoFilter(nanos) AND nanos BETWEEN $__unixEpochNanoFrom() AND $__unixEpochNanoTo() ORDER BY 1, 2

-- name: every column type beside a time
SELECT $__time(occurred_at), CAST(kafka_offset * 1.5 AS DECIMAL(12, 3)) AS exact, kafka_offset AS whole, kafka_offset / 4.0 AS real8,
    channel AS words, late AS yes, CAST(occurred_at AS DATE) AS day, duration_s AS nothing
FROM touchpoints WHERE $__timeFilter(occurred_at) ORDER BY 1, 2

-- name: times without a zone and days as times
SELECT CAST(day AS TIMESTAMP) AS time, day, n FROM (SELECT CAST(occurred_at AS DATE) AS day, count(*) AS n FROM touchpoints GROUP BY 1) AS days
WHERE $__timeFilter(day) ORDER BY 1

-- name: nothing in the range
SELECT $__time(occurred_at), kafka_offset AS value FROM touchpoints WHERE $__timeFilter(occurred_at) AND hcp_id = 'nobody' ORDER BY 1

-- name: the metrics of an instant
SELECT "window" AS metric, touches AS value FROM hcp_metrics_at($__timeTo()) WHERE hcp_id = 'h1' ORDER BY touches, 1
